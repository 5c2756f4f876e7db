/** Runs of MLflow experiments: a document each, and the history of their metrics in a table. */
import type { Database, Migration } from "../../store/database.ts";

export const runMigrations: Migration[] = [
  {
    id: "records/3-mlflow-runs",
    sql: `CREATE TABLE mlflow_runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, experiment_id TEXT NOT NULL, document TEXT NOT NULL) STRICT;
      CREATE INDEX mlflow_runs_by_experiment ON mlflow_runs (experiment_id);
      CREATE TABLE mlflow_metrics (
        number INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
        timestamp INTEGER NOT NULL, step INTEGER NOT NULL) STRICT;
      CREATE INDEX mlflow_metrics_by_run ON mlflow_metrics (run_id, key)`,
  },
];

export interface Pair {
  key: string;
  value: string;
}
/** JSON has no number for three of the values. */
export type MetricValue = number | "NaN" | "Infinity" | "-Infinity";
export interface Metric {
  key: string;
  value: MetricValue;
  timestamp: number;
  step: number;
}
export interface RunInfo {
  run_id: string;
  experiment_id: string;
  run_name: string;
  user_id: string;
  status: string;
  start_time: number;
  end_time?: number;
  artifact_uri: string;
  lifecycle_stage: "active" | "deleted";
}
export interface MlflowRun {
  info: RunInfo;
  params: Pair[];
  tags: Pair[];
  datasets: unknown[];
}

interface MetricRow {
  run_id: string;
  key: string;
  value: string;
  timestamp: number;
  step: number;
}

export function findRun(db: Database, id: string): MlflowRun | undefined {
  const row = db.get<{ document: string }>("SELECT document FROM mlflow_runs WHERE id = ?", id);
  return row && (JSON.parse(row.document) as MlflowRun);
}

/** Newest first. */
export const runsOf = (db: Database, experiment: string): MlflowRun[] =>
  db
    .all<{ document: string }>(
      "SELECT document FROM mlflow_runs WHERE experiment_id = ? ORDER BY number DESC",
      experiment,
    )
    .map(({ document }) => JSON.parse(document) as MlflowRun);

export function insertRun(db: Database, run: MlflowRun): void {
  const { run_id, experiment_id } = run.info;
  const sql = "INSERT INTO mlflow_runs (id, experiment_id, document) VALUES (?, ?, ?)";
  db.run(sql, run_id, experiment_id, JSON.stringify(run));
}

export const saveRun = (db: Database, run: MlflowRun): void =>
  void db.run("UPDATE mlflow_runs SET document = ? WHERE id = ?", JSON.stringify(run), run.info.run_id);

export function addMetrics(db: Database, run: string, metrics: readonly Metric[]): void {
  const sql = "INSERT INTO mlflow_metrics (run_id, key, value, timestamp, step) VALUES (?, ?, ?, ?, ?)";
  for (const { key, value, timestamp, step } of metrics) {
    db.run(sql, run, key, String(value), Math.trunc(timestamp), Math.trunc(step));
  }
}

const fromRow = ({ key, value, timestamp, step }: MetricRow): Metric => {
  const named = value === "NaN" || value.endsWith("Infinity");
  return { key, value: named ? (value as MetricValue) : Number(value), timestamp, step };
};

export const history = (db: Database, run: string, key: string): Metric[] =>
  db.all<MetricRow>("SELECT * FROM mlflow_metrics WHERE run_id = ? AND key = ? ORDER BY number", run, key).map(fromRow);

/** Of each metric the value of the largest step, and of those the latest. */
export function latestMetrics(db: Database, run: string): Metric[] {
  const sql = "SELECT * FROM mlflow_metrics WHERE run_id = ? ORDER BY step, timestamp, number";
  const latest = new Map(db.all<MetricRow>(sql, run).map((row) => [row.key, fromRow(row)]));
  return [...latest.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
