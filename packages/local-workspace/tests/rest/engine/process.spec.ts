import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notFound } from "../../../src/core/errors.ts";
import type { EngineError, Params } from "../../../src/engine/client.ts";
import { EngineProcess } from "../../../src/engine/process.ts";

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("engine process", function () {
  this.timeout(30_000);
  let dir: string;
  let engine: EngineProcess;
  let snapshots: number;

  const make = (env: Record<string, string> = {}, python = "python3"): EngineProcess =>
    new EngineProcess({
      python,
      pythonPath: join(import.meta.dirname, "fixture"),
      logFile: join(dir, "engine.log"),
      env,
      initialize: () => ({ catalogs: [], snapshot: ++snapshots }),
    });

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "engine-"));
    snapshots = 0;
    engine = make();
  });
  afterEach(async () => {
    await engine.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it("starts in the background and answers many requests at once", async () => {
    engine.start();
    assert.equal(engine.state, "starting");
    const answers = await Promise.all([1, 2, 3].map((n) => engine.request<Params>("echo", { n })));
    assert.deepEqual(answers, [{ n: 1 }, { n: 2 }, { n: 3 }]);
    assert.equal(engine.state, "ready");
    assert.equal(snapshots, 1);
  });

  it("an error answer keeps its class and message", async () => {
    await assert.rejects(engine.request("fail", {}), (error: EngineError) => {
      assert.equal(error.errorClass, "TABLE_OR_VIEW_NOT_FOUND");
      assert.equal(error.message, "no such table");
      return true;
    });
  });

  it("answers what the engine asks, and passes refusals on with their code", async () => {
    engine.onRequest("catalog.putTable", ({ name }) => ({ tableId: `id of ${name}` }));
    engine.onRequest("catalog.dropTable", () => {
      throw notFound("Table 't' does not exist.");
    });
    assert.deepEqual(await engine.request("ask", { method: "catalog.putTable", params: { name: "t" } }), {
      tableId: "id of t",
    });
    const refused = await engine.request<{ error: Params }>("ask", { method: "catalog.dropTable", params: {} });
    assert.deepEqual(refused.error.data, {
      error_class: "RESOURCE_DOES_NOT_EXIST",
      error_code: "RESOURCE_DOES_NOT_EXIST",
    });
    const unknown = await engine.request<{ error: Params }>("ask", { method: "nope", params: {} });
    assert.match(String(unknown.error.message), /nope/);
  });

  it("hands notifications on", async () => {
    const seen: Params[] = [];
    engine.onNotification("update.event", (params) => seen.push(params));
    await engine.request("notify", { a: 1 });
    assert.deepEqual(seen, [{ a: 1 }]);
  });

  it("what waited when it died is rejected with the reason; the next request starts another", async () => {
    const reasons: string[] = [];
    engine.onExit((reason) => reasons.push(reason));
    await engine.request("echo", {});
    const first = engine.pid;
    const hanging = engine.request("hang", {});
    engine.request("die", {}).catch(() => undefined);
    await assert.rejects(hanging, (error: EngineError) => {
      assert.equal(error.errorClass, "ENGINE_DIED");
      assert.match(error.message, /status 3.*OutOfMemoryError/s);
      return true;
    });
    assert.equal(reasons.length, 1);
    assert.equal(engine.state, "failed");
    assert.deepEqual(await engine.request("echo", { again: 1 }), { again: 1 });
    assert.notEqual(engine.pid, first);
    assert.equal(snapshots, 2);
  });

  it("catalog changes made while it starts reach it after the snapshot", async () => {
    await engine.stop();
    engine = make({ START_SECONDS: "0.3" });
    await engine.notifyCatalog([{ op: "lost: it has not started" }]);
    engine.start();
    await engine.notifyCatalog([{ op: "createSchema" }]);
    await engine.request("echo", {});
    await engine.notifyCatalog([{ op: "dropSchema" }]);
    assert.deepEqual(await engine.request("applied", {}), ["createSchema", "dropSchema"]);
  });

  it("an interpreter that is missing is named", async () => {
    await engine.stop();
    engine = make({}, "/nowhere/python");
    await assert.rejects(engine.request("echo", {}), /could not be started with \/nowhere\/python/);
  });

  it("does not give the engine the credentials of whoever started the workspace", async () => {
    process.env.DATABRICKS_TOKEN = "planted";
    try {
      const environment = await engine.request<Record<string, string>>("environment", {});
      assert.equal(environment.DATABRICKS_TOKEN, undefined);
      assert.ok(environment.PATH);
    } finally {
      delete process.env.DATABRICKS_TOKEN;
    }
  });

  it("stop ends the process and refuses further requests", async () => {
    await engine.request("echo", {});
    const pid = engine.pid!;
    const hanging = engine.request("hang", {});
    hanging.catch(() => undefined);
    await engine.stop();
    await assert.rejects(hanging, /stopped/);
    assert.equal(alive(pid), false);
    await assert.rejects(engine.request("echo", {}), /stopping/);
    assert.equal(readFileSync(join(dir, "engine.log"), "utf8"), "");
  });
});
