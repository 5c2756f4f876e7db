/** Calls, replies and exceptions of Thrift's RPC. */
import { Reader, WireError, Writer } from "./binary.ts";
import { i32, string, struct, type Type } from "./types.ts";

const VERSION = 0x8001;
const CALL = 1;
const REPLY = 2;
const EXCEPTION = 3;

/** Elements of all containers of a request: parameters, settings. */
const MAX_ELEMENTS = 100_000;

/** Kinds of TApplicationException. */
export const EXCEPTION_TYPE = { UNKNOWN_METHOD: 1, INTERNAL_ERROR: 6, PROTOCOL_ERROR: 7 } as const;

const applicationException = struct({ message: [1, string], type: [2, i32] });

export interface Call {
  method: string;
  sequence: number;
  /** The struct of the method's arguments follows. */
  body: Reader;
}

/** The head of a call. Throws WireError where the bytes do not begin as one. */
export function readCall(bytes: Buffer, maxElements = MAX_ELEMENTS): Call {
  const reader = new Reader(bytes, maxElements);
  const first = reader.i32();
  let method: string;
  let kind: number;
  if (first < 0) {
    if (first >>> 16 !== VERSION) throw new WireError("the message is not of version 1 of the binary protocol");
    method = reader.string();
    kind = first & 0xff;
  } else {
    method = reader.text(first);
    kind = reader.byte();
  }
  const sequence = reader.i32();
  if (kind !== CALL) throw new WireError(`the message is of type ${kind}, not a call`);
  return { method, sequence, body: reader };
}

function message<T>(kind: number, method: string, sequence: number, type: Type<T>, value: T): Buffer {
  const writer = new Writer();
  writer.i32((VERSION << 16) | kind);
  writer.string(method);
  writer.i32(sequence);
  type.write(writer, value);
  return writer.finish();
}

/** A reply: `success`, field 0 of the method's result. */
export const writeReply = <T>(method: string, sequence: number, type: Type<T>, success: T): Buffer =>
  message(REPLY, method, sequence, struct({ success: [0, type] }), { success } as never);

export const writeException = (method: string, sequence: number, type: number, text: string): Buffer =>
  message(EXCEPTION, method, sequence, applicationException, { message: text, type });
