/** Statements of SQL tasks run as every other statement does: with history, results that go, and an end when asked for. */
import { strict as assert } from "node:assert";
import { EngineError } from "../../../src/core/engine-client.ts";
import { Harness } from "../harness.ts";

describe("SQL tasks", function () {
  this.timeout(20_000);
  let h: Harness;
  let task: Record<string, unknown>;
  beforeEach(async () => {
    h = await new Harness().start();
    h.file("/q.sql", "SELECT 1; SELECT 2");
    const warehouse_id = (await h.ok("GET", "/api/2.0/sql/warehouses")).warehouses[0].id;
    task = { task_key: "q", sql_task: { warehouse_id, file: { path: "/q.sql" } } };
  });
  afterEach(() => h.stop());

  const start = async (): Promise<number> => h.runNow(await h.createJob({ name: "j", tasks: [task] }));
  const history = async () => (await h.ok("GET", "/api/2.0/sql/history/queries")).res;

  it("are in the query history, with their warehouse and how they ended", async () => {
    h.engine.on("sql.execute", ({ statement }) => {
      if (statement.endsWith("2")) throw new EngineError("no such thing", { error_class: "SOME_CLASS" });
    });
    const run = await h.ended(await start());
    assert.equal(run.tasks[0].state.result_state, "FAILED");
    const found = await history();
    assert.deepEqual(
      found.map(({ query_text, status, error_message }: Record<string, string>) => [query_text, status, error_message]),
      [
        ["SELECT 2", "FAILED", "no such thing"],
        ["SELECT 1", "FINISHED", undefined],
      ],
    );
    assert.ok(found.every((each: { warehouse_id: string }) => each.warehouse_id));
    const { status } = await h.call("GET", `/api/2.0/sql/statements/${found[0].query_id}`);
    assert.equal(status, 404, "the Statement Execution API knows its own statements only");
    assert.deepEqual(
      h.engine.paramsOf("sql.closeSession").map(({ sessionId }) => sessionId),
      [h.engine.paramsOf("sql.execute")[0]?.sessionId],
    );
  });

  it("end with their run", async () => {
    h.engine.on("sql.execute", () => new Promise(() => undefined));
    h.engine.on("sql.cancel", (_params, engine) => engine.die("canceled"));
    const runId = await start();
    await h.until(history, (found) => found.length > 0, "the statement's start");
    await h.ok("POST", "/api/2.2/jobs/runs/cancel", { run_id: runId });
    assert.equal((await h.ended(runId)).tasks[0].state.result_state, "CANCELED");
    assert.deepEqual(
      (await history()).map(({ status }: { status: string }) => status),
      ["CANCELED"],
    );
  });

  it("fail for reasons of the workspace when the engine dies", async () => {
    h.engine.on("sql.execute", (_params, engine) => engine.die());
    const run = await h.ended(await start());
    assert.equal(run.tasks[0].state.life_cycle_state, "INTERNAL_ERROR");
    assert.equal(run.tasks[0].status.termination_details.type, "INTERNAL_ERROR");
  });
});
