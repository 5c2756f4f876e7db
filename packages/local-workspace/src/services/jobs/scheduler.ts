/**
 * Starts the runs of jobs that are not paused: at the times of a schedule or a periodic trigger, when files arrive or tables
 * are updated, and again and again for a continuous job. Times that pass while the workspace is down are not made up; files
 * and updates that came meanwhile are seen at the next start.
 */

import { pauseAfter } from "../../core/backoff.ts";
import { ApiError } from "../../core/errors.ts";
import { nextTime } from "../../core/next-time.ts";
import { parseQuartz } from "../../core/quartz.ts";
import type { Context } from "../../core/service.ts";
import type { Launcher } from "./runs/launcher.ts";
import { countRunning, listJobRuns } from "./runs/store.ts";
import { type JobRun, type State, succeeded } from "./runs/types.ts";
import { getJob, type Job, listJobs, markTrigger, triggerMark } from "./store.ts";
import { filesAt, fires, intervalOf, type Seen, tablesOf, versionsOf, type Watched } from "./triggers.ts";

/** setTimeout holds 31 bits of milliseconds; a later time is reached in steps. */
const STEP = 2 ** 31 - 1;

/**
 * Milliseconds between looks at files, tables and continuous jobs, and the most of the time that looking may take: a volume
 * of many files is looked at less often. Databricks looks every minute.
 */
const LOOK_EVERY = 1000;
const MOST_OF_THE_TIME = 0.05;

/** Milliseconds from the end of a continuous job's run to the next after a success. */
const PAUSE = 2000;

/**
 * Milliseconds that a continuous job rests after its runs, newest first: little after a success or a cancellation, twice as
 * long with every failure of a row. https://docs.databricks.com/aws/en/jobs/continuous
 */
export function restAfter(states: readonly State[]): number {
  const ran = states.filter(({ lifeCycle }) => lifeCycle !== "SKIPPED");
  const good = ran.findIndex((state) => succeeded(state) || state.result === "CANCELED");
  const failures = good < 0 ? ran.length : good;
  return failures === 0 ? PAUSE : pauseAfter(failures);
}

export class Scheduler {
  readonly #context: Context;
  readonly #launcher: Launcher;
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #watched = new Map<number, Watched>();
  readonly #continuous = new Set<number>();
  #look: NodeJS.Timeout | undefined;

  constructor(context: Context, launcher: Launcher) {
    this.#context = context;
    this.#launcher = launcher;
  }

