/** sql_task: the statements of a .sql file of the workspace, or of a saved query, one after another on the warehouse. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { notFound, notImplemented } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { Context } from "../../core/service.ts";
import { splitStatements } from "../../services/sql/split.ts";
import { requireSaved } from "../../services/sql-objects/store.ts";
import { requireWarehouse } from "../../services/warehouses/store.ts";
import type { TaskWork } from "../executor.ts";
import { workspaceTree } from "../files.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import type { Output } from "../types.ts";

type SqlTask = NonNullable<TaskWork["taskRun"]["task"]["sql_task"]>;

/** What is to run, and where names without a catalog or schema are looked for. */
function source(context: Context, { file, query }: SqlTask): { text: string; catalog?: string; schema?: string } {
  if (query) {
    const saved = requireSaved(context.db, "query", query.query_id);
    if (saved.trashed) throw notFound(`Query ${query.query_id} is in the trash.`);
    const { query_text = "", catalog, schema } = saved.document as Record<string, string | undefined>;
    return { text: query_text, ...(catalog ? { catalog } : {}), ...(schema ? { schema } : {}) };
  }
  if (!file)
    throw notImplemented("sql_task: the local workspace runs file and query; dashboard and alert are not run.");
  if (file.source === "GIT") throw notImplemented("sql_task: file source GIT is not run by the local workspace.");
  const found = workspaceTree().read(context, file.path);
  if (!found) throw notFound(`SQL file ${file.path} does not exist in the workspace.`);
  return { text: found.content.toString("utf8") };
}

export async function sqlTask(work: TaskWork): Promise<Output> {
  const { context, run, signal, taskRun } = work;
  const scope = scopeOf(work);
  const task = resolveAll(taskRun.task.sql_task!, scope);
  requireWarehouse(context.db, task.warehouse_id);
  const { text, ...place } = source(context, task);
  const values = { ...task.parameters, ...(run.overriding.sql_params as Record<string, string> | undefined) };
  Object.assign(values, Object.fromEntries(scope.parameters));
  const parameters = Object.entries(values).map(([name, value]) => ({ name, value, type: "STRING" }));
  let last: Record<string, unknown> | undefined;
  for (const statement of splitStatements(text)) {
    if (signal.aborted) break;
    const statementId = uuid();
    const cancel = (): void => void context.engine.request("sql.cancel", { statementId }).catch(() => undefined);
    signal.addEventListener("abort", cancel, { once: true });
    const resultDir = join(context.dataDir, "results", statementId);
    mkdirSync(resultDir, { recursive: true });
    try {
      last = await context.engine.request<Record<string, unknown>>("sql.execute", {
        ...{ statementId, statement, parameters, format: "JSON_ARRAY", resultDir, rowLimit: 1000 },
        ...place,
        principal: run.runAs,
      });
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }
  return {
    sql: {
      query_output: {
        warehouse_id: task.warehouse_id,
        query_text: text,
        ...(last ? { row_count: last.totalRowCount } : {}),
      },
    },
  };
}
