/**
 * Which privileges each kind of securable has: https://docs.databricks.com/data-governance/unity-catalog/access-control/privileges-reference
 * and the provider's documentation of `databricks.Grants`. components/ and the local workspace have this file byte for byte.
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
  "CREATE_SECRET",
  "CREATE_TABLE",
  "CREATE_VOLUME",
  "EXECUTE",
  "EXTERNAL_USE_SCHEMA",
  "MODIFY",
  "READ_SECRET",
  "READ_VOLUME",
  "REFRESH",
  "SELECT",
  "USE_SCHEMA",
  "WRITE_VOLUME",
] as const;

/** Kinds are named as the attributes of `databricks.Grants`. */
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
