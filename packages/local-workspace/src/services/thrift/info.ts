/** What GetInfo knows of the server. https://learn.microsoft.com/sql/odbc/reference/syntax/sqlgetinfo-function */
import { ThriftError } from "./errors.ts";
import type { GetInfoValue } from "./wire/structs.ts";

const NAME_LENGTH = 255;
const text = (stringValue: string): GetInfoValue => ({ stringValue });
const small = (smallIntValue: number): GetInfoValue => ({ smallIntValue });
const length = (lenValue: number): GetInfoValue => ({ lenValue });

/** By the numbers of TGetInfoType. */
const VALUES: Readonly<Record<number, GetInfoValue>> = {
  2: text("local workspace"), // CLI_DATA_SOURCE_NAME
  13: text("Spark SQL"), // CLI_SERVER_NAME
  14: text("\\"), // CLI_SEARCH_PATTERN_ESCAPE
  17: text("Spark SQL"), // CLI_DBMS_NAME
  18: text("4.2.0"), // CLI_DBMS_VER
  25: text("N"), // CLI_DATA_SOURCE_READ_ONLY
  28: small(4), // CLI_IDENTIFIER_CASE: any case, kept
  29: text("`"), // CLI_IDENTIFIER_QUOTE_CHAR
  30: length(NAME_LENGTH), // CLI_MAX_COLUMN_NAME_LEN
  32: length(NAME_LENGTH), // CLI_MAX_SCHEMA_NAME_LEN
  34: length(NAME_LENGTH), // CLI_MAX_CATALOG_NAME_LEN
  35: length(NAME_LENGTH), // CLI_MAX_TABLE_NAME_LEN
  46: small(0), // CLI_TXN_CAPABLE: none
  90: text("N"), // CLI_ORDER_BY_COLUMNS_IN_SELECT
  10003: text("Y"), // CLI_CATALOG_NAME
  10005: length(NAME_LENGTH), // CLI_MAX_IDENTIFIER_LEN
};

const USER_NAME = 47;

export function infoValue(type: number | undefined, principal: string): GetInfoValue {
  if (type === USER_NAME) return text(principal);
  const found = VALUES[type ?? -1];
  if (!found) throw new ThriftError(`Unrecognized GetInfoType value: ${type}.`, "HY096");
  return found;
}
