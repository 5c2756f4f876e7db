/** Who may do what in the Olist lakehouse, as data: roles × securables. */
import type { Privilege, RoleMatrix } from "./components/index.ts";

export type Role = "platformAdmins" | "dataEngineers" | "analysts" | "auditors" | "dataStewards" | "pipelines";

/** On the whole catalog. USE_CATALOG alone shows no data; reading starts at the schema. */
export const CATALOG: RoleMatrix<Role, "catalog"> = {
  platformAdmins: ["USE_CATALOG", "USE_SCHEMA", "MANAGE", "APPLY_TAG"],
  dataEngineers: ["USE_CATALOG", "BROWSE"],
  analysts: ["USE_CATALOG", "BROWSE"],
  auditors: ["USE_CATALOG", "BROWSE"],
  dataStewards: ["USE_CATALOG"],
  pipelines: ["USE_CATALOG"],
};

const READS: readonly Privilege<"schema">[] = ["USE_SCHEMA", "SELECT"];
/** Their principal owns the tables that the pipelines make, and so reads, changes and refreshes them without a grant. */
const MAKES_STREAMS: readonly Privilege<"schema">[] = ["USE_SCHEMA", "CREATE_TABLE"];
const MAKES_VIEWS: readonly Privilege<"schema">[] = ["USE_SCHEMA", "CREATE_MATERIALIZED_VIEW"];
const MAKES_BOTH: readonly Privilege<"schema">[] = ["USE_SCHEMA", "CREATE_TABLE", "CREATE_MATERIALIZED_VIEW"];

/**
 * By schema: consumers see gold, engineers the layers they debug, auditors what was refused and why. Files cannot be
 * masked, so of people only the stewards of personal data read them. tests/unit/access.spec.ts takes each grant away.
 */
export const SCHEMAS: Readonly<
  Record<"raw" | "bronze" | "silver" | "gold" | "cdc" | "ops", RoleMatrix<Role, "schema">>
> = {
  raw: {
    dataStewards: ["USE_SCHEMA", "READ_VOLUME"],
    pipelines: ["USE_SCHEMA", "READ_VOLUME", "WRITE_VOLUME"],
  },
  bronze: { dataEngineers: READS, dataStewards: READS, pipelines: MAKES_STREAMS },
  silver: { dataEngineers: READS, dataStewards: READS, pipelines: MAKES_BOTH },
  gold: { dataEngineers: READS, analysts: READS, pipelines: MAKES_VIEWS },
  cdc: { dataEngineers: READS, dataStewards: READS, pipelines: MAKES_STREAMS },
  ops: { dataEngineers: READS, auditors: READS, dataStewards: READS, pipelines: MAKES_BOTH },
};
