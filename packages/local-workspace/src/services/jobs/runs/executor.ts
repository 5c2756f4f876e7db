/**
 * Drives job runs: a table of states that a restart can read, moved on by one loop a run. Every step is stored before it
 * shows, so that after a kill what was going is known and is reported failed, and what was queued goes on.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { numericId } from "../../../core/ids.ts";
import type { Context } from "../../../core/service.ts";
import { decide, outcome, retries } from "./conditions.ts";
import { CANCELLED, type Interruption, stateOf, timedOut } from "./failure.ts";
import {
  countRunning,
  currentTaskRuns,
  insertTaskRun,
  iterationsOf,
  listJobRuns,
  saveJobRun,
  saveTaskRun,
} from "./store.ts";
import { isEnded, type JobRun, type Output, type State, type Task, type TaskRun } from "./types.ts";

export interface TaskWork {
  context: Context;
  run: JobRun;
  taskRun: TaskRun;
  /** Aborted with an Interruption; the work stops what it started and rejects. */
  signal: AbortSignal;
  /** Runs a nested task (of a for-each task) as an iteration of this one. */
  iterate(task: Task, index: number, input: string): Promise<TaskRun>;
}

/** Does a task's work; resolves with its output when it succeeded, throws TaskFailure or another error when not. */
export type TaskRunner = (work: TaskWork) => Promise<Output>;

interface Active {
  abort: AbortController;
  done: Promise<void>;
}

const RESTARTED = "The local workspace stopped while this was running. Repair the run to go on from here.";

export class RunExecutor {
  readonly #context: Context;
  readonly #run: TaskRunner;
  readonly #active = new Map<number, Active>();
  #stopping = false;

  constructor(context: Context, runner: TaskRunner) {
    this.#context = context;
    this.#run = runner;
  }

