/** Tags of Unity Catalog's entities and of workspace objects, tag policies, and ABAC policies. */
import type { Database, Migration } from "../../store/database.ts";

export const migrations: readonly Migration[] = [
  {
    id: "tags/1-tags",
    sql: `
      CREATE TABLE tags (
        securable_id TEXT NOT NULL REFERENCES securables (id) ON DELETE CASCADE,
        column_name TEXT NOT NULL DEFAULT '',
        key TEXT NOT NULL,
        value TEXT NOT NULL DEFAULT '',
        updated_at INTEGER NOT NULL,
        updated_by TEXT NOT NULL,
        PRIMARY KEY (securable_id, column_name, key)
      ) STRICT;
      CREATE TABLE workspace_tags (
        entity_type TEXT NOT NULL,
        entity_id TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (entity_type, entity_id, key)
      ) STRICT;
      CREATE TABLE tag_policies (
        key TEXT PRIMARY KEY,
        id TEXT NOT NULL,
        description TEXT,
        allowed TEXT,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE abac_policies (
        id TEXT PRIMARY KEY,
        securable_id TEXT NOT NULL REFERENCES securables (id) ON DELETE CASCADE,
        name TEXT NOT NULL COLLATE NOCASE,
        body TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        updated_at INTEGER NOT NULL,
        updated_by TEXT NOT NULL,
        UNIQUE (securable_id, name)
      ) STRICT;`,
  },
];

export interface Tag {
  securable_id: string;
  column_name: string;
  key: string;
  value: string;
  updated_at: number;
  updated_by: string;
}

export const tagsOf = (db: Database, securableId: string, column = ""): Tag[] =>
  db.all<Tag>("SELECT * FROM tags WHERE securable_id = ? AND column_name = ? ORDER BY key", securableId, column);

/** Of a securable and of its columns. */
export const allTagsOf = (db: Database, securableId: string): Tag[] =>
  db.all<Tag>("SELECT * FROM tags WHERE securable_id = ? ORDER BY column_name, key", securableId);

export const findTag = (db: Database, securableId: string, column: string, key: string): Tag | undefined =>
  db.get<Tag>("SELECT * FROM tags WHERE securable_id = ? AND column_name = ? AND key = ?", securableId, column, key);

export function putTag(db: Database, tag: Omit<Tag, "updated_at">): void {
  db.run(
    "INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?, ?, ?)",
    tag.securable_id,
    tag.column_name,
    tag.key,
    tag.value,
    Date.now(),
    tag.updated_by,
  );
}

export const removeTag = (db: Database, securableId: string, column: string, key: string): boolean =>
  db.run("DELETE FROM tags WHERE securable_id = ? AND column_name = ? AND key = ?", securableId, column, key).changes >
  0;

export interface TagPolicy {
  key: string;
  id: string;
  description: string | null;
  /** JSON list of names; null: any value. */
  allowed: string | null;
  created_at: number;
  updated_at: number;
}

export const findTagPolicy = (db: Database, key: string): TagPolicy | undefined =>
  db.get<TagPolicy>("SELECT * FROM tag_policies WHERE key = ?", key);

export interface AbacPolicy {
  id: string;
  securable_id: string;
  name: string;
  body: Record<string, unknown>;
  created_at: number;
  created_by: string;
  updated_at: number;
  updated_by: string;
}

type AbacRow = Omit<AbacPolicy, "body"> & { body: string };
const parsed = (row: AbacRow): AbacPolicy => ({ ...row, body: JSON.parse(row.body) as Record<string, unknown> });

export const abacPoliciesOn = (db: Database, securableId: string): AbacPolicy[] =>
  db.all<AbacRow>("SELECT * FROM abac_policies WHERE securable_id = ? ORDER BY name", securableId).map(parsed);

export function findAbacPolicy(db: Database, securableId: string, name: string): AbacPolicy | undefined {
  const row = db.get<AbacRow>("SELECT * FROM abac_policies WHERE securable_id = ? AND name = ?", securableId, name);
  return row && parsed(row);
}
