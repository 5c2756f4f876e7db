import { strict as assert } from "node:assert";
import type { EngineResult } from "lakehouse-engine/protocol";
import { Harness } from "../harness.ts";

const BASE = "/api/2.0/pipelines";

describe("continuous pipelines", function () {
  this.timeout(30_000);
  let h: Harness;
  let broken: boolean;
  const stops = new Map<string, (value: Partial<EngineResult<"update.run">>) => void>();

  /** An engine whose updates go on until they are stopped, or fail at once where the sources are `broken`. */
  const goingOn = (): void => {
    h.engine.on("update.run", ({ pipelineId, updateId }, engine) => {
      if (broken) return { state: "FAILED" as const, error: { message: "the sources are broken" } };
      const details = { update_progress: { state: "RUNNING" } };
      const event = {
        id: updateId,
        timestamp: "2026-01-01T00:00:00Z",
        level: "INFO",
        event_type: "update_progress",
      };
      engine.notify("update.event", { pipelineId, updateId, event: { ...event, details } });
      return new Promise((resolve) => stops.set(updateId, resolve));
    });
    h.engine.on("update.stop", ({ updateId }) => stops.get(updateId)?.({ state: "CANCELED" }));
  };

  beforeEach(async () => {
    broken = false;
    h = await new Harness().start();
    h.notebook("/p/a", "-- a", "SQL");
    goingOn();
  });
  afterEach(() => h.stop());

  const settings = {
    name: "stream",
    catalog: "main",
    schema: "default",
    continuous: true,
    libraries: [{ notebook: { path: "/p/a" } }],
  };
  const create = async (more: object = {}): Promise<string> =>
    (await h.ok("POST", BASE, { ...settings, ...more })).pipeline_id;
  const get = (id: string) => h.ok("GET", `${BASE}/${id}`);
  const updates = async (id: string): Promise<{ update_id: string; state: string; cause: string }[]> =>
    (await h.ok("GET", `${BASE}/${id}/updates`)).updates ?? [];
  const until = (id: string, state: string) =>
    h.until(
      () => get(id),
      (got) => got.state === state,
      `the pipeline to be ${state}`,
      15_000, // a failed update is tried again after ten seconds
    );

  it("run from their creation until they are stopped, and a stop is the end", async () => {
    const id = await create();
    // the provider of Pulumi and Terraform waits for this state after it has made one
    assert.equal((await get(id)).state, "RUNNING");
    const again = await h.call("POST", `${BASE}/${id}/updates`, {});
    assert.equal(again.body.error_code, "RESOURCE_CONFLICT");
    await h.ok("POST", `${BASE}/${id}/stop`);
    await until(id, "IDLE");
    assert.deepEqual(
      (await updates(id)).map(({ state, cause }) => [state, cause]),
      [["CANCELED", "USER_ACTION"]],
    );
    await h.ok("DELETE", `${BASE}/${id}`);
  });

  it("start anew with changed settings, and end when they are no longer continuous", async () => {
    const id = await create();
    await h.ok("PUT", `${BASE}/${id}`, { ...settings, configuration: { a: "1" } });
    await until(id, "RUNNING");
    const [second, first] = await updates(id);
    assert.deepEqual([second!.state, second!.cause], ["RUNNING", "SETTINGS_CHANGE"]);
    assert.equal(first!.state, "CANCELED");
    const asked = h.engine.paramsOf("update.run").at(-1) as { pipeline: { configuration: object } };
    assert.deepEqual(asked.pipeline.configuration, { a: "1" });
    await h.ok("PUT", `${BASE}/${id}`, { ...settings, continuous: false });
    await until(id, "IDLE");
    assert.equal((await updates(id)).length, 2);
  });

  it("start again after a failure in production mode, and are FAILED in development mode", async () => {
    broken = true;
    const development = await create({ name: "dev", development: true });
    await until(development, "FAILED");
    const id = await create();
    await until(id, "FAILED");
    broken = false;
    await until(id, "RUNNING");
    assert.deepEqual(
      (await updates(id)).map(({ state, cause }) => [state, cause]),
      [
        ["RUNNING", "RETRY_ON_FAILURE"],
        ["FAILED", "USER_ACTION"],
      ],
    );
    assert.equal((await updates(development)).length, 1);
  });

  it("are tried no more often than their configuration says, and not after a stop", async () => {
    broken = true;
    const never = await create({ name: "never", configuration: { "pipelines.numUpdateRetryAttempts": "0" } });
    await until(never, "FAILED");
    const stopped = await create();
    await until(stopped, "FAILED");
    await h.ok("POST", `${BASE}/${stopped}/stop`);
    await until(stopped, "FAILED");
  });

  it("go on after a restart of the workspace", async () => {
    const id = await create();
    h = await h.restart();
    goingOn();
    assert.equal((await get(id)).state, "FAILED");
    await until(id, "RUNNING");
  });

  it("are not a job's task, which would never end", async () => {
    const id = await create();
    const job = await h.createJob({ name: "j", tasks: [{ task_key: "t", pipeline_task: { pipeline_id: id } }] });
    const run = await h.runNow(job);
    const ended = await h.until(
      () => h.ok("GET", `/api/2.2/jobs/runs/get?run_id=${run}`),
      ({ state }) => state.life_cycle_state === "INTERNAL_ERROR" || state.life_cycle_state === "TERMINATED",
      "the run's end",
    );
    const output = await h.ok("GET", `/api/2.2/jobs/runs/get-output?run_id=${ended.tasks[0].run_id}`);
    assert.match(output.error, /is continuous: its update does not end/);
  });
});
