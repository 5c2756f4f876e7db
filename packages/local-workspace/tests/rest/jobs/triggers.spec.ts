/** What starts runs besides people and schedules: files that arrive, tables that change, time that passes, a run that ended. */
import { strict as assert } from "node:assert";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { State } from "../../../src/services/jobs/runs/types.ts";
import { restAfter } from "../../../src/services/jobs/scheduler.ts";
import { fires, type Seen } from "../../../src/services/jobs/triggers.ts";
import { Harness } from "../harness.ts";

const TASKS = [{ task_key: "a", notebook_task: { notebook_path: "/n/a" } }];
const state = (result: State["result"], lifeCycle: State["lifeCycle"] = "TERMINATED"): State => ({
  lifeCycle,
  result,
  message: "",
});

describe("triggers of jobs", function () {
  this.timeout(30_000);
  let h: Harness;
  beforeEach(async () => {
    h = await new Harness().start();
    h.notebook("/n/a");
    await h.ok("POST", "/api/2.1/unity-catalog/volumes", {
      ...{ catalog_name: "main", schema_name: "default", name: "in", volume_type: "MANAGED" },
    });
  });
  afterEach(() => h.stop());

  const drop = (name: string): void => {
    const folder = join(h.dataDir, "volumes/main/default/in/orders");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), "x");
  };
  const onFiles = (more: object = {}): Promise<number> =>
    h.createJob({
      tasks: TASKS,
      trigger: { file_arrival: { url: "/Volumes/main/default/in/orders/" }, ...more },
    });
  const runsOf = async (job: number): Promise<{ trigger: string }[]> =>
    (await h.ok("GET", `/api/2.2/jobs/runs/list?job_id=${job}`)).runs ?? [];
  const runs = (job: number, count: number, what: string): Promise<{ trigger: string }[]> =>
    h.until(
      () => runsOf(job),
      (all) => all.length >= count,
      what,
    );
  const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2500));

  it("a new file starts one run; files that were there, and the same file written again, start none", async () => {
    drop("before.csv");
    const job = await onFiles();
    await quiet();
    assert.deepEqual(await runsOf(job), []);
    drop("new.csv");
    const [run] = await runs(job, 1, "a run for the file");
    assert.equal(run!.trigger, "FILE_ARRIVAL");
    drop("new.csv");
    await quiet();
    assert.equal((await runsOf(job)).length, 1);
  });

  it("a file that comes while the workspace is down starts a run when it is up again; a paused trigger starts none", async () => {
    const paused = await onFiles({ pause_status: "PAUSED" });
    const job = await onFiles();
    h = await h.restart();
    await quiet();
    assert.deepEqual(await runsOf(job), []);
    const before = h.dataDir;
    drop("meanwhile.csv");
    h = await h.restart();
    assert.equal(h.dataDir, before);
    await runs(job, 1, "a run for the file");
    assert.deepEqual(await runsOf(paused), []);
  });

  it("a continuous job runs again when its run ended, and not while it is paused", async () => {
    const job = await h.createJob({ tasks: TASKS, continuous: {} });
    assert.equal((await h.ok("GET", `/api/2.2/jobs/get?job_id=${job}`)).settings.continuous.pause_status, "UNPAUSED");
    const all = await runs(job, 2, "a second run");
    assert.deepEqual(new Set(all.map(({ trigger }) => trigger)), new Set(["CONTINUOUS"]));
    await h.ok("POST", "/api/2.2/jobs/update", {
      job_id: job,
      new_settings: { continuous: { pause_status: "PAUSED" } },
    });
    const count = (await runsOf(job)).length;
    await quiet();
    assert.equal((await runsOf(job)).length, count);
  });

  it("a job that cannot run, as it has no tasks, does not keep others from running", async () => {
    await h.createJob({ name: "empty", continuous: {} });
    const job = await h.createJob({ tasks: TASKS, continuous: {} });
    await runs(job, 1, "a run of the other job");
  });

  it("rests longer with every failure of a row, and little after a success or a cancellation", () => {
    const bad = state("FAILED", "INTERNAL_ERROR");
    assert.equal(restAfter([state("SUCCESS"), bad]), restAfter([]));
    assert.equal(restAfter([state("CANCELED"), bad]), restAfter([]));
    assert.equal(restAfter([state("MAXIMUM_CONCURRENT_RUNS_REACHED", "SKIPPED"), state("SUCCESS")]), restAfter([]));
    const one = restAfter([bad, state("SUCCESS")]);
    assert.ok(one > restAfter([]));
    assert.equal(restAfter([bad, bad, state("SUCCESS")]), 2 * one);
    assert.equal(restAfter(Array<State>(50).fill(bad)), 600_000);
  });

  it("keeps to the time between runs, waits until it is quiet, and for all tables where it is told to", () => {
    const seen = (...keys: [string, number][]): Seen => new Map(keys);
    const file = (more: object): Parameters<typeof fires>[0] => ({ file_arrival: { url: "/Volumes/a/b/c", ...more } });
    const fresh = { before: seen(), since: 0, fired: true };
    const now = seen(["f", 100_000]);
    assert.equal(fires(file({ min_time_between_triggers_seconds: 120 }), fresh, now, 119_000), false);
    assert.equal(fires(file({ min_time_between_triggers_seconds: 120 }), fresh, now, 120_000), true);
    assert.equal(fires(file({ min_time_between_triggers_seconds: 120 }), { ...fresh, fired: false }, now, 1000), false);
    assert.equal(fires(file({ wait_after_last_change_seconds: 60 }), fresh, now, 159_000), false);
    assert.equal(fires(file({ wait_after_last_change_seconds: 60 }), fresh, now, 160_000), true);
    const both = { table_update: { table_names: ["a.b.c", "a.b.d"], condition: "ALL_UPDATED" as const } };
    assert.equal(fires(both, fresh, seen(["a.b.c 1", 1]), 9000), false);
    assert.equal(fires(both, fresh, seen(["a.b.c 1", 1], ["a.b.d 0", 1]), 9000), true);
    assert.equal(
      fires(both, { ...fresh, before: seen(["a.b.d 0", 1]) }, seen(["a.b.c 1", 1], ["a.b.d 0", 1]), 9000),
      false,
    );
  });

  it("refuses what could never start a run", async () => {
    const refused = async (settings: object, pattern: RegExp, code = "INVALID_PARAMETER_VALUE"): Promise<void> => {
      const { body } = await h.call("POST", "/api/2.2/jobs/create", { tasks: TASKS, ...settings });
      assert.equal(body.error_code, code, JSON.stringify(body));
      assert.match(body.message, pattern);
    };
    await refused({ trigger: {} }, /exactly one of periodic, file_arrival, table_update, got none/);
    await refused({ trigger: { file_arrival: { url: "/Volumes/main/default/nope/" } } }, /main\.default\.nope/);
    await refused({ trigger: { file_arrival: { url: "s3://bucket/in" } } }, /external location/);
    await refused({ trigger: { table_update: { table_names: ["t"] } } }, /catalog_name\.schema_name\.table_name/);
    await refused({ trigger: { model: {} } }, /trigger\.model/, "NOT_IMPLEMENTED");
    const short = { url: "/Volumes/main/default/in", min_time_between_triggers_seconds: 5 };
    await refused({ trigger: { file_arrival: short } }, /60 seconds/);
    await refused({ trigger: { periodic: { interval: 0, unit: "HOURS" } } }, /interval/);
    await refused({ continuous: {}, trigger: { periodic: { interval: 1, unit: "HOURS" } } }, /Only one of/);
  });

  it("tells the trigger's state when asked", async () => {
    const job = await onFiles();
    const { trigger_state } = await h.ok("GET", `/api/2.2/jobs/get?job_id=${job}&include_trigger_state=true`);
    assert.deepEqual(trigger_state, { pause_status: "UNPAUSED", file_arrival: { using_file_events: false } });
  });
});
