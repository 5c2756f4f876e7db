/**
 * Who may do what, as data: roles × securables. A privilege that a securable does not have is a compile error.
 * Source of the privilege names: Unity Catalog privileges reference of Databricks' documentation.
 */

/** Securable kinds that the program grants on, with the privileges of each that it uses. */
export interface PrivilegesOf {
  catalog:
    | "BROWSE"
    | "USE_CATALOG"
    | "USE_SCHEMA"
    | "CREATE_SCHEMA"
    | "SELECT"
    | "MODIFY"
    | "READ_VOLUME"
    | "WRITE_VOLUME"
    | "EXECUTE"
    | "MANAGE"
    | "APPLY_TAG";
  schema:
    | "USE_SCHEMA"
    | "SELECT"
    | "MODIFY"
    | "CREATE_TABLE"
    | "CREATE_MATERIALIZED_VIEW"
    | "CREATE_FUNCTION"
    | "READ_VOLUME"
    | "WRITE_VOLUME"
    | "REFRESH"
    | "EXECUTE"
    | "MANAGE";
}

export type Role = "platformAdmins" | "dataEngineers" | "analysts" | "auditors" | "pipelines";

/** Principal (group name, or application id of a service principal) behind each role; roles without one get nothing. */
export type Principals = { readonly [R in Role]?: string | undefined };

export type RoleMatrix<Kind extends keyof PrivilegesOf> = { readonly [R in Role]?: readonly PrivilegesOf[Kind][] };

/** On the whole catalog. USE_CATALOG alone shows no data; reading starts at the schema. */
export const CATALOG_MATRIX: RoleMatrix<"catalog"> = {
  platformAdmins: ["USE_CATALOG", "USE_SCHEMA", "BROWSE", "MANAGE", "APPLY_TAG"],
  dataEngineers: ["USE_CATALOG", "BROWSE"],
  analysts: ["USE_CATALOG", "BROWSE"],
  auditors: ["USE_CATALOG", "BROWSE"],
  pipelines: ["USE_CATALOG"],
};

const BUILDS: readonly PrivilegesOf["schema"][] = [
  "USE_SCHEMA",
  "SELECT",
  "MODIFY",
  "CREATE_TABLE",
  "CREATE_MATERIALIZED_VIEW",
  "REFRESH",
];
const READS: readonly PrivilegesOf["schema"][] = ["USE_SCHEMA", "SELECT"];

/** By schema: consumers see gold, engineers the layers they debug, auditors what was refused and why. */
export const SCHEMA_MATRIX: Readonly<Record<string, RoleMatrix<"schema">>> = {
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

export interface Grant {
  principal: string;
  privileges: string[];
}

/**
 * Turns a matrix into grants: roles without a principal drop out, roles that share a principal are merged; sorted, so
 * that the order of the settings never shows as a change.
 */
export function grantsFor<Kind extends keyof PrivilegesOf>(matrix: RoleMatrix<Kind>, principals: Principals): Grant[] {
  const byPrincipal = new Map<string, Set<string>>();
  for (const [role, privileges] of Object.entries(matrix) as [Role, readonly string[]][]) {
    const principal = principals[role];
    if (principal === undefined || privileges.length === 0) continue;
    const all = byPrincipal.get(principal) ?? new Set<string>();
    for (const privilege of privileges) all.add(privilege);
    byPrincipal.set(principal, all);
  }
  return [...byPrincipal]
    .map(([principal, privileges]) => ({ principal, privileges: [...privileges].sort() }))
    .sort((a, b) => (a.principal < b.principal ? -1 : 1));
}
