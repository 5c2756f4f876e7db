/** Tables of job runs, task runs and task values. What decides lies in columns, the rest of a run is one document. */
import type { Database, Migration } from "../../../store/database.ts";
import { isEnded, type JobRun, type TaskRun } from "./types.ts";

export const migrations: Migration[] = [
  {
    id: "runs/1-job-and-task-runs",
    sql: `
      CREATE TABLE job_runs (
        run_id INTEGER PRIMARY KEY, job_id INTEGER, start_time INTEGER NOT NULL, active INTEGER NOT NULL,
        life_cycle TEXT NOT NULL, run_type TEXT NOT NULL, idempotency_token TEXT, document TEXT NOT NULL) STRICT;
      CREATE INDEX job_runs_by_job ON job_runs (job_id, start_time DESC);
      CREATE INDEX job_runs_active ON job_runs (active) WHERE active = 1;
      CREATE UNIQUE INDEX job_runs_token ON job_runs (ifnull(job_id, 0), idempotency_token)
        WHERE idempotency_token IS NOT NULL;
      CREATE TABLE task_runs (
        run_id INTEGER PRIMARY KEY, job_run_id INTEGER NOT NULL REFERENCES job_runs ON DELETE CASCADE,
        task_key TEXT NOT NULL, sequence INTEGER NOT NULL, parent INTEGER, document TEXT NOT NULL) STRICT;
      CREATE INDEX task_runs_by_run ON task_runs (job_run_id, sequence);
      CREATE TABLE task_values (
        job_run_id INTEGER NOT NULL REFERENCES job_runs ON DELETE CASCADE, task_key TEXT NOT NULL, key TEXT NOT NULL,
        value TEXT NOT NULL, PRIMARY KEY (job_run_id, task_key, key)) STRICT;`,
  },
];

interface Document {
  document: string;
}

const parse = <T>(row: Document | undefined): T | undefined => (row ? (JSON.parse(row.document) as T) : undefined);

export function insertJobRun(db: Database, run: JobRun, token?: string): void {
  const { runId, jobId, times, state, runType } = run;
  db.run(
    "INSERT INTO job_runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    ...[runId, jobId ?? null, times.start, Number(!isEnded(state)), state.lifeCycle, runType, token ?? null],
    JSON.stringify(run),
  );
}

export function saveJobRun(db: Database, run: JobRun): void {
  db.run(
    "UPDATE job_runs SET active = ?, life_cycle = ?, document = ? WHERE run_id = ?",
    ...[Number(!isEnded(run.state)), run.state.lifeCycle, JSON.stringify(run), run.runId],
  );
}

export const getJobRun = (db: Database, runId: number): JobRun | undefined =>
  parse(db.get<Document>("SELECT document FROM job_runs WHERE run_id = ?", runId));

export function runByToken(db: Database, jobId: number | undefined, token: string): JobRun | undefined {
  const sql = "SELECT document FROM job_runs WHERE ifnull(job_id, 0) = ? AND idempotency_token = ?";
  return parse(db.get<Document>(sql, jobId ?? 0, token));
}

export interface RunFilter {
  jobId?: number;
  active?: boolean;
  runType?: string;
  from?: number;
  to?: number;
}

/** Newest first. */
export function listJobRuns(db: Database, filter: RunFilter = {}): JobRun[] {
  const { jobId, active, runType, from, to } = filter;
  const sql = `SELECT document FROM job_runs
    WHERE (?1 IS NULL OR job_id = ?1) AND (?2 IS NULL OR active = ?2) AND (?3 IS NULL OR run_type = ?3)
      AND start_time >= ?4 AND start_time <= ?5
    ORDER BY start_time DESC, rowid DESC`;
  return db
    .all<Document>(
      sql,
      jobId ?? null,
      active === undefined ? null : Number(active),
      runType ?? null,
      from ?? 0,
      to ?? Number.MAX_SAFE_INTEGER,
    )
    .map((row) => JSON.parse(row.document) as JobRun);
}

/** Runs of a job that count against max_concurrent_runs. */
export function countRunning(db: Database, jobId: number): number {
  const sql = "SELECT count(*) AS n FROM job_runs WHERE job_id = ? AND active = 1 AND life_cycle <> 'QUEUED'";
  return db.get<{ n: number }>(sql, jobId)!.n;
}

export function nextNumberInJob(db: Database, jobId: number | undefined): number {
  if (jobId === undefined) return 1;
  return db.get<{ n: number }>("SELECT count(*) AS n FROM job_runs WHERE job_id = ?", jobId)!.n + 1;
}

export function deleteJobRun(db: Database, runId: number): void {
  db.run("DELETE FROM job_runs WHERE run_id = ?", runId);
}

export function insertTaskRun(db: Database, run: TaskRun): void {
  const next = "(SELECT ifnull(max(sequence), 0) + 1 FROM task_runs)";
  db.run(
    `INSERT INTO task_runs VALUES (?, ?, ?, ${next}, ?, ?)`,
    ...[run.runId, run.jobRunId, run.taskKey, run.iteration?.parent ?? null, JSON.stringify(run)],
  );
}

export function saveTaskRun(db: Database, run: TaskRun): void {
  db.run("UPDATE task_runs SET document = ? WHERE run_id = ?", JSON.stringify(run), run.runId);
}

export const getTaskRun = (db: Database, runId: number): TaskRun | undefined =>
  parse(db.get<Document>("SELECT document FROM task_runs WHERE run_id = ?", runId));

/** All attempts of all tasks, iterations included, in the order they were made. */
export function allTaskRuns(db: Database, jobRunId: number): TaskRun[] {
  return db
    .all<Document>("SELECT document FROM task_runs WHERE job_run_id = ? ORDER BY sequence", jobRunId)
    .map((row) => JSON.parse(row.document) as TaskRun);
}

/** The latest attempt of each task of the run, in the order of its settings. */
export function currentTaskRuns(db: Database, run: JobRun): TaskRun[] {
  const latest = new Map<string, TaskRun>();
  for (const task of allTaskRuns(db, run.runId)) if (!task.iteration) latest.set(task.taskKey, task);
  return run.settings.tasks.flatMap((task) => latest.get(task.task_key) ?? []);
}

/** The latest attempt of each iteration of a for-each task's run. */
export function iterationsOf(db: Database, parent: number): TaskRun[] {
  const latest = new Map<number, TaskRun>();
  const rows = db.all<Document>("SELECT document FROM task_runs WHERE parent = ? ORDER BY sequence", parent);
  for (const row of rows) {
    const task = JSON.parse(row.document) as TaskRun;
    latest.set(task.iteration!.index, task);
  }
  return [...latest.values()].sort((a, b) => a.iteration!.index - b.iteration!.index);
}

/** @param json the value as its task wrote it: parsing it here would change numbers */
export function setTaskValue(db: Database, jobRunId: number, taskKey: string, key: string, json: string): void {
  db.run("INSERT OR REPLACE INTO task_values VALUES (?, ?, ?, ?)", jobRunId, taskKey, key, json);
}

/** The value's JSON. */
export function getTaskValue(db: Database, jobRunId: number, taskKey: string, key: string): string | undefined {
  const sql = "SELECT value FROM task_values WHERE job_run_id = ? AND task_key = ? AND key = ?";
  return db.get<{ value: string }>(sql, jobRunId, taskKey, key)?.value;
}
