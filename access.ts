/** Who may do what in the Olist lakehouse, as data: roles × securables. */
import type { Privilege, RoleMatrix } from "./components/index.ts";

export type Role = "platformAdmins" | "dataEngineers" | "analysts" | "auditors" | "pipelines";

/** On the whole catalog. USE_CATALOG alone shows no data; reading starts at the schema. */
export const CATALOG: RoleMatrix<Role, "catalog"> = {
  platformAdmins: ["USE_CATALOG", "USE_SCHEMA", "BROWSE", "MANAGE", "APPLY_TAG"],
  dataEngineers: ["USE_CATALOG", "BROWSE"],
  analysts: ["USE_CATALOG", "BROWSE"],
  auditors: ["USE_CATALOG", "BROWSE"],
  pipelines: ["USE_CATALOG"],
};

const BUILDS: readonly Privilege<"schema">[] = [
  "USE_SCHEMA",
  "SELECT",
  "MODIFY",
  "CREATE_TABLE",
  "CREATE_MATERIALIZED_VIEW",
  "REFRESH",
];
const READS: readonly Privilege<"schema">[] = ["USE_SCHEMA", "SELECT"];

/** By schema: consumers see gold, engineers the layers they debug, auditors what was refused and why. */
export const SCHEMAS: Readonly<
  Record<"raw" | "bronze" | "silver" | "gold" | "cdc" | "ops", RoleMatrix<Role, "schema">>
> = {
  raw: {
    dataEngineers: ["USE_SCHEMA", "READ_VOLUME"],
    pipelines: ["USE_SCHEMA", "READ_VOLUME", "WRITE_VOLUME"],
  },
  bronze: { dataEngineers: READS, pipelines: BUILDS },
  silver: { dataEngineers: READS, pipelines: BUILDS },
  gold: { dataEngineers: READS, analysts: READS, pipelines: BUILDS },
  cdc: { dataEngineers: READS, pipelines: BUILDS },
  ops: { dataEngineers: READS, auditors: READS, pipelines: BUILDS },
};
