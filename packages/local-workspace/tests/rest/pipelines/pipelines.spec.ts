import { strict as assert } from "node:assert";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineResult, NotificationParams } from "lakehouse-engine/protocol";
import type { Params } from "../../../src/core/engine-client.ts";
import { Harness } from "../harness.ts";

const BASE = "/api/2.0/pipelines";

describe("pipelines", function () {
  this.timeout(20_000);
  let h: Harness;
  beforeEach(async () => {
    h = await new Harness().start();
    h.notebook("/p/bronze/a", "-- a", "SQL");
    h.notebook("/p/bronze/b", "# b");
    h.file("/p/olist/rules.py", "RULES = {}");
    h.file("/p/notes.md", "# notes");
  });
  afterEach(() => h.stop());

  const settings = {
    name: "medallion",
    catalog: "main",
    schema: "default",
    serverless: true,
    root_path: "/p",
    libraries: [{ glob: { include: "/p/bronze/**" } }],
  };
  const create = async (more: object = {}): Promise<string> =>
    (await h.ok("POST", BASE, { ...settings, ...more })).pipeline_id;
  const start = async (id: string, body: object = {}): Promise<string> =>
    (await h.ok("POST", `${BASE}/${id}/updates`, body)).update_id;
  const ended = (id: string, update: string) =>
    h.until(
      async () => (await h.ok("GET", `${BASE}/${id}/updates/${update}`)).update,
      ({ state }) => ["COMPLETED", "FAILED", "CANCELED"].includes(state),
      "the update's end",
    );

  const event = (state: string, more: object = {}): NotificationParams<"update.event">["event"] => ({
    id: `${state}-${Math.random()}`,
    timestamp: new Date().toISOString(),
    level: "INFO",
    event_type: "update_progress",
    message: state,
    details: { update_progress: { state } },
    ...more,
  });
  const completing = (): void => {
    h.engine.on("update.run", ({ pipelineId, updateId }, engine) => {
      for (const state of ["INITIALIZING", "RUNNING", "COMPLETED"])
        engine.notify("update.event", { pipelineId, updateId, event: event(state) });
      return { state: "COMPLETED" as const };
    });
  };

  it("settings come back as sent, and nothing else", async () => {
    const sent = {
      ...settings,
      configuration: { "olist.x": "1" },
      tags: { team: "a" },
      notifications: [{ alerts: ["on-update-failure"], email_recipients: ["a@b.c"] }],
    };
    const id = await create(sent);
    const { spec, ...got } = await h.ok("GET", `${BASE}/${id}`);
    for (const [key, value] of Object.entries(sent)) assert.deepEqual(spec[key], value, key);
    assert.deepEqual(Object.keys(spec).sort(), [...Object.keys(sent), "id", "pipeline_type"].sort());
    assert.equal(got.state, "IDLE");
    assert.deepEqual([got.health, got.run_as], [undefined, undefined], "no update has ended, no run_as was sent");
    await h.ok("PUT", `${BASE}/${id}`, { ...settings, name: "renamed" });
    assert.equal((await h.ok("GET", `${BASE}/${id}`)).name, "renamed");
    await h.ok("DELETE", `${BASE}/${id}`);
    const gone = await h.call("GET", `${BASE}/${id}`);
    assert.equal(gone.status, 404);
    assert.equal(gone.body.error_code, "RESOURCE_DOES_NOT_EXIST");
    assert.equal(gone.body.message, `The specified pipeline ${id} was not found.`);
  });

  it("wrong settings are refused", async () => {
    await create();
    for (const [more, wrong] of [
      [{}, /already used by another pipeline/],
      [{ name: "x", target: "t" }, /schema and target/],
      [{ name: "x", clusters: [{ label: "default" }] }, /cluster settings/],
      [{ name: "x", libraries: [{ glob: { include: "p/**" } }] }, /absolute/],
      [{ name: "x", libraries: [{}] }, /exactly one of/],
      [{ name: "x", channel: "NIGHTLY" }, /channel/],
    ] as const) {
      const { status, body } = await h.call("POST", BASE, { ...settings, ...more });
      assert.ok(status === 400 || status === 409, JSON.stringify(body));
      assert.match(body.message, wrong);
    }
    await create({ allow_duplicate_names: true });
  });

  it("the event log starts with the pipeline's creation, also in the file that event_log() reads", async () => {
    const id = await create();
    const { events } = await h.ok("GET", `${BASE}/${id}/events`);
    assert.deepEqual(
      events.map(({ event_type, details }: Params) => [event_type, details]),
      [["user_action", { user_action: { action: "CREATE", user_name: "admin@local.workspace" } }]],
    );
    const lines = readFileSync(join(h.dataDir, "pipelines", id, "events.jsonl"), "utf8");
    assert.equal(lines, `${JSON.stringify(events[0])}\n`);
  });

  it("an update gets its sources from the workspace's tree, sorted, with the files beside them", async () => {
    completing();
    const id = await create();
    const update = await ended(id, await start(id, { full_refresh_selection: ["t"] }));
    assert.equal(update.state, "COMPLETED");
    const [asked] = h.engine.paramsOf("update.run") as { pipeline: Params; fullRefreshSelection: string[] }[];
    const { sources, files, rootPath } = asked!.pipeline as { sources: Params[]; files: Params[]; rootPath: string };
    assert.deepEqual(
      sources.map(({ path, language, kind }) => [path, language, kind]),
      [
        ["/p/bronze/a", "SQL", "notebook"],
        ["/p/bronze/b", "PYTHON", "notebook"],
      ],
    );
    assert.deepEqual(
      files.map(({ path }) => path),
      ["/p/notes.md", "/p/olist/rules.py"],
    );
    assert.equal(rootPath, "/p");
    assert.deepEqual(asked!.fullRefreshSelection, ["t"]);
  });

  it("events are listed newest first, filtered and paged, and are there after a restart", async () => {
    completing();
    const id = await create();
    const update = await start(id);
    await ended(id, update);
    const page = await h.ok("GET", `${BASE}/${id}/events?max_results=2`);
    assert.deepEqual(
      page.events.map(({ message }: Params) => message),
      ["COMPLETED", "RUNNING"],
    );
    const rest = await h.ok("GET", `${BASE}/${id}/events?max_results=2&page_token=${page.next_page_token}`);
    assert.deepEqual(
      rest.events.map(({ message }: Params) => message),
      ["INITIALIZING", "User admin@local.workspace created pipeline medallion."],
    );
    // https://github.com/databricks/cli/issues/6473: the CLI sends its filter again with each page token
    const levels = encodeURIComponent("level='INFO'");
    const first = await h.ok("GET", `${BASE}/${id}/events?max_results=2&filter=${levels}`);
    const token = `max_results=2&page_token=${first.next_page_token}`;
    assert.equal((await h.ok("GET", `${BASE}/${id}/events?${token}&filter=${levels}`)).events.length, 2);
    const other = await h.call("GET", `${BASE}/${id}/events?${token}&filter=${encodeURIComponent("level='WARN'")}`);
    assert.deepEqual([other.status, other.body.error_code], [400, "INVALID_PARAMETER_VALUE"]);
    const types = encodeURIComponent("event_type='create_update'");
    assert.match((await h.call("GET", `${BASE}/${id}/events?filter=${types}`)).body.message, /not 'event_type'/);
    h = await h.restart();
    const filter = encodeURIComponent(
      `update_id = '${update}' AND level in ('INFO', 'WARN') AND timestamp > '2020-01-01T00:00:00Z'`,
    );
    const order = encodeURIComponent("timestamp asc");
    const all = await h.ok("GET", `${BASE}/${id}/events?filter=${filter}&order_by=${order}`);
    assert.deepEqual(
      all.events.map(({ message }: Params) => message),
      ["INITIALIZING", "RUNNING", "COMPLETED"],
    );
    const bad = await h.call("GET", `${BASE}/${id}/events?filter=${encodeURIComponent("level = WARN")}`);
    assert.match(bad.body.message, /in quotes/);
  });

  it("what an update cannot do is refused, not ignored", async () => {
    const id = await create();
    const overrides = [{ flow_name: "f", predicate_override: "a > 1" }];
    for (const asked of [{ reset_checkpoint_selection: ["f"] }, { replace_where_overrides: overrides }]) {
      const { status, body } = await h.call("POST", `${BASE}/${id}/updates`, asked);
      assert.equal(status, 400);
      assert.match(body.message, new RegExp(`^${Object.keys(asked)[0]} is not supported`));
    }
  });

  it("a second update is refused while one is active; stop ends it", async () => {
    let release: (value: Partial<EngineResult<"update.run">>) => void = () => undefined;
    h.engine.on(
      "update.run",
      () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    );
    h.engine.on("update.stop", () => release({ state: "CANCELED" as const }));
    const id = await create();
    const update = await start(id);
    const second = await h.call("POST", `${BASE}/${id}/updates`, {});
    assert.equal(second.status, 409);
    assert.match(second.body.message, new RegExp(`An active update ${update} already exists`));
    assert.equal((await h.ok("GET", `${BASE}/${id}`)).state, "RUNNING");
    await h.ok("POST", `${BASE}/${id}/stop`);
    assert.equal((await ended(id, update)).state, "CANCELED");
  });

  it("a missing source fails the update and the event log names it", async () => {
    const id = await create({ libraries: [{ notebook: { path: "/p/gone" } }] });
    const update = await ended(id, await start(id));
    assert.equal(update.state, "FAILED");
    const { events } = await h.ok("GET", `${BASE}/${id}/events`);
    assert.match(events[0].error.exceptions[0].message, /'\/p\/gone' does not exist/);
    assert.equal((await h.ok("GET", `${BASE}/${id}`)).health, "UNHEALTHY");
  });

  it("an update that was active when the workspace died has failed with the reason", async () => {
    h.engine.on("update.run", () => new Promise(() => undefined));
    const id = await create();
    const update = await start(id);
    h = await h.restart();
    assert.equal((await ended(id, update)).state, "FAILED");
    completing();
    assert.equal((await ended(id, await start(id))).state, "COMPLETED");
  });

  it("an update that had begun nothing when the engine died goes on with the next engine, once; one that ran has failed", async () => {
    const dying = (states: readonly string[]): void => {
      h.engine.on("update.run", ({ pipelineId, updateId }) => {
        const state = states[times++];
        if (state === undefined) return { state: "COMPLETED" as const };
        h.engine.notify("update.event", { pipelineId, updateId, event: event(state) });
        h.engine.die();
        return new Promise(() => undefined);
      });
    };
    let times = 0;
    for (const [states, end, asked] of [
      [["INITIALIZING"], "COMPLETED", 2],
      [["INITIALIZING", "INITIALIZING"], "FAILED", 2],
      [["RUNNING"], "FAILED", 1],
    ] as const) {
      times = 0;
      dying(states);
      const id = await create({ name: `dies ${states.join()}` });
      assert.equal((await ended(id, await start(id))).state, end, states.join());
      assert.equal(times, asked, states.join());
    }
  });

  it("an update that was asked to stop is canceled when its engine dies", async () => {
    for (const state of ["INITIALIZING", "RUNNING"]) {
      let times = 0;
      h.engine.on("update.run", ({ pipelineId, updateId }) => {
        times++;
        h.engine.notify("update.event", { pipelineId, updateId, event: event(state) });
        return new Promise(() => undefined);
      });
      h.engine.on("update.stop", () => {
        h.engine.die();
        return {};
      });
      const id = await create({ name: `stops ${state}` });
      const update = await start(id);
      await h.ok("POST", `${BASE}/${id}/stop`, {});
      assert.equal((await ended(id, update)).state, "CANCELED", state);
      assert.equal(times, 1);
    }
  });

  it("a pipeline task waits for its update and fails with its reason", async () => {
    h.engine.on("update.run", () => ({ state: "FAILED" as const, error: { message: "Flow gold.x failed" } }));
    const id = await create();
    const job = await h.createJob({
      name: "j",
      tasks: [{ task_key: "p", pipeline_task: { pipeline_id: id, full_refresh: true } }],
    });
    const run = await h.ended(await h.runNow(job));
    assert.equal(run.state.result_state, "FAILED");
    const output = await h.ok("GET", `/api/2.2/jobs/runs/get-output?run_id=${run.tasks[0].run_id}`);
    assert.equal(output.error, "Flow gold.x failed");
    const { updates } = await h.ok("GET", `${BASE}/${id}/updates`);
    assert.equal(updates[0].cause, "JOB_TASK");
    assert.equal(updates[0].full_refresh, true);
  });

  it("parameters are the pipeline's, then the task's, then the job's, and those of a start", async () => {
    const given: unknown[] = [];
    h.engine.on("update.run", ({ pipeline }) => {
      given.push(pipeline.parameters);
      return { state: "COMPLETED" as const };
    });
    const id = await create({ parameters: { a: "pipeline", b: "pipeline", c: "pipeline" } });
    const update = await start(id, { parameters: { a: "start", "d.e-f": "new" } });
    assert.deepEqual((await ended(id, update)).parameters, {
      a: "start",
      b: "pipeline",
      c: "pipeline",
      "d.e-f": "new",
    });
    const task = { pipeline_id: id, parameters: { a: "task", b: "{{job.name}}" } };
    const parameters = [{ name: "a", default: "job" }];
    const job = await h.createJob({ name: "j", parameters, tasks: [{ task_key: "p", pipeline_task: task }] });
    await h.ended(await h.runNow(job));
    assert.deepEqual(given[1], { a: "job", b: "j", c: "pipeline" });
    assert.equal((await h.ok("GET", `${BASE}/${id}`)).parameters.a, "pipeline");
    for (const [wrong, message] of [
      [{ "a b": "1" }, /parameters: 'a b' may only have letters, digits, underscores, hyphens and periods/],
      [{ a: "x".repeat(10_000) }, /at most 10000/],
    ] as const) {
      const refused = await h.call("POST", `${BASE}/${id}/updates`, { parameters: wrong });
      assert.equal(refused.status, 400);
      assert.match(refused.body.message, message);
    }
  });

  it("what a pipeline published goes with it, files too", async () => {
    const id = await create();
    const location = join(h.dataDir, "tables", "t1");
    mkdirSync(location);
    const table = {
      fullName: "main.default.t",
      tableType: "STREAMING_TABLE" as const,
      location,
      tableId: "t1",
      columns: [],
      properties: {},
      pipelineId: id,
    };
    await h.engine.ask("catalog.putTable", {
      table,
      principal: (await h.ok("GET", "/api/2.0/preview/scim/v2/Me")).userName,
    });
    assert.equal((await h.call("GET", "/api/2.1/unity-catalog/tables/main.default.t")).status, 200);
    await h.ok("DELETE", `${BASE}/${id}`);
    assert.equal((await h.call("GET", "/api/2.1/unity-catalog/tables/main.default.t")).status, 404);
    assert.equal(existsSync(location), false);
  });

  it("list filters by name and pages", async () => {
    for (const name of ["one", "two", "three"]) await create({ name });
    const like = await h.ok(
      "GET",
      `${BASE}?filter=${encodeURIComponent("name LIKE 't%'")}&order_by=${encodeURIComponent("name asc")}`,
    );
    assert.deepEqual(
      like.statuses.map(({ name }: Params) => name),
      ["three", "two"],
    );
    const page = await h.ok("GET", `${BASE}?max_results=2`);
    assert.equal(page.statuses.length, 2);
    assert.ok(page.next_page_token);
  });
});
