/** `runs/export`: the notebook of a run as a page. https://docs.databricks.com/api/workspace/jobs/exportrun */

import { invalid } from "../../../core/errors.ts";
import type { Context } from "../../../core/service.ts";
import { canonical } from "../../../core/workspace-path.ts";
import { toHtml } from "../../workspace/notebook-html.ts";
import { workspaceTree } from "../../workspace/tree.ts";
import { isEnded, type TaskRun } from "./types.ts";

/** Notebooks have no dashboards here, so CODE and ALL are the same and DASHBOARDS gives no view. */
export function exportView(
  context: Context,
  taskRun: TaskRun,
  views: "CODE" | "DASHBOARDS" | "ALL",
): Record<string, unknown> {
  const { task, output } = taskRun;
  if (!task.notebook_task) {
    throw invalid(`Run ${taskRun.runId} is not a notebook run; only notebook runs can be exported.`);
  }
  if (!isEnded(taskRun.state)) throw invalid(`Run ${taskRun.runId} has not ended; only finished runs can be exported.`);
  const path = canonical(task.notebook_task.notebook_path);
  const notebook = workspaceTree(context).read(context, path);
  if (notebook?.kind !== "notebook")
    throw invalid(`The notebook '${path}' of run ${taskRun.runId} is not there any more.`);
  if (views === "DASHBOARDS") return { views: [] };
  const content = toHtml(path, notebook.language ?? "PYTHON", notebook.content.toString("utf8"), {
    ...(output.logs ? { logs: output.logs } : {}),
    ...(output.notebook?.result === undefined ? {} : { result: output.notebook.result }),
    ...(output.error ? { error: output.trace ?? output.error } : {}),
  });
  return { views: [{ content, name: path.slice(path.lastIndexOf("/") + 1), type: "NOTEBOOK" }] };
}
