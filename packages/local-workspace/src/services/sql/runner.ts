/** Runs statements on the engine and keeps their results until they are closed. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Parameter as EngineParameter, EngineParams } from "lakehouse-engine/protocol";
import { EngineError } from "../../core/engine-client.ts";
import { uuid } from "../../core/ids.ts";
import type { Context } from "../../core/service.ts";
import type { Execute } from "./schemas.ts";
import type { SqlSessions } from "./sessions.ts";
import {
  getStatement,
  insertStatement,
  type Protocol,
  type Result,
  type ResultFormat,
  type Statement,
  saveStatement,
  statementsIn,
} from "./store.ts";

/** Of results with disposition INLINE, in bytes. */
export const INLINE_LIMIT = 25 * 1024 * 1024;
/** How long a result can be fetched after the statement ended, in ms. */
const KEPT = 60 * 60 * 1000;

const INLINE_EXCEEDED =
  "Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result size of at most " +
  `${INLINE_LIMIT} bytes. Please execute the statement with disposition=EXTERNAL_LINKS if you want to download the full result.`;

/** A parameter without a name stands for the statement's next `?`; arrays and maps have arguments. */
export interface Parameter {
  name?: string | null | undefined;
  value?: string | null | undefined;
  type?: string | null | undefined;
  arguments?: Parameter[];
}

/** What other protocols ask for beyond a request of the Statement Execution API. */
export interface Beyond {
  protocol?: Protocol;
  format?: ResultFormat;
  /** Kinds of types that are text in ARROW_STREAM: TIMESTAMP, DECIMAL, COMPLEX, INTERVAL, NULL. */
  arrowAsText?: NonNullable<EngineParams<"sql.execute">["arrowAsText"]>;
  parameters?: readonly Parameter[];
  /** How many seconds the statement may take. */
  timeout?: number | undefined;
}

export class StatementRunner {
  readonly #context: Context;
  readonly #sessions: SqlSessions;
  readonly #going = new Map<string, Promise<void>>();
  /** Of statements that are going: what their sessions are. */
  readonly #inSession = new Map<string, string>();
  readonly #root: string;
  #sweeper: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(context: Context, sessions: SqlSessions) {
    this.#context = context;
    this.#sessions = sessions;
    this.#root = join(context.dataDir, "results");
    sessions.onClose((sessionId) => this.#endSession(sessionId));
  }

