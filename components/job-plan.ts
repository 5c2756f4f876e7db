/** Plans the tasks of a job: tasks by name become the provider's list, and everything that is wrong with them is named. */
import type * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import { given, plain, type Violations } from "./component.ts";
import { sdk } from "./databricks.ts";
import { NotebookFolder } from "./notebooks.ts";
import { LakehousePipeline } from "./pipeline.ts";

type Inputs = databricks.types.input.JobTask;

/** What a task does, with the provider's own arguments. */
export interface TaskKinds {
  pipeline: LakehousePipeline | databricks.Pipeline | databricks.types.input.JobTaskPipelineTask;
  /** A relative `notebookPath` is one in the job's `root`, or in its `gitSource`. */
  notebook: databricks.types.input.JobTaskNotebookTask;
  sql: databricks.types.input.JobTaskSqlTask;
  pythonScript: databricks.types.input.JobTaskSparkPythonTask;
  pythonWheel: databricks.types.input.JobTaskPythonWheelTask;
  jar: databricks.types.input.JobTaskSparkJarTask;
  dbt: databricks.types.input.JobTaskDbtTask;
  runJob: Omit<databricks.types.input.JobTaskRunJobTask, "jobId"> & { jobId: pulumi.Input<string | number> };
  condition: { left: pulumi.Input<string>; op: pulumi.Input<ConditionOperator>; right: pulumi.Input<string> };
  dashboard: databricks.types.input.JobTaskDashboardTask;
  alert: databricks.types.input.JobTaskAlertTask;
  forEach: {
    /** A JSON array, or a reference to one such as `{{tasks.list.values.files}}`. */
    inputs: pulumi.Input<string>;
    /** Iterations at a time. Default 1. */
    concurrency?: pulumi.Input<number>;
    /** Runs once for each element, which it sees as `{{input}}`. */
    task: OneOf<Omit<TaskKinds, "forEach">>;
  };
}

type ConditionOperator =
  | "EQUAL_TO"
  | "NOT_EQUAL"
  | "GREATER_THAN"
  | "GREATER_THAN_OR_EQUAL"
  | "LESS_THAN"
  | "LESS_THAN_OR_EQUAL";

/** Exactly one of the properties. */
type OneOf<T> = { [K in keyof T]: { [P in K]: T[P] } & { [P in Exclude<keyof T, K>]?: never } }[keyof T];

/** Recipients by event; e-mail addresses, or ids of notification destinations. */
export interface Recipients {
  onStart?: readonly pulumi.Input<string>[];
  onSuccess?: readonly pulumi.Input<string>[];
  onFailure?: readonly pulumi.Input<string>[];
  onDurationWarning?: readonly pulumi.Input<string>[];
  onStreamingBacklog?: readonly pulumi.Input<string>[];
}

export interface HealthRule {
  metric: pulumi.Input<
    | "RUN_DURATION_SECONDS"
    | "STREAMING_BACKLOG_BYTES"
    | "STREAMING_BACKLOG_RECORDS"
    | "STREAMING_BACKLOG_SECONDS"
    | "STREAMING_BACKLOG_FILES"
  >;
  greaterThan: pulumi.Input<number>;
}

export interface TaskOptions<Key extends string> {
  description?: pulumi.Input<string>;
  /** Tasks that run before; of a condition task, `outcome` says which of its branches this task is in. */
  dependsOn?: readonly (Key | { task: Key; outcome: "true" | "false" })[];
  /** Default ALL_SUCCESS. */
  runIf?: pulumi.Input<
    "ALL_SUCCESS" | "ALL_DONE" | "NONE_FAILED" | "AT_LEAST_ONE_SUCCESS" | "ALL_FAILED" | "AT_LEAST_ONE_FAILED"
  >;
  disabled?: pulumi.Input<boolean>;
  /** Default none. Pipelines retry by themselves. */
  retries?: { max: pulumi.Input<number>; waitSeconds?: pulumi.Input<number>; onTimeout?: pulumi.Input<boolean> };
  timeoutMinutes?: pulumi.Input<number>;
  /** Key of one of the job's `environments`. */
  environment?: string;
  /** Key of one of the job's `clusters`. */
  cluster?: string;
  existingClusterId?: pulumi.Input<string>;
  newCluster?: databricks.types.input.JobTaskNewCluster;
  libraries?: readonly databricks.types.input.JobTaskLibrary[];
  emails?: Recipients;
  webhooks?: Recipients;
  health?: readonly HealthRule[];
}

