/** Runs jobs whose schedule is UNPAUSED when their time comes. Times that pass while the workspace is down are not made up. */
import type { Context } from "../../core/service.ts";
import type { Launcher } from "../../runs/launcher.ts";
import { nextTime, parseQuartz } from "./quartz.ts";
import { getJob, type Job, listJobs } from "./store.ts";

/** setTimeout holds 31 bits of milliseconds; a later time is reached in steps. */
const STEP = 2 ** 31 - 1;

export class Scheduler {
  readonly #context: Context;
  readonly #launcher: Launcher;
  readonly #timers = new Map<number, NodeJS.Timeout>();

  constructor(context: Context, launcher: Launcher) {
    this.#context = context;
    this.#launcher = launcher;
  }

  start(): void {
    for (const job of listJobs(this.#context.db)) this.watch(job);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  forget(jobId: number): void {
    clearTimeout(this.#timers.get(jobId));
    this.#timers.delete(jobId);
  }

  watch(job: Job): void {
    this.forget(job.jobId);
    const { schedule } = job.settings;
    if (!schedule || schedule.pause_status === "PAUSED") return;
    const next = nextTime(parseQuartz(schedule.quartz_cron_expression), schedule.timezone_id, Date.now());
    if (next !== undefined) this.#arm(job.jobId, next);
  }

  #arm(jobId: number, at: number): void {
    const delay = at - Date.now();
    const timer = setTimeout(() => (delay > STEP ? this.#arm(jobId, at) : this.#fire(jobId)), Math.min(delay, STEP));
    timer.unref();
    this.#timers.set(jobId, timer);
  }

  #fire(jobId: number): void {
    const job = getJob(this.#context.db, jobId);
    if (!job) return;
    try {
      this.#launcher.runNow({ job_id: jobId }, job.runAs, "PERIODIC");
    } finally {
      this.watch(job);
    }
  }
}
