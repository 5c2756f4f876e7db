/** Jobs: their settings as sent, with the defaults that Databricks documents. */
import { invalid } from "../../core/errors.ts";
import type { Database, Migration } from "../../store/database.ts";
import type { Settings } from "./schemas.ts";

export const migrations: Migration[] = [
  {
    id: "jobs/1-jobs",
    sql: `CREATE TABLE jobs (
      job_id INTEGER PRIMARY KEY, created_time INTEGER NOT NULL, creator TEXT NOT NULL, run_as TEXT NOT NULL,
      name TEXT NOT NULL, settings TEXT NOT NULL) STRICT`,
  },
  {
    id: "jobs/2-trigger-marks",
    sql: `CREATE TABLE trigger_marks (
      job_id INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, since INTEGER NOT NULL, fired INTEGER NOT NULL) STRICT`,
  },
];

export interface Job {
  jobId: number;
  createdTime: number;
  creator: string;
  /** Whose privileges its runs have. */
  runAs: string;
  settings: Settings;
}

interface JobRow {
  job_id: number;
  created_time: number;
  creator: string;
  run_as: string;
  settings: string;
}

const fromRow = (row: JobRow): Job => ({
  jobId: row.job_id,
  createdTime: row.created_time,
  creator: row.creator,
  runAs: row.run_as,
  settings: JSON.parse(row.settings) as Settings,
});

export function insertJob(db: Database, job: Job): void {
  const { jobId, createdTime, creator, runAs, settings } = job;
  const name = settings.name ?? "Untitled";
  db.run(
    "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?)",
    jobId,
    createdTime,
    creator,
    runAs,
    name,
    JSON.stringify(settings),
  );
}

export function saveJob(db: Database, { jobId, runAs, settings }: Job): void {
  const sql = "UPDATE jobs SET run_as = ?, name = ?, settings = ? WHERE job_id = ?";
  db.run(sql, runAs, settings.name ?? "Untitled", JSON.stringify(settings), jobId);
}

/** Newest first. `name` matches the whole name, whatever its case. */
export function listJobs(db: Database, name?: string): Job[] {
  const sql = `SELECT * FROM jobs WHERE ?1 IS NULL OR lower(name) = lower(?1) ORDER BY created_time DESC, rowid DESC`;
  return db.all<JobRow>(sql, name ?? null).map(fromRow);
}

export function getJob(db: Database, jobId: number): Job | undefined {
  const row = db.get<JobRow>("SELECT * FROM jobs WHERE job_id = ?", jobId);
  return row && fromRow(row);
}

export function requireJob(db: Database, jobId: number): Job {
  const job = getJob(db, jobId);
  // the SDKs know this message and turn it into their "does not exist"
  if (!job) throw invalid(`Job ${jobId} does not exist.`);
  return job;
}

/** When the job's trigger was set, or when it last fired (ms). */
export interface TriggerMark {
  since: number;
  fired: boolean;
}

export function markTrigger(db: Database, jobId: number, { since, fired }: TriggerMark): void {
  db.run("INSERT OR REPLACE INTO trigger_marks VALUES (?, ?, ?)", jobId, since, Number(fired));
}

export function triggerMark(db: Database, jobId: number): TriggerMark | undefined {
  const sql = "SELECT since, fired FROM trigger_marks WHERE job_id = ?";
  const row = db.get<{ since: number; fired: number }>(sql, jobId);
  return row && { since: row.since, fired: row.fired === 1 };
}

export function deleteJob(db: Database, jobId: number): void {
  db.run("DELETE FROM jobs WHERE job_id = ?", jobId);
}
