/** Saved queries, alerts and dashboards: documents with an owner. What is deleted goes to the trash first, as on Databricks. */
import { notFound } from "../../core/errors.ts";
import type { Database, Migration } from "../../store/database.ts";

export const migrations: Migration[] = [
  {
    id: "sql-objects/1-records",
    sql: `CREATE TABLE sql_objects (
      number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, owner TEXT NOT NULL,
      modifier TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, trashed INTEGER NOT NULL,
      document TEXT NOT NULL) STRICT`,
  },
];

export type Kind = "query" | "alert" | "alert_v2" | "dashboard";
export type Document = Record<string, unknown>;

export interface Saved {
  id: string;
  kind: Kind;
  owner: string;
  modifier: string;
  createdAt: number;
  updatedAt: number;
  trashed: boolean;
  document: Document;
}

interface Row {
  id: string;
  kind: Kind;
  owner: string;
  modifier: string;
  created_at: number;
  updated_at: number;
  trashed: number;
  document: string;
}

const fromRow = (row: Row): Saved => ({
  id: row.id,
  kind: row.kind,
  owner: row.owner,
  modifier: row.modifier,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  trashed: row.trashed === 1,
  document: JSON.parse(row.document) as Document,
});

export function findSaved(db: Database, kind: Kind, id: string): Saved | undefined {
  const row = db.get<Row>("SELECT * FROM sql_objects WHERE kind = ? AND id = ?", kind, id);
  return row && fromRow(row);
}

export function requireSaved(db: Database, kind: Kind, id: string): Saved {
  const found = findSaved(db, kind, id);
  const label = { query: "Query", alert: "Alert", alert_v2: "Alert", dashboard: "Dashboard" }[kind];
  if (!found) throw notFound(`${label} ${id} does not exist.`);
  return found;
}

/** Oldest first, without what is in the trash. */
export const listSaved = (db: Database, kind: Kind): Saved[] =>
  db.all<Row>("SELECT * FROM sql_objects WHERE kind = ? AND trashed = 0 ORDER BY number", kind).map(fromRow);

export const listTrashed = (db: Database, kind: Kind): Saved[] =>
  db.all<Row>("SELECT * FROM sql_objects WHERE kind = ? AND trashed = 1 ORDER BY number", kind).map(fromRow);

export function insertSaved(db: Database, id: string, kind: Kind, owner: string, document: Document): Saved {
  const columns = "(id, kind, owner, modifier, created_at, updated_at, trashed, document)";
  const now = Date.now();
  const sql = `INSERT INTO sql_objects ${columns} VALUES (?, ?, ?, ?, ?, ?, 0, ?)`;
  db.run(sql, id, kind, owner, owner, now, now, JSON.stringify(document));
  return requireSaved(db, kind, id);
}

/** @param touch false for what is no change of the object itself */
export function saveSaved(
  db: Database,
  { id, kind, owner, modifier, updatedAt, trashed, document }: Saved,
  touch = true,
): Saved {
  db.run(
    "UPDATE sql_objects SET owner = ?, modifier = ?, updated_at = ?, trashed = ?, document = ? WHERE id = ?",
    ...[owner, modifier, touch ? Date.now() : updatedAt, Number(trashed), JSON.stringify(document), id],
  );
  return requireSaved(db, kind, id);
}
