/** What happened to each cluster. https://docs.databricks.com/api/workspace/clusters/events */
import { z } from "zod";
import { paginate } from "../../core/paging.ts";
import type { Database, Migration } from "../../store/database.ts";

export const eventMigrations: Migration[] = [
  {
    id: "compute/2-cluster-events",
    sql: `
      CREATE TABLE cluster_events (
        number INTEGER PRIMARY KEY AUTOINCREMENT, cluster_id TEXT NOT NULL, timestamp INTEGER NOT NULL, type TEXT NOT NULL,
        details TEXT NOT NULL) STRICT;
      CREATE INDEX cluster_events_by_cluster ON cluster_events (cluster_id, number)`,
  },
];

export function recordEvents(
  db: Database,
  clusterId: string,
  types: readonly string[],
  details: Record<string, unknown> = {},
): void {
  const sql = "INSERT INTO cluster_events (cluster_id, timestamp, type, details) VALUES (?, ?, ?, ?)";
  for (const type of types) db.run(sql, clusterId, Date.now(), type, JSON.stringify(details));
}

export const forgetEvents = (db: Database, clusterId: string): void =>
  void db.run("DELETE FROM cluster_events WHERE cluster_id = ?", clusterId);

const time = z.int().min(0).optional();
export const eventsRequest = z.looseObject({
  cluster_id: z.string(),
  start_time: time,
  end_time: time,
  order: z.enum(["DESC", "ASC"]).optional(),
  event_types: z.array(z.string()).optional(),
  offset: z.int().min(0).optional(),
  limit: z.int().min(0).optional(),
  page_size: z.int().min(0).optional(),
  page_token: z.string().optional(),
});
type EventsRequest = z.infer<typeof eventsRequest>;

interface Row {
  cluster_id: string;
  timestamp: number;
  type: string;
  details: string;
}

/** One page, newest first unless told otherwise; `next_page` is the request for the next one. */
export function eventsPage(db: Database, request: EventsRequest): Record<string, unknown> {
  const { cluster_id, start_time = 0, end_time = Number.MAX_SAFE_INTEGER, event_types = [], order } = request;
  const all = db
    .all<Row>("SELECT * FROM cluster_events WHERE cluster_id = ? ORDER BY number", cluster_id)
    .filter(({ timestamp }) => timestamp >= start_time && timestamp <= end_time)
    .filter(({ type }) => event_types.length === 0 || event_types.includes(type))
    .map((row) => ({ ...row, details: JSON.parse(row.details) as object }));
  if (order !== "ASC") all.reverse();
  const page = { size: request.page_size ?? request.limit, offset: request.offset, pageToken: request.page_token };
  const limits = { fallback: 50, max: 500, name: request.page_size === undefined ? "limit" : "page_size" };
  const { items, ...tokens } = paginate(all, page, limits);
  const events = items.map(({ cluster_id, timestamp, type, details }) => ({ cluster_id, timestamp, type, details }));
  const offset = (request.offset ?? 0) + items.length;
  const more = tokens.next_page_token !== undefined;
  return {
    events,
    total_count: all.length,
    ...(more && request.page_token === undefined ? { next_page: { ...request, offset } } : {}),
    ...tokens,
  };
}
