/** Follows a job run live through the REST API: task by task, flow by flow. */
import type { WorkspaceApi } from "lakehouse-local-workspace/client";

export interface RunTask {
  task_key: string;
  run_id: number;
  start_time?: number;
  end_time?: number;
  state: { life_cycle_state: string; result_state?: string; state_message?: string };
  pipeline_task?: { pipeline_id: string };
}

export interface JobRun {
  run_id: number;
  state: { life_cycle_state: string; result_state?: string; state_message?: string };
  start_time?: number;
  end_time?: number;
  tasks?: RunTask[];
  run_page_url?: string;
}

export interface PipelineEvent {
  id: string;
  timestamp: string;
  level: string;
  event_type: string;
  message: string;
  origin: { pipeline_id?: string; update_id?: string; flow_name?: string; dataset_name?: string };
  details?: {
    dataset_definition?: { dataset_type?: string };
    flow_definition?: {
      output_dataset?: string;
      flow_type?: string;
      input_datasets?: (string | { name?: string })[];
    };
    flow_progress?: {
      status: string;
      metrics?: { num_output_rows?: number; num_upserted_rows?: number; num_deleted_rows?: number };
      data_quality?: { dropped_records?: number; expectations?: Expectation[] };
    };
  };
  error?: { exceptions?: { class_name?: string; message?: string }[] };
}

export interface Expectation {
  name: string;
  dataset: string;
  passed_records: number;
  failed_records: number;
}

export interface Followed {
  run: JobRun;
  /** Events of the updates that this run started, oldest first, by task. */
  events: ReadonlyMap<string, readonly PipelineEvent[]>;
}

const POLL = 400;
const OVER = new Set(["TERMINATED", "SKIPPED", "INTERNAL_ERROR"]);
const EVENTS_PER_PAGE = 250;

/** Resolves when the run has ended, well or not; `print` gets a line for everything that happens meanwhile. */
export async function followRun(api: WorkspaceApi, runId: number, print: (line: string) => void): Promise<Followed> {
  const events = new Map<string, PipelineEvent[]>();
  const seen = new Set<string>();
  const shown = new Map<string, string>();
  const started = Date.now();
  for (;;) {
    const run = await api.get<JobRun>("/api/2.2/jobs/runs/get", { run_id: runId });
    // In the order of their starts: what ended is told before what it let start.
    for (const task of (run.tasks ?? []).toSorted((one, other) => startOf(one) - startOf(other))) {
      if (task.pipeline_task && (task.start_time ?? 0) > 0) {
        const known = events.get(task.task_key) ?? [];
        events.set(task.task_key, known);
        for (const event of await newEvents(api, task.pipeline_task.pipeline_id, task.start_time ?? started, seen)) {
          known.push(event);
          const line = eventLine(event);
          if (line) print(`    ${line}`);
        }
      }
      const state = task.state.result_state ?? task.state.life_cycle_state;
      if (shown.get(task.task_key) !== state) {
        shown.set(task.task_key, state);
        if (state !== "PENDING" && state !== "BLOCKED")
          print(`  ${task.task_key.padEnd(10)} ${taskState(task, state)}`);
        if (state === "FAILED" || state === "WAITING_FOR_RETRY") {
          const reason = await failureOf(api, run, task);
          if (reason) print(`    ✗ ${reason}`);
        }
      }
    }
    if (OVER.has(run.state.life_cycle_state)) return { run, events };
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
}

const startOf = (task: RunTask): number => task.start_time || Number.MAX_SAFE_INTEGER;

/** What the latest failed attempt of a task says; events of a pipeline task say it already. */
async function failureOf(api: WorkspaceApi, run: JobRun, task: RunTask): Promise<string | undefined> {
  if (task.pipeline_task) return undefined;
  const attempts = (run.tasks ?? []).filter(({ task_key }) => task_key === task.task_key);
  for (const { run_id } of attempts.reverse()) {
    const { error } = await api.get<{ error?: string }>("/api/2.2/jobs/runs/get-output", { run_id });
    if (error) return error;
  }
  return undefined;
}

async function newEvents(
  api: WorkspaceApi,
  pipelineId: string,
  since: number,
  seen: Set<string>,
): Promise<PipelineEvent[]> {
  const fresh: PipelineEvent[] = [];
  let pageToken: string | undefined;
  // Newest first, so that reading stops at what is known; a log of many updates is not read again and again.
  do {
    const page = await api.get<{ events?: PipelineEvent[]; next_page_token?: string }>(
      `/api/2.0/pipelines/${pipelineId}/events`,
      { max_results: EVENTS_PER_PAGE, order_by: "timestamp desc", page_token: pageToken },
    );
    const all = page.events ?? [];
    const unseen = all.filter((event) => !seen.has(event.id) && Date.parse(event.timestamp) >= since);
    for (const event of unseen) seen.add(event.id);
    fresh.push(...unseen);
    pageToken = unseen.length === all.length ? page.next_page_token : undefined;
  } while (pageToken);
  return fresh.reverse();
}

const count = (rows: number): string => rows.toLocaleString("en-US");

function eventLine(event: PipelineEvent): string | undefined {
  const progress = event.details?.flow_progress;
  const { flow_name = "", dataset_name = flow_name } = event.origin;
  // The catalog is the same for all, so it only takes room; several flows of one table are told apart.
  const dataset = dataset_name.split(".").slice(-2).join(".");
  const own = [dataset_name, dataset, dataset_name.split(".").at(-1)].includes(flow_name);
  const flow = own ? dataset : `${dataset} (${flow_name})`;
  const reasons = (event.error?.exceptions ?? []).map(({ message }) => message).join(": ");
  if (!progress) return event.level === "ERROR" ? `✗ ${event.message} ${reasons}`.trim() : undefined;
  if (progress.status === "FAILED") return `✗ ${flow}: ${event.error?.exceptions?.[0]?.message ?? event.message}`;
  if (progress.status === "SKIPPED") return `- ${flow} skipped: what it reads failed`;
  if (progress.status !== "COMPLETED") return undefined;
  const { num_output_rows = 0, num_upserted_rows = 0, num_deleted_rows = 0 } = progress.metrics ?? {};
  const written =
    num_upserted_rows + num_deleted_rows > 0
      ? `${count(num_upserted_rows)} upserted${num_deleted_rows > 0 ? `, ${count(num_deleted_rows)} deleted` : ""}`
      : `${count(num_output_rows)} rows`;
  const dropped = progress.data_quality?.dropped_records ?? 0;
  return `✓ ${flow.padEnd(44)} ${written}${dropped > 0 ? `, ${count(dropped)} dropped` : ""}`;
}

function taskState(task: RunTask, state: string): string {
  const seconds =
    task.end_time && task.start_time ? ` in ${((task.end_time - task.start_time) / 1000).toFixed(1)} s` : "";
  const reason =
    state === "SUCCESS" || state === "RUNNING" ? "" : task.state.state_message ? `: ${task.state.state_message}` : "";
  return `${state}${seconds}${reason}`;
}
