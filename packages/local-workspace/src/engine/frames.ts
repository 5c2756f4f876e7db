/**
 * Frames of the engine protocol: a JSON value ends with the byte 0x0A and holds none, as JSON escapes line feeds in strings.
 * Only that byte separates: `node:readline` also splits at U+2028 and U+2029, which JSON allows within a string.
 */

import type { Params } from "../core/engine-client.ts";
import { ApiError } from "../core/errors.ts";

const LINE_FEED = 0x0a;

export interface Message {
  id?: number | string | null;
  method?: string;
  params?: Params;
  result?: unknown;
  error?: { code?: number; message?: string; data?: Params };
}

/** Cuts a stream of bytes into frames; a frame may come in any number of chunks, cut within a character. */
export class FrameSplitter {
  #pending: Buffer[] = [];
  readonly #onFrame: (frame: Buffer) => void;

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      const last = chunk.subarray(from, end);
      const frame = this.#pending.length > 0 ? Buffer.concat([...this.#pending, last]) : last;
      this.#pending = [];
      from = end + 1;
      if (frame.length > 0) this.#onFrame(frame);
    }
    if (from < chunk.length) this.#pending.push(chunk.subarray(from));
  }
}

const strict = new TextDecoder("utf-8", { fatal: true });

/** @throws when the frame is not UTF-8, not JSON or not an object */
export function decode(frame: Buffer): Message {
  const value: unknown = JSON.parse(strict.decode(frame));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("it is not an object");
  return value as Message;
}

/** One message as a frame. Lone surrogates leave as escapes: JSON.stringify is well-formed (ECMA-262). */
export const encode = (message: Message): string => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;

/** Whom a frame that cannot be read concerns: both sides write `jsonrpc` and `id` first. */
export function idOf(frame: Buffer): { id: number | string; method: boolean } | undefined {
  const head = frame.subarray(0, 200).toString("latin1");
  const found = /^\{\s*"jsonrpc":\s*"2\.0",\s*"id":\s*("?)([\w-]+)\1,\s*"(\w+)":/.exec(head);
  if (!found) return undefined;
  const [, quote, id, next] = found as unknown as [string, string, string, string];
  return { id: quote ? id : Number(id), method: next === "method" };
}

/** `error` of an answer to the engine's request. */
export function errorOf(error: unknown): NonNullable<Message["error"]> {
  const code = error instanceof ApiError ? error.errorCode : "INTERNAL_ERROR";
  const message = error instanceof Error ? error.message : String(error);
  const condition = (error instanceof ApiError && error.errorClass) || code;
  return { code: -32000, message, data: { error_class: condition, error_code: code } };
}
