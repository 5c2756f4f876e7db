/** The last screen of `npm start`: what came out, in tables that fit a terminal. */
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import type { Followed, PipelineEvent } from "./follow.ts";

export interface DatasetResult {
  dataset: string;
  rows: number;
  dropped: number;
  passed: number;
  failed: number;
}

/** Sums the final progress of every flow by dataset; a flow's last event carries its totals. */
export function datasetResults(events: readonly PipelineEvent[]): DatasetResult[] {
  const results = new Map<string, DatasetResult>();
  for (const event of events) {
    const progress = event.details?.flow_progress;
    const dataset = event.origin.dataset_name;
    if (!progress || !dataset || progress.status !== "COMPLETED") continue;
    const result = results.get(dataset) ?? { dataset, rows: 0, dropped: 0, passed: 0, failed: 0 };
    const metrics = progress.metrics ?? {};
    result.rows += (metrics.num_output_rows ?? 0) || (metrics.num_upserted_rows ?? 0) + (metrics.num_deleted_rows ?? 0);
    result.dropped += progress.data_quality?.dropped_records ?? 0;
    for (const expectation of progress.data_quality?.expectations ?? []) {
      result.passed += expectation.passed_records;
      result.failed += expectation.failed_records;
    }
    results.set(dataset, result);
  }
  return [...results.values()].sort((a, b) => (a.dataset < b.dataset ? -1 : 1));
}

const number = (value: number): string => value.toLocaleString("en-US");

/** Left-aligns the first column, right-aligns the others. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join("  ")
      .trimEnd();
  return [line(header), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)];
}

export async function summarize(api: WorkspaceApi, catalog: string, followed: Followed): Promise<string[]> {
  const lines: string[] = [];
  for (const [task, events] of followed.events) {
    const results = datasetResults(events);
    if (results.length === 0) continue;
    lines.push("", `${task}: rows written, and expectations`);
    lines.push(
      ...table(
        ["dataset", "rows", "dropped", "passed", "failed"],
        results.map((r) => [short(r.dataset, catalog), ...[r.rows, r.dropped, r.passed, r.failed].map(number)]),
      ),
    );
  }
  const changes = await cdcCounts(api, catalog);
  if (changes.length > 0) lines.push("", "change events by entity, all batches", ...table(CDC_COLUMNS, changes));
  lines.push("", "from gold", ...(await kpis(api, catalog)));
  const times = (followed.run.tasks ?? [])
    .filter((task) => task.start_time)
    .sort((a, b) => a.start_time! - b.start_time!)
    .map((task) => `${task.task_key} ${(((task.end_time ?? 0) - task.start_time!) / 1000).toFixed(1)} s`);
  lines.push("", `time per task: ${times.join(", ")}`);
  return lines;
}

const short = (dataset: string, catalog: string): string =>
  dataset.startsWith(`${catalog}.`) ? dataset.slice(catalog.length + 1) : dataset;

export const CDC_COLUMNS = ["entity", "events", "inserts", "updates", "deletes", "late", "quarantined"];

export async function cdcCounts(api: WorkspaceApi, catalog: string): Promise<string[][]> {
  const rows: string[][] = [];
  for (const entity of ["customers", "products", "sellers"]) {
    const [row] = await api.query(`
      WITH staged AS (
        SELECT operation, sequence_number, max(sequence_number) OVER (ORDER BY _file_modified_at, _source_file, sequence_number
          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM \`${catalog}\`.cdc.${entity}_staged)
      SELECT (SELECT count(*) FROM \`${catalog}\`.cdc.${entity}_changes) AS events,
        count_if(operation = 'INSERT') AS inserts, count_if(operation = 'UPDATE') AS updates,
        count_if(operation = 'DELETE') AS deletes, count_if(sequence_number < before) AS late,
        (SELECT count(*) FROM \`${catalog}\`.ops.quarantine_${entity}_changes) AS quarantined FROM staged`);
    rows.push([entity, ...CDC_COLUMNS.slice(1).map((column) => number(Number(row?.[column] ?? 0)))]);
  }
  return rows;
}

export async function kpis(api: WorkspaceApi, catalog: string): Promise<string[]> {
  const [sales] = await api.query(
    `SELECT sum(revenue) AS revenue, count(DISTINCT category) AS categories FROM \`${catalog}\`.gold.sales_performance`,
  );
  const [orders] = await api.query(
    `SELECT count(*) AS orders, count_if(order_status = 'delivered') AS delivered FROM \`${catalog}\`.silver.orders`,
  );
  const [late] = await api.query(
    `SELECT round(100 * sum(late_orders) / sum(deliveries), 1) AS pct FROM \`${catalog}\`.gold.logistics_efficiency`,
  );
  const segments = await api.query(
    `SELECT segment, count(*) AS people FROM \`${catalog}\`.gold.customer_segments GROUP BY segment ORDER BY people DESC, segment LIMIT 3`,
  );
  const [seller] = await api.query(
    `SELECT seller_id, avg_rating FROM \`${catalog}\`.gold.seller_quality WHERE seller_rank = 1`,
  );
  const money = (text: string | null | undefined): string =>
    Number(text ?? 0).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return [
    `  orders ${number(Number(orders?.orders ?? 0))}, of them delivered ${number(Number(orders?.delivered ?? 0))}`,
    `  revenue of delivered orders ${money(sales?.revenue)} in ${sales?.categories ?? 0} categories`,
    `  late deliveries ${late?.pct ?? "0"} %`,
    `  largest customer segments ${segments.map((s) => `${s.segment} ${number(Number(s.people))}`).join(", ") || "none"}`,
    `  best seller ${seller ? `${seller.seller_id} (rating ${seller.avg_rating ?? "none"})` : "none"}`,
  ];
}
