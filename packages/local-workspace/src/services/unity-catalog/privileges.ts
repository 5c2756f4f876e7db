/** Which privilege each type of securable can have. https://docs.databricks.com/data-governance/unity-catalog/manage-privileges/privileges */
import { invalid } from "../../core/errors.ts";
import { KINDS } from "./names.ts";
import type { Securable, SecurableType } from "./store.ts";

const IN_TABLE = ["SELECT", "MODIFY", "APPLY_TAG", "MANAGE", "ALL_PRIVILEGES", "REFRESH"];
const IN_SCHEMA = [
  ...IN_TABLE,
  "USE_SCHEMA",
  "CREATE_FUNCTION",
  "CREATE_MATERIALIZED_VIEW",
  "CREATE_MODEL",
  "CREATE_MODEL_VERSION",
  "CREATE_TABLE",
  "CREATE_VOLUME",
  "EXECUTE",
  "EXTERNAL_USE_SCHEMA",
  "READ_VOLUME",
  "WRITE_VOLUME",
];

const APPLICABLE: Record<SecurableType, readonly string[]> = {
  METASTORE: [
    "CREATE_CATALOG",
    "CREATE_CLEAN_ROOM",
    "CREATE_CONNECTION",
    "CREATE_EXTERNAL_LOCATION",
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
  CATALOG: [...IN_SCHEMA, "USE_CATALOG", "CREATE_SCHEMA", "BROWSE"],
  SCHEMA: IN_SCHEMA,
  TABLE: IN_TABLE,
  VOLUME: ["READ_VOLUME", "WRITE_VOLUME", "APPLY_TAG", "MANAGE", "ALL_PRIVILEGES"],
  FUNCTION: ["EXECUTE", "MANAGE", "ALL_PRIVILEGES"],
  REGISTERED_MODEL: ["EXECUTE", "APPLY_TAG", "CREATE_MODEL_VERSION", "MANAGE", "ALL_PRIVILEGES"],
  STORAGE_CREDENTIAL: [
    "CREATE_EXTERNAL_LOCATION",
    "CREATE_EXTERNAL_TABLE",
    "READ_FILES",
    "WRITE_FILES",
    "MANAGE",
    "ALL_PRIVILEGES",
  ],
  EXTERNAL_LOCATION: [
    "BROWSE",
    "CREATE_EXTERNAL_TABLE",
    "CREATE_EXTERNAL_VOLUME",
    "CREATE_FOREIGN_SECURABLE",
    "CREATE_MANAGED_STORAGE",
    "EXTERNAL_USE_LOCATION",
    "READ_FILES",
    "WRITE_FILES",
    "MANAGE",
    "ALL_PRIVILEGES",
  ],
};

/** Never part of ALL_PRIVILEGES: they must be granted by name. */
export const NOT_IN_ALL = new Set(["MANAGE", "EXTERNAL_USE_SCHEMA", "EXTERNAL_USE_LOCATION", "BROWSE_ONLY"]);

/** Owning the parent gives these over what is in it to no one: data is for those who were granted it. */
export const DATA_PRIVILEGES = new Set(["SELECT", "MODIFY", "READ_VOLUME", "WRITE_VOLUME", "EXECUTE", "REFRESH"]);

/** `use catalog` and `USE CATALOG` are USE_CATALOG. */
export const normalize = (privilege: string): string => privilege.trim().toUpperCase().replaceAll(/\s+/g, "_");

export const spoken = (privilege: string): string => privilege.replaceAll("_", " ");

export function applicable(type: SecurableType, privilege: string): boolean {
  return APPLICABLE[type].includes(privilege);
}

export function checkApplicable(securable: Securable, given: string): string {
  const privilege = normalize(given);
  if (!applicable(securable.type, privilege)) {
    throw invalid(
      `Privilege ${spoken(privilege)} is not applicable to this entity [${securable.fullName}:${securable.type}/` +
        `${KINDS[securable.type].label}]. If this seems unexpected, please check the privilege version of the metastore in use [1.0].`,
    );
  }
  return privilege;
}