export type Task<Key extends string> = TaskOptions<Key> & OneOf<TaskKinds>;
/** A pipeline alone is a task that updates it. */
export type TaskOrPipeline<Key extends string> = Task<Key> | LakehousePipeline;
/** Tasks whose keys the compiler no longer knows. */
export type Tasks = Readonly<Record<string, Task<string>>>;

const MINUTE = 60;

export const seconds = (minutes: pulumi.Input<number>): pulumi.Output<number> =>
  pulumi.output(minutes).apply((known) => known * MINUTE);
/** https://docs.databricks.com/api/workspace/jobs/create */
const TASK_KEY = /^[\w-]{1,100}$/;
const MOST_TASKS = 1000;

const KINDS = {
  pipeline: "pipelineTask",
  notebook: "notebookTask",
  sql: "sqlTask",
  pythonScript: "sparkPythonTask",
  pythonWheel: "pythonWheelTask",
  jar: "sparkJarTask",
  dbt: "dbtTask",
  runJob: "runJobTask",
  condition: "conditionTask",
  dashboard: "dashboardTask",
  alert: "alertTask",
  forEach: "forEachTask",
} as const satisfies Record<keyof TaskKinds, keyof Inputs>;

const kindsOf = (task: object): (keyof TaskKinds)[] =>
  (Object.keys(KINDS) as (keyof TaskKinds)[]).filter((kind) => (task as Record<string, unknown>)[kind] !== undefined);

/** Where notebooks with a relative path are. */
export interface CodePlace {
  root?: NotebookFolder | pulumi.Input<string> | undefined;
  git: boolean;
}

/** Without the tasks that are left out; a pipeline alone as the task that it stands for. */
export function knownTasks(tasks: Readonly<Record<string, TaskOrPipeline<string> | undefined>>): Tasks {
  const known = Object.entries(tasks).filter(([, task]) => task !== undefined);
  return Object.fromEntries(
    known.map(([key, task]) => [key, task instanceof LakehousePipeline ? { pipeline: task } : task]),
  ) as Tasks;
}

/** Each task that does not say what it waits for waits for the one before it. */
export function inOrder(tasks: Tasks): Tasks {
  const keys = Object.keys(tasks);
  const chained = keys.map((key, at) => [key, { dependsOn: at === 0 ? [] : [keys[at - 1]!], ...given(tasks[key]!) }]);
  return Object.fromEntries(chained) as Tasks;
}

/** Sorted by key, as the provider sends them: any other order shows as a change in every preview. */
export function planTasks(tasks: Tasks, code: CodePlace): Inputs[] {
  return Object.keys(tasks)
    .sort()
    .map((key) => planTask(key, tasks[key]!, code));
}

function planTask(key: string, task: Task<string>, code: CodePlace): Inputs {
  const dependsOns = (task.dependsOn ?? [])
    .map((on) => (typeof on === "string" ? { taskKey: on } : { taskKey: on.task, outcome: on.outcome }))
    .sort((a, b) => (a.taskKey < b.taskKey ? -1 : 1));
  return given({
    taskKey: key,
    description: task.description,
    ...(dependsOns.length === 0 ? {} : { dependsOns }),
    ...action(key, task, code),
    runIf: task.runIf,
    disabled: task.disabled,
    ...retryArgs(task.retries),
    timeoutSeconds: task.timeoutMinutes === undefined ? undefined : seconds(task.timeoutMinutes),
    environmentKey: task.environment,
    jobClusterKey: task.cluster,
    existingClusterId: task.existingClusterId,
    newCluster: task.newCluster,
    libraries: task.libraries === undefined ? undefined : [...task.libraries],
    emailNotifications: task.emails === undefined ? undefined : recipients(task.emails, (email) => email),
    webhookNotifications: task.webhooks === undefined ? undefined : recipients(task.webhooks, (id) => ({ id })),
    health: healthArgs(task.health),
  });
}

