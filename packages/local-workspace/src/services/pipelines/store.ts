/** Pipelines, their updates and their event log. */
import { notFound } from "../../core/errors.ts";
import type { Database, Migration } from "../../store/database.ts";
import type { PipelineSettings } from "./schemas.ts";

export const migrations: Migration[] = [
  {
    id: "pipelines/1-pipelines-updates-events",
    sql: `
      CREATE TABLE pipelines (
        pipeline_id TEXT PRIMARY KEY, name TEXT NOT NULL, creator TEXT NOT NULL, run_as TEXT NOT NULL,
        created_at INTEGER NOT NULL, last_modified INTEGER NOT NULL, settings TEXT NOT NULL) STRICT;
      CREATE INDEX pipelines_by_name ON pipelines (name);
      CREATE TABLE pipeline_updates (
        number INTEGER PRIMARY KEY AUTOINCREMENT, update_id TEXT NOT NULL UNIQUE,
        pipeline_id TEXT NOT NULL REFERENCES pipelines ON DELETE CASCADE, active INTEGER NOT NULL, document TEXT NOT NULL) STRICT;
      CREATE INDEX pipeline_updates_by_pipeline ON pipeline_updates (pipeline_id, number DESC);
      CREATE UNIQUE INDEX one_active_update ON pipeline_updates (pipeline_id) WHERE active = 1;
      CREATE TABLE pipeline_events (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,
        pipeline_id TEXT NOT NULL REFERENCES pipelines ON DELETE CASCADE, update_id TEXT NOT NULL,
        timestamp TEXT NOT NULL, level TEXT NOT NULL, event_type TEXT NOT NULL, document TEXT NOT NULL) STRICT;
      CREATE INDEX pipeline_events_by_time ON pipeline_events (pipeline_id, timestamp, number);`,
  },
];

export interface Pipeline {
  pipelineId: string;
  name: string;
  creator: string;
  /** Whose privileges its updates have. */
  runAs: string;
  createdAt: number;
  lastModified: number;
  settings: PipelineSettings;
}

interface PipelineRow {
  pipeline_id: string;
  name: string;
  creator: string;
  run_as: string;
  created_at: number;
  last_modified: number;
  settings: string;
}

const fromRow = (row: PipelineRow): Pipeline => ({
  pipelineId: row.pipeline_id,
  name: row.name,
  creator: row.creator,
  runAs: row.run_as,
  createdAt: row.created_at,
  lastModified: row.last_modified,
  settings: JSON.parse(row.settings) as PipelineSettings,
});

export function insertPipeline(db: Database, pipeline: Pipeline): void {
  const { pipelineId, name, creator, runAs, createdAt, lastModified, settings } = pipeline;
  const sql = "INSERT INTO pipelines VALUES (?, ?, ?, ?, ?, ?, ?)";
  db.run(sql, pipelineId, name, creator, runAs, createdAt, lastModified, JSON.stringify(settings));
}

export function savePipeline(db: Database, pipeline: Pipeline): void {
  const { pipelineId, name, runAs, lastModified, settings } = pipeline;
  const sql = "UPDATE pipelines SET name = ?, run_as = ?, last_modified = ?, settings = ? WHERE pipeline_id = ?";
  db.run(sql, name, runAs, lastModified, JSON.stringify(settings), pipelineId);
}

export function deletePipeline(db: Database, pipelineId: string): void {
  db.run("DELETE FROM pipelines WHERE pipeline_id = ?", pipelineId);
}

export const listPipelines = (db: Database): Pipeline[] =>
  db.all<PipelineRow>("SELECT * FROM pipelines ORDER BY created_at DESC, rowid DESC").map(fromRow);

export function getPipeline(db: Database, pipelineId: string): Pipeline | undefined {
  const row = db.get<PipelineRow>("SELECT * FROM pipelines WHERE pipeline_id = ?", pipelineId);
  return row && fromRow(row);
}

export function requirePipeline(db: Database, pipelineId: string): Pipeline {
  const pipeline = getPipeline(db, pipelineId);
  if (!pipeline) throw notFound(`The specified pipeline ${pipelineId} was not found.`);
  return pipeline;
}

