/** What goes wrong on a person's machine ends with one clear message, and the next try works. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { FAULTS } from "../../scripts/torture/schedule.ts";
import { torture } from "../../scripts/torture/torture.ts";

const WAIT = 240_000;
const NOTEBOOK = "# Databricks notebook source\n";

async function until<T>(what: string, read: () => Promise<T>, over: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + WAIT;
  for (;;) {
    const value = await read();
    if (over(value)) return value;
    assert.ok(Date.now() < deadline, `${what} is still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Run {
  state: { life_cycle_state: string; result_state?: string; state_message?: string };
}
const getRun = (api: WorkspaceApi, runId: number): Promise<Run> => api.get("/api/2.2/jobs/runs/get", { run_id: runId });
const ended = ({ state }: Run): boolean => ["TERMINATED", "INTERNAL_ERROR", "SKIPPED"].includes(state.life_cycle_state);

const put = (api: WorkspaceApi, path: string, text: string): Promise<unknown> =>
  api.post("/api/2.0/workspace/import", {
    path,
    format: "SOURCE",
    language: "PYTHON",
    overwrite: true,
    content: Buffer.from(text).toString("base64"),
  });

describe("what goes wrong", () => {
  let workspace: LocalWorkspace;

  before(async () => {
    workspace = await LocalWorkspace.start();
    await workspace.api.post("/api/2.0/workspace/mkdirs", { path: "/Shared/broken" });
  });
  after(() => workspace?.remove());

  it("a syntax error in a pipeline's notebook fails the update with path and line, and the mended one runs", async () => {
    const { api } = workspace;
    const good = `${NOTEBOOK}from pyspark import pipelines as dp\n\n@dp.materialized_view\ndef numbers():\n    return spark.range(3)\n`;
    await put(api, "/Shared/broken/numbers", good.replace("return", "retrun"));
    const { pipeline_id } = await api.post<{ pipeline_id: string }>("/api/2.0/pipelines", {
      name: "broken",
      catalog: "main",
      schema: "default",
      serverless: true,
      libraries: [{ notebook: { path: "/Shared/broken/numbers" } }],
    });
    const update = async (): Promise<string> => {
      const { update_id } = await api.post<{ update_id: string }>(`/api/2.0/pipelines/${pipeline_id}/updates`, {});
      const path = `/api/2.0/pipelines/${pipeline_id}/updates/${update_id}`;
      const found = await until(
        "the update",
        () => api.get<{ update: { state: string } }>(path),
        ({ update: { state } }) => ["COMPLETED", "FAILED", "CANCELED"].includes(state),
      );
      return found.update.state;
    };
    assert.equal(await update(), "FAILED");
    interface Event {
      level: string;
      error?: { exceptions: { message: string }[] };
    }
    const { events } = await api.get<{ events: Event[] }>(`/api/2.0/pipelines/${pipeline_id}/events`);
    const errors = events
      .filter(({ level }) => level === "ERROR")
      .flatMap(({ error }) => (error?.exceptions ?? []).map(({ message }) => message));
    assert.ok(
      errors.some((message) => message.includes("/Shared/broken/numbers:6")),
      errors.join("\n"),
    );
    await put(api, "/Shared/broken/numbers", good);
    assert.equal(await update(), "COMPLETED");
  });

  it("a killed engine fails the run that was going with the reason, and the next run works", async () => {
    const { api } = workspace;
    const begun = join(workspace.dataDir, "begun");
    const wait = `import time\nopen(${JSON.stringify(begun)}, "w").close()\ntime.sleep(300)\n`;
    await put(api, "/Shared/broken/wait", NOTEBOOK + wait);
    await put(api, "/Shared/broken/quick", `${NOTEBOOK}dbutils.notebook.exit(str(spark.range(5).count()))\n`);
    const submit = (notebook: string): Promise<{ run_id: number }> =>
      api.post("/api/2.2/jobs/runs/submit", {
        run_name: notebook,
        tasks: [{ task_key: "only", notebook_task: { notebook_path: `/Shared/broken/${notebook}` } }],
      });
    const { run_id } = await submit("wait");
    await until("the notebook", async () => existsSync(begun), Boolean);
    assert.equal((await getRun(api, run_id)).state.life_cycle_state, "RUNNING");
    const [engine] = execFileSync("pgrep", ["-P", String(workspace.pid), "-f", "engine"], { encoding: "utf8" }).split(
      "\n",
    );
    process.kill(Number(engine), "SIGKILL");
    const killed = await until("the killed run", () => getRun(api, run_id), ended);
    assert.notEqual(killed.state.result_state, "SUCCESS");

    const next = await submit("quick");
    const done = await until("the next run", () => getRun(api, next.run_id), ended);
    assert.equal(done.state.result_state, "SUCCESS", JSON.stringify(done.state));
  });

  it("clients, kills of JVM and workspace break no law: a slice of `npm run torture`", async () => {
    const faults = FAULTS.filter((fault) => fault !== "hang the engine"); // it would take the bound of two minutes
    const options = { minutes: 0.3, seed: 335, faults, tell: () => undefined };
    const { laws, model, faults: given } = await torture(workspace, options);
    assert.deepEqual(
      laws.flatMap(({ broken }) => broken),
      [],
    );
    assert.deepEqual(Object.fromEntries(given), { "kill the JVM": 1, "kill the workspace": 1 });
    for (const act of ["land", "insert", "create job", "grant", "intrude"])
      assert.ok(model.counts.get(act)!.done > 0, `${act} was never answered`);
  });
});
