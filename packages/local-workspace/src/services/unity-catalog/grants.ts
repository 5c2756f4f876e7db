/** Grants: who was given what on which securable, and what that means together with what contains it. */

import { invalid } from "../../core/errors.ts";
import type { Context } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { requirePrincipal } from "../identity/rules.ts";
import { type Actor, mayManage, requireBinding, requireManage, requireUse } from "./access.ts";
import { KINDS, requireSecurable } from "./names.ts";
import { applicable, checkApplicable } from "./privileges.ts";
import { findSecurable, lineage, type Securable, type SecurableType } from "./store.ts";

export interface Assignment {
  principal: string;
  privileges: string[];
}

/** `table`, `external_location`, `EXTERNAL_LOCATION`, … as paths and SQL spell it. Models are granted on as functions. */
export function securableType(given: string): SecurableType {
  const type = given.toUpperCase().replaceAll(" ", "_");
  const aliases: Record<string, SecurableType> = {
    VIEW: "TABLE",
    DATABASE: "SCHEMA",
    MODEL: "REGISTERED_MODEL",
    CREDENTIAL: "STORAGE_CREDENTIAL",
  };
  const found = aliases[type] ?? type;
  if (!(found in KINDS)) {
    throw invalid(`SecurableType '${given}' is not one of ${Object.keys(KINDS).join(", ").toLowerCase()}.`);
  }
  return found as SecurableType;
}

/** What a grant may mean besides: a model is named as `function`, an index of vector search as `table`, too. */
const MEANS_ALSO: Partial<Record<SecurableType, SecurableType>> = {
  FUNCTION: "REGISTERED_MODEL",
  TABLE: "VECTOR_SEARCH_INDEX",
};

export function grantTarget(db: Database, type: SecurableType, fullName: string): Securable {
  const other = MEANS_ALSO[type];
  const found = other && !findSecurable(db, type, fullName) && findSecurable(db, other, fullName);
  return found || requireSecurable(db, type, fullName);
}

export function assignments(db: Database, item: Securable): Assignment[] {
  const byPrincipal = new Map<string, string[]>();
  const rows = db.all<{ principal: string; privilege: string }>(
    "SELECT principal, privilege FROM grants WHERE securable_id = ? ORDER BY principal, privilege",
    item.id,
  );
  for (const { principal, privilege } of rows) {
    byPrincipal.set(principal, [...(byPrincipal.get(principal) ?? []), privilege]);
  }
  return [...byPrincipal].map(([principal, privileges]) => ({ principal, privileges }));
}

export interface GrantChange {
  principal: string;
  add?: readonly string[] | undefined;
  remove?: readonly string[] | undefined;
}

/** Applies changes, all or none. A privilege that the securable's type cannot have is refused before anything is changed. */
export function changeGrants(context: Context, who: Actor, item: Securable, changes: readonly GrantChange[]): void {
  const { db } = context;
  requireBinding(db, context.workspaceId, item, false);
  requireManage(db, who, item);
  db.transaction(() => {
    for (const { principal, add = [], remove = [] } of changes) {
      const added = add.map((privilege) => checkApplicable(item, privilege));
      const removed = remove.map((privilege) => checkApplicable(item, privilege));
      // a grant to a principal that is gone can still be taken back
      const name = added.length > 0 ? requirePrincipal(db, principal).name : principal;
      // to take ALL PRIVILEGES takes each of them, as Databricks does
      if (removed.includes("ALL_PRIVILEGES")) {
        db.run("DELETE FROM grants WHERE securable_id = ? AND lower(principal) = lower(?)", item.id, name);
      }
      for (const privilege of removed) {
        db.run(
          "DELETE FROM grants WHERE securable_id = ? AND lower(principal) = lower(?) AND privilege = ?",
          item.id,
          name,
          privilege,
        );
      }
      for (const privilege of added) {
        db.run("INSERT OR IGNORE INTO grants VALUES (?, ?, ?)", item.id, name, privilege);
      }
    }
  });
}

/** Looking at the grants of others needs MANAGE; one's own can be seen by everybody who can reach the securable. */
export function readableGrants(context: Context, who: Actor, item: Securable, principal: string | undefined): void {
  const { db } = context;
  requireBinding(db, context.workspaceId, item, false);
  if (mayManage(db, who, item)) return;
  if (principal !== undefined && who.names.has(principal)) requireUse(db, who, item);
  else requireManage(db, who, item);
}

export interface EffectiveAssignment {
  principal: string;
  privileges: { privilege: string; inherited_from_type?: string; inherited_from_name?: string }[];
}

/** Own grants and those inherited from the schema and catalog, as far as they mean something on this type. */
export function effectiveAssignments(db: Database, item: Securable): EffectiveAssignment[] {
  const found = new Map<string, EffectiveAssignment["privileges"]>();
  for (const level of lineage(db, item)) {
    if (level.type === "METASTORE" && level.id !== item.id) continue;
    for (const { principal, privileges } of assignments(db, level)) {
      for (const privilege of privileges) {
        if (level.id !== item.id && !applicable(item.type, privilege)) continue;
        const list = found.get(principal) ?? [];
        list.push(
          level.id === item.id
            ? { privilege }
            : { privilege, inherited_from_type: level.type, inherited_from_name: level.fullName },
        );
        found.set(principal, list);
      }
    }
  }
  return [...found]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([principal, privileges]) => ({ principal, privileges }));
}
