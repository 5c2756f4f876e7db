/** sql_task: the statements of a .sql file of the workspace, or of a saved query, one after another on the warehouse. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineParams, EngineResult } from "lakehouse-engine/protocol";
import { notFound, notImplemented } from "../../../../core/errors.ts";
import { exactNumber } from "../../../../core/exact-json.ts";
import { uuid } from "../../../../core/ids.ts";
import type { Context, Principal } from "../../../../core/service.ts";
import { actingAs } from "../../../identity/acting.ts";
import { requireLevel } from "../../../permissions/access.ts";
import { useWarehouse } from "../../../sql/access.ts";
import { fillParameters, splitStatements } from "../../../sql/script.ts";
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

type Result = EngineResult<"sql.execute">;

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
  const last = await runAll(work, place, statements, values);
  return {
    sql: {
      query_output: {
        warehouse_id: task.warehouse_id,
        query_text: text,
        ...(last ? { row_count: last.result.totalRowCount } : {}),
      },
    },
    ...(last && last.result.columns.length > 0 ? rowsOf(last) : {}),
  };
}

interface Executed {
  result: Result;
  folder: string;
}

/** One after another in one session: all share what USE, SET and temporary views leave. Resolves with the last. */
async function runAll(
  work: TaskWork,
  place: object,
  statements: readonly string[],
  values: Readonly<Record<string, string>>,
): Promise<Executed | undefined> {
  const { context, run, signal } = work;
  const sessionId = uuid();
  const parameters = Object.entries(values).map(([name, value]) => ({ name, value, type: "STRING" }));
  await context.engine.request("sql.openSession", { sessionId, principal: run.runAs, configuration: {}, ...place });
  try {
    let last: Executed | undefined;
    for (const statement of statements) {
      if (signal.aborted) break;
      last = await runOne(work, { statement, sessionId, parameters });
    }
    return last;
  } finally {
    await context.engine.request("sql.closeSession", { sessionId }).catch(() => undefined);
  }
}

async function runOne(
  { context, run, signal }: TaskWork,
  params: Pick<EngineParams<"sql.execute">, "statement" | "sessionId" | "parameters">,
): Promise<Executed> {
  const statementId = uuid();
  const cancel = (): void => void context.engine.request("sql.cancel", { statementId }).catch(() => undefined);
  signal.addEventListener("abort", cancel, { once: true });
  const folder = join(context.dataDir, "results", statementId);
  mkdirSync(folder, { recursive: true });
  try {
    const result = await context.engine.request("sql.execute", {
      ...{ statementId, format: "JSON_ARRAY", resultDir: folder, rowLimit: MOST_ROWS, principal: run.runAs },
      ...params,
    });
    return { result, folder };
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

const NUMBERS = /^(BYTE|SHORT|INT|LONG|FLOAT|DOUBLE|DECIMAL)$/;
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

/** The rows as objects of their columns, as JSON; nothing where they are more than other tasks may refer to. */
function rowsOf({ result, folder }: Executed): { sqlRows?: string } {
  const value = (text: string | null, type = ""): unknown => {
    if (text === null) return null;
    if (type === "BOOLEAN") return text === "true";
    return NUMBERS.test(type) && JSON_NUMBER.test(text) ? exactNumber(text) : text;
  };
  const rows = result.chunks.flatMap(({ file }) => {
    const chunk = JSON.parse(readFileSync(join(folder, file), "utf8")) as (string | null)[][];
    return chunk.map((row) =>
      Object.fromEntries(result.columns.map(({ name, type_name }, at) => [name, value(row[at] ?? null, type_name)])),
    );
  });
  const json = JSON.stringify(rows);
  return Buffer.byteLength(json) <= MOST_BYTES ? { sqlRows: json } : {};
}
