/**
 * The single-task format of older clients: the task's settings stand in the job, or in the submitted run, itself.
 * Here it becomes a job of one task, which version 2.0 of the API shows in the format that it was sent in. https://docs.databricks.com/aws/en/reference/jobs-2.0-api
 */
import { invalid } from "../../core/errors.ts";
import { type Settings, type Task, task } from "./schemas.ts";

const TYPE = /^[a-z_]+_task$/;
/** What belongs to the task; everything else, the timeout and notifications too, stays with the job. */
const OF_THE_TASK = [
  "new_cluster",
  "existing_cluster_id",
  "libraries",
  "max_retries",
  "min_retry_interval_millis",
  "retry_on_timeout",
] as const;

type Given = { name?: string | undefined; tasks?: Task[] | undefined; [field: string]: unknown };

/** A task key has letters, digits, hyphens and underscores only. */
const keyFrom = (name: string): string => name.replaceAll(/[^\w-]+/g, "_").slice(0, 100) || "Untitled";

/**
 * @param only the job's one task, of which stays what `given` does not name
 * @returns `given` with its task in `tasks`; without one of its own, as it is
 * @throws INVALID_PARAMETER_VALUE when it has a task of its own beside `tasks`, or the task is malformed
 */
export function withTasks<T extends Given>(given: T, only?: Task): T {
  const types = Object.keys(given).filter((field) => TYPE.test(field) && given[field] != null);
  const moved = [...types, ...OF_THE_TASK.filter((field) => given[field] !== undefined)];
  if (types.length === 0 && !(only && moved.length > 0))
    return given.tasks ? { ...given, format: "MULTI_TASK" } : given;
  if (given.tasks?.length) throw invalid(`${moved[0]} must stand in one of tasks, as there are tasks.`);
  const stays = Object.entries(only ?? {}).filter(([field]) => types.length === 0 || !TYPE.test(field));
  const own = Object.fromEntries(moved.map((field) => [field, given[field]]));
  const made = task.safeParse({ task_key: keyFrom(given.name ?? "Untitled"), ...Object.fromEntries(stays), ...own });
  if (!made.success) {
    throw invalid(made.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  }
  const rest = Object.fromEntries(Object.entries(given).filter(([field]) => !moved.includes(field)));
  return { ...rest, format: "SINGLE_TASK", tasks: [made.data] } as unknown as T;
}

/** The settings of a job, as an answer of this version of the API shows them. */
export function inFormatOf(version: string, settings: Settings): Record<string, unknown> {
  const { tasks, format, ...rest } = settings;
  const only = tasks?.[0];
  if (format !== "SINGLE_TASK" || version !== "2.0" || !only || tasks.length > 1) {
    return { ...settings, format: "MULTI_TASK" };
  }
  const own = Object.entries(only).filter(
    ([field]) => TYPE.test(field) || OF_THE_TASK.some((shared) => shared === field),
  );
  return { ...rest, format, ...Object.fromEntries(own) };
}
