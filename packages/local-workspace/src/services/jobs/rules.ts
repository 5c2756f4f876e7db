/** What Databricks checks in a job's settings, each check a function that throws with Databricks' error code. */
import { invalid } from "../../core/errors.ts";
import { timeZone } from "../../core/next-time.ts";
import { parseQuartz, QuartzError } from "../../core/quartz.ts";
import type { Context } from "../../core/service.ts";
import type { Settings, Task } from "./schemas.ts";
import { checkTrigger } from "./triggers.ts";

const TASK_TYPE = /_task$/;

/** The task's type field, e.g. notebook_task. */
export function taskType(task: Task): string | undefined {
  return Object.keys(task).find((key) => TASK_TYPE.test(key) && task[key] !== undefined && task[key] !== null);
}

function exactlyOneType(task: Task): void {
  const types = Object.keys(task).filter((key) => TASK_TYPE.test(key) && task[key] !== undefined && task[key] !== null);
  if (types.length === 0)
    throw invalid(`Task ${task.task_key}: exactly one task type must be set, e.g. notebook_task.`);
  if (types.length > 1) throw invalid(`Task ${task.task_key}: only one task type may be set, got ${types.join(", ")}.`);
}

function uniqueKeys(tasks: readonly Task[]): void {
  const seen = new Set<string>();
  for (const { task_key } of tasks) {
    if (seen.has(task_key)) throw invalid(`Task key '${task_key}' must be unique.`);
    seen.add(task_key);
  }
}

function knownDependencies(tasks: readonly Task[]): void {
  const byKey = new Map(tasks.map((task) => [task.task_key, task]));
  for (const { task_key, depends_on = [] } of tasks) {
    const seen = new Set<string>();
    for (const { task_key: other, outcome } of depends_on) {
      const dependency = byKey.get(other);
      if (!dependency) throw invalid(`Task '${task_key}' depends on task '${other}', which does not exist in the job.`);
      if (outcome !== undefined && !dependency.condition_task) {
        throw invalid(`Task '${task_key}': outcome may only be given for a condition task, '${other}' is none.`);
      }
      if (outcome !== undefined && !["true", "false"].includes(outcome)) {
        throw invalid(`Task '${task_key}': outcome must be "true" or "false", got '${outcome}'.`);
      }
      if (seen.has(other) && outcome === undefined) throw invalid(`Task '${task_key}' depends on '${other}' twice.`);
      seen.add(other);
    }
  }
}

function acyclic(tasks: readonly Task[]): void {
  const open = new Map(tasks.map((task) => [task.task_key, (task.depends_on ?? []).map((other) => other.task_key)]));
  for (let removed = true; removed; ) {
    removed = false;
    for (const [key, others] of open) {
      if (others.some((other) => open.has(other))) continue;
      open.delete(key);
      removed = true;
    }
  }
  if (open.size > 0) throw invalid(`Cycle detected in the dependencies of the tasks ${[...open.keys()].join(", ")}.`);
}

function knownCompute(tasks: readonly Task[], settings: Settings): void {
  const clusters = new Set((settings.job_clusters ?? []).map((cluster) => cluster.job_cluster_key));
  const environments = new Set((settings.environments ?? []).map((environment) => environment.environment_key));
  for (const task of tasks) {
    const { task_key, job_cluster_key, environment_key, existing_cluster_id, new_cluster } = task;
    if (job_cluster_key !== undefined && !clusters.has(job_cluster_key)) {
      throw invalid(`Task '${task_key}': job_cluster_key '${job_cluster_key}' is not defined in field job_clusters.`);
    }
    if (environment_key !== undefined && !environments.has(environment_key)) {
      throw invalid(`Task '${task_key}': environment_key '${environment_key}' is not defined in field environments.`);
    }
    const chosen = [job_cluster_key, existing_cluster_id, new_cluster].filter((value) => value !== undefined);
    if (chosen.length > 1) {
      throw invalid(`Task '${task_key}': only one of job_cluster_key, existing_cluster_id, new_cluster may be set.`);
    }
  }
}

function uniqueParameters(settings: Settings): void {
  const seen = new Set<string>();
  for (const { name } of settings.parameters ?? []) {
    if (seen.has(name)) throw invalid(`Job parameter '${name}' must be unique.`);
    seen.add(name);
  }
}

function oneTrigger(settings: Settings): void {
  const set = (["schedule", "continuous", "trigger"] as const).filter((key) => settings[key] !== undefined);
  if (set.length > 1) throw invalid(`Only one of schedule, trigger and continuous may be set, got ${set.join(", ")}.`);
}

function validSchedule({ schedule }: Settings): void {
  if (!schedule) return;
  try {
    parseQuartz(schedule.quartz_cron_expression);
  } catch (error) {
    if (!(error instanceof QuartzError)) throw error;
    throw invalid(`Invalid quartz cron expression '${schedule.quartz_cron_expression}': ${error.message}.`);
  }
  try {
    timeZone(schedule.timezone_id);
  } catch {
    throw invalid(
      `Invalid timezone_id '${schedule.timezone_id}'. It must be a Java timezone ID such as Europe/Lisbon.`,
    );
  }
}

function nestedTasks(tasks: readonly Task[]): void {
  for (const { task_key, for_each_task } of tasks) {
    if (!for_each_task) continue;
    const nested = for_each_task.task as Task;
    exactlyOneType(nested);
    if (nested.for_each_task) throw invalid(`Task '${task_key}': a for-each task cannot hold another for-each task.`);
    if (nested.depends_on?.length)
      throw invalid(`Task '${task_key}': the task of a for-each task cannot have depends_on.`);
  }
}

