/**
 * alert_task, and the alert of a sql_task: the query runs, and its result is compared with the threshold. Nobody is notified.
 * https://docs.databricks.com/aws/en/sql/user/alerts
 */
import { invalid, notFound } from "../../../../core/errors.ts";
import type { Principal } from "../../../../core/service.ts";
import { canonical } from "../../../../core/workspace-path.ts";
import { actingAs } from "../../../identity/acting.ts";
import { requireLevel } from "../../../permissions/access.ts";
import { useWarehouse } from "../../../sql/access.ts";
import { listSaved, requireSaved, type Saved } from "../../../sql-objects/store.ts";
import type { TaskWork } from "../executor.ts";
import { TaskFailure } from "../failure.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import type { Output } from "../types.ts";
import { aggregate, type Evaluation, stateOfAlert, thresholdOf } from "./alert-state.ts";
import { rowsOf, runStatements } from "./statements.ts";

type AlertTask = NonNullable<TaskWork["taskRun"]["task"]["alert_task"]>;

export async function alertTask(work: TaskWork): Promise<Output> {
  const { context, run, taskRun } = work;
  const task = resolveAll(taskRun.task.alert_task!, scopeOf(work));
  const principal = actingAs(context, run);
  const alert = alertOf(work, task);
  requireLevel(context, principal, "alertsv2", alert.id, "CAN_RUN");
  const { query_text, warehouse_id, evaluation } = alert.document as {
    query_text: string;
    warehouse_id: string;
    evaluation: Evaluation;
  };
  const warehouse = task.warehouse_id ?? warehouse_id;
  useWarehouse(context, principal, warehouse);
  const alert_state = await evaluate(work, warehouse, query_text, evaluation);
  return { alert: { alert_state } };
}

/** Named by its id, or by the path of its file. */
function alertOf({ context }: TaskWork, { alert_id, workspace_path }: AlertTask): Saved {
  if ((alert_id === undefined) === (workspace_path === undefined)) {
    throw invalid("alert_task: exactly one of alert_id and workspace_path must be set.");
  }
  if (alert_id !== undefined) {
    const saved = requireSaved(context.db, "alert_v2", alert_id);
    if (saved.trashed) throw notFound(`Alert with ID '${alert_id}' does not exist.`);
    return saved;
  }
  const path = canonical(workspace_path!);
  const found = listSaved(context.db, "alert_v2").find(({ document: { parent_path, display_name } }) =>
    [`${display_name}.dbalert.json`, `${display_name}`].some((name) => canonical(`${parent_path}/${name}`) === path),
  );
  if (!found) throw notFound(`Alert ${workspace_path} does not exist in the workspace.`);
  return found;
}

interface Condition {
  op: string;
  operand: { column: { name: string } };
  threshold?: Evaluation["threshold"];
  empty_result_state?: string;
}

/** The alert of a saved query, as a sql_task names it. */
export async function legacyAlert(
  work: TaskWork,
  principal: Principal,
  warehouse_id: string,
  alertId: string,
): Promise<Output> {
  const { context } = work;
  const alert = requireSaved(context.db, "alert", alertId);
  requireLevel(context, principal, "sql/alerts", alertId, "CAN_RUN");
  if (alert.trashed) throw notFound(`Alert ${alertId} is in the trash.`);
  const query = requireSaved(context.db, "query", String(alert.document.query_id));
  const query_text = String(query.document.query_text ?? "");
  const { op, operand, threshold, empty_result_state } = alert.document.condition as Condition;
  const alert_state = await evaluate(work, warehouse_id, query_text, {
    comparison_operator: op,
    source: { name: operand.column.name },
    ...(threshold ? { threshold } : {}),
    ...(empty_result_state ? { empty_result_state } : {}),
  });
  return { sql: { alert_output: { alert_state, query_text, warehouse_id } } };
}

async function evaluate(work: TaskWork, warehouse: string, query: string, evaluation: Evaluation): Promise<string> {
  const statement = await runStatements(work, warehouse, {}, [query], {});
  const rows = statement?.result ? rowsOf(work.context, statement) : [];
  if (rows.length === 0) return evaluation.empty_result_state ?? "UNKNOWN";
  const { name, aggregation } = evaluation.source;
  const [first] = rows;
  if (!(name in first!)) {
    throw new TaskFailure(`The alert's query has no column '${name}'; it has ${Object.keys(first!).join(", ")}.`);
  }
  const value = aggregate(
    rows.map((row) => row[name]),
    aggregation,
  );
  return stateOfAlert(value, evaluation.comparison_operator, thresholdOf(evaluation, first!));
}