  /** Sets a stored run going; a QUEUED one waits for its turn. */
  start(run: JobRun): void {
    if (this.#stopping || this.#active.has(run.runId) || isEnded(run.state) || run.state.lifeCycle === "QUEUED") return;
    const abort = new AbortController();
    const done = this.#drive(run, abort).finally(() => {
      this.#active.delete(run.runId);
      if (run.jobId !== undefined) this.startQueued(run.jobId);
    });
    this.#active.set(run.runId, { abort, done });
  }

  /** Oldest first, as many as max_concurrent_runs leaves room for. */
  startQueued(jobId: number): void {
    if (this.#stopping) return;
    const queued = listJobRuns(this.#context.db, { jobId, active: true }).filter(
      (run) => run.state.lifeCycle === "QUEUED",
    );
    for (const run of queued.reverse()) {
      if (countRunning(this.#context.db, jobId) >= (run.settings.max_concurrent_runs ?? 1)) return;
      this.#move(run, { lifeCycle: "PENDING", message: "" });
      this.start(run);
    }
  }

  cancel(run: JobRun): void {
    if (isEnded(run.state)) return;
    const active = this.#active.get(run.runId);
    if (active) {
      active.abort.abort("cancel" satisfies Interruption);
      return;
    }
    this.#context.db.transaction(() => {
      for (const task of currentTaskRuns(this.#context.db, run)) if (!isEnded(task.state)) this.#end(task, CANCELLED);
      this.#finish(run, CANCELLED);
    });
  }

  /** Resolves when the run has ended, or at once when it does not run. */
  async wait(runId: number): Promise<void> {
    await this.#active.get(runId)?.done;
  }

  /** After a start: what was going when the last process ended is failed; what was queued goes on. */
  recover(): void {
    const { db } = this.#context;
    const lost: State = { lifeCycle: "INTERNAL_ERROR", result: "FAILED", message: RESTARTED, code: "INTERNAL_ERROR" };
    const jobs = new Set<number>();
    for (const run of listJobRuns(db, { active: true })) {
      if (run.jobId !== undefined) jobs.add(run.jobId);
      if (run.state.lifeCycle === "QUEUED") continue;
      db.transaction(() => {
        const runs = new Map(currentTaskRuns(db, run).map((task) => [task.taskKey, task]));
        for (const task of runs.values()) {
          if (isEnded(task.state) || task.state.lifeCycle === "BLOCKED") continue;
          for (const iteration of iterationsOf(db, task.runId))
            if (!isEnded(iteration.state)) this.#end(iteration, lost);
          this.#end(task, lost, { error: RESTARTED });
        }
        for (const task of runs.values()) {
          if (task.state.lifeCycle !== "BLOCKED") continue;
          const decision = decide(task.task, runs);
          this.#end(
            task,
            decision.act === "end" ? decision.state : { ...lost, lifeCycle: "SKIPPED", result: "UPSTREAM_FAILED" },
          );
        }
        this.#finish(run, { ...lost });
      });
    }
    for (const jobId of jobs) this.startQueued(jobId);
    for (const run of listJobRuns(db, { active: true })) if (run.jobId === undefined) this.start(run);
  }

  /** Stops driving; the runs stay as they are stored, and `recover` reports them after the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { abort } of this.#active.values()) abort.abort("stop" satisfies Interruption);
    await Promise.race([
      Promise.all([...this.#active.values()].map(({ done }) => done)),
      sleep(2000, undefined, { ref: false }),
    ]);
  }

  async #drive(run: JobRun, abort: AbortController): Promise<void> {
    const { db } = this.#context;
    const limit = run.settings.timeout_seconds ?? 0;
    const timer = limit > 0 ? setTimeout(() => abort.abort("timeout" satisfies Interruption), limit * 1000) : undefined;
    run.times.execution ||= Date.now();
    this.#move(run, { lifeCycle: "RUNNING", message: "" });
    abort.signal.addEventListener("abort", () => {
      if (!this.#stopping) this.#move(run, { lifeCycle: "TERMINATING", message: run.state.message });
    });
    const runs = new Map(currentTaskRuns(db, run).map((task) => [task.taskKey, task]));
    const going = new Map<string, Promise<void>>();
    for (;;) {
      if (!abort.signal.aborted) this.#startReady(run, runs, going, abort.signal);
      if (going.size === 0) break;
      await Promise.race(going.values());
    }
    clearTimeout(timer);
    if (this.#stopping) return;
    db.transaction(() => {
      const reason = abort.signal.reason as Interruption | undefined;
      const interrupted = reason === "timeout" ? timedOut(limit) : CANCELLED;
      for (const task of runs.values()) if (!isEnded(task.state)) this.#end(task, interrupted);
      this.#finish(run, reason ? interrupted : outcome(run.settings.tasks, runs));
    });
  }

  #startReady(run: JobRun, runs: Map<string, TaskRun>, going: Map<string, Promise<void>>, signal: AbortSignal): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const [key, taskRun] of runs) {
        if (taskRun.state.lifeCycle !== "BLOCKED" || going.has(key)) continue;
        const decision = decide(taskRun.task, runs);
        if (decision.act === "end") {
          this.#end(taskRun, decision.state);
          changed = true;
        } else if (decision.act === "start") {
          const work = this.#attempts(run, taskRun, signal, (next) => runs.set(key, next)).then(
            () => void going.delete(key),
          );
          going.set(key, work);
        }
      }
    }
  }

  /** The task, again and again as its retry settings say. Resolves with the last attempt. */
  async #attempts(run: JobRun, first: TaskRun, signal: AbortSignal, became: (next: TaskRun) => void): Promise<TaskRun> {
    let taskRun = first;
    for (;;) {
      const state = await this.#attempt(run, taskRun, signal);
      if (this.#stopping || signal.aborted || !retries(taskRun.task, state.state, taskRun.attempt)) {
        if (!this.#stopping) this.#end(taskRun, state.state, state.output);
        return taskRun;
      }
      const now = Date.now();
      const next: TaskRun = {
        ...taskRun,
        runId: numericId(),
        attempt: taskRun.attempt + 1,
        state: { lifeCycle: "WAITING_FOR_RETRY", message: "" },
        times: { queued: 0, start: now, execution: 0, end: 0 },
        output: {},
      };
      this.#context.db.transaction(() => {
        this.#end(taskRun, state.state, state.output);
        insertTaskRun(this.#context.db, next);
      });
      became(next);
      taskRun = next;
      const pause = taskRun.task.min_retry_interval_millis ?? 0;
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  async #attempt(run: JobRun, taskRun: TaskRun, outer: AbortSignal): Promise<{ state: State; output: Output }> {
    if (outer.aborted)
      return {
        state: outer.reason === "timeout" ? timedOut(run.settings.timeout_seconds ?? 0) : CANCELLED,
        output: {},
      };
    const limit = taskRun.task.timeout_seconds ?? 0;
    const abort = new AbortController();
    const forward = (): void => abort.abort(outer.reason);
    outer.addEventListener("abort", forward, { once: true });
    const timer = limit > 0 ? setTimeout(() => abort.abort("timeout" satisfies Interruption), limit * 1000) : undefined;
    taskRun.times.start ||= Date.now();
    taskRun.times.execution = Date.now();
    taskRun.state = { lifeCycle: "RUNNING", message: "" };
    saveTaskRun(this.#context.db, taskRun);
    try {
      const iterate = (task: Task, index: number, input: string): Promise<TaskRun> =>
        this.#iterate(run, taskRun, abort.signal, { task, index, input });
      const output = await this.#run({ context: this.#context, run, taskRun, signal: abort.signal, iterate });
      return { state: { lifeCycle: "TERMINATED", result: "SUCCESS", message: "", code: "SUCCESS" }, output };
    } catch (error) {
      const { state, output } = stateOf(error);
      if (!abort.signal.aborted) return { state, output };
      const seconds = outer.aborted ? (run.settings.timeout_seconds ?? 0) : limit;
      const interrupted = abort.signal.reason === "timeout" ? timedOut(seconds) : CANCELLED;
      return { state: interrupted, output: { ...output, error: interrupted.message } };
    } finally {
      clearTimeout(timer);
      outer.removeEventListener("abort", forward);
    }
  }

  async #iterate(
    run: JobRun,
    parent: TaskRun,
    signal: AbortSignal,
    iteration: { task: Task; index: number; input: string },
  ): Promise<TaskRun> {
    const { task, index, input } = iteration;
    const taskRun = newTaskRun(run.runId, task, parent.repair);
    taskRun.taskKey = `${task.task_key}_${index}`;
    taskRun.iteration = { parent: parent.runId, index, input };
    insertTaskRun(this.#context.db, taskRun);
    return this.#attempts(run, taskRun, signal, () => undefined);
  }

  #move(run: JobRun, state: State): void {
    run.state = state;
    saveJobRun(this.#context.db, run);
  }

  #end(taskRun: TaskRun, state: State, output: Output = {}): void {
    taskRun.state = state;
    taskRun.times.end = Date.now();
    taskRun.times.start ||= taskRun.times.end;
    taskRun.output = { ...taskRun.output, ...output };
    saveTaskRun(this.#context.db, taskRun);
  }

  #finish(run: JobRun, state: State): void {
    run.times.end = Date.now();
    const repair = run.repairs.at(-1);
    if (repair) {
      repair.end = run.times.end;
      repair.state = state;
    }
    this.#move(run, state);
  }
}

export function newTaskRun(jobRunId: number, task: Task, repair: number): TaskRun {
  return {
    runId: numericId(),
    jobRunId,
    taskKey: task.task_key,
    attempt: 0,
    repair,
    task,
    state: { lifeCycle: "BLOCKED", message: "" },
    times: { queued: 0, start: 0, execution: 0, end: 0 },
    output: {},
  };
}