export type UpdateState =
  | "QUEUED"
  | "CREATED"
  | "WAITING_FOR_RESOURCES"
  | "INITIALIZING"
  | "RESETTING"
  | "SETTING_UP_TABLES"
  | "RUNNING"
  | "STOPPING"
  | "COMPLETED"
  | "FAILED"
  | "CANCELED";

export const isFinal = (state: UpdateState): boolean => ["COMPLETED", "FAILED", "CANCELED"].includes(state);

export interface Update {
  pipeline_id: string;
  update_id: string;
  creation_time: number;
  state: UpdateState;
  cause: string;
  full_refresh: boolean;
  full_refresh_selection?: string[];
  refresh_selection?: string[];
  validate_only: boolean;
  /** With which it runs: the pipeline's own and those of its start. */
  parameters?: Record<string, string>;
  /** The pipeline's settings when the update began. */
  config: PipelineSettings;
  /** Why it failed. Not part of the REST answer; job runs report it. */
  error?: string;
  /** Set when the event that tells of the final state is on record. */
  reported?: boolean;
}

interface Document {
  document: string;
}

const parseUpdate = (row: Document): Update => JSON.parse(row.document) as Update;

export function insertUpdate(db: Database, update: Update): void {
  const sql = "INSERT INTO pipeline_updates (update_id, pipeline_id, active, document) VALUES (?, ?, 1, ?)";
  db.run(sql, update.update_id, update.pipeline_id, JSON.stringify(update));
}

export function saveUpdate(db: Database, update: Update): void {
  const sql = "UPDATE pipeline_updates SET active = ?, document = ? WHERE update_id = ?";
  db.run(sql, Number(!isFinal(update.state)), JSON.stringify(update), update.update_id);
}

/** Newest first. */
export const listUpdates = (db: Database, pipelineId: string, limit = -1): Update[] =>
  db
    .all<Document>(
      "SELECT document FROM pipeline_updates WHERE pipeline_id = ? ORDER BY number DESC LIMIT ?",
      pipelineId,
      limit,
    )
    .map(parseUpdate);

export const activeUpdates = (db: Database): Update[] =>
  db.all<Document>("SELECT document FROM pipeline_updates WHERE active = 1").map(parseUpdate);

export function activeUpdate(db: Database, pipelineId: string): Update | undefined {
  const row = db.get<Document>(
    "SELECT document FROM pipeline_updates WHERE active = 1 AND pipeline_id = ?",
    pipelineId,
  );
  return row && parseUpdate(row);
}

export function getUpdate(db: Database, updateId: string): Update | undefined {
  const row = db.get<Document>("SELECT document FROM pipeline_updates WHERE update_id = ?", updateId);
  return row && parseUpdate(row);
}

export interface PipelineEvent {
  id: string;
  timestamp: string;
  level: string;
  event_type: string;
  message?: string;
  origin?: Record<string, unknown>;
  details?: Record<string, unknown>;
  error?: Record<string, unknown>;
  [field: string]: unknown;
}

/** `updateId` is empty where the event is not an update's. */
export function insertEvent(db: Database, pipelineId: string, updateId: string, event: PipelineEvent): void {
  const { id, timestamp, level, event_type } = event;
  const columns = "(id, pipeline_id, update_id, timestamp, level, event_type, document)";
  const sql = `INSERT INTO pipeline_events ${columns} VALUES (?, ?, ?, ?, ?, ?, ?)`;
  db.run(sql, id, pipelineId, updateId, timestamp, level, event_type, JSON.stringify(event));
}

/** Oldest first. */
export function listEvents(db: Database, pipelineId: string, updateId?: string): PipelineEvent[] {
  const sql = `SELECT document FROM pipeline_events
    WHERE pipeline_id = ?1 AND (?2 IS NULL OR update_id = ?2) ORDER BY timestamp, number`;
  return db.all<Document>(sql, pipelineId, updateId ?? null).map((row) => JSON.parse(row.document) as PipelineEvent);
}
