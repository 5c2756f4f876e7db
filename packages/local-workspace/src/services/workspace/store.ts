/** The workspace's tree of directories, notebooks and files. Paths are kept without the `/Workspace` prefix. */
import { posix } from "node:path";
import { numericId } from "../../core/ids.ts";
import type { Database, Migration } from "../../store/database.ts";

export const migrations: readonly Migration[] = [
  {
    id: "workspace/1-objects",
    sql: `
      CREATE TABLE workspace_objects (
        id INTEGER PRIMARY KEY,
        path TEXT NOT NULL UNIQUE,
        parent TEXT NOT NULL,
        type TEXT NOT NULL CHECK (type IN ('DIRECTORY', 'NOTEBOOK', 'FILE')),
        language TEXT,
        content BLOB,
        created_at INTEGER NOT NULL,
        modified_at INTEGER NOT NULL,
        created_by TEXT NOT NULL
      ) STRICT;
      CREATE INDEX workspace_objects_parent ON workspace_objects (parent, path);`,
  },
];

export type Language = "PYTHON" | "SQL" | "SCALA" | "R";

export interface TreeObject {
  id: number;
  path: string;
  parent: string;
  type: "DIRECTORY" | "NOTEBOOK" | "FILE";
  language: Language | null;
  size: number;
  created_at: number;
  modified_at: number;
  created_by: string;
}

const COLUMNS =
  "id, path, parent, type, language, coalesce(length(content), 0) AS size, created_at, modified_at, created_by";

export const findObject = (db: Database, path: string): TreeObject | undefined =>
  db.get<TreeObject>(`SELECT ${COLUMNS} FROM workspace_objects WHERE path = ?`, path);

export const objectById = (db: Database, id: number): TreeObject | undefined =>
  db.get<TreeObject>(`SELECT ${COLUMNS} FROM workspace_objects WHERE id = ?`, id);

export const children = (db: Database, path: string): TreeObject[] =>
  db.all<TreeObject>(`SELECT ${COLUMNS} FROM workspace_objects WHERE parent = ? AND path <> '/' ORDER BY path`, path);

/** Everything below a directory, sorted by path. */
export function below(db: Database, path: string): TreeObject[] {
  const prefix = path === "/" ? "/" : `${path}/`;
  return db.all<TreeObject>(
    `SELECT ${COLUMNS} FROM workspace_objects WHERE substr(path, 1, ?) = ? AND path <> '/' ORDER BY path`,
    prefix.length,
    prefix,
  );
}

export function contentOf(db: Database, path: string): Buffer {
  const row = db.get<{ content: Uint8Array | null }>("SELECT content FROM workspace_objects WHERE path = ?", path);
  return Buffer.from(row?.content ?? []);
}

export function putObject(
  db: Database,
  item: {
    path: string;
    type: TreeObject["type"];
    language?: Language | undefined;
    content?: Buffer;
    principal: string;
  },
): TreeObject {
  const now = Date.now();
  db.run(
    `INSERT INTO workspace_objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (path) DO UPDATE SET type = excluded.type, language = excluded.language, content = excluded.content,
       modified_at = excluded.modified_at`,
    numericId(),
    item.path,
    posix.dirname(item.path),
    item.type,
    item.language ?? null,
    item.content ?? null,
    now,
    now,
    item.principal,
  );
  return findObject(db, item.path)!;
}

export function removeTree(db: Database, path: string): TreeObject[] {
  const gone = [findObject(db, path)!, ...below(db, path)];
  for (const { id } of gone) db.run("DELETE FROM workspace_objects WHERE id = ?", id);
  return gone;
}
