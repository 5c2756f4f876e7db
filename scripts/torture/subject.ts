/** The workspace under test: what it holds at the start, what clients do with it, and the faults that it is given. */
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { WorkspaceApi, WorkspaceApiError } from "lakehouse-local-workspace/client";
import type { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { engineProcess, processTree } from "./machine.ts";
import { type Fault, KEYS, type Row, TABLE_ROWS } from "./schedule.ts";

export const SCHEMA = "main.torture";
const LANDING = "/Volumes/main/torture/landing";
const SCIM = "/api/2.0/preview/scim/v2";
const SOURCE = `-- Databricks notebook source
CREATE OR REFRESH STREAMING TABLE bronze AS SELECT id, k
FROM STREAM read_files('${LANDING}', format => 'csv', header => true, schema => 'id BIGINT, k BIGINT');
CREATE OR REFRESH STREAMING TABLE silver AS SELECT id, k FROM STREAM(bronze);
CREATE OR REFRESH STREAMING TABLE latest;
CREATE FLOW latest_of_bronze AS AUTO CDC INTO latest FROM STREAM(bronze) KEYS (k) SEQUENCE BY id STORED AS SCD TYPE 1;
CREATE OR REFRESH MATERIALIZED VIEW counts AS SELECT k, count(*) AS n FROM silver GROUP BY k;
`;
const NOTEBOOK = `# Databricks notebook source
value = dbutils.secrets.get("torture", "key")
print(value)
dbutils.notebook.exit(str(spark.range(1000).count()) + value)
`;
export const ENDED = ["COMPLETED", "FAILED", "CANCELED"];
const RUN_ENDED = ["TERMINATED", "SKIPPED", "INTERNAL_ERROR"];

/** Ways for somebody without privileges to read or change what is not theirs. */
export const WAYS: readonly { readonly sql?: string; readonly get?: string }[] = [
  { sql: `SELECT count(*) FROM ${SCHEMA}.log` },
  { sql: `INSERT INTO ${SCHEMA}.log VALUES (-1, -1)` },
  { sql: `DROP TABLE ${SCHEMA}.log` },
  { sql: `SELECT count(*) FROM csv.\`${LANDING}\`` },
  { sql: `SELECT * FROM ${SCHEMA}.bronze LIMIT 1` },
  { sql: `GRANT SELECT ON TABLE ${SCHEMA}.log TO \`account users\`` },
  { get: `/api/2.0/fs/directories${LANDING}` },
  { get: `/api/2.1/unity-catalog/tables/${SCHEMA}.log` },
  { get: "/api/2.0/secrets/get?scope=torture&key=key" },
];

/** A client that notes the answers above 499. */
class Watched extends WorkspaceApi {
  readonly #note: (answer: string) => void;

  constructor(host: string, token: string, note: (answer: string) => void) {
    super(host, token);
    this.#note = note;
  }

  override async request<T>(...args: Parameters<WorkspaceApi["request"]>): Promise<T> {
    try {
      return await super.request<T>(...args);
    } catch (error) {
      if (error instanceof WorkspaceApiError && error.status >= 500)
        this.#note(`${error.status} to ${args[0]} ${args[1]}: ${error.message.slice(0, 300)}`);
      throw error;
    }
  }
}

export class Subject {
  readonly workspace: LocalWorkspace;
  readonly secret: string;
  /** Answers above 499. */
  readonly failures: string[] = [];
  pipeline = "";
  #analyst = { token: "", name: "" };
  #jobs = new Map<string, number>();
  #notebook = 0;
  readonly #hung = new Set<number>();

  constructor(workspace: LocalWorkspace, seed: number) {
    this.workspace = workspace;
    this.secret = `planted-${seed}-${"x".repeat(20)}`;
  }

  #client(token: string): WorkspaceApi {
    return new Watched(this.workspace.api.host, token, (answer) => this.failures.push(answer));
  }

  get api(): WorkspaceApi {
    return this.#client(this.workspace.token);
  }

  get analyst(): WorkspaceApi {
    return this.#client(this.#analyst.token);
  }

  // --- at the start ------------------------------------------------------------------------------------------

  async prepare(): Promise<void> {
    const { api } = this;
    for (const name of ["torture", "calm"])
      await api.post("/api/2.1/unity-catalog/schemas", { name, catalog_name: "main" });
    const volume = { catalog_name: "main", schema_name: "torture", name: "landing", volume_type: "MANAGED" };
    await api.post("/api/2.1/unity-catalog/volumes", volume);
    await this.#import("/Shared/torture", "SQL", SOURCE);
    await this.#import("/Shared/tortured", "PYTHON", NOTEBOOK);
    this.pipeline = await this.createPipeline("torture");
    await api.post("/api/2.0/secrets/scopes/create", { scope: "torture" });
    await api.post("/api/2.0/secrets/put", { scope: "torture", key: "key", string_value: this.secret });
    const tasks = ["one", "two"].map((task_key) => ({
      task_key,
      notebook_task: { notebook_path: "/Shared/tortured" },
    }));
    this.#notebook = await this.#createJob("tortured", tasks.slice(0, 1));
    await api.query(`CREATE TABLE ${SCHEMA}.log (batch BIGINT, n BIGINT)`);
    await api.query(
      `CREATE TABLE ${SCHEMA}.accounts AS SELECT id + 1 AS k, CAST(0 AS BIGINT) AS v FROM range(${KEYS})`,
    );
    await this.#makeAnalyst();
  }

  #import(path: string, language: string, content: string): Promise<unknown> {
    return this.api.post("/api/2.0/workspace/import", { path, format: "SOURCE", language, content: btoa(content) });
  }

  async #makeAnalyst(): Promise<void> {
    const { api } = this;
    const { applicationId } = await api.post<{ applicationId: string }>(`${SCIM}/ServicePrincipals`, {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal"],
      displayName: "analyst",
    });
    const tokens = "/api/2.0/token-management/on-behalf-of/tokens";
    const { token_value } = await api.post<{ token_value: string }>(tokens, { application_id: applicationId });
    this.#analyst = { token: token_value, name: applicationId };
    const [{ id } = { id: "" }] = (await api.get<Warehouses>("/api/2.0/sql/warehouses")).warehouses ?? [];
    const allowed = [{ service_principal_name: applicationId, permission_level: "CAN_USE" }];
    await api.request("PATCH", `/api/2.0/permissions/warehouses/${id}`, { body: { access_control_list: allowed } });
    await this.#permit("catalog/main", "USE_CATALOG", true);
    await this.#permit(`schema/${SCHEMA}`, "USE_SCHEMA", true);
  }

  async #permit(securable: string, privilege: string, granted: boolean): Promise<void> {
    const change = { principal: this.#analyst.name, [granted ? "add" : "remove"]: [privilege] };
    const path = `/api/2.1/unity-catalog/permissions/${securable}`;
    await this.api.request("PATCH", path, { body: { changes: [change] } });
  }

  async createPipeline(schema: string): Promise<string> {
    const settings = { name: schema, catalog: "main", schema, libraries: [{ notebook: { path: "/Shared/torture" } }] };
    return (await this.api.post<{ pipeline_id: string }>("/api/2.0/pipelines", settings)).pipeline_id;
  }

  // --- what clients do ---------------------------------------------------------------------------------------

  /** `half`: the connection is reset when half of the file is sent. */
  land(name: string, rows: readonly Row[], half: boolean): Promise<void> {
    const body = Buffer.from(`id,k\n${rows.map(({ id, key }) => `${id},${key}\n`).join("")}`);
    const url = new URL(`/api/2.0/fs/files${LANDING}/${name}`, this.workspace.api.host);
    const headers = { authorization: `Bearer ${this.workspace.token}`, "content-length": body.length };
    return new Promise((resolve, reject) => {
      const sending = request(url, { method: "PUT", headers }, (answer) => {
        answer.resume();
        const status = answer.statusCode ?? 0;
        if (status >= 500) this.failures.push(`${status} to PUT ${url.pathname}`);
        if (status < 300) answer.on("end", resolve);
        else reject(new Error(`${status} to PUT ${url.pathname}`));
      });
      sending.on("error", reject);
      if (half)
        sending.write(body.subarray(0, body.length / 2), () => sending.destroy(new Error("reset by the client")));
      else sending.end(body);
    });
  }

  async insert(batch: number, rows: number): Promise<void> {
    const values = Array.from({ length: rows }, (_, n) => `(${batch}, ${n})`).join(", ");
    await this.api.query(`INSERT INTO ${SCHEMA}.log VALUES ${values}`);
  }

  async change(key: number, value: number): Promise<void> {
    await this.api.query(`UPDATE ${SCHEMA}.accounts SET v = ${value} WHERE k = ${key}`);
  }

  async makeTable(name: string): Promise<void> {
    await this.api.query(`CREATE TABLE ${SCHEMA}.${name} AS SELECT id FROM range(${TABLE_ROWS})`);
  }

  async dropTable(name: string): Promise<void> {
    await this.api.query(`DROP TABLE IF EXISTS ${SCHEMA}.${name}`);
  }

  async createSchema(name: string): Promise<void> {
    await this.api.post("/api/2.1/unity-catalog/schemas", { name, catalog_name: "main" });
  }

  async deleteSchema(name: string): Promise<void> {
    await this.api.request("DELETE", `/api/2.1/unity-catalog/schemas/main.${name}`);
  }

  async #createJob(name: string, tasks: readonly object[]): Promise<number> {
    const job = { name, tags: { of: name }, tasks };
    return (await this.api.post<{ job_id: number }>("/api/2.2/jobs/create", job)).job_id;
  }

  async createJob(name: string): Promise<void> {
    const tasks = ["one", "two"].map((task_key) => ({
      task_key,
      notebook_task: { notebook_path: "/Shared/tortured" },
    }));
    this.#jobs.set(name, await this.#createJob(name, tasks));
  }

  /** @returns false for a job of which nobody knows whether it exists */
  async deleteJob(name: string): Promise<boolean> {
    const id = this.#jobs.get(name);
    if (id === undefined) return false;
    await this.api.post("/api/2.2/jobs/delete", { job_id: id });
    return true;
  }

  /** One run of the notebook to its end. @returns its result */
  async run(): Promise<string> {
    const { api } = this;
    const { run_id } = await api.post<{ run_id: number }>("/api/2.2/jobs/run-now", { job_id: this.#notebook });
    while (true) {
      const { state } = await api.get<Run>("/api/2.2/jobs/runs/get", { run_id });
      if (RUN_ENDED.includes(state.life_cycle_state)) return state.result_state ?? state.life_cycle_state;
      await sleep(250);
    }
  }

  grant(granted: boolean): Promise<void> {
    return this.#permit(`table/${SCHEMA}.accounts`, "SELECT", granted);
  }

  /** @returns why it was refused; undefined when it was not */
  async intrude(way: number): Promise<string | undefined> {
    const { sql, get } = WAYS[way % WAYS.length]!;
    try {
      await (sql === undefined ? this.analyst.get(get!) : this.analyst.query(sql));
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** One update to its end, or until the workspace does not answer. @returns its state */
  async update(full: boolean, pipeline = this.pipeline): Promise<string> {
    const { api } = this;
    const path = `/api/2.0/pipelines/${pipeline}/updates`;
    const { update_id } = await api.post<{ update_id: string }>(path, { full_refresh: full });
    while (true) {
      const { update } = await api.get<{ update: { state: string } }>(`${path}/${update_id}`);
      if (ENDED.includes(update.state)) return update.state;
      await sleep(250);
    }
  }

  async stopUpdate(): Promise<void> {
    await this.api.post(`/api/2.0/pipelines/${this.pipeline}/stop`, {});
  }

  // --- faults ------------------------------------------------------------------------------------------------

  /** @returns false where there was no process to give it to */
  async fault(fault: Fault): Promise<boolean> {
    if (fault === "kill the workspace" || fault === "restart") {
      await this.workspace.stop(fault === "restart" ? "SIGTERM" : "SIGKILL");
      this.release();
      await this.workspace.start();
      return true;
    }
    const pid = engineProcess(this.workspace.pid, fault === "kill the JVM" ? "JVM" : "Python");
    if (pid === undefined) return false;
    process.kill(pid, fault === "hang the engine" ? "SIGSTOP" : "SIGKILL");
    if (fault === "hang the engine") this.#hung.add(pid);
    return true;
  }

  /** An engine that is stopped does not notice that its workspace was killed. */
  release(): void {
    for (const pid of this.#hung) {
      const [engine] = processTree(pid);
      if (engine?.command.includes("-m lakehouse_engine")) process.kill(-pid, "SIGKILL"); // with its JVM
    }
    this.#hung.clear();
  }
}

interface Warehouses {
  readonly warehouses?: readonly { readonly id: string }[];
}

interface Run {
  readonly state: { readonly life_cycle_state: string; readonly result_state?: string };
}
