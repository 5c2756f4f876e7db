/** What each workspace has one of, and services share: a runner, a registry, what one service does for others. */
import type { Context } from "./service.ts";

export class Part<T> {
  readonly #make: (context: Context) => T;

  /** @param make called when a workspace's part is first asked for and nobody has provided it */
  constructor(make: (context: Context) => T) {
    this.#make = make;
  }

  of(context: Context): T {
    if (!context.parts.has(this)) context.parts.set(this, this.#make(context));
    return context.parts.get(this) as T;
  }

  /** Takes the place of what was there. */
  provide(context: Context, part: T): void {
    context.parts.set(this, part);
  }
}
