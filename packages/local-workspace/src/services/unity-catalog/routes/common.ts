/** What the routes of all securables share. */
import { denied, invalid } from "../../../core/errors.ts";
import { paginate } from "../../../core/paging.ts";
import type { Context, Principal } from "../../../core/service.ts";
import { actor, requireBinding, requireUse, sees } from "../access.ts";
import { KINDS, requireSecurable } from "../names.ts";
import type { Securable, SecurableType } from "../store.ts";

export const PREFIX = "/api/2.1/unity-catalog";

/**
 * Lists as Unity Catalog pages them: no `max_results` gives everything (or `unset`), 0 the server's page, more than the
 * server's page the server's page.
 */
export function pageOf<T>(
  all: readonly T[],
  query: { max_results?: number | undefined; page_token?: string | undefined },
  limits: { zero: number; max: number; unset?: number },
): { items: T[]; next_page_token?: string } {
  const asked = query.max_results;
  if (asked !== undefined && asked < 0) throw invalid(`max_results must not be negative, got ${asked}.`);
  const size =
    asked === undefined ? (limits.unset ?? Number.POSITIVE_INFINITY) : Math.min(asked || limits.zero, limits.max);
  const { items, next_page_token } = paginate(
    all,
    { pageToken: query.page_token, size: Number.isFinite(size) ? size : undefined },
    { fallback: Number.POSITIVE_INFINITY, max: Number.MAX_SAFE_INTEGER },
  );
  return next_page_token === undefined ? { items } : { items, next_page_token };
}

/** Finds a securable that the caller may look at. */
export function readable(context: Context, principal: Principal, type: SecurableType, fullName: string): Securable {
  const { db } = context;
  const item = requireSecurable(db, type, fullName);
  const who = actor(db, principal);
  requireBinding(db, context.workspaceId, item, false);
  if (sees(db, who, item)) return item;
  requireUse(db, who, item);
  throw denied(`User does not have any privilege on ${KINDS[type].label} '${item.fullName}'.`);
}

/** The keys of a request that are kept in a securable's body: all but those that have a column or steer the request. */
export function bodyOf(request: Record<string, unknown>): Record<string, unknown> {
  const apart = new Set([
    "name",
    "new_name",
    "comment",
    "owner",
    "catalog_name",
    "schema_name",
    "force",
    "skip_validation",
  ]);
  return Object.fromEntries(Object.entries(request).filter(([key, value]) => !apart.has(key) && value !== undefined));
}

export const changeOf = (request: Record<string, unknown>) => ({
  newName: request.new_name as string | undefined,
  owner: (request.owner as string | undefined) || undefined,
  comment: request.comment as string | undefined,
  body: bodyOf(request),
});