const MOST_TAGS = 25;
const MOST_DESTINATIONS = 3;
const MOST_NAME_BYTES = 4096;

/** Sizes that the reference of the Jobs API states. */
function withinLimits({ name = "", tags = {}, webhook_notifications = {} }: Settings): void {
  if (Buffer.byteLength(name) > MOST_NAME_BYTES) throw invalid(`name must have at most ${MOST_NAME_BYTES} bytes.`);
  const count = Object.keys(tags).length;
  if (count > MOST_TAGS) throw invalid(`tags: a job has at most ${MOST_TAGS} tags, got ${count}.`);
  for (const [event, destinations] of Object.entries(webhook_notifications)) {
    if (Array.isArray(destinations) && destinations.length > MOST_DESTINATIONS) {
      throw invalid(`webhook_notifications.${event} has at most ${MOST_DESTINATIONS} destinations.`);
    }
  }
}

const GIT_PROVIDERS = [
  ...["github", "gitlab", "bitbucketcloud", "gitlabenterpriseedition", "bitbucketserver"],
  ...["azuredevopsservices", "githubenterprise", "awscodecommit"],
];

function knownGitProvider({ git_source: source }: Settings): void {
  if (!source || GIT_PROVIDERS.includes(String(source.git_provider).toLowerCase())) return;
  throw invalid(`git_source.git_provider must be one of: ${GIT_PROVIDERS.join(",")}`);
}

type Source = "WORKSPACE" | "GIT";

/** What a task's file is taken from when it does not say: the job's repository, where it has one. */
const sourceOf = (given: Source | undefined, settings: Settings): Source =>
  given ?? (settings.git_source ? "GIT" : "WORKSPACE");

/** Workspace paths are absolute, paths in a repository are not. A `{{reference}}` may become either. */
function usablePaths(tasks: readonly Task[], settings: Settings): void {
  for (const { task_key, notebook_task, spark_python_task, sql_task, for_each_task } of tasks) {
    const files = [
      { field: "notebook_task.notebook_path", path: notebook_task?.notebook_path, source: notebook_task?.source },
      {
        field: "spark_python_task.python_file",
        path: spark_python_task?.python_file,
        source: spark_python_task?.source,
      },
      { field: "sql_task.file.path", path: sql_task?.file?.path, source: sql_task?.file?.source },
    ];
    for (const { field, path, source } of files) {
      if (path === undefined || path.startsWith("{{")) continue;
      const from = sourceOf(source, settings);
      const uri = /^[a-z][a-z0-9]*:\//i.test(path);
      if (from === "WORKSPACE" && !path.startsWith("/") && !(uri && field.startsWith("spark_python_task"))) {
        throw invalid(
          `Task '${task_key}': ${field} must be absolute, got '${path}'. Paths in the workspace begin with '/'.`,
        );
      }
      if (from === "GIT" && path.startsWith("/")) {
        throw invalid(`Task '${task_key}': ${field} must be relative to the repository's root, got '${path}'.`);
      }
    }
    if (for_each_task) usablePaths([for_each_task.task as Task], settings);
  }
}

export function checkTasks(tasks: readonly Task[], settings: Settings): void {
  for (const task of tasks) exactlyOneType(task);
  uniqueKeys(tasks);
  knownDependencies(tasks);
  acyclic(tasks);
  nestedTasks(tasks);
  knownCompute(tasks, settings);
  knownGitProvider(settings);
  usablePaths(tasks, settings);
}

export function checkSettings(context: Context, settings: Settings): void {
  checkTasks(settings.tasks ?? [], settings);
  withinLimits(settings);
  uniqueParameters(settings);
  oneTrigger(settings);
  validSchedule(settings);
  checkTrigger(context, settings);
}

/** What Databricks adds to settings that leave it out; everything else stays as it was sent. */
export function withDefaults(settings: Settings): Settings {
  const tasks = settings.tasks?.map((task) => ({
    ...task,
    run_if: task.run_if ?? ("ALL_SUCCESS" as const),
    timeout_seconds: task.timeout_seconds ?? 0,
    email_notifications: task.email_notifications ?? {},
    ...(task.notebook_task
      ? { notebook_task: { ...task.notebook_task, source: sourceOf(task.notebook_task.source, settings) } }
      : {}),
  }));
  return {
    ...settings,
    name: settings.name ?? "Untitled",
    email_notifications: settings.email_notifications ?? {},
    webhook_notifications: settings.webhook_notifications ?? {},
    timeout_seconds: settings.timeout_seconds ?? 0,
    max_concurrent_runs: settings.max_concurrent_runs ?? 1,
    format: settings.format ?? "MULTI_TASK",
    ...(tasks ? { tasks } : {}),
    ...(settings.schedule
      ? { schedule: { ...settings.schedule, pause_status: settings.schedule.pause_status ?? "UNPAUSED" } }
      : {}),
    ...(settings.trigger
      ? { trigger: { ...settings.trigger, pause_status: settings.trigger.pause_status ?? "UNPAUSED" } }
      : {}),
    ...(settings.continuous
      ? { continuous: { ...settings.continuous, pause_status: settings.continuous.pause_status ?? "UNPAUSED" } }
      : {}),
  };
}
