/** sql_task: the statements of a .sql file of the workspace, or of a saved query, one after another on the warehouse. */
import { readFileSync } from "node:fs";
import { EngineError } from "../../../../core/engine-client.ts";
import { notFound, notImplemented } from "../../../../core/errors.ts";
import { exactNumber } from "../../../../core/exact-json.ts";
import type { Context, Principal } from "../../../../core/service.ts";
import { actingAs } from "../../../identity/acting.ts";
import { requireLevel } from "../../../permissions/access.ts";
import { sqlOf, useWarehouse } from "../../../sql/access.ts";
import type { Execute } from "../../../sql/schemas.ts";
import { fillParameters, splitStatements } from "../../../sql/script.ts";
import type { Result, Statement } from "../../../sql/store.ts";
import { chunkFile } from "../../../sql/view.ts";
import { requireSaved } from "../../../sql-objects/store.ts";
import { workspaceTree } from "../../../workspace/tree.ts";
import type { TaskWork } from "../executor.ts";
import { TaskFailure } from "../failure.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import type { Output } from "../types.ts";

type SqlTask = NonNullable<TaskWork["taskRun"]["task"]["sql_task"]>;

/** What is to run, and where names without a catalog or schema are looked for. */
function source(
  context: Context,
  principal: Principal,
  { file, query }: SqlTask,
): { text: string; catalog?: string; schema?: string } {
  if (query) {
    const saved = requireSaved(context.db, "query", query.query_id);
    requireLevel(context, principal, "sql/queries", query.query_id, "CAN_RUN");
    if (saved.trashed) throw notFound(`Query ${query.query_id} is in the trash.`);
    const { query_text = "", catalog, schema } = saved.document as Record<string, string | undefined>;
    return { text: query_text, ...(catalog ? { catalog } : {}), ...(schema ? { schema } : {}) };
  }
  if (!file)
    throw notImplemented("sql_task: the local workspace runs file and query; dashboard and alert are not run.");
  if (file.source === "GIT") throw notImplemented("sql_task: file source GIT is not run by the local workspace.");
  workspaceTree(context).requireRead(context, principal, file.path);
  const found = workspaceTree(context).read(context, file.path);
  if (!found) throw notFound(`SQL file ${file.path} does not exist in the workspace.`);
  return { text: found.content.toString("utf8") };
}

/** What `{{tasks.<name>.output.rows}}` may have. https://docs.databricks.com/aws/en/jobs/dynamic-value-references */
const MOST_ROWS = 1000;
const MOST_BYTES = 48 * 1024;

export async function sqlTask(work: TaskWork): Promise<Output> {
  const { context, run, taskRun } = work;
  const scope = scopeOf(work);
  const task = resolveAll(taskRun.task.sql_task!, scope);
  const principal = actingAs(context, run);
  useWarehouse(context, principal, task.warehouse_id);
  const { text, ...place } = source(context, principal, task);
  const values = {
    ...task.parameters,
    ...(run.overriding.sql_params as Record<string, string> | undefined),
    ...Object.fromEntries(scope.parameters),
  };
  const refuse = (message: string): never => {
    throw new TaskFailure(message);
  };
  const statements = splitStatements(fillParameters(text, values, refuse));
  const last = await runAll(work, task.warehouse_id, place, statements, values);
  return {
    sql: {
      query_output: {
        warehouse_id: task.warehouse_id,
        query_text: text,
        ...(last?.result ? { row_count: last.result.totalRowCount } : {}),
      },
    },
    ...(last?.result && last.result.columns.length > 0 ? rowsOf(context, last, last.result) : {}),
  };
}

/** One after another in one session: all share what USE, SET and temporary views leave. Resolves with the last. */
async function runAll(
  { context, run, signal }: TaskWork,
  warehouseId: string,
  place: { catalog?: string; schema?: string },
  statements: readonly string[],
  values: Readonly<Record<string, string>>,
): Promise<Statement | undefined> {
  const { sessions } = sqlOf(context);
  const parameters = Object.entries(values).map(([name, value]) => ({ name, value, type: "STRING" }));
  const session = await sessions.open(run.runAs, warehouseId, { configuration: {}, ...place });
  const common = { warehouse_id: warehouseId, session_id: session.id, parameters };
  try {
    let last: Statement | undefined;
    for (const statement of statements) {
      if (signal.aborted) break;
      last = await runOne(context, { ...common, statement }, run.runAs, signal);
    }
    return last;
  } finally {
    await sessions.close(session.id);
  }
}

/** @throws EngineError where the statement failed */
async function runOne(
  context: Context,
  request: Pick<Execute, "statement" | "warehouse_id" | "session_id" | "parameters">,
  principal: string,
  signal: AbortSignal,
): Promise<Statement> {
  const { runner } = sqlOf(context);
  // only INLINE bounds the bytes of a result
  const whole = { ...request, disposition: "EXTERNAL_LINKS", format: "JSON_ARRAY", row_limit: MOST_ROWS } as const;
  const started = runner.start(whole, principal, { protocol: "JOB" });
  const cancel = (): void => void runner.cancel(started);
  signal.addEventListener("abort", cancel, { once: true });
  const ended = await runner.ended(started.statementId);
  signal.removeEventListener("abort", cancel);
  if (ended.state === "SUCCEEDED") return ended;
  if (ended.error && !ended.errorClass) throw new Error(ended.error.message);
  // without an error its session ended, which happens only when the engine does
  throw new EngineError(ended.error?.message ?? "The Spark engine ended while the statement was running.", {
    error_class: ended.errorClass ?? "ENGINE_DIED",
    error_code: ended.error?.error_code,
  });
}

const NUMBERS = /^(BYTE|SHORT|INT|LONG|FLOAT|DOUBLE|DECIMAL)$/;
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

/** The rows as objects of their columns, as JSON; nothing where they are more than other tasks may refer to. */
function rowsOf(context: Context, statement: Statement, result: Result): { sqlRows?: string } {
  const value = (text: string | null, type = ""): unknown => {
    if (text === null) return null;
    if (type === "BOOLEAN") return text === "true";
    return NUMBERS.test(type) && JSON_NUMBER.test(text) ? exactNumber(text) : text;
  };
  const rows = result.chunks.flatMap((chunk) => {
    const values = JSON.parse(readFileSync(chunkFile(context, statement, chunk), "utf8")) as (string | null)[][];
    return values.map((row) =>
      Object.fromEntries(result.columns.map(({ name, type_name }, at) => [name, value(row[at] ?? null, type_name)])),
    );
  });
  const json = JSON.stringify(rows);
  return Buffer.byteLength(json) <= MOST_BYTES ? { sqlRows: json } : {};
}
