/** Columns of results: their types in Thrift, and rows turned into columns for clients that do not read Arrow. */
import { type Column, type TableSchema, TYPE_ID, type TypeDesc } from "./wire/structs.ts";

export interface ResultColumn {
  readonly name: string;
  readonly type: number;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  readonly comment?: string | undefined;
}

/** As the engine and metadata give them; binary values are base64. */
export type Value = string | number | boolean | null;

/** Types of Unity Catalog and the Statement Execution API; those that Thrift has no type for are text. */
const TYPES: Readonly<Record<string, number>> = {
  BOOLEAN: TYPE_ID.BOOLEAN,
  BYTE: TYPE_ID.TINYINT,
  SHORT: TYPE_ID.SMALLINT,
  INT: TYPE_ID.INT,
  LONG: TYPE_ID.BIGINT,
  FLOAT: TYPE_ID.FLOAT,
  DOUBLE: TYPE_ID.DOUBLE,
  DATE: TYPE_ID.DATE,
  TIMESTAMP: TYPE_ID.TIMESTAMP,
  TIMESTAMP_NTZ: TYPE_ID.TIMESTAMP,
  STRING: TYPE_ID.STRING,
  CHAR: TYPE_ID.CHAR,
  BINARY: TYPE_ID.BINARY,
  DECIMAL: TYPE_ID.DECIMAL,
  ARRAY: TYPE_ID.ARRAY,
  MAP: TYPE_ID.MAP,
  STRUCT: TYPE_ID.STRUCT,
  NULL: TYPE_ID.NULL,
};

function typeId(typeName: string, typeText: string): number {
  if (typeName !== "INTERVAL") return TYPES[typeName] ?? TYPE_ID.STRING;
  return /year|month/i.test(typeText) ? TYPE_ID.INTERVAL_YEAR_MONTH : TYPE_ID.INTERVAL_DAY_TIME;
}

/** From the engine's ColumnInfo. */
export function resultColumn(info: Record<string, unknown>): ResultColumn {
  return {
    name: String(info.name),
    type: typeId(String(info.type_name), String(info.type_text)),
    precision: info.type_precision as number | undefined,
    scale: info.type_scale as number | undefined,
    comment: info.comment as string | undefined,
  };
}

function typeDesc({ type, precision, scale }: ResultColumn): TypeDesc {
  if (type !== TYPE_ID.DECIMAL) return { types: [{ primitiveEntry: { type } }] };
  const qualifiers = new Map([
    ["precision", { i32Value: precision ?? 38 }],
    ["scale", { i32Value: scale ?? 0 }],
  ]);
  return { types: [{ primitiveEntry: { type, typeQualifiers: { qualifiers } } }] };
}

/** Positions begin at 1. */
export const tableSchema = (columns: readonly ResultColumn[]): TableSchema => ({
  columns: columns.map((column, index) => ({
    columnName: column.name,
    typeDesc: typeDesc(column),
    position: index + 1,
    comment: column.comment ?? "",
  })),
});

/** A bit for every value, the first in the lowest of the first byte: 1 where it is null. */
function nullBits(values: readonly Value[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, index) => {
    if (value === null) bits[index >> 3]! |= 1 << (index & 7);
  });
  return bits;
}

const isTrue = (value: Value): boolean => value === true || value === "true";
const whole = (value: Value): bigint => BigInt(value ?? 0);

function toColumn(type: number, values: readonly Value[]): Column {
  const nulls = nullBits(values);
  const numbers = (): number[] => values.map((value) => Number(value ?? 0));
  switch (type) {
    case TYPE_ID.BOOLEAN:
      return { boolVal: { values: values.map(isTrue), nulls } };
    case TYPE_ID.TINYINT:
      return { byteVal: { values: numbers(), nulls } };
    case TYPE_ID.SMALLINT:
      return { i16Val: { values: numbers(), nulls } };
    case TYPE_ID.INT:
      return { i32Val: { values: numbers(), nulls } };
    case TYPE_ID.BIGINT:
      return { i64Val: { values: values.map(whole), nulls } };
    case TYPE_ID.FLOAT:
    case TYPE_ID.DOUBLE:
      return { doubleVal: { values: numbers(), nulls } };
    case TYPE_ID.BINARY:
      return { binaryVal: { values: values.map((value) => Buffer.from(String(value ?? ""), "base64")), nulls } };
    default:
      return { stringVal: { values: values.map((value) => (value === null ? "" : String(value))), nulls } };
  }
}

export const toColumns = (columns: readonly ResultColumn[], rows: readonly (readonly Value[])[]): Column[] =>
  columns.map(({ type }, index) =>
    toColumn(
      type,
      rows.map((row) => row[index] ?? null),
    ),
  );
