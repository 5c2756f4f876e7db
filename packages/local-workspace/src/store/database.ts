/**
 * The workspace's state: one SQLite file, opened by one process. A service brings its tables as numbered migrations.
 * Write-ahead logging with synchronous FULL: what a request acknowledged survives a kill and a power cut.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

export interface Migration {
  /** `<service>/<number>-<what>`, never renamed once released. */
  readonly id: string;
  readonly sql: string;
}

export type Row = Record<string, unknown>;

export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;

  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    this.#db.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000",
    );
  }

  migrate(migrations: readonly Migration[]): void {
    this.#db.exec("CREATE TABLE IF NOT EXISTS migrations (id TEXT PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT");
    for (const { id, sql } of migrations) {
      this.transaction(() => {
        if (this.get("SELECT id FROM migrations WHERE id = ?", id)) return;
        this.#db.exec(sql);
        this.run("INSERT INTO migrations VALUES (?, ?)", id, Date.now());
      });
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  run(sql: string, ...values: SQLInputValue[]): { changes: number; lastInsertRowid: number } {
    const { changes, lastInsertRowid } = this.#prepare(sql).run(...values);
    return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
  }

  get<T = Row>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#prepare(sql).get(...values) as T | undefined;
  }

  all<T = Row>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepare(sql).all(...values) as T[];
  }

  /** Runs `work` (synchronous) in one transaction; nested calls join the outer one. Throws what `work` throws, rolled back. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#db.exec("BEGIN IMMEDIATE");
    this.#depth += 1;
    try {
      const result = work();
      if (result instanceof Promise) throw new Error("a transaction cannot wait for a promise");
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK"); // a full disk has ended it already
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }
}
