/**
 * Which privileges each securable has: https://docs.databricks.com/data-governance/unity-catalog/access-control/privileges-reference
 * and the provider's documentation of `databricks.Grants`. A privilege that a securable does not have is a compile error.
 */

const EVERY = ["ALL_PRIVILEGES", "MANAGE"] as const;
const TABLE = [...EVERY, "APPLY_TAG", "MODIFY", "REFRESH", "SELECT"] as const;
const VOLUME = [...EVERY, "APPLY_TAG", "READ_VOLUME", "WRITE_VOLUME"] as const;
const MODEL = [...EVERY, "APPLY_TAG", "CREATE_MODEL_VERSION", "EXECUTE"] as const;
const SERVICE = [...EVERY, "APPLY_TAG", "EXECUTE", "READ_METADATA"] as const;
const SCHEMA = [
  ...EVERY,
  "APPLY_TAG",
  "CREATE_FUNCTION",
  "CREATE_MATERIALIZED_VIEW",
  "CREATE_MODEL",
  "CREATE_MODEL_VERSION",
  "CREATE_TABLE",
  "CREATE_VOLUME",
  "EXECUTE",
  "EXTERNAL_USE_SCHEMA",
  "MODIFY",
  "READ_VOLUME",
  "REFRESH",
  "SELECT",
  "USE_SCHEMA",
  "WRITE_VOLUME",
] as const;

/** By kind of securable: the attribute of `databricks.Grants` that names it. */
export const PRIVILEGES = {
  catalog: [...SCHEMA, "BROWSE", "CREATE_CONNECTION", "CREATE_SCHEMA", "USE_CATALOG"],
  schema: SCHEMA,
  table: TABLE,
  volume: VOLUME,
  function: [...EVERY, "EXECUTE"],
  model: MODEL,
  metastore: [
    "CREATE_CATALOG",
    "CREATE_CLEAN_ROOM",
    "CREATE_CONNECTION",
    "CREATE_EXTERNAL_LOCATION",
    "CREATE_EXTERNAL_METADATA",
    "CREATE_PROVIDER",
    "CREATE_RECIPIENT",
    "CREATE_SERVICE_CREDENTIAL",
    "CREATE_SHARE",
    "CREATE_STORAGE_CREDENTIAL",
    "MANAGE_ALLOWLIST",
    "SET_SHARE_PERMISSION",
    "USE_MARKETPLACE_ASSETS",
    "USE_PROVIDER",
    "USE_RECIPIENT",
    "USE_SHARE",
  ],
  externalLocation: [
    ...EVERY,
    "BROWSE",
    "CREATE_EXTERNAL_TABLE",
    "CREATE_EXTERNAL_VOLUME",
    "CREATE_FOREIGN_SECURABLE",
    "CREATE_MANAGED_STORAGE",
    "EXTERNAL_USE_LOCATION",
    "READ_FILES",
    "WRITE_FILES",
  ],
  storageCredential: [...EVERY, "CREATE_EXTERNAL_LOCATION", "CREATE_EXTERNAL_TABLE", "READ_FILES", "WRITE_FILES"],
  credential: [...EVERY, "ACCESS", "CREATE_CONNECTION"],
  foreignConnection: [...EVERY, "CREATE_FOREIGN_CATALOG", "USE_CONNECTION"],
  share: ["SELECT"],
  secret: [...EVERY, "READ_SECRET"],
  modelService: SERVICE,
  modelProviderService: SERVICE,
  mcpService: SERVICE,
} as const;

export type SecurableKind = keyof typeof PRIVILEGES;
export type Privilege<Kind extends SecurableKind> = (typeof PRIVILEGES)[Kind][number];

/** Roles × privileges on one securable. */
export type RoleMatrix<Role extends string, Kind extends SecurableKind> = {
  readonly [R in Role]?: readonly Privilege<Kind>[];
};

export interface Grant {
  principal: string;
  privileges: string[];
}

/**
 * Turns a matrix into grants: roles without a principal drop out, roles that share a principal are merged; sorted, so
 * that the order of the settings never shows as a change.
 */
export function grantsFor(
  matrix: Readonly<Record<string, readonly string[] | undefined>>,
  principals: Readonly<Record<string, readonly string[]>>,
): Grant[] {
  const byPrincipal = new Map<string, Set<string>>();
  for (const [role, privileges = []] of Object.entries(matrix)) {
    if (privileges.length === 0) continue;
    for (const principal of principals[role] ?? []) {
      const all = byPrincipal.get(principal) ?? new Set<string>();
      for (const privilege of privileges) all.add(privilege);
      byPrincipal.set(principal, all);
    }
  }
  return [...byPrincipal]
    .map(([principal, privileges]) => ({ principal, privileges: [...privileges].sort() }))
    .sort((a, b) => (a.principal < b.principal ? -1 : 1));
}
