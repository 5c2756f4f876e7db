/** Job runs and task runs in the shapes of the Jobs API: the older `state` and the newer `status`, times, durations. */
import type { Context } from "../../../core/service.ts";
import { dbtOutput } from "../artifacts.ts";
import { currentTaskRuns, iterationsOf } from "./store.ts";
import {
  isEnded,
  type JobRun,
  type LifeCycle,
  type Repair,
  type State,
  succeeded,
  type TaskRun,
  type Times,
} from "./types.ts";

type Json = Record<string, unknown>;

const STATUS: Record<LifeCycle, string> = {
  QUEUED: "QUEUED",
  PENDING: "PENDING",
  RUNNING: "RUNNING",
  TERMINATING: "TERMINATING",
  TERMINATED: "TERMINATED",
  SKIPPED: "TERMINATED",
  INTERNAL_ERROR: "TERMINATED",
  BLOCKED: "BLOCKED",
  WAITING_FOR_RETRY: "WAITING",
};

function stateView(state: State): Json {
  return {
    life_cycle_state: state.lifeCycle,
    ...(state.result ? { result_state: state.result } : {}),
    state_message: state.message,
    user_cancelled_or_timedout: state.cancelled ?? false,
    ...(state.lifeCycle === "QUEUED" ? { queue_reason: state.message } : {}),
  };
}

function statusView(state: State): Json {
  if (state.lifeCycle === "QUEUED") {
    return { state: "QUEUED", queue_details: { code: "MAX_CONCURRENT_RUNS_REACHED", message: state.message } };
  }
  if (!isEnded(state)) return { state: STATUS[state.lifeCycle] };
  const internal = state.code === "INTERNAL_ERROR" || state.code === "DRIVER_ERROR";
  const type = succeeded(state) ? "SUCCESS" : internal ? "INTERNAL_ERROR" : "CLIENT_ERROR";
  return { state: "TERMINATED", termination_details: { code: state.code ?? "SUCCESS", type, message: state.message } };
}

function timesView(times: Times): Json {
  const begun = times.execution || times.end;
  return {
    start_time: times.start,
    end_time: times.end,
    setup_duration: times.execution ? Math.max(0, times.execution - times.start) : 0,
    execution_duration: times.execution && times.end ? times.end - times.execution : 0,
    cleanup_duration: 0,
    ...(times.queued ? { queue_duration: Math.max(0, (begun || Date.now()) - times.queued) } : {}),
    ...(times.end && times.start ? { run_duration: times.end - times.start } : {}),
  };
}

/** As Databricks' links are, with the workspace's id. */
const pageUrl = (context: Context, run: { runId: number; jobId?: number }): string =>
  `${context.host()}/jobs/${run.jobId ?? 0}/runs/${run.runId}?o=${context.workspaceId}`;

export function taskView(context: Context, run: JobRun, taskRun: TaskRun, options: { resolved?: boolean } = {}): Json {
  const { task, output } = taskRun;
  const { condition_task, for_each_task } = task;
  return {
    ...task,
    ...(condition_task && output.condition
      ? { condition_task: { ...condition_task, outcome: output.condition.outcome } }
      : {}),
    ...(for_each_task ? { for_each_task: { ...for_each_task, stats: forEachStats(context, taskRun) } } : {}),
    task_key: taskRun.taskKey,
    run_id: taskRun.runId,
    run_page_url: pageUrl(context, { runId: taskRun.runId, jobId: run.jobId }),
    attempt_number: taskRun.attempt,
    ...timesView(taskRun.times),
    state: stateView(taskRun.state),
    status: statusView(taskRun.state),
    ...(options.resolved && taskRun.resolved ? { resolved_values: taskRun.resolved } : {}),
  };
}

function forEachStats(context: Context, taskRun: TaskRun): Json {
  const runs = iterationsOf(context.db, taskRun.runId);
  const done = runs.filter(({ state }) => isEnded(state));
  const good = done.filter(({ state }) => succeeded(state)).length;
  const inputs = (taskRun.resolved?.for_each_task as { inputs?: string } | undefined)?.inputs;
  return {
    task_run_stats: {
      total_iterations: inputs ? (JSON.parse(inputs) as unknown[]).length : runs.length,
      scheduled_iterations: runs.length,
      active_iterations: runs.length - done.length,
      completed_iterations: done.length,
      succeeded_iterations: good,
      failed_iterations: done.length - good,
    },
  };
}

