/** Paging as Databricks does it: an opaque `page_token` that says where the next page starts, empty when there is none. */
import { invalid } from "./errors.ts";

export interface Page<T> {
  items: T[];
  next_page_token?: string;
  prev_page_token?: string;
}

export const encodeToken = (offset: number): string => Buffer.from(JSON.stringify({ o: offset })).toString("base64url");

/** @throws INVALID_PARAMETER_VALUE when the token is none of encodeToken */
export function decodeToken(token: string): number {
  try {
    const offset = (JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as { o: unknown }).o;
    if (typeof offset === "number" && Number.isInteger(offset) && offset >= 0) return offset;
  } catch {
    // falls through: whatever it was, it was not made by encodeToken()
  }
  throw invalid(`Invalid page token '${token}'. Use the next_page_token of the previous page as it is.`);
}

/**
 * Cuts one page out of `all`, which must be in a stable order.
 * @param size the page size asked for; 0 or undefined means `limits.fallback` (which may be Infinity: everything)
 */
export function paginate<T>(
  all: readonly T[],
  request: { pageToken?: string | undefined; size?: number | undefined; offset?: number | undefined },
  limits: { fallback: number; max: number; name?: string },
): Page<T> {
  const name = limits.name ?? "max_results";
  const asked = request.size ?? 0;
  if (asked < 0) throw invalid(`${name} must not be negative, got ${asked}.`);
  if (asked > limits.max) throw invalid(`${name} must be at most ${limits.max}, got ${asked}.`);
  const size = asked === 0 ? limits.fallback : asked;
  const start = request.pageToken ? decodeToken(request.pageToken) : (request.offset ?? 0);
  const end = Math.min(start + size, all.length);
  return {
    items: all.slice(start, end),
    ...(end < all.length ? { next_page_token: encodeToken(end) } : {}),
    ...(start > 0 ? { prev_page_token: encodeToken(Math.max(0, start - size)) } : {}),
  };
}
