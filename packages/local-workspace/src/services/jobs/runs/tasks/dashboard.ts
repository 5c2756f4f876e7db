/**
 * dashboard_task: the queries of a published dashboard's datasets, on its warehouse. What they find is drawn nowhere, and no mail
 * is sent. https://docs.databricks.com/aws/en/jobs/dashboard
 */
import { invalid, notFound } from "../../../../core/errors.ts";
import { actingAs } from "../../../identity/acting.ts";
import { requireLevel } from "../../../permissions/access.ts";
import { useWarehouse } from "../../../sql/access.ts";
import { requireSaved } from "../../../sql-objects/store.ts";
import type { TaskWork } from "../executor.ts";
import { TaskFailure } from "../failure.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import type { Output } from "../types.ts";
import { runStatements } from "./statements.ts";

interface Dataset {
  name: string;
  displayName?: string;
  query?: string;
  queryLines?: string[];
  catalog?: string;
  schema?: string;
  parameters?: { keyword: string; defaultSelection?: { values?: { values?: { value: string }[] } } }[];
}
interface Definition {
  datasets?: Dataset[];
  pages?: { name: string; displayName?: string }[];
}

export async function dashboardTask(work: TaskWork): Promise<Output> {
  const { context, run, taskRun } = work;
  const task = resolveAll(taskRun.task.dashboard_task!, scopeOf(work));
  const principal = actingAs(context, run);
  const saved = requireSaved(context.db, "dashboard", task.dashboard_id);
  requireLevel(context, principal, "dashboards", saved.id, "CAN_READ");
  if (saved.trashed) throw notFound(`Dashboard ${saved.id} is in the trash.`);
  const published = saved.document.published as { warehouse_id?: string } | undefined;
  if (!published) throw invalid(`Dashboard ${saved.id} is not published: a task refreshes what is published.`);
  const warehouse = task.warehouse_id ?? published.warehouse_id;
  if (!warehouse)
    throw invalid(`Dashboard ${saved.id} was published without a warehouse: set the task's warehouse_id.`);
  useWarehouse(context, principal, warehouse);
  const { datasets = [], pages = [] } = JSON.parse(String(saved.document.serialized_dashboard)) as Definition;
  for (const dataset of datasets) {
    const text = dataset.query ?? (dataset.queryLines ?? []).join("");
    if (!text.trim() || work.signal.aborted) continue;
    const { catalog, schema } = dataset;
    const place = { ...(catalog ? { catalog } : {}), ...(schema ? { schema } : {}) };
    try {
      await runStatements(work, warehouse, place, [text], defaultsOf(dataset));
    } catch (error) {
      const name = dataset.displayName ?? dataset.name;
      throw new TaskFailure(`Dataset '${name}' of dashboard ${saved.id} failed: ${(error as Error).message}`);
    }
  }
  return { dashboard: { page_snapshots: pages.map((page) => ({ page_display_name: page.displayName ?? page.name })) } };
}

/** Nobody chooses values in a task: parameters have those that the dashboard starts with. */
const defaultsOf = ({ parameters = [] }: Dataset): Record<string, string> =>
  Object.fromEntries(
    parameters.map(({ keyword, defaultSelection }) => [keyword, defaultSelection?.values?.values?.[0]?.value ?? ""]),
  );
