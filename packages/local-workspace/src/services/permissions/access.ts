/** Who has which permission level on an object: set on it, inherited from above, or standing. */
import { denied, notFound } from "../../core/errors.ts";
import type { Context, Principal } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { isAdmin, principalNames } from "../identity/store.ts";
import { OBJECT_TYPES, type ObjectRef, type ObjectType, providerOf } from "./registry.ts";
import { aclOf } from "./store.ts";

export interface Held {
  principal: string;
  level: string;
  /** Paths of the objects it comes from, e.g. `/directories/12`; none: set on the object itself. */
  inheritedFrom?: string;
}

export const typeOf = (name: string): ObjectType | undefined => OBJECT_TYPES.find((type) => type.name === name);

const ownerLevel = (type: ObjectType): string => (type.levels.includes("IS_OWNER") ? "IS_OWNER" : type.levels.at(-1)!);

/** What is set on the object itself; where nobody owns it, its creator does. */
export function direct(context: Context, { type, id }: ObjectRef): Held[] {
  const set = aclOf(context.db, type, id);
  const provider = providerOf(context, type);
  const kind = typeOf(type)!;
  const level = ownerLevel(kind);
  const creator = provider?.creator?.(context, id);
  const owned = set.some((entry) => entry.level === "IS_OWNER");
  const standing = set.length > 0 ? [] : (provider?.standing?.(context, id) ?? []);
  if (creator === undefined || owned || (level !== "IS_OWNER" && set.length > 0)) return [...set, ...standing];
  return [{ principal: creator, level }, ...set.filter((entry) => entry.principal !== creator), ...standing];
}

/** Direct and inherited permissions; the group `admins` manages everything. */
export function effective(context: Context, ref: ObjectRef): Held[] {
  const kind = typeOf(ref.type)!;
  const held = direct(context, ref);
  const above = providerOf(context, ref.type)?.inherits?.(context, ref.id) ?? [];
  const seen = [...above];
  while (seen.length > 0) {
    const next = seen.shift()!;
    for (const entry of direct(context, next)) held.push({ ...entry, inheritedFrom: `/${next.type}/${next.id}` });
    seen.push(...(providerOf(context, next.type)?.inherits?.(context, next.id) ?? []));
  }
  const manage = kind.levels.includes("CAN_MANAGE") ? "CAN_MANAGE" : kind.levels.at(-1)!;
  const source =
    kind.name === "directories" || kind.label === "notebook" || kind.label === "file"
      ? "/directories/"
      : `/${kind.name}/`;
  return [...held, { principal: "admins", level: manage, inheritedFrom: source }];
}

export function requireExists(context: Context, { type, id }: ObjectRef): void {
  const provider = providerOf(context, type);
  if (!provider?.exists(context, id)) {
    const { label } = typeOf(type)!;
    throw notFound(`${label} ${id} does not exist.`);
  }
}

const rank = (type: ObjectType, level: string): number => type.levels.indexOf(level);

export function hasLevel(context: Context, principal: Principal, type: string, id: string, level: string): boolean {
  if (isAdmin(context.db, principal)) return true;
  const kind = typeOf(type)!;
  const names = principalNames(context.db, principal);
  return effective(context, { type, id }).some(
    (entry) => names.has(entry.principal) && rank(kind, entry.level) >= rank(kind, level),
  );
}

/** Levels of jobs in the words and the order of the Jobs API's refusals. */
const JOB_LEVELS = { CAN_VIEW: "View", CAN_MANAGE: "Admin", CAN_MANAGE_RUN: "Manage Run", IS_OWNER: "Owner" };

/** The check that services make before they touch an object. */
export function requireLevel(context: Context, principal: Principal, type: string, id: string, level: string): void {
  if (hasLevel(context, principal, type, id, level)) return;
  const kind = typeOf(type)!;
  if (type === "jobs") {
    const enough = Object.entries(JOB_LEVELS).filter(([each]) => rank(kind, each) >= rank(kind, level));
    const names = enough.map(([, name]) => name).join(" or ");
    throw denied(`User ${principal.name} does not have ${names} permissions on job ${id}`);
  }
  throw denied(
    `${principal.name} does not have ${level} permissions on ${kind.label} ${id}. Ask an owner or admin for it.`,
  );
}

/** Call when an object is deleted: its permissions go with it. */
export function forgetObject(db: Database, type: string, id: string): void {
  db.run("DELETE FROM object_permissions WHERE object_type = ? AND object_id = ?", type, id);
}