/** The one `…Task` property of a task. */
function action(key: string, task: object, code: CodePlace): Partial<Inputs> {
  const kind = kindsOf(task)[0]!;
  const args = (task as Record<string, object>)[kind]!;
  if (kind === "notebook") return { notebookTask: notebookArgs(args as TaskKinds["notebook"], code) };
  if (args instanceof LakehousePipeline) return { pipelineTask: { pipelineId: args.pipelineId } };
  if (args instanceof sdk.Pipeline) return { pipelineTask: { pipelineId: args.id } };
  if (kind === "runJob") {
    const { jobId } = args as TaskKinds["runJob"];
    return { runJobTask: { ...args, jobId: pulumi.output(jobId).apply(Number) } };
  }
  if (kind === "forEach") {
    const { task: nested, ...loop } = args as TaskKinds["forEach"];
    const iteration = { taskKey: `${key}_iteration`, ...action(key, nested, code) };
    return { forEachTask: { ...loop, task: iteration as databricks.types.input.JobTaskForEachTaskTask } };
  }
  return { [KINDS[kind]]: { ...args } };
}

function notebookArgs(args: TaskKinds["notebook"], { root, git }: CodePlace): TaskKinds["notebook"] {
  const notebook = { source: git ? "GIT" : "WORKSPACE", ...args };
  const path = relativePath(args);
  if (path === undefined || root === undefined || notebook.source === "GIT") return notebook;
  const inRoot = root instanceof NotebookFolder ? root.pathOf(path) : pulumi.interpolate`${root}/${path}`;
  return { ...notebook, notebookPath: inRoot };
}

/** A notebook's path that is known and not absolute. */
function relativePath({ notebookPath }: TaskKinds["notebook"]): string | undefined {
  const path = plain(notebookPath);
  return path === undefined || path.startsWith("/") ? undefined : path;
}

function retryArgs(retries: TaskOptions<string>["retries"]): Partial<Inputs> {
  if (retries === undefined) return {};
  const { max, waitSeconds = 30, onTimeout = false } = retries;
  const minRetryIntervalMillis = pulumi.output(waitSeconds).apply((seconds) => seconds * 1000);
  return { maxRetries: max, minRetryIntervalMillis, retryOnTimeout: onTimeout };
}

export function recipients<To>(by: Recipients, to: (recipient: pulumi.Input<string>) => To) {
  const list = (all: readonly pulumi.Input<string>[] | undefined): To[] | undefined => all?.map(to);
  return given({
    onStarts: list(by.onStart),
    onSuccesses: list(by.onSuccess),
    onFailures: list(by.onFailure),
    onDurationWarningThresholdExceededs: list(by.onDurationWarning),
    onStreamingBacklogExceededs: list(by.onStreamingBacklog),
  });
}

export function healthArgs(rules: readonly HealthRule[] = []): databricks.types.input.JobHealth | undefined {
  if (rules.length === 0) return undefined;
  return { rules: rules.map(({ metric, greaterThan }) => ({ metric, op: "GREATER_THAN", value: greaterThan })) };
}

export function checkTasks(
  tasks: Tasks,
  known: CodePlace & { environments: readonly string[]; clusters: readonly string[] },
  violations: Violations,
): void {
  const keys = Object.keys(tasks);
  if (keys.length === 0) violations.add("tasks", "must have at least one task");
  if (keys.length > MOST_TASKS) violations.add("tasks", `has ${keys.length} tasks; Databricks takes ${MOST_TASKS}`);
  for (const [key, task] of Object.entries(tasks)) {
    const path = `tasks.${key}`;
    if (!TASK_KEY.test(key)) violations.add(path, `'${key}' must match ${TASK_KEY.source}`);
    checkKind(path, task, known, violations);
    checkDependencies(path, task, tasks, violations);
    checkReference(`${path}.environment`, task.environment, known.environments, violations);
    checkReference(`${path}.cluster`, task.cluster, known.clusters, violations);
    checkMinutes(`${path}.timeoutMinutes`, task.timeoutMinutes, violations);
    const max = plain(task.retries?.max);
    if (max !== undefined && (!Number.isInteger(max) || max < -1)) {
      violations.add(`${path}.retries.max`, `${max} must be a whole number from 0, or -1 for no limit`);
    }
  }
  const cycle = findCycle(tasks);
  if (cycle) violations.add("tasks", `depend on each other in a circle: ${cycle.join(" → ")}`);
}

