/** Makes runs: of a job, of submitted tasks, and repairs. Stored first, then set going. */
import { ApiError, invalid } from "../../../core/errors.ts";
import { numericId } from "../../../core/ids.ts";
import type { Context } from "../../../core/service.ts";
import { runAsName } from "../../permissions/run-as.ts";
import { checkTasks, withDefaults } from "../rules.ts";
import type { RepairRequest, RunNow, Submit } from "../schemas.ts";
import { type Job, requireJob } from "../store.ts";
import { newTaskRun, type RunExecutor } from "./executor.ts";
import {
  countRunning,
  currentTaskRuns,
  getJobRun,
  insertJobRun,
  insertTaskRun,
  listJobRuns,
  nextNumberInJob,
  runByToken,
  saveJobRun,
} from "./store.ts";
import {
  failed,
  isEnded,
  type JobRun,
  type Repair,
  type RunSettings,
  type State,
  type Task,
  type TaskRun,
} from "./types.ts";

const OVERRIDES = [
  "notebook_params",
  "python_params",
  "python_named_params",
  "pipeline_params",
  "sql_params",
  "dbt_commands",
] as const;

/** Parameters of task types that do not run here: taking them would mean to ignore them. */
const FOREIGN = ["jar_params", "spark_submit_params"] as const;

/** Parameters whose JSON is limited, and to how much. https://docs.databricks.com/api/workspace/jobs/runnow */
const BOUNDED = ["notebook_params", "python_params"] as const;
const MOST_PARAMETER_BYTES = 10_000;

/** More runs than this in one job's queue are refused; Databricks' limit, too. */
const QUEUE_LIMIT = 1000;

export const runNotFound = (runId: number): ApiError => invalid(`Run ${runId} does not exist.`);

export class Launcher {
  readonly #context: Context;
  readonly #executor: RunExecutor;

  constructor(context: Context, executor: RunExecutor) {
    this.#context = context;
    this.#executor = executor;
  }

  runNow(request: RunNow, principal: string, trigger: JobRun["trigger"] = "ONE_TIME"): JobRun {
    const { db } = this.#context;
    const run = db.transaction(() => {
      const job = requireJob(db, request.job_id);
      const token = request.idempotency_token || undefined;
      const earlier = token ? runByToken(db, job.jobId, token) : undefined;
      if (earlier) return earlier;
      const made = this.#ofJob(job, request, principal, trigger);
      this.#insert(made, token);
      return made;
    });
    this.#executor.start(run);
    return run;
  }

  submit(request: Submit, principal: string): JobRun {
    const { db } = this.#context;
    const tasks = (request.tasks ?? []) as Task[];
    if (tasks.length === 0) throw invalid("tasks must not be empty.");
    checkTasks(tasks, request);
    const { run_name, idempotency_token, access_control_list: _, ...rest } = request;
    const settings = withDefaults({ ...rest, name: run_name || "Untitled" } as Parameters<typeof withDefaults>[0]);
    const run = db.transaction(() => {
      const earlier = idempotency_token ? runByToken(db, undefined, idempotency_token) : undefined;
      if (earlier) return earlier;
      const made = newJobRun(settings as RunSettings, principal, "SUBMIT_RUN", "ONE_TIME");
      made.runAs = runAsName(request.run_as) ?? principal;
      this.#insert(made, idempotency_token || undefined);
      return made;
    });
    this.#executor.start(run);
    return run;
  }

  /** @returns the id of the repair */
  repair(request: RepairRequest): number {
    const { db } = this.#context;
    const { run, id } = db.transaction(() => {
      const run = requireRun(db, request.run_id);
      if (!isEnded(run.state))
        throw new ApiError("INVALID_STATE", `Run ${run.runId} is active; only a run that has ended can be repaired.`);
      if (run.jobId === undefined)
        throw invalid(`Run ${run.runId} was submitted without a job and cannot be repaired.`);
      const latest = run.repairs.at(-1)?.id;
      if (latest !== undefined && request.latest_repair_id !== latest) {
        throw invalid(`latest_repair_id must be the id of the latest repair of run ${run.runId}, ${latest}.`);
      }
      const keys = this.#toRepair(run, request);
      const id = numericId();
      const tasks = run.settings.tasks.filter((task) => keys.has(task.task_key));
      const runs = tasks.map((task) => newTaskRun(run.runId, task, id));
      run.original ??= originalOf(run, currentTaskRuns(db, run));
      for (const taskRun of runs) insertTaskRun(db, taskRun);
      override(run, request);
      run.state = { lifeCycle: "PENDING", message: "" };
      run.times.end = 0;
      const ids = runs.map(({ runId }) => runId);
      run.repairs.push({ id, start: Date.now(), end: 0, state: run.state, taskRunIds: ids });
      saveJobRun(db, run);
      return { run, id };
    });
    this.#executor.start(run);
    return id;
  }

  cancel(runId: number): void {
    this.#executor.cancel(requireRun(this.#context.db, runId));
  }

