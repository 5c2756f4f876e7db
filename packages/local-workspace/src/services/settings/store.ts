/** Documents of the settings service by kind and id. */
import type { Database, Migration } from "../../store/database.ts";

export const migrations: readonly Migration[] = [
  {
    id: "settings/1-records",
    sql: `
      CREATE TABLE workspace_conf (key TEXT PRIMARY KEY, value TEXT) STRICT;
      CREATE TABLE setting_records (id TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;`,
  },
];

export type Body = Record<string, unknown>;

export interface SettingRecord {
  id: string;
  body: Body;
  createdAt: number;
}

interface Row {
  id: string;
  body: string;
  created_at: number;
}

const fromRow = ({ id, body, created_at }: Row): SettingRecord => ({
  id,
  body: JSON.parse(body) as Body,
  createdAt: created_at,
});

export function findRecord(db: Database, kind: string, id: string): SettingRecord | undefined {
  const sql = "SELECT id, body, created_at FROM setting_records WHERE kind = ? AND id = ?";
  const row = db.get<Row>(sql, kind, id);
  return row && fromRow(row);
}

export const listRecords = (db: Database, kind: string): SettingRecord[] =>
  db
    .all<Row>("SELECT id, body, created_at FROM setting_records WHERE kind = ? ORDER BY created_at, rowid", kind)
    .map(fromRow);

export function putRecord(db: Database, kind: string, id: string, body: Body): void {
  const sql = `INSERT INTO setting_records VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body`;
  db.run(sql, id, kind, JSON.stringify(body), Date.now());
}

export const removeRecord = (db: Database, kind: string, id: string): void =>
  void db.run("DELETE FROM setting_records WHERE kind = ? AND id = ?", kind, id);
