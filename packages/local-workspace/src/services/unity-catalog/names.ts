/** Names of securables: which are legal, how a full name is taken apart, and what is said when nothing has that name. */
import { ApiError, type ErrorCode, invalid } from "../../core/errors.ts";
import type { Database } from "../../store/database.ts";
import { findSecurable, type Securable, type SecurableType, theMetastore } from "./store.ts";

interface Kind {
  /** As messages call it. */
  label: string;
  missing: ErrorCode;
  exists: ErrorCode;
  parts: number;
}

export const KINDS: Record<SecurableType, Kind> = {
  METASTORE: { label: "Metastore", missing: "METASTORE_DOES_NOT_EXIST", exists: "ALREADY_EXISTS", parts: 1 },
  CATALOG: { label: "Catalog", missing: "CATALOG_DOES_NOT_EXIST", exists: "CATALOG_ALREADY_EXISTS", parts: 1 },
  SCHEMA: { label: "Schema", missing: "SCHEMA_DOES_NOT_EXIST", exists: "SCHEMA_ALREADY_EXISTS", parts: 2 },
  TABLE: { label: "Table", missing: "TABLE_DOES_NOT_EXIST", exists: "TABLE_ALREADY_EXISTS", parts: 3 },
  VOLUME: { label: "Volume", missing: "VOLUME_DOES_NOT_EXIST", exists: "VOLUME_ALREADY_EXISTS", parts: 3 },
  FUNCTION: { label: "Function", missing: "FUNCTION_DOES_NOT_EXIST", exists: "FUNCTION_ALREADY_EXISTS", parts: 3 },
  REGISTERED_MODEL: { label: "Model", missing: "RESOURCE_DOES_NOT_EXIST", exists: "RESOURCE_ALREADY_EXISTS", parts: 3 },
  VECTOR_SEARCH_INDEX: {
    label: "Vector Search Index",
    missing: "RESOURCE_DOES_NOT_EXIST",
    exists: "RESOURCE_ALREADY_EXISTS",
    parts: 3,
  },
  SECRET: { label: "Secret", missing: "RESOURCE_DOES_NOT_EXIST", exists: "RESOURCE_ALREADY_EXISTS", parts: 3 },
  STORAGE_CREDENTIAL: {
    label: "Storage Credential",
    missing: "STORAGE_CREDENTIAL_DOES_NOT_EXIST",
    exists: "RESOURCE_ALREADY_EXISTS",
    parts: 1,
  },
  EXTERNAL_LOCATION: {
    label: "External Location",
    missing: "EXTERNAL_LOCATION_DOES_NOT_EXIST",
    exists: "RESOURCE_ALREADY_EXISTS",
    parts: 1,
  },
};

/** Not in a name: period, space, slash, control characters; at most 255 long. https://docs.databricks.com/sql/language-manual/sql-ref-names */
export function checkName(type: SecurableType, name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (name.length === 0 || name.length > 255 || /[./ \u0000-\u001f\u007f]/.test(name)) {
    const kind = KINDS[type].label.replaceAll(" ", "");
    throw invalid(
      `Invalid input: RPC Create${kind} Field managedcatalog.${kind}Info.name: name "${name}" is not a valid name. ` +
        "Valid names cannot contain spaces, periods, forward slashes, or control characters.",
    );
  }
}

export const missing = (type: SecurableType, fullName: string): ApiError =>
  type === "FUNCTION" || type === "REGISTERED_MODEL"
    ? new ApiError(KINDS[type].missing, `Routine or Model '${fullName}' does not exist.`)
    : new ApiError(KINDS[type].missing, `${KINDS[type].label} '${fullName}' does not exist.`);

export const exists = (type: SecurableType, fullName: string): ApiError =>
  new ApiError(KINDS[type].exists, `${KINDS[type].label} '${fullName}' already exists`);

/** `c.s.t` into its parts; a wrong number of them is the caller's mistake. */
export function splitName(type: SecurableType, fullName: string): string[] {
  const parts = fullName.split(".");
  const wanted = KINDS[type].parts;
  if (parts.length !== wanted || parts.some((part) => part === "")) {
    throw invalid(
      `'${fullName}' is not the full name of a ${KINDS[type].label}: it has ${wanted} part(s) joined by periods.`,
    );
  }
  return parts;
}

/** Finds a securable, or says which part of its name does not exist: the catalog, the schema or itself. */
export function requireSecurable(db: Database, type: SecurableType, fullName: string): Securable {
  if (type === "METASTORE") {
    const metastore = theMetastore(db);
    if (metastore.id !== fullName && metastore.fullName !== fullName.toLowerCase()) throw missing(type, fullName);
    return metastore;
  }
  const found = findSecurable(db, type, fullName);
  if (found) return found;
  if (type === "STORAGE_CREDENTIAL" || type === "EXTERNAL_LOCATION") throw missing(type, fullName);
  const parts = splitName(type, fullName);
  if (parts.length > 1 && !findSecurable(db, "CATALOG", parts[0]!)) throw missing("CATALOG", parts[0]!);
  if (parts.length > 2 && !findSecurable(db, "SCHEMA", parts.slice(0, 2).join("."))) {
    throw missing("SCHEMA", parts.slice(0, 2).join("."));
  }
  throw missing(type, fullName);
}
