import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CatalogChange } from "lakehouse-engine/protocol";
import type { EngineError, Params } from "../../../src/core/engine-client.ts";
import { notFound } from "../../../src/core/errors.ts";
import { EngineProcess, hangMillis } from "../../../src/engine/process.ts";

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const EVENT = { id: "1", timestamp: "2026-01-01T00:00:00Z", level: "INFO", event_type: "update_progress" };

describe("engine process", function () {
  this.timeout(30_000);
  let dir: string;
  let engine: EngineProcess;
  let snapshots: number;

  const make = (env: Record<string, string> = {}, python = "python3", hangMillis?: number): EngineProcess =>
    new EngineProcess({
      python,
      pythonPath: join(import.meta.dirname, "fixture"),
      logFile: join(dir, "engine.log"),
      env,
      hangMillis,
      initialize: () => {
        snapshots += 1;
        return { dataDir: dir, volumesRoot: dir, tablesRoot: dir, catalogs: [], tables: [], functions: [] };
      },
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
    const answers = await Promise.all([1, 2, 3].map((n) => engine.send("echo", { n })));
    assert.deepEqual(answers, [{ n: 1 }, { n: 2 }, { n: 3 }]);
    assert.equal(engine.state, "ready");
    assert.equal(snapshots, 1);
  });

  const failing = async (method: string, params: Params) =>
    (await engine.send(method, params)) as { error: { message: string; data: Params } };
  const raw = (...pieces: (string | Buffer)[]): Promise<unknown> =>
    engine.send("raw", { pieces: pieces.map((piece) => Buffer.from(piece).toString("hex")) });

  it("a text of any characters goes both ways unchanged", async () => {
    const text = 'line\u2028paragraph\u2029feed\n\r nul\0 bell\u0007 é 漢 😀 \\ "';
    assert.deepEqual(await engine.send("echo", { text }), { text });
    const seen: Params[] = [];
    engine.onNotification("update.event", (params) => seen.push(params));
    const params = { pipelineId: "p", updateId: "u", event: { ...EVENT, message: text } };
    await engine.send("notify", params);
    assert.deepEqual(seen, [params]);
  });

  it("an answer that comes in pieces, cut within a character, is one answer", async () => {
    const frame = Buffer.from('{"jsonrpc": "2.0", "id": ID, "result": "😀\u2028é"}\n');
    const within = frame.indexOf(Buffer.from("😀")) + 2;
    assert.equal(await raw(frame.subarray(0, within), frame.subarray(within)), "😀\u2028é");
  });

  it("an answer that cannot be read fails its request and no other", async () => {
    const hanging = engine.send("hang", {});
    hanging.catch(() => undefined);
    for (const broken of ['"result": NaN}\n', '"result": {\n', '"result": "\xff"}\n']) {
      const frame = Buffer.from(`{"jsonrpc":"2.0","id":ID,${broken}`, "latin1");
      await assert.rejects(raw(frame), (error: EngineError) => {
        assert.equal(error.errorClass, "ENGINE_ANSWER_UNREADABLE");
        assert.match(error.message, /^The engine's answer to raw cannot be read: /);
        return true;
      });
    }
    assert.equal(engine.state, "ready");
    assert.match(readFileSync(join(dir, "engine.log"), "utf8"), /message of the engine cannot be read .*NaN/);
  });

  it("a message that belongs to no request ends the engine, and the next request starts another", async () => {
    await engine.send("echo", {});
    const { pid } = engine;
    await assert.rejects(raw("Spark says hello\n"), (error: EngineError) => {
      assert.equal(error.errorClass, "ENGINE_DIED");
      assert.match(error.message, /sent a message that cannot be read .* and was ended/);
      return true;
    });
    assert.deepEqual(await engine.send("echo", { again: 1 }), { again: 1 });
    assert.notEqual(engine.pid, pid);
  });

  it("an engine that gives no sign of life within the bound is ended, and the next request starts another", async () => {
    await engine.stop();
    engine = make({}, "python3", 400);
    await engine.send("echo", {});
    const pid = engine.pid!;
    const waiting = engine.send("hang", {});
    waiting.catch(() => undefined);
    await assert.rejects(engine.send("freeze", {}), /gave no sign of life for 0\.4 s and was ended/);
    await assert.rejects(waiting, /no sign of life/);
    assert.deepEqual(await engine.send("echo", { again: 1 }), { again: 1 });
    assert.equal(alive(pid), false);
  });

  it("a request that takes longer than the bound goes on while the engine lives", async () => {
    await engine.stop();
    engine = make({}, "python3", 200);
    await engine.send("echo", {});
    const hanging = engine.send("hang", {});
    const first = await Promise.race([hanging.catch(() => "ended"), new Promise((r) => setTimeout(r, 700, "going"))]);
    assert.equal(first, "going");
    hanging.catch(() => undefined);
  });

  it("the bound comes from ENGINE_HANG_SECONDS, and a value that is none is refused by name", () => {
    assert.deepEqual(["", "0", "2.5"].map(hangMillis), [120_000, 0, 2500]);
    for (const wrong of ["soon", "-1", "0.5", "Infinity"])
      assert.throws(() => hangMillis(wrong), new RegExp(`ENGINE_HANG_SECONDS must be .* got '${wrong}'`));
  });

  it("an error answer keeps its class and message", async () => {
    await assert.rejects(engine.send("fail", {}), (error: EngineError) => {
      assert.equal(error.errorClass, "TABLE_OR_VIEW_NOT_FOUND");
      assert.equal(error.message, "no such table");
      return true;
    });
  });

  it("answers what the engine asks, and passes refusals on with their code", async () => {
    engine.onRequest("catalog.putTable", ({ table }) => ({ tableId: `id of ${table.fullName}` }));
    engine.onRequest("catalog.dropTable", () => {
      throw notFound("Table 't' does not exist.");
    });
    assert.deepEqual(
      await engine.send("ask", {
        method: "catalog.putTable",
        params: { table: { fullName: "t", tableType: "MANAGED" }, principal: null },
      }),
      {
        tableId: "id of t",
      },
    );
    const refused = await failing("ask", { method: "catalog.dropTable", params: { fullName: "t", principal: null } });
    assert.deepEqual(refused.error.data, {
      error_class: "RESOURCE_DOES_NOT_EXIST",
      error_code: "RESOURCE_DOES_NOT_EXIST",
    });
    const unknown = await failing("ask", { method: "nope", params: {} });
    assert.match(String(unknown.error.message), /nope/);
  });

  it("what is not of the protocol is refused where it arrives, by name", async () => {
    engine.onRequest("catalog.dropTable", () => ({}));
    const { error } = await failing("ask", { method: "catalog.dropTable", params: { fullname: "t" } });
    assert.equal(error.data.error_code, "INVALID_PARAMETER_VALUE");
    assert.match(error.message, /^catalog\.dropTable: [\s\S]*fullName/);
    await assert.rejects(engine.request("sql.openSession", { sessionId: "s", configuration: {}, principal: null }), {
      errorClass: "ENGINE_ANSWER_INVALID",
      message: /answer to sql\.openSession is not of the protocol: [\s\S]*catalog/,
    });
    const seen: Params[] = [];
    engine.onNotification("update.event", (params) => seen.push(params));
    await engine.send("notify", { event: "none" });
    assert.deepEqual(seen, []);
    assert.match(readFileSync(join(dir, "engine.log"), "utf8"), /notification update\.event failed: /);
  });

  it("hands notifications on", async () => {
    const seen: Params[] = [];
    engine.onNotification("update.event", (params) => seen.push(params));
    const params = { pipelineId: "p", updateId: "u", event: EVENT };
    await engine.send("notify", params);
    assert.deepEqual(seen, [params]);
  });

  it("what waited when it died is rejected with the reason; the next request starts another", async () => {
    const reasons: string[] = [];
    engine.onExit((reason) => reasons.push(reason));
    await engine.send("echo", {});
    const first = engine.pid;
    const hanging = engine.send("hang", {});
    engine.send("die", {}).catch(() => undefined);
    await assert.rejects(hanging, (error: EngineError) => {
      assert.equal(error.errorClass, "ENGINE_DIED");
      assert.match(error.message, /status 3.*OutOfMemoryError/s);
      return true;
    });
    assert.equal(reasons.length, 1);
    assert.equal(engine.state, "failed");
    assert.deepEqual(await engine.send("echo", { again: 1 }), { again: 1 });
    assert.notEqual(engine.pid, first);
    assert.equal(snapshots, 2);
  });

  it("what waits for an engine that cannot be initialized goes on with another, once, and the next request starts a third", async () => {
    const failing = join(dir, "failing");
    engine = make({ FAILING_STARTS: failing });
    const fail = (times: number): void => writeFileSync(failing, String(times));
    fail(1);
    assert.deepEqual(await Promise.all([1, 2].map((n) => engine.send("echo", { n }))), [{ n: 1 }, { n: 2 }]);
    assert.equal(snapshots, 2);
    await assert.rejects(engine.send("die", {}));
    fail(2);
    await assert.rejects(engine.send("echo", {}), (error: EngineError) => {
      assert.equal(error.errorClass, "ENGINE_DIED");
      assert.match(error.message, /^The Spark engine could not be initialized: Connection refused\. Its log is /);
      return true;
    });
    assert.equal(engine.pid, undefined);
    assert.deepEqual(await engine.send("echo", { again: 1 }), { again: 1 });
  });

  it("a catalog change that an engine's end meets is no failure: the next engine reads the whole", async () => {
    await engine.send("echo", {});
    await engine.notifyCatalog([{ op: "die" } as unknown as CatalogChange]);
    assert.deepEqual(await engine.send("applied", {}), []);
    assert.equal(snapshots, 2);
  });

  it("catalog changes made while it starts reach it after the snapshot", async () => {
    await engine.stop();
    engine = make({ START_SECONDS: "0.3" });
    await engine.notifyCatalog([{ op: "dropCatalog", catalog: "lost: it has not started" }]);
    engine.start();
    await engine.notifyCatalog([{ op: "createSchema", catalog: "c", schema: "s" }]);
    await engine.send("echo", {});
    await engine.notifyCatalog([{ op: "dropSchema", catalog: "c", schema: "s" }]);
    assert.deepEqual(await engine.send("applied", {}), ["createSchema", "dropSchema"]);
  });

  it("an interpreter that is missing is named", async () => {
    await engine.stop();
    engine = make({}, "/nowhere/python");
    await assert.rejects(engine.send("echo", {}), /could not be started with \/nowhere\/python/);
  });

  it("does not give the engine the credentials of whoever started the workspace", async () => {
    process.env.DATABRICKS_TOKEN = "planted";
    try {
      const environment = (await engine.send("environment", {})) as Record<string, string>;
      assert.equal(environment.DATABRICKS_TOKEN, undefined);
      assert.ok(environment.PATH);
    } finally {
      delete process.env.DATABRICKS_TOKEN;
    }
  });

  it("its log holds no secret that it was given, in pieces, by lines or as JSON, and all else that it printed", async () => {
    const secret = 'first "line" of the key\nand its second line';
    engine.onRequest("secrets.get", () => ({ value: Buffer.from(secret).toString("base64") }));
    await engine.send("print", { pieces: ["before\n"] });
    await engine.send("ask", { method: "secrets.get", params: { scope: "s", key: "k", principal: "me" } });
    const pieces = [
      "a ",
      secret.slice(0, 9),
      secret.slice(9),
      "\n",
      `b ${JSON.stringify(secret)}\n`,
      "c, and no end of line",
    ];
    await engine.send("print", { pieces });
    await engine.stop();
    const log = readFileSync(join(dir, "engine.log"), "utf8");
    assert.equal(log, 'before\na [REDACTED]\n[REDACTED]\nb "[REDACTED]"\nc, and no end of line');
  });

  it("stop ends the process and refuses further requests", async () => {
    await engine.send("echo", {});
    const pid = engine.pid!;
    const hanging = engine.send("hang", {});
    hanging.catch(() => undefined);
    await engine.stop();
    await assert.rejects(hanging, /stopped/);
    assert.equal(alive(pid), false);
    await assert.rejects(engine.send("echo", {}), /stopping/);
    assert.equal(readFileSync(join(dir, "engine.log"), "utf8"), "");
  });
});
