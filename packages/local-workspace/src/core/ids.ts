/** Identifiers in the forms that Databricks uses. */
import { randomBytes, randomInt, randomUUID } from "node:crypto";

/** UUID of pipelines, updates, tables, statements. */
export const uuid = (): string => randomUUID();

/** Positive 15 digit number of jobs, runs, workspace objects, SCIM entities: exact in a JSON number. */
export const numericId = (): number => randomInt(100_000_000_000_000, 281_474_976_710_655);

/** 16 hexadecimal characters: SQL warehouses. */
export const hexId = (): string => randomBytes(8).toString("hex");
