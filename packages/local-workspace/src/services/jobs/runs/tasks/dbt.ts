/** dbt_task: dbt's commands on a project of the workspace. https://docs.databricks.com/aws/en/jobs/dbt */
import { existsSync } from "node:fs";
import { notFound } from "../../../../core/errors.ts";
import { actingAs } from "../../../identity/acting.ts";
import { requirePython } from "../../../identity/python-code.ts";
import { useWarehouse } from "../../../sql/access.ts";
import { mirror, mirrored } from "../../../workspace/mirror.ts";
import { workspaceTree } from "../../../workspace/tree.ts";
import { artifactsFile } from "../../artifacts.ts";
import { dependenciesOf } from "../dependencies.ts";
import { runInEngine } from "../engine-run.ts";
import type { TaskWork } from "../executor.ts";
import { TaskFailure } from "../failure.ts";
import { checkout } from "../git-source.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import { saveTaskRun } from "../store.ts";
import type { Output } from "../types.ts";

/** Python in the engine; the token is the run-as's, and never stands in the code. */
const CODE = (task: object): string => `import json
from lakehouse_engine.notebook_runner.dbt import run
context = dbutils.notebook.entry_point.getDbutils().notebook().getContext()
run(json.loads(${JSON.stringify(JSON.stringify(task))}), context.apiUrl().get(), context.apiToken().get())
`;

export async function dbtTask(work: TaskWork): Promise<Output> {
  const { context, run, taskRun } = work;
  const task = resolveAll(taskRun.task.dbt_task!, scopeOf(work));
  const commands = (run.overriding.dbt_commands as string[] | undefined) ?? task.commands;
  taskRun.resolved = { dbt_task: { commands } };
  saveTaskRun(context.db, taskRun);
  const principal = actingAs(context, run);
  requirePython(context, principal, [{ path: task.project_directory ?? "git_source", content: "" }]);
  if (task.warehouse_id) useWarehouse(context, principal, task.warehouse_id);
  const artifacts = artifactsFile(context, taskRun.runId);
  const project = await projectOf(work, task.source, task.project_directory);
  const source = CODE({
    commands,
    project: project.folder,
    http_path: task.warehouse_id ? `/sql/1.0/warehouses/${task.warehouse_id}` : null,
    catalog: task.catalog ?? null,
    schema: task.schema ?? null,
    profiles: task.profiles_directory ?? null,
    artifacts,
    requirements: dependenciesOf(work),
  });
  const left = (): Output => (existsSync(artifacts) ? { dbtArtifacts: true } : {});
  try {
    // dbt has an environment of its own, so that the run itself has no packages
    const what = { path: project.path, source, argv: [], sysPath: [], dependencies: [] };
    const output = await runInEngine(work, "python.run", what);
    return { ...output, ...left() };
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    Object.assign(error.output, left());
    throw error;
  } finally {
    project.done();
  }
}

interface Project {
  /** For messages. */
  path: string;
  folder: string;
  done(): void;
}

async function projectOf(work: TaskWork, source: string | undefined, path = ""): Promise<Project> {
  const { context, run } = work;
  if (source === "GIT" || (source === undefined && run.settings.git_source)) {
    return { path: path || "/", ...(await checkout(work, path)) };
  }
  if (!path.startsWith("/")) {
    throw new TaskFailure(
      `dbt_task: project_directory must be the absolute path of a workspace folder, got '${path}'.`,
    );
  }
  workspaceTree(context).requireRead(context, actingAs(context, run), path);
  if (!workspaceTree(context).isDirectory(context, path)) {
    throw notFound(`The dbt project's folder ${path} does not exist in the workspace.`);
  }
  mirror(context, path);
  return { path, folder: mirrored(context, path), done: () => undefined };
}
