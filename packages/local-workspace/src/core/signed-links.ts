/** Short-lived signed addresses: they work without a token, as those of a cloud store do. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** Of this process alone: links do not outlive it. */
export class SignedLinks {
  readonly #key = randomBytes(32);
  readonly #valid: number;

  /** @param valid how long a link can be used, in ms */
  constructor(valid: number) {
    this.#valid = valid;
  }

  sign(what: string): { query: URLSearchParams; expiration: string } {
    const expires = Date.now() + this.#valid;
    const query = new URLSearchParams({ expires: String(expires), signature: this.#signature(what, expires) });
    return { query, expiration: new Date(expires).toISOString() };
  }

  holds(what: string, expires: number, signature: string): boolean {
    const wanted = Buffer.from(this.#signature(what, expires));
    const given = Buffer.from(signature);
    return given.length === wanted.length && timingSafeEqual(given, wanted) && expires >= Date.now();
  }

  #signature(what: string, expires: number): string {
    return createHmac("sha256", this.#key).update(`${what}/${expires}`).digest("base64url");
  }
}
