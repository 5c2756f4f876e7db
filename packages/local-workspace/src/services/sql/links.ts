/** Short-lived signed addresses of result chunks: they work without a token, as those of a cloud store do. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** How long a link can be used, in ms. */
const VALID = 15 * 60 * 1000;

/** Of this process alone: links do not outlive it. */
const key = randomBytes(32);

const sign = (statementId: string, chunk: number, expires: number): string =>
  createHmac("sha256", key).update(`${statementId}/${chunk}/${expires}`).digest("base64url");

export function makeLink(host: string, statementId: string, chunk: number): { url: string; expiration: string } {
  const expires = Date.now() + VALID;
  const query = new URLSearchParams({ expires: String(expires), signature: sign(statementId, chunk, expires) });
  return { url: `${host}/sql-results/${statementId}/${chunk}?${query}`, expiration: new Date(expires).toISOString() };
}

export function checkLink(statementId: string, chunk: number, expires: number, signature: string): boolean {
  const wanted = Buffer.from(sign(statementId, chunk, expires));
  const given = Buffer.from(signature);
  return given.length === wanted.length && timingSafeEqual(given, wanted) && expires >= Date.now();
}
