export * from "./methods.ts";
export * from "./records.ts";
export * from "./statements.ts";
