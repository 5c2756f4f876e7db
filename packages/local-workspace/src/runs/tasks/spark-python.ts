/** spark_python_task: a Python file of the workspace, or of a volume. */
import { readFile } from "node:fs/promises";
import { join, normalize } from "node:path";
import { notFound } from "../../core/errors.ts";
import type { Context } from "../../core/service.ts";
import { runInEngine } from "../engine-run.ts";
import type { TaskWork } from "../executor.ts";
import { TaskFailure } from "../failure.ts";
import { workspaceTree } from "../files.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import type { Output } from "../types.ts";

export async function sparkPythonTask(work: TaskWork): Promise<Output> {
  const task = resolveAll(work.taskRun.task.spark_python_task!, scopeOf(work));
  if (task.source === "GIT") throw new TaskFailure("spark_python_task: source GIT is not run by the local workspace.");
  const overriding = work.run.overriding.python_params as string[] | undefined;
  const source = await pythonFile(work.context, task.python_file);
  return runInEngine(work, "python.run", { path: task.python_file, source, argv: overriding ?? task.parameters ?? [] });
}

async function pythonFile(context: Context, path: string): Promise<string> {
  const volume = /^(?:dbfs:)?\/Volumes\/(.+)$/.exec(path);
  if (volume) {
    const inside = normalize(volume[1]!);
    if (!inside.startsWith("..")) {
      const text = await readFile(join(context.volumesRoot, inside), "utf8").catch(() => undefined);
      if (text !== undefined) return text;
    }
  } else {
    const file = workspaceTree().read(context, path);
    if (file) return file.content.toString("utf8");
  }
  throw notFound(`Python file ${path} does not exist. It must be a file of the workspace or of a volume.`);
}
