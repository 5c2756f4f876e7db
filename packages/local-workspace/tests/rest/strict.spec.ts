/** A workspace in which only admins run Python, and the sentence that says why. */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PYTHON_TRUST } from "../../src/services/identity/python-code.ts";
import { type Client, type Json, TestWorkspace } from "./client.ts";

describe("a strict workspace", function () {
  this.timeout(60_000);
  let workspace: TestWorkspace;
  let other: Client;

  before(async () => {
    workspace = await new TestWorkspace().start({ strict: true });
    other = (await workspace.servicePrincipal("other")).client;
    const put = (name: string, language: string, source: string): Promise<Json> =>
      workspace.admin.ok("POST", "/api/2.0/workspace/import", {
        ...{ path: `/Shared/${name}`, format: "SOURCE", language },
        content: Buffer.from(source).toString("base64"),
      });
    await put("python", "PYTHON", "# Databricks notebook source\nprint(1)");
    await put(
      "sql",
      "SQL",
      "-- Databricks notebook source\nSELECT 1\n-- COMMAND ----------\n-- MAGIC %md\n-- MAGIC text",
    );
    await put(
      "mixed",
      "SQL",
      "-- Databricks notebook source\nSELECT 1\n-- COMMAND ----------\n-- MAGIC %python\n-- MAGIC 1",
    );
    await put("runs", "SQL", "-- Databricks notebook source\n-- MAGIC %run ./python");
    workspace.engine.on("notebook.run", () => ({ truncated: false }));
    workspace.engine.on("update.run", () => ({ state: "COMPLETED" as const }));
  });
  after(() => workspace.stop());

  async function run(client: Client, task: Json): Promise<string> {
    const { run_id } = await client.ok("POST", "/api/2.2/jobs/runs/submit", {
      ...{ run_name: "r", environments: [{ environment_key: "e", spec: { client: "1" } }] },
      tasks: [{ task_key: "t", ...task }],
    });
    for (;;) {
      const { state, tasks } = await client.ok("GET", `/api/2.2/jobs/runs/get?run_id=${run_id}`);
      if (state.result_state) return `${state.result_state} ${tasks[0].state.state_message}`;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  const notebook = (name: string): Json => ({ notebook_task: { notebook_path: `/Shared/${name}` } });

  it("runs Python of admins, and of others SQL alone", async () => {
    for (const name of ["python", "sql", "mixed", "runs"]) {
      assert.match(await run(workspace.admin, notebook(name)), /^SUCCESS/, name);
    }
    assert.match(await run(other, notebook("sql")), /^SUCCESS/);
    const refused = [
      ...["python", "mixed", "runs"].map(notebook),
      { spark_python_task: { python_file: "/Shared/f.py" }, environment_key: "e" },
    ];
    for (const task of refused) assert.match(await run(other, task), /^FAILED .*--strict/, JSON.stringify(task));
  });

  it("updates pipelines of others only where their sources are SQL", async () => {
    for (const [name, state] of [
      ["sql", "COMPLETED"],
      ["python", "FAILED"],
      ["mixed", "FAILED"],
    ] as const) {
      const libraries = [{ notebook: { path: `/Shared/${name}` } }];
      const settings = { name, catalog: "main", schema: "default", libraries };
      const { pipeline_id } = await other.ok("POST", "/api/2.0/pipelines", settings);
      const { update_id } = await other.ok("POST", `/api/2.0/pipelines/${pipeline_id}/updates`, {});
      for (let ended = ""; ended !== state; ) {
        const { update } = await other.ok("GET", `/api/2.0/pipelines/${pipeline_id}/updates/${update_id}`);
        if (["COMPLETED", "FAILED"].includes(update.state)) assert.equal(update.state, state, name);
        ended = update.state;
      }
    }
  });

  it("says in the documentation and on the pages what it cannot hold otherwise", () => {
    const plain = (text: string): string => text.replace(/[`\s]+/g, " ");
    const root = join(import.meta.dirname, "..", "..");
    for (const file of [join(root, "web", "index.html"), join(root, "..", "..", "docs", "local-workspace.md")]) {
      assert.ok(plain(readFileSync(file, "utf8")).includes(plain(PYTHON_TRUST)), file);
    }
  });
});
