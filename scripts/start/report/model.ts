/** What the page of a run shows, read from the run's events. */
import type { GraphNode } from "lakehouse-local-workspace/graph";
import type { Expectation, PipelineEvent } from "../follow.ts";
import { type DatasetResult, datasetResults } from "../summary.ts";

export interface PipelinePart {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly results: readonly DatasetResult[];
  readonly expectations: readonly Expectation[];
}

export interface RunReport {
  readonly catalog: string;
  readonly ended: string;
  readonly tasks: readonly { readonly name: string; readonly seconds: number; readonly result: string }[];
  readonly pipelines: readonly PipelinePart[];
  /** Figures from gold, a sentence each. */
  readonly figures: readonly string[];
  readonly changes: readonly (readonly string[])[];
  /** The page of a data diff. */
  readonly dataDiff?: string | undefined;
}

const MOODS: Readonly<Record<string, string>> = { COMPLETED: "good", FAILED: "bad", SKIPPED: "wait", EXCLUDED: "wait" };
const count = (value: number): string => value.toLocaleString("en-US");

export function pipelinePart(name: string, catalog: string, events: readonly PipelineEvent[]): PipelinePart {
  const results = datasetResults(events);
  const short = (dataset: string): string =>
    dataset.startsWith(`${catalog}.`) ? dataset.slice(catalog.length + 1) : dataset;
  return {
    name,
    nodes: nodesOf(events, new Map(results.map((one) => [one.dataset, one])), short),
    results: results.map((one) => ({ ...one, dataset: short(one.dataset) })),
    expectations: expectationsOf(events).map((one) => ({ ...one, dataset: short(one.dataset) })),
  };
}

function nodesOf(
  events: readonly PipelineEvent[],
  results: ReadonlyMap<string, DatasetResult>,
  short: (dataset: string) => string,
): GraphNode[] {
  const inputs = new Map<string, Set<string>>();
  const status = new Map<string, string>();
  const views = new Set<string>();
  for (const { origin, details } of events) {
    const definition = details?.flow_definition;
    const dataset = origin.dataset_name ?? definition?.output_dataset;
    if (dataset === undefined) continue;
    const reads = inputs.get(dataset) ?? new Set();
    inputs.set(dataset, reads);
    for (const input of definition?.input_datasets ?? []) {
      const read = typeof input === "string" ? input : input.name;
      if (read !== undefined) reads.add(read);
    }
    if (details?.dataset_definition?.dataset_type === "VIEW") views.add(dataset);
    const progress = details?.flow_progress?.status;
    if (progress !== undefined && status.get(dataset) !== "FAILED") status.set(dataset, progress);
  }
  return [...inputs].map(([id, reads]) => {
    const last = status.get(id);
    const at = views.has(id) && last === "QUEUED" ? undefined : last; // a view's flow never runs by itself
    const found = results.get(id);
    const dropped = found && found.dropped > 0 ? `, ${count(found.dropped)} dropped` : "";
    const detail = found ? `${count(found.rows)} rows${dropped}` : at === undefined ? "view" : at.toLowerCase();
    return { id, label: short(id), detail, mood: MOODS[at ?? ""] ?? "", inputs: [...reads] };
  });
}

/** Each rule of each dataset, with the rows of all flows. */
function expectationsOf(events: readonly PipelineEvent[]): Expectation[] {
  const found = new Map<string, Expectation>();
  for (const { details } of events) {
    if (details?.flow_progress?.status !== "COMPLETED") continue;
    for (const rule of details.flow_progress.data_quality?.expectations ?? []) {
      const key = JSON.stringify([rule.dataset, rule.name]);
      const { passed_records = 0, failed_records = 0 } = found.get(key) ?? {};
      found.set(key, {
        ...rule,
        passed_records: passed_records + rule.passed_records,
        failed_records: failed_records + rule.failed_records,
      });
    }
  }
  // What failed most is looked at first.
  return [...found.values()].sort(
    (a, b) => b.failed_records - a.failed_records || (`${a.dataset} ${a.name}` < `${b.dataset} ${b.name}` ? -1 : 1),
  );
}
