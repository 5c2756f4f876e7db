/**
 * Unity Catalog's securables in one table: what all of them have is in columns, what only one type has is in `body`
 * (as the REST API names it). A child names its parent by id, so a rename touches names only.
 */
import { uuid } from "../../core/ids.ts";
import type { Database, Migration } from "../../store/database.ts";

export const migrations: readonly Migration[] = [
  {
    id: "unity-catalog/1-securables",
    sql: `
      CREATE TABLE securables (
        id TEXT PRIMARY KEY,
        type TEXT NOT NULL,
        name TEXT NOT NULL,
        full_name TEXT NOT NULL,
        parent_id TEXT REFERENCES securables (id) ON DELETE CASCADE,
        owner TEXT NOT NULL,
        comment TEXT,
        body TEXT NOT NULL DEFAULT '{}',
        created_at INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        updated_at INTEGER NOT NULL,
        updated_by TEXT NOT NULL,
        UNIQUE (type, full_name)
      ) STRICT;
      CREATE INDEX securables_parent ON securables (parent_id, type, name);
      CREATE TABLE grants (
        securable_id TEXT NOT NULL REFERENCES securables (id) ON DELETE CASCADE,
        principal TEXT NOT NULL,
        privilege TEXT NOT NULL,
        PRIMARY KEY (securable_id, principal, privilege)
      ) STRICT;
      CREATE TABLE workspace_bindings (
        securable_id TEXT NOT NULL REFERENCES securables (id) ON DELETE CASCADE,
        workspace_id INTEGER NOT NULL,
        binding_type TEXT NOT NULL,
        PRIMARY KEY (securable_id, workspace_id)
      ) STRICT;
      CREATE TABLE volume_moves (source TEXT NOT NULL, target TEXT NOT NULL) STRICT;`,
  },
];

export type SecurableType =
  | "METASTORE"
  | "CATALOG"
  | "SCHEMA"
  | "TABLE"
  | "VOLUME"
  | "FUNCTION"
  | "REGISTERED_MODEL"
  | "VECTOR_SEARCH_INDEX"
  | "SECRET"
  | "STORAGE_CREDENTIAL"
  | "EXTERNAL_LOCATION";

export type Body = Record<string, unknown>;

export interface Securable {
  id: string;
  type: SecurableType;
  name: string;
  fullName: string;
  parentId: string | null;
  owner: string;
  comment: string | null;
  body: Body;
  createdAt: number;
  createdBy: string;
  updatedAt: number;
  updatedBy: string;
}

interface SecurableRow {
  id: string;
  type: SecurableType;
  name: string;
  full_name: string;
  parent_id: string | null;
  owner: string;
  comment: string | null;
  body: string;
  created_at: number;
  created_by: string;
  updated_at: number;
  updated_by: string;
}

const fromRow = (row: SecurableRow): Securable => ({
  id: row.id,
  type: row.type,
  name: row.name,
  fullName: row.full_name,
  parentId: row.parent_id,
  owner: row.owner,
  comment: row.comment,
  body: JSON.parse(row.body) as Body,
  createdAt: row.created_at,
  createdBy: row.created_by,
  updatedAt: row.updated_at,
  updatedBy: row.updated_by,
});

/** Unity Catalog keeps names in lower case and finds them whatever their case. */
export function findSecurable(db: Database, type: SecurableType, fullName: string): Securable | undefined {
  const row = db.get<SecurableRow>(
    "SELECT * FROM securables WHERE type = ? AND full_name = ?",
    type,
    fullName.toLowerCase(),
  );
  return row && fromRow(row);
}

export function securableById(db: Database, id: string): Securable {
  const row = db.get<SecurableRow>("SELECT * FROM securables WHERE id = ?", id);
  if (!row) throw new Error(`no securable has the id ${id}`);
  return fromRow(row);
}

export function listSecurables(db: Database, type: SecurableType, parentId?: string): Securable[] {
  const rows =
    parentId === undefined
      ? db.all<SecurableRow>("SELECT * FROM securables WHERE type = ? ORDER BY full_name", type)
      : db.all<SecurableRow>("SELECT * FROM securables WHERE parent_id = ? AND type = ? ORDER BY name", parentId, type);
  return rows.map(fromRow);
}

/** Everything below `securable`, whatever the depth. */
export function descendants(db: Database, securable: Securable): Securable[] {
  return db
    .all<SecurableRow>(
      `WITH RECURSIVE down (id) AS (
         SELECT id FROM securables WHERE parent_id = ?
         UNION ALL SELECT s.id FROM securables s JOIN down ON s.parent_id = down.id)
       SELECT * FROM securables WHERE id IN (SELECT id FROM down) ORDER BY full_name`,
      securable.id,
    )
    .map(fromRow);
}

/** From the securable itself up to the metastore. */
export function lineage(db: Database, securable: Securable): Securable[] {
  const chain = [securable];
  for (let at = securable; at.parentId !== null; chain.push(at)) at = securableById(db, at.parentId);
  return chain;
}

export const theMetastore = (db: Database): Securable => listSecurables(db, "METASTORE")[0]!;

export function insertSecurable(
  db: Database,
  item: {
    type: SecurableType;
    name: string;
    parent: Securable | null;
    principal: string;
    owner?: string;
    comment?: string | null | undefined;
    body?: Body;
    id?: string;
  },
): Securable {
  const id = item.id ?? uuid();
  const now = Date.now();
  const name = item.name.toLowerCase();
  const inCatalog = item.parent !== null && item.parent.type !== "METASTORE";
  db.run(
    "INSERT INTO securables VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    id,
    item.type,
    name,
    inCatalog ? `${item.parent!.fullName}.${name}` : name,
    item.parent?.id ?? null,
    item.owner ?? item.principal,
    item.comment || null,
    JSON.stringify(item.body ?? {}),
    now,
    item.principal,
    now,
    item.principal,
  );
  return securableById(db, id);
}

export function updateSecurable(
  db: Database,
  securable: Securable,
  changes: { owner?: string | undefined; comment?: string | null | undefined; body?: Body },
  principal: string,
): Securable {
  db.run(
    "UPDATE securables SET owner = ?, comment = ?, body = ?, updated_at = ?, updated_by = ? WHERE id = ?",
    changes.owner ?? securable.owner,
    changes.comment === undefined ? securable.comment : changes.comment || null,
    JSON.stringify(changes.body ?? securable.body),
    Date.now(),
    principal,
    securable.id,
  );
  return securableById(db, securable.id);
}

/** Changes the name of a securable and the full names of all below it. */
export function renameSecurable(db: Database, securable: Securable, newName: string): Securable {
  const name = newName.toLowerCase();
  const prefix = securable.fullName.slice(0, securable.fullName.length - securable.name.length);
  for (const below of descendants(db, securable)) {
    const fullName = `${prefix}${name}${below.fullName.slice(securable.fullName.length)}`;
    db.run("UPDATE securables SET full_name = ? WHERE id = ?", fullName, below.id);
  }
  db.run("UPDATE securables SET name = ?, full_name = ? WHERE id = ?", name, `${prefix}${name}`, securable.id);
  return securableById(db, securable.id);
}

export const removeSecurable = (db: Database, id: string): void =>
  void db.run("DELETE FROM securables WHERE id = ?", id);
