/** SQL types in JDBC's numbers, and the list of them that GetTypeInfo gives. */
import type { Value } from "./columns.ts";

interface SqlType {
  name: string;
  /** java.sql.Types */
  jdbc: number;
  /** Digits or characters of its longest value. */
  size?: number;
  digits?: number;
  radix?: number;
  quoted?: boolean;
}

/** By the names of Unity Catalog's ColumnTypeName. */
const TYPES: Readonly<Record<string, SqlType>> = {
  NULL: { name: "VOID", jdbc: 0 },
  BOOLEAN: { name: "BOOLEAN", jdbc: 16, size: 1 },
  BYTE: { name: "TINYINT", jdbc: -6, size: 3, digits: 0, radix: 10 },
  SHORT: { name: "SMALLINT", jdbc: 5, size: 5, digits: 0, radix: 10 },
  INT: { name: "INT", jdbc: 4, size: 10, digits: 0, radix: 10 },
  LONG: { name: "BIGINT", jdbc: -5, size: 19, digits: 0, radix: 10 },
  FLOAT: { name: "FLOAT", jdbc: 6, size: 7, digits: 7, radix: 10 },
  DOUBLE: { name: "DOUBLE", jdbc: 8, size: 15, digits: 15, radix: 10 },
  DECIMAL: { name: "DECIMAL", jdbc: 3, size: 38, radix: 10 },
  STRING: { name: "STRING", jdbc: 12, size: 255, quoted: true },
  CHAR: { name: "CHAR", jdbc: 1, size: 255, quoted: true },
  BINARY: { name: "BINARY", jdbc: -2, size: 32767, quoted: true },
  DATE: { name: "DATE", jdbc: 91, size: 10, quoted: true },
  TIMESTAMP: { name: "TIMESTAMP", jdbc: 93, size: 29, digits: 9, quoted: true },
  TIMESTAMP_NTZ: { name: "TIMESTAMP_NTZ", jdbc: 93, size: 29, digits: 9, quoted: true },
  INTERVAL: { name: "INTERVAL", jdbc: 12 },
  ARRAY: { name: "ARRAY", jdbc: 2003 },
  MAP: { name: "MAP", jdbc: 2000 },
  STRUCT: { name: "STRUCT", jdbc: 2002 },
  VARIANT: { name: "VARIANT", jdbc: 1111 },
};

export const jdbcType = (typeName: string): number => TYPES[typeName]?.jdbc ?? 1111;

/** `array<struct<aB:int>>` as `ARRAY<STRUCT<aB: INT>>`: the names of fields keep their case. */
export const typeNameOf = (typeText: string): string =>
  typeText.replace(/`[^`]*`\s*:\s*|\([^)]*\)|,\s*|[^<>,:()`]+:?\s*/g, (part) => {
    if (part.startsWith("(")) return part;
    if (part.startsWith(",")) return ", ";
    return /:\s*$/.test(part) ? `${part.trimEnd().slice(0, -1)}: ` : part.toUpperCase();
  });

export function sizeOf(
  typeName: string,
  precision: Value | undefined,
  scale: Value | undefined,
): { size: Value; digits: Value; radix: Value } {
  const { size = null, digits = null, radix = null } = TYPES[typeName] ?? {};
  return typeName === "DECIMAL" ? { size: precision ?? size, digits: scale ?? 0, radix } : { size, digits, radix };
}

export const TYPE_INFO_COLUMNS =
  "TYPE_NAME, DATA_TYPE int, PRECISION int, LITERAL_PREFIX, LITERAL_SUFFIX, CREATE_PARAMS, NULLABLE smallint, " +
  "CASE_SENSITIVE boolean, SEARCHABLE smallint, UNSIGNED_ATTRIBUTE boolean, FIXED_PREC_SCALE boolean, " +
  "AUTO_INCREMENT boolean, LOCAL_TYPE_NAME, MINIMUM_SCALE smallint, MAXIMUM_SCALE smallint, SQL_DATA_TYPE int, " +
  "SQL_DATETIME_SUB int, NUM_PREC_RADIX int";

/** SEARCHABLE 3: in any WHERE; 0: in none. */
export const typeInfoRows = (): Value[][] =>
  Object.values(TYPES).map(({ name, jdbc, size, digits, radix, quoted }) => {
    const searchable = [2000, 2002, 2003].includes(jdbc) ? 0 : 3;
    const quote = quoted ? "'" : null;
    const signed = radix === undefined;
    const params = name === "DECIMAL" ? "precision,scale" : null;
    const scale = name === "DECIMAL" ? 38 : (digits ?? 0);
    const head = [name, jdbc, size ?? null, quote, quote, params, 1, name === "STRING", searchable, signed];
    return [...head, false, false, name, 0, scale, null, null, radix ?? null];
  });
