/**
 * Thrift's binary protocol over a whole message in memory, both ways.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md
 *
 * The `thrift` package is not used: it reads sizes and depths of a request without bounds, writes a buffer for every number,
 * and brings no types.
 */

/** Type ids of the protocol. */
export const CODE = {
  STOP: 0,
  BOOL: 2,
  BYTE: 3,
  DOUBLE: 4,
  I16: 6,
  I32: 8,
  I64: 10,
  STRING: 11,
  STRUCT: 12,
  MAP: 13,
  SET: 14,
  LIST: 15,
} as const;

/** Bytes of the values whose size does not vary. */
const FIXED: Readonly<Record<number, number>> = {
  [CODE.BOOL]: 1,
  [CODE.BYTE]: 1,
  [CODE.DOUBLE]: 8,
  [CODE.I16]: 2,
  [CODE.I32]: 4,
  [CODE.I64]: 8,
};

/** How deep structs and containers may lie in each other. */
const DEPTH = 64;

/** The bytes are not a message of the protocol. */
export class WireError extends Error {}

export class Reader {
  readonly #bytes: Buffer;
  /** How many elements all containers together may still have: an element of a byte becomes an object of many. */
  #elements: number;
  #at = 0;
  #depth = 0;

  constructor(bytes: Buffer, maxElements: number) {
    this.#bytes = bytes;
    this.#elements = maxElements;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  #take(size: number): number {
    if (size < 0) throw new WireError(`a size is negative: ${size}`);
    if (size > this.remaining) throw new WireError(`${size} bytes are announced where ${this.remaining} are left`);
    const at = this.#at;
    this.#at += size;
    return at;
  }

  byte = (): number => this.#bytes.readInt8(this.#take(1));
  i16 = (): number => this.#bytes.readInt16BE(this.#take(2));
  i32 = (): number => this.#bytes.readInt32BE(this.#take(4));
  i64 = (): bigint => this.#bytes.readBigInt64BE(this.#take(8));
  double = (): number => this.#bytes.readDoubleBE(this.#take(8));

  binary(): Buffer {
    const size = this.i32();
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  string = (): string => this.binary().toString("utf8");

  /** The bytes of text whose size was read before: the name in a message without a version. */
  text(size: number): string {
    const at = this.#take(size);
    return this.#bytes.toString("utf8", at, at + size);
  }

  /** The number of elements of a container. */
  size(): number {
    const size = this.i32();
    if (size < 0) throw new WireError(`a container has ${size} elements`);
    if (size > this.remaining) throw new WireError(`a container of ${size} elements has ${this.remaining} bytes`);
    this.#elements -= size;
    if (this.#elements < 0) throw new WireError("the message has too many elements");
    return size;
  }

  /** Reads what lies one level deeper. */
  nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEPTH) throw new WireError(`structs lie more than ${DEPTH} levels deep`);
    const value = read();
    this.#depth -= 1;
    return value;
  }

  /** Calls `field` with id and type of each field of a struct, which it must read or skip. */
  fields(field: (id: number, code: number) => void): void {
    this.nested(() => {
      for (let code = this.byte(); code !== CODE.STOP; code = this.byte()) field(this.i16(), code);
    });
  }

  skip(code: number): void {
    const fixed = FIXED[code];
    if (fixed !== undefined) this.#take(fixed);
    else if (code === CODE.STRING) this.#take(this.i32());
    else if (code === CODE.STRUCT) this.fields((_id, inner) => this.skip(inner));
    else if (code === CODE.LIST || code === CODE.SET) {
      const element = this.byte();
      this.nested(() => this.#times(this.size(), () => this.skip(element)));
    } else if (code === CODE.MAP) {
      const [key, value] = [this.byte(), this.byte()];
      this.nested(() =>
        this.#times(this.size(), () => {
          this.skip(key);
          this.skip(value);
        }),
      );
    } else throw new WireError(`there is no type ${code}`);
  }

  #times(count: number, action: () => void): void {
    for (let index = 0; index < count; index += 1) action();
  }
}

export class Writer {
  #bytes = Buffer.allocUnsafe(1024);
  #at = 0;

  #grow(size: number): number {
    const at = this.#at;
    this.#at += size;
    if (this.#at > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#at, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }

  byte(value: number): void {
    const at = this.#grow(1);
    this.#bytes.writeInt8(value, at);
  }

  i16(value: number): void {
    const at = this.#grow(2);
    this.#bytes.writeInt16BE(value, at);
  }

  i32(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeInt32BE(value, at);
  }

  i64(value: bigint): void {
    const at = this.#grow(8);
    this.#bytes.writeBigInt64BE(value, at);
  }

  double(value: number): void {
    const at = this.#grow(8);
    this.#bytes.writeDoubleBE(value, at);
  }

  binary(value: Uint8Array): void {
    this.i32(value.length);
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
  }

  string(value: string): void {
    const size = Buffer.byteLength(value, "utf8");
    this.i32(size);
    const at = this.#grow(size);
    this.#bytes.write(value, at, "utf8");
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
}