  start(request: Execute, principal: string, beyond: Beyond = {}): Statement {
    const statement: Statement = {
      statementId: uuid(),
      warehouseId: request.warehouse_id,
      principal,
      statement: request.statement,
      disposition: request.disposition ?? "INLINE",
      format: beyond.format ?? request.format ?? "JSON_ARRAY",
      ...(beyond.protocol ? { protocol: beyond.protocol } : {}),
      state: "PENDING",
      started: Date.now(),
    };
    insertStatement(this.#context.db, statement);
    const run = this.#run(statement, request, beyond);
    const going = run.finally(() => {
      this.#going.delete(statement.statementId);
      this.#inSession.delete(statement.statementId);
    });
    if (request.session_id) {
      this.#sessions.busy(request.session_id, going);
      this.#inSession.set(statement.statementId, request.session_id);
    }
    this.#going.set(statement.statementId, going);
    return statement;
  }

  /** The statement when it has ended, or as it stands after `millis`. */
  async wait(statementId: string, millis: number): Promise<Statement> {
    const abort = new AbortController();
    const pause = sleep(millis, undefined, { signal: abort.signal }).catch(() => undefined);
    await Promise.race([this.#going.get(statementId), pause]);
    abort.abort();
    return getStatement(this.#context.db, statementId)!;
  }

  /** The statement when it has ended. */
  async ended(statementId: string): Promise<Statement> {
    await this.#going.get(statementId);
    return getStatement(this.#context.db, statementId)!;
  }

  async cancel(statement: Statement): Promise<void> {
    if (statement.state !== "PENDING" && statement.state !== "RUNNING") return;
    saveStatement(this.#context.db, { ...statement, state: "CANCELED", ended: Date.now() });
    await this.#context.engine.request("sql.cancel", { statementId: statement.statementId }).catch(() => undefined);
  }

  /** A session's statements end with it: nobody could ask for their results. */
  #endSession(sessionId: string): void {
    for (const [statementId, of] of this.#inSession) {
      const statement = of === sessionId ? getStatement(this.#context.db, statementId) : undefined;
      if (statement) void this.cancel(statement);
    }
  }

  /** Ends the statement where it runs, and gives up its result. */
  async close(statement: Statement): Promise<void> {
    await this.cancel(statement);
    const latest = getStatement(this.#context.db, statement.statementId);
    if (latest?.state === "SUCCEEDED") this.#discard(latest);
  }

  /** After a start: what ran when the last process ended has failed; results that are too old go. */
  recover(): void {
    const { db } = this.#context;
    for (const statement of statementsIn(db, ["PENDING", "RUNNING"])) {
      const error = { error_code: "ABORTED", message: "The local workspace stopped while this statement was running." };
      saveStatement(db, { ...statement, state: "FAILED", ended: Date.now(), error });
    }
    this.#sweep();
    this.#sweeper = setInterval(() => this.#sweep(), KEPT / 6);
    this.#sweeper.unref();
  }

  stop(): void {
    this.#stopping = true;
    clearInterval(this.#sweeper);
  }

  #sweep(): void {
    const before = Date.now() - KEPT;
    for (const statement of statementsIn(this.#context.db, ["SUCCEEDED"])) {
      if ((statement.ended ?? 0) <= before) this.#discard(statement);
    }
  }

  #discard(statement: Statement): void {
    rmSync(join(this.#root, statement.statementId), { recursive: true, force: true });
    const { result: _, ...rest } = statement;
    saveStatement(this.#context.db, { ...rest, state: "CLOSED" });
  }

  async #run(statement: Statement, request: Execute, beyond: Beyond): Promise<void> {
    const { db, engine } = this.#context;
    const { statementId, disposition, format, principal } = statement;
    const resultDir = join(this.#root, statementId);
    let ended: Partial<Statement>;
    try {
      mkdirSync(resultDir, { recursive: true });
      if (engine.state === "ready") saveStatement(db, { ...statement, state: "RUNNING" });
      const inline = disposition === "INLINE";
      const result = await engine.request("sql.execute", {
        statementId,
        statement: request.statement,
        catalog: request.catalog,
        schema: request.schema,
        ...(request.session_id ? { sessionId: request.session_id } : {}),
        parameters: (beyond.parameters ?? inOrder(request.parameters ?? [])).map(parameterOf),
        rowLimit: request.row_limit,
        byteLimit: request.byte_limit ?? (inline ? INLINE_LIMIT + 1 : undefined),
        format,
        ...(beyond.arrowAsText ? { arrowAsText: beyond.arrowAsText } : {}),
        ...(beyond.timeout ? { timeout: beyond.timeout } : {}),
        resultDir,
        principal,
      });
      const tooLarge =
        inline &&
        (result.totalByteCount > INLINE_LIMIT ||
          (result.truncated && !request.byte_limit && !limitedByRows(result, request)));
      ended = tooLarge
        ? { state: "FAILED", error: { error_code: "BAD_REQUEST", message: INLINE_EXCEEDED } }
        : { state: "SUCCEEDED", result };
    } catch (error) {
      ended = failure(error as Error);
    }
    if (this.#stopping) return;
    const latest = getStatement(db, statementId);
    if (ended.state !== "SUCCEEDED" || latest?.state === "CANCELED")
      rmSync(resultDir, { recursive: true, force: true });
    if (latest && latest.state !== "CANCELED") saveStatement(db, { ...latest, ...ended, ended: Date.now() });
  }
}

const inOrder = <P extends { ordinal?: number | undefined }>(given: readonly P[]): P[] =>
  [...given].sort((a, b) => (a.ordinal ?? 0) - (b.ordinal ?? 0));

const parameterOf = ({ name, value, type, arguments: inner }: Parameter): EngineParameter => ({
  ...(name ? { name } : {}),
  value: value ?? null,
  type: type ?? "STRING",
  ...(inner ? { arguments: inner.map(parameterOf) } : {}),
});

const limitedByRows = (result: Result, request: Execute): boolean =>
  request.row_limit !== undefined && result.totalRowCount >= request.row_limit;

function failure(error: Error): Partial<Statement> {
  const engine = error instanceof EngineError ? error : undefined;
  const sqlState = engine?.data.sql_state;
  return {
    state: "FAILED",
    error: { error_code: engine?.errorCode ?? "INTERNAL_ERROR", message: error.message },
    ...(engine ? { errorClass: engine.errorClass } : {}),
    ...(typeof sqlState === "string" ? { sqlState } : {}),
  };
}
