/** Users, service principals and groups, and who is in which group. Plain functions over the database. */

import { numericId, uuid } from "../../core/ids.ts";
import type { Principal } from "../../core/service.ts";
import type { Database, Migration } from "../../store/database.ts";

export const migrations: readonly Migration[] = [
  {
    id: "identity/1-identities",
    sql: `
      CREATE TABLE identities (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('user', 'service_principal', 'group')),
        name TEXT NOT NULL COLLATE NOCASE,
        display_name TEXT NOT NULL,
        active INTEGER NOT NULL DEFAULT 1,
        system INTEGER NOT NULL DEFAULT 0,
        extra TEXT NOT NULL DEFAULT '{}',
        UNIQUE (kind, name)
      ) STRICT;
      CREATE TABLE group_members (
        group_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
        member_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
        PRIMARY KEY (group_id, member_id)
      ) STRICT;
      CREATE INDEX group_members_member ON group_members (member_id);`,
  },
];

export type IdentityKind = "user" | "service_principal" | "group";

/** `name` is what grants and permissions say: user name, application id, or the group's display name. */
export interface Identity {
  id: string;
  kind: IdentityKind;
  name: string;
  displayName: string;
  active: boolean;
  /** Made by the workspace itself: `users`, `admins`, `account users`; cannot be deleted or renamed. */
  system: boolean;
  /** Other SCIM attributes, as sent: name, emails, entitlements, roles, externalId. */
  extra: Record<string, unknown>;
}

interface IdentityRow {
  id: string;
  kind: IdentityKind;
  name: string;
  display_name: string;
  active: number;
  system: number;
  extra: string;
}

const fromRow = (row: IdentityRow): Identity => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  displayName: row.display_name,
  active: row.active === 1,
  system: row.system === 1,
  extra: JSON.parse(row.extra) as Record<string, unknown>,
});

export function listIdentities(db: Database, kind: IdentityKind): Identity[] {
  return db.all<IdentityRow>("SELECT * FROM identities WHERE kind = ? ORDER BY rowid", kind).map(fromRow);
}

export function getIdentity(db: Database, id: string): Identity | undefined {
  const row = db.get<IdentityRow>("SELECT * FROM identities WHERE id = ?", id);
  return row && fromRow(row);
}

export function findIdentity(db: Database, kind: IdentityKind, name: string): Identity | undefined {
  const row = db.get<IdentityRow>("SELECT * FROM identities WHERE kind = ? AND name = ?", kind, name);
  return row && fromRow(row);
}

/** What a grant's or permission's principal names, whatever its kind; users before groups, as their names cannot clash. */
export function findPrincipal(db: Database, name: string): Identity | undefined {
  const row = db.get<IdentityRow>("SELECT * FROM identities WHERE name = ? ORDER BY kind DESC", name);
  return row && fromRow(row);
}

export function insertIdentity(
  db: Database,
  identity: Pick<Identity, "kind" | "name"> & Partial<Omit<Identity, "id">>,
): Identity {
  const id = String(numericId());
  db.run(
    "INSERT INTO identities (id, kind, name, display_name, active, system, extra) VALUES (?, ?, ?, ?, ?, ?, ?)",
    id,
    identity.kind,
    identity.name,
    identity.displayName ?? identity.name,
    identity.active === false ? 0 : 1,
    identity.system ? 1 : 0,
    JSON.stringify(identity.extra ?? {}),
  );
  return getIdentity(db, id)!;
}

export function updateIdentity(db: Database, identity: Identity): void {
  db.run(
    "UPDATE identities SET name = ?, display_name = ?, active = ?, extra = ? WHERE id = ?",
    identity.name,
    identity.displayName,
    identity.active ? 1 : 0,
    JSON.stringify(identity.extra),
    identity.id,
  );
}

export const deleteIdentity = (db: Database, id: string): void =>
  void db.run("DELETE FROM identities WHERE id = ?", id);

export const newApplicationId = (): string => uuid();

export function addMember(db: Database, groupId: string, memberId: string): void {
  db.run("INSERT OR IGNORE INTO group_members VALUES (?, ?)", groupId, memberId);
}

export function removeMember(db: Database, groupId: string, memberId: string): void {
  db.run("DELETE FROM group_members WHERE group_id = ? AND member_id = ?", groupId, memberId);
}

export function membersOf(db: Database, groupId: string): Identity[] {
  return db
    .all<IdentityRow>(
      "SELECT i.* FROM group_members m JOIN identities i ON i.id = m.member_id WHERE m.group_id = ? ORDER BY m.rowid",
      groupId,
    )
    .map(fromRow);
}

/** Groups that `memberId` is in itself, not through another group. */
export function directGroups(db: Database, memberId: string): Identity[] {
  return db
    .all<IdentityRow>(
      "SELECT i.* FROM group_members m JOIN identities i ON i.id = m.group_id WHERE m.member_id = ? ORDER BY i.rowid",
      memberId,
    )
    .map(fromRow);
}

/** Names of all groups that an identity is in, nested ones included. */
export function groupNames(db: Database, memberId: string): string[] {
  return db
    .all<{ name: string }>(
      `WITH RECURSIVE up (id) AS (
         SELECT group_id FROM group_members WHERE member_id = ?
         UNION SELECT m.group_id FROM group_members m JOIN up ON m.member_id = up.id)
       SELECT name FROM identities WHERE id IN (SELECT id FROM up)`,
      memberId,
    )
    .map((row) => row.name);
}

/** The principal's own name and the names of its groups: what a grant may name to reach it. */
export function principalNames(db: Database, principal: Pick<Identity, "id" | "name">): Set<string> {
  return new Set([principal.name, ...groupNames(db, principal.id), "account users"]);
}

export const isAdmin = (db: Database, principal: Principal): boolean => groupNames(db, principal.id).includes("admins");

export function toPrincipal(identity: Identity): Principal {
  if (identity.kind === "group") throw new Error(`the group ${identity.name} cannot act`);
  return { id: identity.id, kind: identity.kind, name: identity.name, displayName: identity.displayName };
}

/** The user or service principal of that name, e.g. a job's run_as or the engine's `principal`. */
export function actingPrincipal(db: Database, name: string): Principal | undefined {
  const identity = findIdentity(db, "user", name) ?? findIdentity(db, "service_principal", name);
  return identity?.active ? toPrincipal(identity) : undefined;
}
