/** Python packages that a task's libraries or its environment name. https://docs.databricks.com/api/workspace/jobs/create */
import { notImplemented } from "../../../core/errors.ts";
import { actingAs } from "../../identity/acting.ts";
import { type Place, requirements } from "../../workspace/requirements.ts";
import type { TaskWork } from "./executor.ts";

interface Library {
  whl?: string;
  pypi?: { package: string; repo?: string };
  requirements?: string;
  [kind: string]: unknown;
}
interface Environment {
  environment_key: string;
  spec?: { dependencies?: string[] };
}

/** Lines of a requirements file: libraries first, as on Databricks. @throws ApiError that names what is not there, or is not run */
export function dependenciesOf(work: TaskWork): string[] {
  const { task } = work.taskRun;
  const place = { context: work.context, principal: actingAs(work.context, work.run) };
  const libraries = ((task.libraries ?? []) as Library[]).flatMap((library) => linesOf(place, library));
  const environments = (work.run.settings.environments ?? []) as Environment[];
  const chosen = environments.find(({ environment_key }) => environment_key === task.environment_key);
  return [...libraries, ...requirements(place, chosen?.spec?.dependencies ?? [])];
}

function linesOf(place: Place, library: Library): string[] {
  if (library.whl !== undefined) return requirements(place, [library.whl]);
  if (library.requirements !== undefined) return requirements(place, [`-r ${library.requirements}`]);
  if (library.pypi) {
    const { package: name, repo } = library.pypi;
    return [...(repo ? [`--extra-index-url ${repo}`] : []), name];
  }
  const kind = Object.keys(library).find((key) => library[key] !== undefined) ?? "none";
  throw notImplemented(
    `A task's libraries may be whl, pypi and requirements in the local workspace; '${kind}' is not.`,
  );
}
