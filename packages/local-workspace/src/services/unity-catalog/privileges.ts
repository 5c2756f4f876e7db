/** Which privilege each type of securable can have. https://docs.databricks.com/data-governance/unity-catalog/manage-privileges/privileges */
import { invalid } from "../../core/errors.ts";
import { KINDS } from "./names.ts";
import { PRIVILEGES } from "./privilege-lists.ts";
import type { Securable, SecurableType } from "./store.ts";

const KIND_OF: Record<SecurableType, keyof typeof PRIVILEGES> = {
  METASTORE: "metastore",
  CATALOG: "catalog",
  SCHEMA: "schema",
  TABLE: "table",
  VOLUME: "volume",
  FUNCTION: "function",
  REGISTERED_MODEL: "model",
  VECTOR_SEARCH_INDEX: "table",
  SECRET: "secret",
  STORAGE_CREDENTIAL: "storageCredential",
  EXTERNAL_LOCATION: "externalLocation",
};

/** Never part of ALL_PRIVILEGES: they must be granted by name. */
export const NOT_IN_ALL = new Set(["MANAGE", "EXTERNAL_USE_SCHEMA", "EXTERNAL_USE_LOCATION", "BROWSE_ONLY"]);

/** Owning the parent gives these over what is in it to no one: data is for those who were granted it. */
export const DATA_PRIVILEGES = new Set([
  "SELECT",
  "MODIFY",
  "READ_VOLUME",
  "WRITE_VOLUME",
  "EXECUTE",
  "REFRESH",
  "READ_SECRET",
]);

/** `use catalog` and `USE CATALOG` are USE_CATALOG. */
export const normalize = (privilege: string): string => privilege.trim().toUpperCase().replaceAll(/\s+/g, "_");

export const spoken = (privilege: string): string => privilege.replaceAll("_", " ");

export function applicable(type: SecurableType, privilege: string): boolean {
  return (PRIVILEGES[KIND_OF[type]] as readonly string[]).includes(privilege);
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
