/** Components of a lakehouse on Databricks, for Pulumi programs. */
export type { AccessRule, RunAs } from "./access.ts";
export * from "./catalog.ts";
export type { Transform } from "./component.ts";
export * from "./grants.ts";
export * from "./job.ts";
export type { HealthRule, Recipients, Task, TaskKinds } from "./job-plan.ts";
export * from "./names.ts";
export { planUploads, type UploadPlan } from "./notebook-files.ts";
export * from "./notebooks.ts";
export { OWNER_PROPERTY } from "./ownership.ts";
export * from "./pipeline.ts";
export * from "./privileges.ts";
export * from "./sensitive-data.ts";
export { SqlFunction, type SqlFunctionArgs } from "./sql-function.ts";
