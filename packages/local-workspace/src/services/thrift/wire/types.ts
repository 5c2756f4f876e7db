/** Thrift types as values that read and write themselves; the TypeScript types of structs follow from them. */
import { CODE, type Reader, WireError, type Writer } from "./binary.ts";

export interface Type<T> {
  /** The protocol's type id. */
  readonly code: number;
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
}

export type Infer<T> = T extends Type<infer V> ? V : never;

export const bool: Type<boolean> = {
  code: CODE.BOOL,
  read: (reader) => reader.byte() !== 0,
  write: (writer, value) => writer.byte(value ? 1 : 0),
};
export const byte: Type<number> = {
  code: CODE.BYTE,
  read: (reader) => reader.byte(),
  write: (writer, value) => writer.byte(value),
};
export const i16: Type<number> = {
  code: CODE.I16,
  read: (reader) => reader.i16(),
  write: (writer, value) => writer.i16(value),
};
export const i32: Type<number> = {
  code: CODE.I32,
  read: (reader) => reader.i32(),
  write: (writer, value) => writer.i32(value),
};
/** A count or a time: a number; beyond 2^53 it is not exact. */
export const i64: Type<number> = {
  code: CODE.I64,
  read: (reader) => Number(reader.i64()),
  write: (writer, value) => writer.i64(BigInt(value)),
};
/** A value of a BIGINT column. */
export const long: Type<bigint> = {
  code: CODE.I64,
  read: (reader) => reader.i64(),
  write: (writer, value) => writer.i64(value),
};
export const double: Type<number> = {
  code: CODE.DOUBLE,
  read: (reader) => reader.double(),
  write: (writer, value) => writer.double(value),
};
export const string: Type<string> = {
  code: CODE.STRING,
  read: (reader) => reader.string(),
  write: (writer, value) => writer.string(value),
};
export const binary: Type<Uint8Array> = {
  code: CODE.STRING,
  read: (reader) => reader.binary(),
  write: (writer, value) => writer.binary(value),
};

/** An empty container may announce any type of element. */
function expect(found: number, wanted: number, size: number): void {
  if (size > 0 && found !== wanted) throw new WireError(`a container has elements of type ${found}, not ${wanted}`);
}

export const list = <T>(element: Type<T>): Type<readonly T[]> => ({
  code: CODE.LIST,
  read: (reader) =>
    reader.nested(() => {
      const code = reader.byte();
      const size = reader.size();
      expect(code, element.code, size);
      const values: T[] = [];
      for (let index = 0; index < size; index += 1) values.push(element.read(reader));
      return values;
    }),
  write: (writer, values) => {
    writer.byte(element.code);
    writer.i32(values.length);
    for (const value of values) element.write(writer, value);
  },
});

export const map = <T>(value: Type<T>): Type<ReadonlyMap<string, T>> => ({
  code: CODE.MAP,
  read: (reader) =>
    reader.nested(() => {
      const codes = [reader.byte(), reader.byte()] as const;
      const size = reader.size();
      expect(codes[0], CODE.STRING, size);
      expect(codes[1], value.code, size);
      const values = new Map<string, T>();
      for (let index = 0; index < size; index += 1) values.set(reader.string(), value.read(reader));
      return values;
    }),
  write: (writer, values) => {
    writer.byte(CODE.STRING);
    writer.byte(value.code);
    writer.i32(values.size);
    for (const [key, each] of values) {
      writer.string(key);
      value.write(writer, each);
    }
  },
});

// biome-ignore lint/suspicious/noExplicitAny: a table of fields holds fields of every type
type Fields = Record<string, readonly [id: number, type: Type<any>]>;
type Struct<F extends Fields> = { readonly [K in keyof F]?: Infer<F[K][1]> | undefined };

/**
 * A struct by its fields, `{ name: [id, type] }`. Every field may be missing: what a method needs, it asks for itself.
 * As in Thrift, fields with an unknown id or another type are passed over.
 */
export function struct<F extends Fields>(fields: F): Type<Struct<F>> {
  const known = new Map(Object.entries(fields).map(([name, [id, type]]) => [id, { name, type }]));
  return {
    code: CODE.STRUCT,
    read: (reader) => {
      const value: Record<string, unknown> = {};
      reader.fields((id, code) => {
        const field = known.get(id);
        if (field?.type.code === code) value[field.name] = field.type.read(reader);
        else reader.skip(code);
      });
      return value as Struct<F>;
    },
    write: (writer, value) => {
      for (const [name, [id, type]] of Object.entries(fields)) {
        const given = value[name];
        if (given === undefined) continue;
        writer.byte(type.code);
        writer.i16(id);
        type.write(writer, given);
      }
      writer.byte(CODE.STOP);
    },
  };
}

/** A struct that holds itself. */
export const recursive = <T>(make: () => Type<T>): Type<T> => ({
  code: CODE.STRUCT,
  read: (reader) => make().read(reader),
  write: (writer, value) => make().write(writer, value),
});
