/** Job runs and their task runs as the store keeps them; `view.ts` turns them into the shapes of the Jobs API. */
import type { Task, TaskDependency } from "../schemas.ts";

export type LifeCycle =
  | "QUEUED"
  | "PENDING"
  | "RUNNING"
  | "TERMINATING"
  | "TERMINATED"
  | "SKIPPED"
  | "INTERNAL_ERROR"
  | "BLOCKED"
  | "WAITING_FOR_RETRY";

export type Result =
  | "SUCCESS"
  | "FAILED"
  | "TIMEDOUT"
  | "CANCELED"
  | "MAXIMUM_CONCURRENT_RUNS_REACHED"
  | "EXCLUDED"
  | "SUCCESS_WITH_FAILURES"
  | "UPSTREAM_FAILED"
  | "UPSTREAM_CANCELED"
  | "DISABLED";

export const ENDED: readonly LifeCycle[] = ["TERMINATED", "SKIPPED", "INTERNAL_ERROR"];

/** Where a run stands. `result` is set once `lifeCycle` is one of ENDED. */
export interface State {
  lifeCycle: LifeCycle;
  result?: Result;
  message: string;
  /** TerminationCode of the Jobs API. */
  code?: string;
  cancelled?: boolean;
}

export interface Times {
  /** All in milliseconds since the epoch; 0 while it has not happened. */
  queued: number;
  start: number;
  execution: number;
  end: number;
}

/** What a task leaves behind, as `runs/get-output` gives it. */
export interface Output {
  notebook?: { result?: string; truncated: boolean };
  error?: string;
  trace?: string;
  logs?: string;
  logsTruncated?: boolean;
  sql?: Record<string, unknown>;
  /** The rows of a SQL task as JSON, for `{{tasks.<name>.output.rows}}`. */
  sqlRows?: string;
  dashboard?: Record<string, unknown>;
  alert?: Record<string, unknown>;
  runJobRunId?: number;
  /** A dbt task left an archive (artifacts.ts). */
  dbtArtifacts?: boolean;
  /** Outcome of a condition task. */
  condition?: { left: string; right: string; outcome: "true" | "false" };
  pipelineUpdateId?: string;
}

export interface TaskRun {
  runId: number;
  jobRunId: number;
  taskKey: string;
  attempt: number;
  /** The repair that made this task run; 0 is the run itself. */
  repair: number;
  task: Task;
  /** Parameters after dynamic values were filled in. */
  resolved?: Record<string, unknown>;
  /** In a for-each task: the run of that task, and which of its inputs this is. */
  iteration?: { parent: number; index: number; input: string };
  state: State;
  times: Times;
  output: Output;
}

export interface Repair {
  id: number;
  start: number;
  end: number;
  state: State;
  taskRunIds: number[];
}

export interface RunSettings {
  name: string;
  tasks: Task[];
  timeout_seconds?: number;
  queue?: { enabled: boolean };
  max_concurrent_runs?: number;
  [setting: string]: unknown;
}

export interface JobRun {
  runId: number;
  /** A run that was submitted has no job. */
  jobId?: number;
  numberInJob: number;
  runType: "JOB_RUN" | "WORKFLOW_RUN" | "SUBMIT_RUN";
  trigger: "ONE_TIME" | "PERIODIC" | "RUN_JOB_TASK" | "FILE_ARRIVAL" | "TABLE" | "CONTINUOUS";
  creator: string;
  runAs: string;
  /** The job's settings when the run began: a reset meanwhile does not change it. */
  settings: RunSettings;
  jobParameters: { name: string; default?: string; value?: string }[];
  overriding: Record<string, unknown>;
  performanceTarget?: string;
  only?: string[];
  state: State;
  times: Times;
  repairs: Repair[];
  /** How the run ended before its first repair. */
  original?: Omit<Repair, "id">;
}

export const isEnded = (state: State): boolean => ENDED.includes(state.lifeCycle);
export const succeeded = (state: State): boolean =>
  state.lifeCycle === "TERMINATED" && (state.result === "SUCCESS" || state.result === "SUCCESS_WITH_FAILURES");
export const failed = (state: State): boolean =>
  isEnded(state) && !succeeded(state) && state.result !== "EXCLUDED" && state.result !== "DISABLED";
export type { Task, TaskDependency };