function checkKind(path: string, task: object, code: CodePlace, violations: Violations): void {
  const kinds = kindsOf(task);
  if (kinds.length !== 1) {
    const given = kinds.length === 0 ? "none" : kinds.join(" and ");
    violations.add(path, `must have exactly one of ${Object.keys(KINDS).join(", ")}; it has ${given}`);
    return;
  }
  const given = (task as Record<string, unknown>)[kinds[0]!];
  // A resource has properties that a task has, too, so the compiler lets some through.
  if (kinds[0] !== "pipeline" && pulumi.Resource.isInstance(given)) {
    violations.add(`${path}.${kinds[0]}`, "is a resource; give what the task takes, for example its id");
    return;
  }
  const { notebook, forEach } = task as { notebook?: TaskKinds["notebook"]; forEach?: { task: object } };
  if (notebook !== undefined) checkNotebook(`${path}.notebook.notebookPath`, notebook, code, violations);
  const nested = forEach?.task;
  if (nested === undefined) return;
  if (kindsOf(nested).includes("forEach")) violations.add(`${path}.forEach.task`, "cannot be a forEach itself");
  else checkKind(`${path}.forEach.task`, nested, code, violations);
}

function checkNotebook(at: string, notebook: TaskKinds["notebook"], { root, git }: CodePlace, wrong: Violations): void {
  const path = relativePath(notebook);
  const source = plain(notebook.source ?? (git ? "GIT" : "WORKSPACE"));
  if (path === undefined || source !== "WORKSPACE") return;
  if (root === undefined) {
    wrong.add(at, `'${path}' must be an absolute workspace path, unless the job has a \`root\` or a \`gitSource\``);
  } else if (root instanceof NotebookFolder && root.objects[path] === undefined) {
    wrong.add(at, `'${path}' is not in the job's root, which has: ${Object.keys(root.objects).join(", ")}`);
  }
}

function checkDependencies(path: string, task: Task<string>, tasks: Tasks, violations: Violations): void {
  for (const on of task.dependsOn ?? []) {
    const key = typeof on === "string" ? on : on.task;
    if (!Object.hasOwn(tasks, key)) {
      violations.add(`${path}.dependsOn`, `'${key}' is not a task; tasks are ${Object.keys(tasks).join(", ")}`);
    } else if (typeof on !== "string" && !("condition" in tasks[key]!)) {
      violations.add(`${path}.dependsOn`, `'${key}' has no outcome, since it is not a condition`);
    }
  }
}

function checkReference(path: string, key: string | undefined, known: readonly string[], violations: Violations): void {
  if (key === undefined || known.includes(key)) return;
  violations.add(
    path,
    `'${key}' is not defined by the job, which has ${known.length === 0 ? "none" : known.join(", ")}`,
  );
}

export function checkMinutes(path: string, given: pulumi.Input<number> | undefined, violations: Violations): void {
  const minutes = plain(given);
  if (minutes === undefined || (Number.isFinite(minutes) && minutes > 0 && Number.isInteger(minutes * MINUTE))) return;
  violations.add(path, `${minutes} must be a positive number of minutes`);
}

/** The first circle of dependencies, as a path that ends where it begins. */
function findCycle(tasks: Tasks): string[] | undefined {
  const done = new Set<string>();
  const visit = (key: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(key)) return [...path.slice(path.indexOf(key)), key];
    if (done.has(key) || !Object.hasOwn(tasks, key)) return undefined;
    for (const on of tasks[key]!.dependsOn ?? []) {
      const cycle = visit(typeof on === "string" ? on : on.task, [...path, key]);
      if (cycle) return cycle;
    }
    done.add(key);
    return undefined;
  };
  for (const key of Object.keys(tasks)) {
    const cycle = visit(key, []);
    if (cycle) return cycle;
  }
  return undefined;
}
