/**
 * The single-task format of older clients: the task's settings stand in the job, or in the submitted run, itself.
 * Here it becomes a job of one task. https://docs.databricks.com/aws/en/reference/jobs-2.0-api
 */
import { invalid } from "../../core/errors.ts";
import { type Task, task } from "./schemas.ts";

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
 * @param key of the task, when the job has it already
 * @returns `given` with its task in `tasks`; the same when it has none of its own
 * @throws INVALID_PARAMETER_VALUE when it has a task of its own beside `tasks`, or the task is malformed
 */
export function withTasks<T extends Given>(given: T, key?: string): T {
  const types = Object.keys(given).filter((field) => TYPE.test(field) && given[field] != null);
  if (types.length === 0) return given;
  if (given.tasks?.length) throw invalid(`${types[0]} must stand in one of tasks, as there are tasks.`);
  const moved = [...types, ...OF_THE_TASK.filter((field) => given[field] !== undefined)];
  const own = Object.fromEntries(moved.map((field) => [field, given[field]]));
  const made = task.safeParse({ task_key: key ?? keyFrom(given.name ?? "Untitled"), ...own });
  if (!made.success) {
    throw invalid(made.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  }
  const rest = Object.fromEntries(Object.entries(given).filter(([field]) => !moved.includes(field)));
  return { ...rest, tasks: [made.data] } as unknown as T;
}
