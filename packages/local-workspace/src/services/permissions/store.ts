/** Permission levels as set on objects, and rule sets of service principals. */
import type { Database, Migration } from "../../store/database.ts";

export const migrations: readonly Migration[] = [
  {
    id: "permissions/1-acl",
    sql: `
      CREATE TABLE object_permissions (
        object_type TEXT NOT NULL,
        object_id TEXT NOT NULL,
        principal TEXT NOT NULL,
        level TEXT NOT NULL,
        PRIMARY KEY (object_type, object_id, principal)
      ) STRICT;
      CREATE TABLE rule_sets (name TEXT PRIMARY KEY, etag TEXT NOT NULL, rules TEXT NOT NULL) STRICT;`,
  },
];

export interface AclEntry {
  principal: string;
  level: string;
}

/** `warehouses` and `sql/warehouses` are one type. */
const kept = (type: string): string => (type === "warehouses" ? "sql/warehouses" : type);

export function aclOf(db: Database, type: string, id: string): AclEntry[] {
  return db.all<AclEntry>(
    "SELECT principal, level FROM object_permissions WHERE object_type = ? AND object_id = ? ORDER BY rowid",
    kept(type),
    id,
  );
}

export function setAcl(db: Database, type: string, id: string, entries: readonly AclEntry[]): void {
  db.run("DELETE FROM object_permissions WHERE object_type = ? AND object_id = ?", kept(type), id);
  for (const { principal, level } of entries) {
    db.run("INSERT OR REPLACE INTO object_permissions VALUES (?, ?, ?, ?)", kept(type), id, principal, level);
  }
}
