/** notebook_task: the notebook as it lies in the workspace, with its widgets set. */
import { notFound } from "../../../../core/errors.ts";
import { actingAs } from "../../../identity/acting.ts";
import { requirePython } from "../../../identity/python-code.ts";
import { workspaceTree } from "../../../workspace/tree.ts";
import { runInEngine } from "../engine-run.ts";
import type { TaskWork } from "../executor.ts";
import { TaskFailure } from "../failure.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import { saveTaskRun } from "../store.ts";
import type { Output } from "../types.ts";

export async function notebookTask(work: TaskWork): Promise<Output> {
  const { context, run, taskRun } = work;
  const task = taskRun.task.notebook_task!;
  const scope = scopeOf(work);
  const path = resolveAll(task.notebook_path, scope);
  const own = { ...task.base_parameters, ...(run.overriding.notebook_params as Record<string, string> | undefined) };
  // job parameters win over a task's own of the same name
  const parameters = { ...resolveAll(own, scope), ...Object.fromEntries(scope.parameters) };
  taskRun.resolved = { notebook_task: { base_parameters: parameters } };
  saveTaskRun(context.db, taskRun);
  if (task.source === "GIT") {
    throw new TaskFailure(
      `Task '${taskRun.taskKey}' takes its notebook from Git; the local workspace runs WORKSPACE notebooks.`,
    );
  }
  const principal = actingAs(context, run);
  workspaceTree(context).requireRead(context, principal, path);
  const notebook = workspaceTree(context).read(context, path);
  if (notebook?.kind !== "notebook") {
    throw notFound(
      `Unable to access the notebook "${path}" in the workspace. It does not exist, or is not a notebook.`,
    );
  }
  requirePython(context, principal, [notebook]);
  return runInEngine(work, "notebook.run", {
    path: notebook.path,
    language: notebook.language ?? "PYTHON",
    source: notebook.content.toString("utf8"),
    parameters,
  });
}
