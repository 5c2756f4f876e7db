/** SET TAGS and UNSET TAGS reach the service that keeps tags, which registers itself here. */
import { notImplemented } from "../../core/errors.ts";
import type { Context } from "../../core/service.ts";
import type { Actor } from "./access.ts";
import type { Securable } from "./store.ts";

type ChangeTags = (
  context: Context,
  who: Actor,
  item: Securable,
  column: string | undefined,
  set: Record<string, string | null>,
  unset: readonly string[],
) => void;

let keeper: ChangeTags | undefined;

export function provideTags(provided: ChangeTags): void {
  keeper = provided;
}

export const changeTags: ChangeTags = (...change) => {
  if (!keeper) throw notImplemented("No service of this workspace keeps tags.");
  keeper(...change);
};
