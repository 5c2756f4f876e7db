/** Pipelines, and the latest update of one: its graph, rows and data quality, from the event log. */
import { call, list } from "../api.ts";
import { h, mood, number, state, table, time } from "../dom.ts";
import { drawGraph } from "../graph.ts";
import type { GraphNode } from "../layout.ts";

interface Update {
  update_id: string;
  state: string;
  creation_time?: number | string;
}
interface Pipeline {
  pipeline_id: string;
  name: string;
  state: string;
  latest_updates?: Update[];
}
interface Expectation {
  name: string;
  dataset: string;
  passed_records: number;
  failed_records: number;
}
interface Event {
  timestamp: string;
  level: string;
  message: string;
  event_type: string;
  origin: { update_id?: string; flow_name?: string; dataset_name?: string };
  details?: {
    flow_definition?: { output_dataset?: string; flow_type?: string; input_datasets?: (string | { name?: string })[] };
    flow_progress?: {
      status: string;
      metrics?: { num_output_rows?: number; num_upserted_rows?: number; num_deleted_rows?: number };
      data_quality?: { dropped_records?: number; expectations?: Expectation[] };
    };
  };
  error?: { exceptions?: { message?: string }[] };
}

export async function pipelinesPage(): Promise<Node[]> {
  const pipelines = await list<Pipeline>("/api/2.0/pipelines", "statuses");
  return [
    h("h1", {}, "Pipelines"),
    h(
      "div",
      { class: "card" },
      table(
        ["pipeline", "state", "latest update", "started"],
        pipelines.map(({ pipeline_id, name, state: at, latest_updates = [] }) => [
          h("a", { href: `#/pipeline/${pipeline_id}` }, name),
          state(at),
          latest_updates[0] ? state(latest_updates[0].state) : "",
          time(latest_updates[0]?.creation_time),
        ]),
      ),
    ),
  ];
}

interface Progress {
  status: string;
  rows: number;
  dropped: number;
  error: string | undefined;
}

export async function pipelinePage(id: string): Promise<Node[]> {
  const pipeline = await call<Pipeline>(`/api/2.0/pipelines/${encodeURIComponent(id)}`);
  const update = pipeline.latest_updates?.[0];
  if (!update) return [h("h1", {}, pipeline.name), h("p", { class: "soft" }, "No update has run yet.")];
  const filter = encodeURIComponent(`update_id = '${update.update_id}'`);
  const events = (
    await list<Event>(
      `/api/2.0/pipelines/${encodeURIComponent(id)}/events?max_results=250&filter=${filter}`,
      "events",
      5000,
    )
  ).reverse();
  const expectations = expectationsOf(events);
  const problems = events.filter(({ level }) => level === "ERROR" || level === "WARN");
  return [
    h("h1", {}, `${pipeline.name} `, state(update.state)),
    h("p", { class: "soft" }, `update ${update.update_id}, started ${time(update.creation_time)}`),
    h("div", { class: "card" }, drawGraph(nodesOf(events))),
    h("h2", {}, "Data quality"),
    h(
      "div",
      { class: "card" },
      table(
        ["dataset", "expectation", "passed", "failed"],
        expectations.map(({ dataset, name, passed_records, failed_records }) => [
          dataset,
          name,
          passed_records,
          failed_records > 0 ? h("span", { class: "bad" }, number(failed_records)) : "0",
        ]),
        "This update checked no expectation.",
      ),
    ),
    problems.length > 0 && h("h2", {}, "Problems"),
    ...problems.map((event) =>
      h(
        "div",
        { class: "card" },
        h("strong", {}, event.message),
        h("pre", {}, event.error?.exceptions?.map(({ message }) => message ?? "").join("\n") ?? ""),
      ),
    ),
  ].filter((part): part is HTMLElement => part !== false);
}

/** Each rule of each flow, with the rows of all rounds. */
function expectationsOf(events: readonly Event[]): Expectation[] {
  const found = new Map<string, Expectation>();
  for (const { origin, details } of events) {
    for (const rule of details?.flow_progress?.data_quality?.expectations ?? []) {
      const key = JSON.stringify([origin.flow_name, rule.dataset, rule.name]);
      const { passed_records = 0, failed_records = 0 } = found.get(key) ?? {};
      found.set(key, {
        ...rule,
        passed_records: passed_records + rule.passed_records,
        failed_records: failed_records + rule.failed_records,
      });
    }
  }
  return [...found.values()];
}

function nodesOf(events: readonly Event[]): GraphNode[] {
  const inputs = new Map<string, Set<string>>();
  const progress = new Map<string, Progress>();
  const views = new Set<string>(); // temporary ones: they hold no rows and have no progress of their own
  const anew = new Set<string>(); // each round gives all of their rows
  for (const { origin, details, error } of events) {
    const dataset = origin.dataset_name ?? details?.flow_definition?.output_dataset;
    if (!dataset) continue;
    const reads = inputs.get(dataset) ?? new Set<string>();
    inputs.set(dataset, reads);
    const kind = details?.flow_definition?.flow_type ?? "";
    if (kind === "VIEW") views.add(dataset);
    if (kind === "MATERIALIZED_VIEW" || kind === "COMPLETE") anew.add(dataset);
    for (const input of details?.flow_definition?.input_datasets ?? []) {
      const name = typeof input === "string" ? input : input.name;
      if (name) reads.add(name);
    }
    const flow = details?.flow_progress;
    if (!flow) continue;
    const before = progress.get(dataset) ?? { status: "", rows: 0, dropped: 0, error: undefined };
    const { num_output_rows = 0, num_upserted_rows = 0, num_deleted_rows = 0 } = flow.metrics ?? {};
    // figures come at the end of a flow; of a continuous pipeline, with each round that wrote something
    const written = num_output_rows || num_upserted_rows + num_deleted_rows;
    progress.set(dataset, {
      status: before.status === "FAILED" ? before.status : flow.status,
      rows: flow.metrics && anew.has(dataset) ? written : before.rows + written,
      dropped: before.dropped + (flow.data_quality?.dropped_records ?? 0),
      error: before.error ?? error?.exceptions?.[0]?.message,
    });
  }
  const short = (name: string): string => name.split(".").slice(-2).join(".");
  return [...inputs].map(([id, reads]) => {
    const at = views.has(id) ? undefined : progress.get(id);
    const figures = at ? `${number(at.rows)} rows${at.dropped > 0 ? `, ${number(at.dropped)} dropped` : ""}` : "";
    const soFar = at && at.rows + at.dropped > 0 ? `: ${figures}` : "";
    return {
      id,
      label: short(id),
      detail: at ? (at.status === "COMPLETED" ? figures : `${at.status.toLowerCase()}${soFar}`) : "view",
      mood: at ? mood(at.status) : "",
      inputs: [...reads],
    };
  });
}
