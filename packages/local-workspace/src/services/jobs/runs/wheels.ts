/**
 * Wheels that a task's libraries or its environment name: files of the workspace or of a volume, unpacked by the engine
 * into a folder of their content's own. https://docs.databricks.com/aws/en/jobs/python-wheel
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { notFound } from "../../../core/errors.ts";
import type { Context, Principal } from "../../../core/service.ts";
import { resolveVolumePath } from "../../files/paths.ts";
import { actingAs } from "../../identity/acting.ts";
import { workspaceTree } from "../../workspace/tree.ts";
import type { TaskWork } from "./executor.ts";

/** A wheel on this disk, and the folder that it is unpacked into. */
export interface Wheel {
  file: string;
  folder: string;
}

interface Environment {
  environment_key: string;
  spec?: { dependencies?: string[] };
}

/** Libraries first, as on Databricks; what is no wheel is not installed here. */
export function wheelsOf(work: TaskWork): Wheel[] {
  const { task } = work.taskRun;
  const libraries = ((task.libraries ?? []) as { whl?: string }[]).flatMap(({ whl }) => whl ?? []);
  const environments = (work.run.settings.environments ?? []) as Environment[];
  const chosen = environments.find(({ environment_key }) => environment_key === task.environment_key);
  const dependencies = (chosen?.spec?.dependencies ?? []).filter((each) => each.endsWith(".whl"));
  const principal = actingAs(work.context, work.run);
  return [...libraries, ...dependencies].map((path) => install(work.context, principal, path));
}

function install(context: Context, principal: Principal, path: string): Wheel {
  const content = read(context, principal, path);
  if (!content) throw notFound(`Wheel ${path} does not exist. It must be a file of the workspace or of a volume.`);
  const base = join(context.dataDir, "workspace", ".wheels", createHash("sha256").update(content).digest("hex"));
  const file = join(base, posix.basename(path));
  if (!existsSync(file)) {
    mkdirSync(base, { recursive: true });
    writeFileSync(file, content);
  }
  return { file, folder: join(base, "site") };
}

function read(context: Context, principal: Principal, path: string): Buffer | undefined {
  if (/^(?:dbfs:)?\/Volumes\//.test(path)) {
    const { file } = resolveVolumePath(context, principal, path.replace(/^dbfs:/, ""), "READ_VOLUME");
    return existsSync(file) ? readFileSync(file) : undefined;
  }
  workspaceTree(context).requireRead(context, principal, path);
  return workspaceTree(context).read(context, path)?.content;
}