/** The fields that every run has, a job's and a task's as `runs/get` gives them. */
function baseView(context: Context, run: JobRun): Json {
  const { settings, runId, jobId } = run;
  const parameters = run.jobParameters.map(({ name, default: fallback, value }) => ({
    name,
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(value === undefined ? {} : { value }),
  }));
  const { schedule, job_clusters, description } = settings;
  return {
    ...(jobId === undefined ? {} : { job_id: jobId }),
    run_id: runId,
    job_run_id: runId,
    number_in_job: run.numberInJob,
    original_attempt_run_id: runId,
    attempt_number: run.repairs.length,
    run_name: settings.name,
    run_type: run.runType,
    run_page_url: pageUrl(context, run),
    creator_user_name: run.creator,
    run_as_user_name: run.runAs,
    format: "MULTI_TASK",
    trigger: run.trigger,
    ...(run.trigger === "RUN_JOB_TASK" ? { trigger_info: {} } : {}),
    ...(schedule ? { schedule } : {}),
    ...(job_clusters ? { job_clusters } : {}),
    ...(description ? { description } : {}),
    ...(Object.keys(run.overriding).length > 0 ? { overriding_parameters: run.overriding } : {}),
    ...(parameters.length > 0 ? { job_parameters: parameters } : {}),
    ...timesView(run.times),
    state: stateView(run.state),
    status: statusView(run.state),
  };
}

export interface RunViewOptions {
  tasks?: boolean;
  history?: boolean;
  resolved?: boolean;
}

export function runView(context: Context, run: JobRun, options: RunViewOptions = {}): Json {
  const current = options.tasks ? currentTaskRuns(context.db, run) : [];
  return {
    ...baseView(context, run),
    ...(options.tasks ? { tasks: current.map((task) => taskView(context, run, task, options)) } : {}),
    ...(options.history ? { repair_history: historyView(context, run) } : {}),
  };
}

/** `runs/get` of a task's run id: the run of that one task, with the iterations of a for-each task. */
export function taskRunView(context: Context, run: JobRun, taskRun: TaskRun): Json {
  const iterations = taskRun.task.for_each_task ? iterationsOf(context.db, taskRun.runId) : [];
  return {
    ...baseView(context, run),
    run_id: taskRun.runId,
    job_run_id: run.runId,
    original_attempt_run_id: taskRun.runId,
    attempt_number: taskRun.attempt,
    run_name: taskRun.taskKey,
    ...timesView(taskRun.times),
    state: stateView(taskRun.state),
    status: statusView(taskRun.state),
    tasks: [taskView(context, run, taskRun)],
    ...(iterations.length > 0 ? { iterations: iterations.map((each) => taskView(context, run, each)) } : {}),
  };
}

function historyView(context: Context, run: JobRun): Json[] {
  const taskRunIds = currentTaskRuns(context.db, run).map(({ runId }) => runId);
  const original = run.original ?? { start: run.times.start, end: run.times.end, state: run.state, taskRunIds };
  const entry = (each: Omit<Repair, "id">): Json => ({
    start_time: each.start,
    end_time: each.end,
    state: stateView(each.state),
    status: statusView(each.state),
    task_run_ids: each.taskRunIds,
  });
  return [
    { type: "ORIGINAL", ...entry(original) },
    ...run.repairs.map((repair, index) => {
      const latest = index === run.repairs.length - 1;
      return { type: "REPAIR", id: repair.id, ...entry(latest ? { ...repair, state: run.state } : repair) };
    }),
  ];
}

/** `runs/get-output`. */
export function outputView(context: Context, run: JobRun, taskRun: TaskRun): Json {
  const { notebook, error, trace, logs, logsTruncated, sql, dashboard, alert, runJobRunId, dbtArtifacts } =
    taskRun.output;
  const { repair_history: _, ...metadata } = taskRunView(context, run, taskRun);
  return {
    metadata,
    ...(notebook
      ? {
          notebook_output: {
            ...(notebook.result === undefined ? {} : { result: notebook.result }),
            truncated: notebook.truncated,
          },
        }
      : {}),
    ...(sql ? { sql_output: sql } : {}),
    ...(dashboard ? { dashboard_output: dashboard } : {}),
    ...(alert ? { alert_output: alert } : {}),
    ...(dbtArtifacts ? { dbt_output: dbtOutput(context, taskRun.runId) } : {}),
    ...(runJobRunId ? { run_job_output: { run_id: runJobRunId } } : {}),
    ...(error ? { error } : {}),
    ...(trace ? { error_trace: trace } : {}),
    ...(logs ? { logs, logs_truncated: logsTruncated ?? false } : {}),
  };
}
