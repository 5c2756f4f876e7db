/** The shop's two pipelines in a workspace of their own: deployed by the program, driven by updates, and read as figures. */
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { ensureGroups } from "../stack/identities.ts";
import { groupsOf, pulumiText, selectStack, stackEnv, stackOutputs, stackSettings } from "../stack/stack.ts";
import { followRun } from "../start/follow.ts";
import { ENDED } from "./subject.ts";

export const PIPELINES = ["medallion", "cdc"] as const;
export type PipelineName = (typeof PIPELINES)[number];

/** Columns that no two updates have in common: when a row arrived. */
const TIMES = ["_ingested_at"];
const POLL = 200;
const UPDATE_LIMIT = 600_000;

/** Rows and a checksum over them by dataset. */
export type Content = Readonly<Record<string, string>>;

interface Event {
  readonly error?: { readonly exceptions: readonly { readonly message: string }[] };
}

interface Column {
  readonly table_schema: string;
  readonly table_name: string;
  readonly column_name: string;
}

export class Shop {
  readonly workspace: LocalWorkspace;
  #catalog = "";
  #job = 0;
  #pipelines: Readonly<Record<PipelineName, string>> = { medallion: "", cdc: "" };

  constructor(workspace: LocalWorkspace) {
    this.workspace = workspace;
  }

  /** @param backend folder of the deployment's state */
  async deploy(backend: string): Promise<void> {
    const { tools, api } = this.workspace;
    const env = stackEnv(tools, this.workspace, backend);
    await selectStack(tools, env);
    await ensureGroups(api, groupsOf(await stackSettings(tools, env)));
    await pulumiText(tools, env, ["up", "--yes", "--skip-preview", "--suppress-outputs", "--non-interactive"]);
    const outputs = await stackOutputs(tools, env);
    this.#catalog = outputs.catalogName!;
    this.#job = Number(outputs.jobId);
    this.#pipelines = { medallion: outputs.medallionPipelineId!, cdc: outputs.cdcPipelineId! };
  }

  /** Writes the next batch of files into the landing volumes. */
  async generate(scale: string): Promise<void> {
    const { api } = this.workspace;
    const { run_id } = await api.post<{ run_id: number }>("/api/2.2/jobs/run-now", {
      job_id: this.#job,
      only: ["generate"],
      job_parameters: { scale },
    });
    const { run } = await followRun(api, run_id, () => undefined);
    if (run.state.result_state !== "SUCCESS") throw new Error(`the generator failed: ${run.state.state_message}`);
  }

  /** Resolves when the engine answers, so that an update need not wait for its start. */
  async warm(): Promise<void> {
    await this.workspace.api.query("SELECT 1");
  }

  /** Starts an update. Resolves to its id. */
  async start(name: PipelineName, fullRefresh: boolean): Promise<string> {
    const path = `/api/2.0/pipelines/${this.#pipelines[name]}/updates`;
    return (await this.workspace.api.post<{ update_id: string }>(path, { full_refresh: fullRefresh })).update_id;
  }

  async state(name: PipelineName, update: string): Promise<string> {
    const path = `/api/2.0/pipelines/${this.#pipelines[name]}/updates/${update}`;
    return (await this.workspace.api.get<{ update: { state: string } }>(path)).update.state;
  }

  /** Resolves to the final state. @throws Error when the update has not ended after ten minutes */
  async ended(name: PipelineName, update: string): Promise<string> {
    const limit = Date.now() + UPDATE_LIMIT;
    for (;;) {
      const state = await this.state(name, update);
      if (ENDED.includes(state)) return state;
      if (Date.now() > limit) throw new Error(`update ${update} of the ${name} pipeline is still ${state}`);
      await sleep(POLL);
    }
  }

  /** An update from start to end. @throws Error with the reason when it does not complete */
  async update(name: PipelineName, fullRefresh: boolean): Promise<void> {
    const state = await this.ended(name, await this.start(name, fullRefresh));
    if (state === "COMPLETED") return;
    const path = `/api/2.0/pipelines/${this.#pipelines[name]}/events`;
    const { events } = await this.workspace.api.get<{ events: Event[] }>(path, { filter: "level='ERROR'" });
    const reasons = events.flatMap(({ error }) => (error?.exceptions ?? []).map(({ message }) => message));
    throw new Error(`the update of the ${name} pipeline ended ${state}: ${reasons[0] ?? "no reason given"}`);
  }

  async content(): Promise<Content> {
    const { api } = this.workspace;
    const columns = (await api.query(
      `SELECT c.table_schema, c.table_name, c.column_name FROM ${this.#catalog}.information_schema.columns c
       JOIN ${this.#catalog}.information_schema.tables t USING (table_schema, table_name)
       WHERE t.table_type IN ('MATERIALIZED_VIEW', 'STREAMING_TABLE') ORDER BY ALL`,
    )) as unknown as Column[];
    const datasets = Map.groupBy(columns, ({ table_schema, table_name }) => `${table_schema}.${table_name}`);
    const parts = [...datasets].map(([name, found]) => {
      const kept = found.map(({ column_name }) => column_name).filter((column) => !TIMES.includes(column));
      const row = `to_json(struct(${kept.map((column) => `\`${column}\``).join(", ")}))`;
      return `SELECT '${name}' AS dataset, concat(count(*), ' rows, checksum ',
        coalesce(sum(CAST(xxhash64(${row}) AS DECIMAL(38, 0))), 0)) AS found FROM ${this.#catalog}.${name}`;
    });
    if (parts.length === 0) return {};
    const rows = await api.query(parts.join("\nUNION ALL\n"));
    return Object.fromEntries(rows.map(({ dataset, found }) => [dataset!, found!]));
  }
}
