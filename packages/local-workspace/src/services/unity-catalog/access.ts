/**
 * Who may do what in Unity Catalog. Workspace admins are the metastore's admins here and may do everything; for anybody
 * else it is ownership, grants on the securable and on what contains it, and the catalog's workspace bindings.
 */
import { ApiError, denied } from "../../core/errors.ts";
import type { Context, Principal } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { isAdmin, principalNames } from "../identity/store.ts";
import { KINDS } from "./names.ts";
import { DATA_PRIVILEGES, NOT_IN_ALL, spoken } from "./privileges.ts";
import { lineage, type Securable } from "./store.ts";

/** A principal with what is asked of it again and again in one request. */
export interface Actor {
  readonly principal: Principal;
  readonly admin: boolean;
  readonly names: ReadonlySet<string>;
}

/** What an owner that is a group has, too. */
export type Rights = Pick<Actor, "admin" | "names">;

export function actor(db: Database, principal: Principal): Actor {
  return { principal, admin: isAdmin(db, principal), names: principalNames(db, principal) };
}

export const owns = (who: Rights, securable: Securable): boolean => who.names.has(securable.owner);

function granted(db: Database, who: Rights, securable: Securable, privileges: readonly string[]): boolean {
  return db
    .all<{ principal: string; privilege: string }>(
      "SELECT principal, privilege FROM grants WHERE securable_id = ?",
      securable.id,
    )
    .some((grant) => privileges.includes(grant.privilege) && who.names.has(grant.principal));
}

/** Does `who` hold the privilege on the securable, by itself or through what contains it? */
export function holds(db: Database, who: Rights, securable: Securable, privilege: string): boolean {
  if (who.admin) return true;
  const accepted = NOT_IN_ALL.has(privilege) ? [privilege] : [privilege, "ALL_PRIVILEGES"];
  return lineage(db, securable).some((level) => {
    if (level.type === "METASTORE" && level.id !== securable.id) return false;
    if (owns(who, level) && (level.id === securable.id || !DATA_PRIVILEGES.has(privilege))) return true;
    return granted(db, who, level, accepted);
  });
}

export const mayManage = (db: Database, who: Actor, securable: Securable): boolean =>
  holds(db, who, securable, "MANAGE");

export function requirePrivilege(db: Database, who: Rights, securable: Securable, privilege: string): void {
  if (holds(db, who, securable, privilege)) return;
  const { label } = KINDS[securable.type];
  throw denied(`User does not have ${spoken(privilege)} on ${label} '${securable.fullName}'.`);
}

/** USE CATALOG and USE SCHEMA on what contains the securable: without them no other privilege in it works. */
export function requireUse(db: Database, who: Rights, securable: Securable): void {
  for (const level of lineage(db, securable).slice(1).reverse()) {
    if (level.type === "CATALOG") requirePrivilege(db, who, level, "USE_CATALOG");
    if (level.type === "SCHEMA") requirePrivilege(db, who, level, "USE_SCHEMA");
  }
}

export function requireManage(db: Database, who: Actor, securable: Securable): void {
  requireUse(db, who, securable);
  requirePrivilege(db, who, securable, "MANAGE");
}

/** An ISOLATED catalog can be used only from the workspaces that it is bound to; READ_ONLY bindings refuse changes. */
export function requireBinding(db: Database, workspaceId: number, securable: Securable, change: boolean): void {
  const top = lineage(db, securable).find((level) => level.body.isolation_mode !== undefined);
  if (!top || !String(top.body.isolation_mode).includes("ISOLATED")) return;
  const binding = db.get<{ binding_type: string }>(
    "SELECT binding_type FROM workspace_bindings WHERE securable_id = ? AND workspace_id = ?",
    top.id,
    workspaceId,
  );
  const { label } = KINDS[top.type];
  if (!binding) {
    throw new ApiError("PERMISSION_DENIED", `${label} '${top.fullName}' is not accessible in current workspace`);
  }
  if (change && binding.binding_type === "BINDING_TYPE_READ_ONLY") {
    throw denied(`${label} '${top.fullName}' is bound to the current workspace as read only.`);
  }
}

/** Seen by: its owner, whoever holds a privilege on it or above, BROWSE on the catalog; for a catalog also USE CATALOG. */
export function sees(db: Database, who: Actor, securable: Securable): boolean {
  if (who.admin) return true;
  const levels = lineage(db, securable);
  if (levels.some((level) => level.type !== "METASTORE" && owns(who, level))) return true;
  const grants = levels.flatMap((level) =>
    db.all<{ principal: string; privilege: string }>(
      "SELECT principal, privilege FROM grants WHERE securable_id = ?",
      level.id,
    ),
  );
  const mine = new Set(grants.filter((grant) => who.names.has(grant.principal)).map((grant) => grant.privilege));
  const opening: Partial<Record<Securable["type"], string[]>> = {
    CATALOG: ["USE_CATALOG"],
    SCHEMA: ["USE_SCHEMA"],
    TABLE: ["SELECT", "MODIFY"],
    VOLUME: ["READ_VOLUME", "WRITE_VOLUME"],
    FUNCTION: ["EXECUTE"],
    REGISTERED_MODEL: ["EXECUTE"],
    VECTOR_SEARCH_INDEX: ["SELECT"],
    SECRET: ["READ_SECRET"],
  };
  const wanted = [...(opening[securable.type] ?? ["READ_FILES"]), "ALL_PRIVILEGES", "MANAGE", "BROWSE"];
  return wanted.some((privilege) => mine.has(privilege));
}

/** Those of `items` that the caller sees, in catalogs that this workspace can use. */
export function visible(context: Context, who: Actor, items: readonly Securable[]): Securable[] {
  return items.filter((item) => {
    if (!sees(context.db, who, item)) return false;
    try {
      requireBinding(context.db, context.workspaceId, item, false);
      return true;
    } catch {
      return false;
    }
  });
}