  cancelAll(jobId: number | undefined, queuedOnly: boolean): void {
    for (const run of listJobRuns(this.#context.db, { ...(jobId === undefined ? {} : { jobId }), active: true })) {
      if (!queuedOnly || run.state.lifeCycle === "QUEUED") this.#executor.cancel(run);
    }
  }

  async wait(runId: number): Promise<void> {
    for (;;) {
      await this.#executor.wait(runId);
      const run = getJobRun(this.#context.db, runId);
      if (!run || isEnded(run.state)) return;
      await new Promise((resolve) => setTimeout(resolve, 100)); // queued: it has not been set going yet
    }
  }

  #ofJob(job: Job, request: RunNow, principal: string, trigger: JobRun["trigger"]): JobRun {
    const { db } = this.#context;
    const only = request.only && new Set(request.only);
    const all = (job.settings.tasks ?? []) as Task[];
    for (const key of only ?? []) {
      if (!all.some((task) => task.task_key === key))
        throw invalid(`Task '${key}' of field only does not exist in job ${job.jobId}.`);
    }
    const tasks = only ? all.filter((task) => only.has(task.task_key)) : all;
    if (tasks.length === 0) throw invalid(`Job ${job.jobId} has no tasks to run.`);
    const settings = { ...job.settings, tasks } as RunSettings;
    const run = newJobRun(settings, principal, "JOB_RUN", trigger);
    Object.assign(run, { jobId: job.jobId, runAs: job.runAs, numberInJob: nextNumberInJob(db, job.jobId) });
    run.jobParameters = (job.settings.parameters ?? []).map((p) => ({ name: p.name, default: p.default }));
    override(run, request);
    if (request.only) run.only = request.only;
    const queue = request.queue?.enabled ?? settings.queue?.enabled ?? false;
    const limit = settings.max_concurrent_runs ?? 1;
    if (countRunning(db, job.jobId) >= limit) this.#over(run, queue, limit);
    return run;
  }

  #over(run: JobRun, queue: boolean, limit: number): void {
    if (queue) {
      const queued = listJobRuns(this.#context.db, { jobId: run.jobId, active: true }).filter(
        ({ state }) => state.lifeCycle === "QUEUED",
      );
      if (queued.length >= QUEUE_LIMIT)
        throw new ApiError("RESOURCE_EXHAUSTED", `The queue of job ${run.jobId} holds ${QUEUE_LIMIT} runs already.`);
      run.state = { lifeCycle: "QUEUED", message: "Queued due to reaching maximum concurrent runs." };
      run.times.queued = Date.now();
      return;
    }
    run.state = {
      lifeCycle: "SKIPPED",
      result: "MAXIMUM_CONCURRENT_RUNS_REACHED",
      message: `Run was skipped because the limit of ${limit} concurrent run${limit === 1 ? "" : "s"} has been reached.`,
      code: "MAX_CONCURRENT_RUNS_EXCEEDED",
    };
    run.times.end = Date.now();
  }

  #insert(run: JobRun, token: string | undefined): void {
    const { db } = this.#context;
    insertJobRun(db, run, token);
    if (isEnded(run.state)) return;
    for (const task of run.settings.tasks) insertTaskRun(db, newTaskRun(run.runId, task, 0));
  }

  #toRepair(run: JobRun, request: RepairRequest): Set<string> {
    const current = currentTaskRuns(this.#context.db, run);
    const keys = new Set(request.rerun_tasks ?? []);
    for (const key of keys) {
      if (!current.some((task) => task.taskKey === key))
        throw invalid(`Task '${key}' of field rerun_tasks does not exist in run ${run.runId}.`);
    }
    if (request.rerun_all_failed_tasks && keys.size > 0) {
      throw invalid("Only one of rerun_tasks and rerun_all_failed_tasks may be used.");
    }
    if (request.rerun_all_failed_tasks) for (const task of current) if (failed(task.state)) keys.add(task.taskKey);
    if (request.rerun_dependent_tasks) {
      for (let grown = true; grown; ) {
        const before = keys.size;
        for (const { task_key, depends_on = [] } of run.settings.tasks) {
          if (depends_on.some((other) => keys.has(other.task_key))) keys.add(task_key);
        }
        grown = keys.size > before;
      }
    }
    if (keys.size === 0)
      throw invalid(`Run ${run.runId} has no task to repair: none failed, and rerun_tasks names none.`);
    return keys;
  }
}

function newJobRun(
  settings: RunSettings,
  creator: string,
  runType: JobRun["runType"],
  trigger: JobRun["trigger"],
): JobRun {
  return {
    runId: numericId(),
    numberInJob: 1,
    runType,
    trigger,
    creator,
    runAs: creator,
    settings,
    jobParameters: [],
    overriding: {},
    state: { lifeCycle: "PENDING", message: "" } satisfies State,
    times: { queued: 0, start: Date.now(), execution: 0, end: 0 },
    repairs: [],
  };
}

const originalOf = ({ times, state }: JobRun, tasks: readonly TaskRun[]): Omit<Repair, "id"> => ({
  start: times.start,
  end: times.end,
  state,
  taskRunIds: tasks.map(({ runId }) => runId),
});

/** Parameters sent with run-now or a repair. A job parameter that the job does not define is an error. */
function override(run: JobRun, request: RunNow | RepairRequest): void {
  for (const key of FOREIGN) {
    if (request[key] !== undefined) throw invalid(`${key} is for a task type that the local workspace does not run.`);
  }
  for (const [name, value] of Object.entries(request.job_parameters ?? {})) {
    const parameter = run.jobParameters.find((other) => other.name === name);
    if (!parameter) throw invalid(`Job parameter '${name}' is not defined in job ${run.jobId}.`);
    parameter.value = value;
  }
  for (const key of BOUNDED) {
    const bytes = Buffer.byteLength(JSON.stringify({ [key]: request[key] ?? {} }));
    if (bytes > MOST_PARAMETER_BYTES)
      throw invalid(`${key}: its JSON must have at most ${MOST_PARAMETER_BYTES} bytes.`);
  }
  for (const key of OVERRIDES) if (request[key] !== undefined) run.overriding[key] = request[key];
}

export function requireRun(db: Context["db"], runId: number): JobRun {
  const run = getJobRun(db, runId);
  if (!run) throw runNotFound(runId);
  return run;
}
