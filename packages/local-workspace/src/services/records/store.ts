/** Records of what the local workspace keeps and does not run: by kind and id, as they were sent. */
import { ApiError, notFound } from "../../core/errors.ts";
import type { Context, Principal } from "../../core/service.ts";
import type { Database, Migration } from "../../store/database.ts";
import { requireAdmin } from "../identity/rules.ts";
import { forgetObject, hasLevel, requireLevel, typeOf } from "../permissions/access.ts";
import { registerObjectType } from "../permissions/registry.ts";

export const migrations: Migration[] = [
  {
    id: "records/1-records",
    sql: `CREATE TABLE records (
      number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, creator TEXT NOT NULL,
      created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, document TEXT NOT NULL, UNIQUE (kind, id)) STRICT`,
  },
  {
    id: "records/2-securables",
    sql: `INSERT INTO securables (id, type, name, full_name, parent_id, owner, comment, body, created_at, created_by, updated_at, updated_by)
      SELECT lower(hex(randomblob(16))), iif(r.kind = 'uc-secret', 'SECRET', 'VECTOR_SEARCH_INDEX'),
        lower(substr(r.id, length(s.full_name) + 2)), lower(r.id), s.id, coalesce(r.document ->> '$.owner', r.creator),
        r.document ->> '$.comment', json_remove(r.document, '$.name', '$.catalog_name', '$.schema_name', '$.comment', '$.owner'),
        r.created_at, r.creator, r.updated_at, r.creator
      FROM records r JOIN securables s ON s.type = 'SCHEMA' AND substr(lower(r.id), 1, length(s.full_name) + 1) = s.full_name || '.'
      WHERE r.kind IN ('vector-index', 'uc-secret');
      DELETE FROM records WHERE kind IN ('vector-index', 'uc-secret')`,
  },
];

export type Document = Record<string, unknown>;
export interface Kept {
  id: string;
  creator: string;
  createdAt: number;
  updatedAt: number;
  document: Document;
}

interface Row {
  id: string;
  creator: string;
  created_at: number;
  updated_at: number;
  document: string;
}

const fromRow = ({ id, creator, created_at, updated_at, document }: Row): Kept => ({
  ...{ id, creator, createdAt: created_at, updatedAt: updated_at },
  document: JSON.parse(document) as Document,
});

/** In the description of the API: a route that only refuses. */
export const NOT_RUN = "not run";

/** What is said where something would have to run. */
export const notRun = (what: string): string =>
  `${what} not run in the local workspace, which keeps what was sent as a record.`;

interface KindOptions {
  kind: string;
  /** As messages name one. */
  label: string;
  /** The type of object that permissions are set on; without one, the creator and admins change the record. */
  permissions?: string;
  /** The routes say who may change the record. */
  routesCheck?: boolean;
}

/** The records of a kind. Each call that names a principal checks what that one may. */
export class Records {
  readonly #options: KindOptions;

  constructor(options: KindOptions) {
    this.#options = options;
  }

  /** The routes of each kind call it: permissions can be set on its records. */
  register(context: Context): void {
    const { permissions } = this.#options;
    if (!permissions) return;
    registerObjectType(context, permissions, {
      exists: ({ db }, id) => this.find(db, id) !== undefined,
      creator: ({ db }, id) => this.find(db, id)?.creator,
    });
  }

  find(db: Database, id: string): Kept | undefined {
    const row = db.get<Row>("SELECT * FROM records WHERE kind = ? AND id = ?", this.#options.kind, id);
    return row && fromRow(row);
  }

  /** The id of the record with that name, where records have ids of their own, too. @throws RESOURCE_DOES_NOT_EXIST */
  idOf(db: Database, name: string): string {
    const sql = "SELECT id FROM records WHERE kind = ? AND json_extract(document, '$.name') = ?";
    const found = db.get<{ id: string }>(sql, this.#options.kind, name);
    if (!found) throw notFound(`${this.#options.label} '${name}' does not exist.`);
    return found.id;
  }

  /** @throws RESOURCE_ALREADY_EXISTS with 409 where there is a record of that name */
  requireFree(db: Database, name: string): void {
    const { kind, label } = this.#options;
    if (db.get("SELECT id FROM records WHERE kind = ? AND json_extract(document, '$.name') = ?", kind, name)) {
      throw new ApiError("RESOURCE_ALREADY_EXISTS", `${label} '${name}' already exists.`, { status: 409 });
    }
  }

  /** Oldest first. */
  list(context: Context, principal: Principal): Kept[] {
    const { kind, permissions } = this.#options;
    const all = context.db.all<Row>("SELECT * FROM records WHERE kind = ? ORDER BY number", kind).map(fromRow);
    return permissions ? all.filter(({ id }) => hasLevel(context, principal, permissions, id, this.#least)) : all;
  }

  /** @throws RESOURCE_ALREADY_EXISTS with 409 where there is one */
  insert({ db }: Context, principal: Principal, id: string, document: Document): Kept {
    const { kind, label } = this.#options;
    return db.transaction(() => {
      if (this.find(db, id)) {
        throw new ApiError("RESOURCE_ALREADY_EXISTS", `${label} '${id}' already exists.`, { status: 409 });
      }
      const now = Date.now();
      const sql = "INSERT INTO records (kind, id, creator, created_at, updated_at, document) VALUES (?, ?, ?, ?, ?, ?)";
      db.run(sql, kind, id, principal.name, now, now, JSON.stringify(document));
      return this.find(db, id)!;
    });
  }

  read(context: Context, principal: Principal, id: string): Kept {
    return this.#permitted(context, principal, id, this.#least);
  }

  change(context: Context, principal: Principal, id: string, to: (document: Document) => Document): Kept {
    const found = this.#permitted(context, principal, id, "CAN_MANAGE");
    const sql = "UPDATE records SET document = ?, updated_at = ? WHERE kind = ? AND id = ?";
    context.db.run(sql, JSON.stringify(to(found.document)), Date.now(), this.#options.kind, id);
    return this.find(context.db, id)!;
  }

  remove(context: Context, principal: Principal, id: string): void {
    this.#permitted(context, principal, id, "CAN_MANAGE");
    context.db.transaction(() => {
      context.db.run("DELETE FROM records WHERE kind = ? AND id = ?", this.#options.kind, id);
      if (this.#options.permissions) forgetObject(context.db, this.#options.permissions, id);
    });
  }

  /** The level that suffices to see one. */
  get #least(): string {
    return typeOf(this.#options.permissions ?? "")?.levels[0] ?? "";
  }

  #permitted(context: Context, principal: Principal, id: string, level: string): Kept {
    const found = this.find(context.db, id);
    const { label, permissions, routesCheck } = this.#options;
    if (!found) throw notFound(`${label} '${id}' does not exist.`);
    if (permissions) requireLevel(context, principal, permissions, id, level);
    else if (level === "CAN_MANAGE" && !routesCheck && found.creator !== principal.name) {
      requireAdmin(context.db, principal, `change the ${label.toLowerCase()} of others`);
    }
    return found;
  }
}
