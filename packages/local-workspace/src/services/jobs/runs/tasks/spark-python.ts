/** spark_python_task: a Python file of the workspace, or of a volume. */
import { readFile } from "node:fs/promises";
import { notFound } from "../../../../core/errors.ts";
import type { Context, Principal } from "../../../../core/service.ts";
import { resolveVolumePath } from "../../../files/paths.ts";
import { actingAs } from "../../../identity/acting.ts";
import { requirePython } from "../../../identity/python-code.ts";
import { workspaceTree } from "../../../workspace/tree.ts";
import { runInEngine } from "../engine-run.ts";
import type { TaskWork } from "../executor.ts";
import { TaskFailure } from "../failure.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import type { Output } from "../types.ts";

export async function sparkPythonTask(work: TaskWork): Promise<Output> {
  const task = resolveAll(work.taskRun.task.spark_python_task!, scopeOf(work));
  if (task.source === "GIT") throw new TaskFailure("spark_python_task: source GIT is not run by the local workspace.");
  const overriding = work.run.overriding.python_params as string[] | undefined;
  const principal = actingAs(work.context, work.run);
  requirePython(work.context, principal, [{ path: task.python_file, content: "" }]);
  const source = await pythonFile(work.context, principal, task.python_file);
  return runInEngine(work, "python.run", { path: task.python_file, source, argv: overriding ?? task.parameters ?? [] });
}

async function pythonFile(context: Context, principal: Principal, path: string): Promise<string> {
  if (/^(?:dbfs:)?\/Volumes\//.test(path)) {
    const { file } = resolveVolumePath(context, principal, path.replace(/^dbfs:/, ""), "READ_VOLUME");
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text !== undefined) return text;
  } else {
    workspaceTree(context).requireRead(context, principal, path);
    const file = workspaceTree(context).read(context, path);
    if (file) return file.content.toString("utf8");
  }
  throw notFound(`Python file ${path} does not exist. It must be a file of the workspace or of a volume.`);
}
