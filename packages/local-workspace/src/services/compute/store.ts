/** Clusters, cluster policies and instance pools: records that come back as they were sent. Nothing starts for them. */
import type { Database, Migration } from "../../store/database.ts";

export const migrations: Migration[] = [
  {
    id: "compute/1-records",
    sql: `CREATE TABLE compute_records (
      number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, creator TEXT NOT NULL,
      created_at INTEGER NOT NULL, state TEXT NOT NULL, document TEXT NOT NULL, UNIQUE (kind, id)) STRICT`,
  },
  {
    id: "compute/3-libraries",
    sql: "ALTER TABLE compute_records ADD COLUMN libraries TEXT NOT NULL DEFAULT '[]'",
  },
];

/** A pin has the id of its cluster. */
export type Kind = "cluster" | "policy" | "pool" | "pin";

export interface Entry {
  id: string;
  creator: string;
  createdAt: number;
  state: string;
  document: Record<string, unknown>;
  /** Of a cluster. */
  libraries?: Record<string, unknown>[];
}

interface Row {
  id: string;
  creator: string;
  created_at: number;
  state: string;
  document: string;
  libraries: string;
}

const fromRow = ({ id, creator, created_at, state, document, libraries }: Row): Entry => ({
  id,
  creator,
  createdAt: created_at,
  state,
  document: JSON.parse(document) as Record<string, unknown>,
  libraries: JSON.parse(libraries) as Record<string, unknown>[],
});

export const listEntries = (db: Database, kind: Kind): Entry[] =>
  db.all<Row>("SELECT * FROM compute_records WHERE kind = ? ORDER BY number", kind).map(fromRow);

export function getEntry(db: Database, kind: Kind, id: string): Entry | undefined {
  const row = db.get<Row>("SELECT * FROM compute_records WHERE kind = ? AND id = ?", kind, id);
  return row && fromRow(row);
}

export function insertEntry(db: Database, kind: Kind, { id, creator, createdAt, state, document }: Entry): void {
  const columns = "(kind, id, creator, created_at, state, document)";
  const sql = `INSERT INTO compute_records ${columns} VALUES (?, ?, ?, ?, ?, ?)`;
  db.run(sql, kind, id, creator, createdAt, state, JSON.stringify(document));
}

export function saveEntry(db: Database, kind: Kind, { id, creator, state, document, libraries = [] }: Entry): void {
  const sql =
    "UPDATE compute_records SET creator = ?, state = ?, document = ?, libraries = ? WHERE kind = ? AND id = ?";
  db.run(sql, creator, state, JSON.stringify(document), JSON.stringify(libraries), kind, id);
}

export function deleteEntry(db: Database, kind: Kind, id: string): void {
  db.run("DELETE FROM compute_records WHERE kind = ? AND id = ?", kind, id);
}