  start(): void {
    for (const job of listJobs(this.#context.db)) this.#watch(job, "start");
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    clearTimeout(this.#look);
    this.#look = undefined;
    this.#timers.clear();
    this.#watched.clear();
    this.#continuous.clear();
  }

  forget(jobId: number): void {
    clearTimeout(this.#timers.get(jobId));
    this.#timers.delete(jobId);
    this.#watched.delete(jobId);
    this.#continuous.delete(jobId);
  }

  /** The job was made or its settings changed: what it waits for begins anew, unless that is as before. */
  changed(job: Job, before: Job["settings"] | undefined): void {
    const same = (key: "schedule" | "trigger" | "continuous"): boolean =>
      JSON.stringify(job.settings[key]) === JSON.stringify(before?.[key]);
    if (before && same("schedule") && same("trigger") && same("continuous")) return;
    this.#watch(job, "changed");
  }

  #watch(job: Job, why: "start" | "changed"): void {
    this.forget(job.jobId);
    const { db } = this.#context;
    const { schedule, trigger, continuous } = job.settings;
    if (why === "changed") markTrigger(db, job.jobId, { since: Date.now(), fired: false });
    if (schedule && schedule.pause_status !== "PAUSED") this.#armSchedule(job, schedule);
    if (continuous && continuous.pause_status !== "PAUSED") this.#continuous.add(job.jobId);
    if (trigger && trigger.pause_status !== "PAUSED") {
      if (trigger.periodic) this.#armPeriodic(job, intervalOf(trigger.periodic));
      else {
        const { since, fired } = triggerMark(db, job.jobId) ?? { since: job.createdTime, fired: false };
        const known = [...this.#now(job)].filter(([, changed]) => why === "changed" || changed <= since);
        this.#watched.set(job.jobId, { before: new Map(known), since, fired });
      }
    }
    if (this.#watched.size + this.#continuous.size > 0 && !this.#look) this.#lookIn(LOOK_EVERY);
  }

  #lookIn(delay: number): void {
    this.#look = setTimeout(() => {
      const began = performance.now();
      try {
        this.#lookAround();
      } finally {
        const took = performance.now() - began;
        this.#look = undefined;
        const waited = this.#watched.size + this.#continuous.size > 0;
        if (waited) this.#lookIn(Math.max(LOOK_EVERY, took / MOST_OF_THE_TIME));
      }
    }, delay);
    this.#look.unref();
  }

  #armSchedule({ jobId }: Job, schedule: NonNullable<Job["settings"]["schedule"]>): void {
    const next = nextTime(parseQuartz(schedule.quartz_cron_expression), schedule.timezone_id, Date.now());
    if (next !== undefined) this.#arm(jobId, next);
  }

  /** Times are whole intervals from when the trigger was set, whatever happened in between. */
  #armPeriodic(job: Job, interval: number): void {
    const from = triggerMark(this.#context.db, job.jobId)?.since ?? job.createdTime;
    this.#arm(job.jobId, from + (Math.floor((Date.now() - from) / interval) + 1) * interval);
  }

  #arm(jobId: number, at: number): void {
    const delay = at - Date.now();
    const timer = setTimeout(() => (delay > STEP ? this.#arm(jobId, at) : this.#due(jobId)), Math.min(delay, STEP));
    timer.unref();
    this.#timers.set(jobId, timer);
  }

  #due(jobId: number): void {
    const job = getJob(this.#context.db, jobId);
    if (!job) return;
    this.#run(job, "PERIODIC");
    this.#watch(job, "start");
  }

  /**
   * A run that is refused (a job without tasks, a full queue) must not end the workspace: nobody waits for the answer.
   * @returns false when it was refused
   */
  #run(job: Job, trigger: JobRun["trigger"]): boolean {
    try {
      this.#launcher.runNow({ job_id: job.jobId }, job.runAs, trigger);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      process.stderr.write(`job ${job.jobId} (${job.settings.name}) was not started: ${error.message}\n`);
      return false;
    }
  }

  #now(job: Job, known?: Seen): Seen {
    const { trigger } = job.settings;
    if (trigger?.file_arrival) return filesAt(this.#context, trigger.file_arrival.url, known);
    return versionsOf(this.#context, (trigger && tablesOf(trigger)?.table_names) ?? []);
  }

  #lookAround(): void {
    const { db } = this.#context;
    for (const [jobId, watched] of this.#watched) {
      const job = getJob(db, jobId);
      if (!job) continue;
      const at = Date.now();
      const now = this.#now(job, watched.before);
      if (!fires(job.settings.trigger!, watched, now, at)) continue;
      this.#watched.set(jobId, { before: now, since: at, fired: true });
      markTrigger(db, jobId, { since: at, fired: true });
      this.#run(job, job.settings.trigger!.file_arrival ? "FILE_ARRIVAL" : "TABLE");
    }
    for (const jobId of this.#continuous) {
      const job = getJob(db, jobId);
      if (!job || countRunning(db, jobId) > 0 || !this.#mayGoOn(jobId)) continue;
      // refused now is refused in a second, too: it waits for the job to be changed
      if (!this.#run(job, "CONTINUOUS")) this.#continuous.delete(jobId);
    }
  }

  #mayGoOn(jobId: number): boolean {
    const ended = listJobRuns(this.#context.db, { jobId, active: false });
    return ended[0] === undefined || Date.now() - ended[0].times.end >= restAfter(ended.map(({ state }) => state));
  }
}
