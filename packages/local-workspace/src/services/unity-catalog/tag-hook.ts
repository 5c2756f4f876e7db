/** SET TAGS and UNSET TAGS reach the service that keeps tags, which registers itself here. */
import { notImplemented } from "../../core/errors.ts";
import { Part } from "../../core/part.ts";
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

/** Changes the tags of a securable or of one of its columns; the service that keeps tags provides it. */
export const tagKeeper = new Part<ChangeTags>(() => {
  throw notImplemented("No service of this workspace keeps tags.");
});
