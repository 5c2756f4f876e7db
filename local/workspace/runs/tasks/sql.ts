/** sql_task: the statements of a .sql file of the workspace, one after another on the warehouse. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { notFound, notImplemented } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { splitStatements } from "../../services/sql/split.ts";
import { requireWarehouse } from "../../services/warehouses/store.ts";
import type { TaskWork } from "../executor.ts";
import { workspaceTree } from "../files.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import type { Output } from "../types.ts";

export async function sqlTask(work: TaskWork): Promise<Output> {
  const { context, run, signal, taskRun } = work;
  const scope = scopeOf(work);
  const task = resolveAll(taskRun.task.sql_task!, scope);
  requireWarehouse(context.db, task.warehouse_id);
  if (!task.file)
    throw notImplemented("sql_task: the local workspace runs `file`; query, dashboard and alert are not supported.");
  if (task.file.source === "GIT") throw notImplemented("sql_task: file source GIT is not run by the local workspace.");
  const file = workspaceTree().read(context, task.file.path);
  if (!file) throw notFound(`SQL file ${task.file.path} does not exist in the workspace.`);
  const values = { ...task.parameters, ...(run.overriding.sql_params as Record<string, string> | undefined) };
  Object.assign(values, Object.fromEntries(scope.parameters));
  const parameters = Object.entries(values).map(([name, value]) => ({ name, value, type: "STRING" }));
  let last: Record<string, unknown> | undefined;
  for (const statement of splitStatements(file.content.toString("utf8"))) {
    if (signal.aborted) break;
    const statementId = uuid();
    const cancel = (): void => void context.engine.request("sql.cancel", { statementId }).catch(() => undefined);
    signal.addEventListener("abort", cancel, { once: true });
    const resultDir = join(context.dataDir, "results", statementId);
    mkdirSync(resultDir, { recursive: true });
    try {
      last = await context.engine.request<Record<string, unknown>>("sql.execute", {
        ...{ statementId, statement, parameters, format: "JSON_ARRAY", resultDir, rowLimit: 1000 },
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
        query_text: file.content.toString("utf8"),
        ...(last ? { row_count: last.totalRowCount } : {}),
      },
    },
  };
}
