/** sql_task: the statements of a .sql file of the workspace, or of a saved query, one after another on the warehouse. */
import { notFound, notImplemented } from "../../../../core/errors.ts";
import type { Context, Principal } from "../../../../core/service.ts";
import { actingAs } from "../../../identity/acting.ts";
import { requireLevel } from "../../../permissions/access.ts";
import { useWarehouse } from "../../../sql/access.ts";
import { fillParameters, splitStatements } from "../../../sql/script.ts";
import type { Statement } from "../../../sql/store.ts";
import { requireSaved } from "../../../sql-objects/store.ts";
import { workspaceTree } from "../../../workspace/tree.ts";
import type { TaskWork } from "../executor.ts";
import { TaskFailure } from "../failure.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import type { Output } from "../types.ts";
import { legacyAlert } from "./alert.ts";
import { rowsOf, runStatements } from "./statements.ts";

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
  if (!file) {
    throw notImplemented(
      "sql_task: the local workspace runs file, query and alert; a legacy dashboard is not there: use dashboard_task.",
    );
  }
  if (file.source === "GIT") throw notImplemented("sql_task: file source GIT is not run by the local workspace.");
  workspaceTree(context).requireRead(context, principal, file.path);
  const found = workspaceTree(context).read(context, file.path);
  if (!found) throw notFound(`SQL file ${file.path} does not exist in the workspace.`);
  return { text: found.content.toString("utf8") };
}

export async function sqlTask(work: TaskWork): Promise<Output> {
  const { context, run, taskRun } = work;
  const scope = scopeOf(work);
  const task = resolveAll(taskRun.task.sql_task!, scope);
  const principal = actingAs(context, run);
  useWarehouse(context, principal, task.warehouse_id);
  if (task.alert) return legacyAlert(work, principal, task.warehouse_id, task.alert.alert_id);
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
  const last = await runStatements(work, task.warehouse_id, place, statements, values);
  return {
    sql: {
      query_output: {
        warehouse_id: task.warehouse_id,
        query_text: text,
        ...(last?.result ? { row_count: last.result.totalRowCount } : {}),
      },
    },
    ...(last?.result && last.result.columns.length > 0 ? rowsFor(context, last) : {}),
  };
}

const MOST_BYTES = 48 * 1024;

/** The rows that other tasks may refer to; nothing where they are more. */
function rowsFor(context: Context, statement: Statement): { sqlRows?: string } {
  const json = JSON.stringify(rowsOf(context, statement));
  return Buffer.byteLength(json) <= MOST_BYTES ? { sqlRows: json } : {};
}
