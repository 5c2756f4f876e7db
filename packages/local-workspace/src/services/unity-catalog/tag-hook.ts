/** Tags and policies in SQL: statements and the views of information_schema ask the service that keeps them. */
import { notImplemented } from "../../core/errors.ts";
import { Part } from "../../core/part.ts";
import type { Context } from "../../core/service.ts";
import type { Actor } from "./access.ts";
import type { Securable } from "./store.ts";

export interface TagKeeper {
  /** Sets and removes tags of a securable, or of one of its columns. */
  change(
    context: Context,
    who: Actor,
    item: Securable,
    column: string | undefined,
    set: Record<string, string | null>,
    unset: readonly string[],
  ): void;
  /** All of a securable and its columns, in order; `column_name` is empty for those of the securable itself. */
  tagsOf(context: Context, securableId: string): { column_name: string; key: string; value: string }[];
}

/** The service that keeps tags provides it. */
export const tagKeeper = new Part<TagKeeper>(() => {
  throw notImplemented("No service of this workspace keeps tags.");
});

export interface PolicyKeeper {
  /** `policy`: as the REST API takes it. */
  create(context: Context, who: Actor, policy: unknown, replace: boolean): void;
  drop(context: Context, who: Actor, securableType: string, securable: string, policy: string): void;
}

/** The service that keeps policies provides it. */
export const policyKeeper = new Part<PolicyKeeper>(() => {
  throw notImplemented("No service of this workspace keeps policies.");
});
