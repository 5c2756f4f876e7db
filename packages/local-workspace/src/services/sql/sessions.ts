/**
 * SQL sessions: settings, names in use and temporary views that one statement leaves to the next. Each is a session of the
 * engine's; they live in memory on both sides, since what they hold cannot outlive the engine.
 */
import { ApiError } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { Context } from "../../core/service.ts";

/** How long a session may be idle before it is closed, in ms. */
export const IDLE = 60 * 60 * 1000;

/** How many sessions may be open: each takes some of the engine's memory. */
const MOST = 200;

export interface SessionSettings {
  catalog?: string | undefined;
  schema?: string | undefined;
  /** Parameters of Databricks SQL and settings of Spark, as `SET` takes them. */
  configuration: Readonly<Record<string, string>>;
}

export interface SqlSession {
  readonly id: string;
  readonly principal: string;
  readonly warehouseId: string;
  /** In use when it was opened. */
  readonly catalog: string;
  readonly schema: string;
}

interface Entry extends SqlSession {
  lastUsed: number;
  /** Statements that have not ended: a session that waits for them is not idle. */
  going: number;
}

export class SqlSessions {
  readonly #context: Context;
  readonly #open = new Map<string, Entry>();
  readonly #closed: ((sessionId: string) => void)[] = [];
  #sweeper: NodeJS.Timeout | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Rejects with EngineError where the catalog or a setting does not exist. */
  async open(principal: string, warehouseId: string, settings: SessionSettings): Promise<SqlSession> {
    if (this.#open.size >= MOST) {
      throw new ApiError("RESOURCE_EXHAUSTED", `There are ${MOST} open SQL sessions already; close those not in use.`);
    }
    const id = uuid();
    const { engine } = this.#context;
    const params = { sessionId: id, principal, ...settings };
    const found = await engine.request("sql.openSession", params);
    const entry: Entry = { id, principal, warehouseId, ...found, lastUsed: Date.now(), going: 0 };
    this.#open.set(id, entry);
    return entry;
  }

  /** The principal's session; undefined where there is none, or no longer. */
  use(id: string, principal: string): SqlSession | undefined {
    const found = this.#open.get(id);
    if (found?.principal !== principal) return undefined;
    found.lastUsed = Date.now();
    return found;
  }

  /** Counts a statement of the session until it ends. */
  busy(id: string, statement: Promise<unknown>): void {
    const entry = this.#open.get(id);
    if (!entry) return;
    entry.going += 1;
    const ended = (): void => {
      entry.going -= 1;
      entry.lastUsed = Date.now();
    };
    void statement.then(ended, ended);
  }

  async close(id: string): Promise<void> {
    if (!this.#open.delete(id)) return;
    for (const listener of this.#closed) listener(id);
    await this.#context.engine.request("sql.closeSession", { sessionId: id }).catch(() => undefined);
  }

  /** `listener` hears of every session that ends, whoever ends it. */
  onClose(listener: (sessionId: string) => void): void {
    this.#closed.push(listener);
  }

  start(): void {
    this.#context.engine.onExit(() => this.#forget());
    this.#sweeper = setInterval(() => this.closeIdle(), IDLE / 60);
    this.#sweeper.unref();
  }

  stop(): void {
    clearInterval(this.#sweeper);
  }

  closeIdle(now = Date.now()): void {
    for (const { id, lastUsed, going } of [...this.#open.values()]) {
      if (going === 0 && lastUsed + IDLE <= now) void this.close(id);
    }
  }

  /** The engine died, and the sessions with it. */
  #forget(): void {
    const ids = [...this.#open.keys()];
    this.#open.clear();
    for (const id of ids) for (const listener of this.#closed) listener(id);
  }
}
