/** A task needs of its run-as what the REST API needs of whoever asks for the same. */
import { strict as assert } from "node:assert";
import { type Client, type Json, TestWorkspace } from "../client.ts";

describe("tasks act as their run-as", function () {
  this.timeout(60_000);
  let workspace: TestWorkspace;
  let admin: Client;
  let other: { client: Client; name: string };
  let ids: Record<"job" | "pipeline" | "query" | "warehouse", string>;
  const HOME = "/Users/admin@local.workspace";

  before(async () => {
    workspace = await new TestWorkspace().start();
    admin = workspace.admin;
    other = await workspace.servicePrincipal("other");
    const content = Buffer.from("# Databricks notebook source\nprint(1)").toString("base64");
    const sql = Buffer.from("SELECT 1").toString("base64");
    await admin.ok("POST", "/api/2.0/workspace/mkdirs", { path: HOME });
    const notebook = { path: `${HOME}/n`, format: "SOURCE", language: "PYTHON", content };
    await admin.ok("POST", "/api/2.0/workspace/import", notebook);
    await admin.ok("POST", "/api/2.0/workspace/import", { path: `${HOME}/q.sql`, format: "RAW", content: sql });
    await admin.ok("POST", "/api/2.0/workspace/import", { path: `${HOME}/f.py`, format: "RAW", content });
    const task = { task_key: "t", notebook_task: { notebook_path: `${HOME}/n` } };
    const job = await admin.ok("POST", "/api/2.2/jobs/create", { name: "theirs", tasks: [task] });
    const libraries = [{ notebook: { path: `${HOME}/n` } }];
    const settings = { name: "theirs", catalog: "main", schema: "default", libraries };
    const pipeline = await admin.ok("POST", "/api/2.0/pipelines", settings);
    const query = await admin.ok("POST", "/api/2.0/sql/queries", { query: { query_text: "SELECT 1" } });
    const warehouse = await admin.ok("POST", "/api/2.0/sql/warehouses", { name: "theirs", cluster_size: "2X-Small" });
    ids = { job: job.job_id, pipeline: pipeline.pipeline_id, query: query.id, warehouse: warehouse.id };
    workspace.engine.on("update.run", () => ({ state: "COMPLETED" as const }));
    workspace.engine.on("notebook.run", () => ({ truncated: false }));
    workspace.engine.on("python.run", () => ({ truncated: false }));
    workspace.engine.on("sql.execute", () => ({ columns: [], chunks: [], totalRowCount: 0 }));
  });
  after(() => workspace.stop());

  const tasks = (): Record<string, Json> => ({
    run_job_task: { run_job_task: { job_id: ids.job } },
    pipeline_task: { pipeline_task: { pipeline_id: ids.pipeline } },
    "sql_task of a query": { sql_task: { query: { query_id: ids.query }, warehouse_id: ids.warehouse } },
    "sql_task of a file": { sql_task: { file: { path: `${HOME}/q.sql` }, warehouse_id: ids.warehouse } },
    notebook_task: { notebook_task: { notebook_path: `${HOME}/n` } },
    spark_python_task: { spark_python_task: { python_file: `${HOME}/f.py` }, environment_key: "e" },
    "spark_python_task of a volume": {
      spark_python_task: { python_file: "/Volumes/main/default/v/f.py" },
      environment_key: "e",
    },
  });

  async function run(task: Json): Promise<{ result: string; said: string }> {
    const environments = [{ environment_key: "e", spec: { client: "1" } }];
    const settings = { run_name: "r", tasks: [{ task_key: "t", ...task }], environments };
    const { run_id } = await other.client.ok("POST", "/api/2.2/jobs/runs/submit", settings);
    for (;;) {
      const seen = await other.client.ok("GET", `/api/2.2/jobs/runs/get?run_id=${run_id}`);
      if (["TERMINATED", "INTERNAL_ERROR"].includes(seen.state.life_cycle_state)) {
        const output = await other.client.call("GET", `/api/2.2/jobs/runs/get-output?run_id=${seen.tasks[0].run_id}`);
        const said = JSON.stringify([seen.tasks[0].state, output.body]);
        return { result: seen.state.result_state, said };
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it("refuses every task that touches what its run-as may not, before the engine is asked", async () => {
    await admin.ok("POST", "/api/2.1/unity-catalog/volumes", {
      ...{ catalog_name: "main", schema_name: "default", name: "v", volume_type: "MANAGED" },
    });
    const body = Buffer.from("print(1)");
    await admin.fetch("PUT", "/api/2.0/fs/files/Volumes/main/default/v/f.py", body);
    const before = workspace.engine.asked.filter(({ method }) => /run|execute/.test(method)).length;
    for (const [name, task] of Object.entries(tasks())) {
      const { result, said } = await run(task);
      assert.equal(result, "FAILED", `${name}: ${said}`);
      assert.match(said, /does not have .* (on|permissions on)/, name);
    }
    assert.equal(workspace.engine.asked.filter(({ method }) => /run|execute/.test(method)).length, before);
  });

  it("runs every one of them once its run-as may", async () => {
    const give = (object: string, level: string): Promise<Json> =>
      admin.ok("PATCH", `/api/2.0/permissions/${object}`, {
        access_control_list: [{ service_principal_name: other.name, permission_level: level }],
      });
    const home = await admin.ok("GET", `/api/2.0/workspace/get-status?path=${HOME}`);
    await give(`jobs/${ids.job}`, "CAN_MANAGE_RUN");
    await give(`pipelines/${ids.pipeline}`, "CAN_RUN");
    await give(`sql/queries/${ids.query}`, "CAN_RUN");
    await give(`warehouses/${ids.warehouse}`, "CAN_USE");
    await give(`directories/${home.object_id}`, "CAN_READ");
    await workspace.grant("catalog", "main", other.name, "USE_CATALOG");
    await workspace.grant("schema", "main.default", other.name, "USE_SCHEMA", "READ_VOLUME");
    for (const [name, task] of Object.entries(tasks())) {
      const { result, said } = await run(task);
      assert.equal(result, "SUCCESS", `${name}: ${said}`);
    }
  });

  it("lets nobody but managers stop a warehouse, and nobody but admins configure them all", async () => {
    const path = `/api/2.0/sql/warehouses/${ids.warehouse}`;
    await other.client.refused("PERMISSION_DENIED", "POST", `${path}/stop`);
    await other.client.ok("POST", `${path}/start`);
    await other.client.refused("PERMISSION_DENIED", "PUT", "/api/2.0/sql/config/warehouses", {});
    await other.client.refused("PERMISSION_DENIED", "GET", "/api/2.0/sql/config/warehouses");
    await admin.ok("POST", `${path}/stop`);
  });

  it("asks for the notebook that a notebook runs as for the task's own", async () => {
    const stranger = await workspace.servicePrincipal("stranger");
    const ask = (principal: string): Promise<unknown> =>
      workspace.engine.ask("workspace.requireRead", { principal, path: `${HOME}/n` });
    await ask(other.name);
    await assert.rejects(ask(stranger.name), /does not have CAN_READ/);
    await assert.rejects(ask("nobody"), /no active user/);
  });

  it("gives nobody a copy of what lies below a folder that they may not see, whether it exists or not", async () => {
    const stranger = await workspace.servicePrincipal("onlooker");
    const ask = (principal: string, path: string): Promise<unknown> =>
      workspace.engine.ask("workspace.mirror", { principal, path });
    await ask(other.name, `${HOME}/n`);
    await assert.rejects(ask(stranger.name, `${HOME}/n`), /does not have CAN_READ/);
    for (const path of [`${HOME}/n.py`, `${HOME}/gone.csv`, "/Nowhere/n.py"])
      await assert.rejects(ask(stranger.name, path), /doesn't exist/, path);
    for (const path of ["/Users", "/"]) await assert.rejects(ask(stranger.name, path), /CAN_READ|doesn't exist/, path);
    await ask(stranger.name, "/Shared/gone.csv");
  });
});
