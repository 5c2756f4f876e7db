/** The components of the lakehouse, for use in this and in other Pulumi programs. */
export * from "./catalog.ts";
export * from "./grants.ts";
export * from "./job.ts";
export * from "./names.ts";
export * from "./notebooks.ts";
export * from "./pipeline.ts";
export * from "./privileges.ts";
