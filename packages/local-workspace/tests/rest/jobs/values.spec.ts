/** Values that pass from task to task: nothing about them changes on the way. */
import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ColumnInfo } from "lakehouse-engine/protocol";
import { Harness, results } from "../harness.ts";

type Task = Record<string, unknown>;

const after = (task_key: string): Task => ({ depends_on: [{ task_key }] });

describe("values of tasks", function () {
  this.timeout(20_000);
  let h: Harness;
  beforeEach(async () => {
    h = await new Harness().start();
    for (const name of ["a", "b"]) h.notebook(`/n/${name}`);
  });
  afterEach(() => h.stop());

  /** A job whose task `a` sets these values, as the engine sends them. */
  async function run(values: Record<string, string>, tasks: Task[]) {
    h.engine.on("notebook.run", async ({ path, runId }, engine) => {
      if (path === "/n/a")
        for (const [key, json] of Object.entries(values)) await engine.ask("task.setValue", { runId, key, json });
      return { truncated: false };
    });
    const first = { task_key: "a", notebook_task: { notebook_path: "/n/a" } };
    return h.ended(await h.runNow(await h.createJob({ name: "j", tasks: [first, ...tasks] })));
  }

  const parametersOfB = (): unknown[] =>
    h.engine
      .paramsOf("notebook.run")
      .filter(({ path }) => path === "/n/b")
      .map(({ parameters }) => parameters);

  it("numbers keep their digits in references, inputs of for-each tasks and get", async () => {
    const big = "1152921504606846977"; // 2^60 + 1
    const reference = { x: "{{tasks.a.values.n}} {{tasks.a.values.f}} {{tasks.a.values.list}}" };
    const read = { task_key: "b", notebook_task: { notebook_path: "/n/b", base_parameters: reference }, ...after("a") };
    const each = { task_key: "e", notebook_task: { notebook_path: "/n/b", base_parameters: { x: "{{input}}" } } };
    const loop = { task_key: "each", for_each_task: { inputs: "{{tasks.a.values.list}}", task: each }, ...after("b") };
    const values = { n: big, f: "12.0", list: `[${big},{"n":${big}},1.50]` };
    const ended = await run(values, [read, loop]);
    assert.equal(ended.state.result_state, "SUCCESS", JSON.stringify(ended.state));
    assert.deepEqual(parametersOfB(), [
      { x: `${big} 12.0 ${values.list}` },
      { x: big },
      { x: `{"n":${big}}` },
      { x: "1.50" },
    ]);
    const runId = String(ended.tasks.find((t: Task) => t.task_key === "b").run_id);
    const got = await h.engine.ask("task.getValue", { runId, taskKey: "a", key: "n" });
    assert.deepEqual(got, { found: true, json: big });
  });

  // https://docs.databricks.com/aws/en/jobs/if-else
  for (const [op, left, right, outcome] of [
    ["EQUAL_TO", "{{tasks.a.values.f}}", "12", "false"],
    ["EQUAL_TO", "{{tasks.a.values.f}}", "12.0", "true"],
    ["NOT_EQUAL", "{{tasks.a.values.f}}", "12", "true"],
    ["GREATER_THAN_OR_EQUAL", "{{tasks.a.values.f}}", "12", "true"],
    ["GREATER_THAN", "{{tasks.a.values.n}}", "1152921504606846976", "true"],
    ["LESS_THAN", "-1.5e1", "-14.9", "true"],
    ["EQUAL_TO", "{{tasks.a.values.yes}}", "true", "true"],
    ["EQUAL_TO", "{{tasks.a.values.text}}", "[1]", undefined],
    ["EQUAL_TO", "{{tasks.a.values.text}}", "{{tasks.a.values.text}}", "true"],
    ["EQUAL_TO", "[1]", "[1]", undefined],
    ["EQUAL_TO", "{{tasks.a.values.list}}", "[1]", undefined],
    ["NOT_EQUAL", "{{tasks.a.values.object}}", "x", undefined],
    ["EQUAL_TO", "{{tasks.a.values.nothing}}", "null", undefined],
    ["GREATER_THAN", "{{tasks.a.values.text}}", "1", undefined],
  ] as const) {
    it(`condition ${left} ${op} ${right} ${outcome === undefined ? "fails" : `is ${outcome}`}`, async () => {
      const values = {
        ...{ n: "1152921504606846977", f: "12.0", yes: "true", text: '"[1]"' },
        ...{ list: "[1]", object: '{"a":1}', nothing: "null" },
      };
      const ended = await run(values, [{ task_key: "c", condition_task: { op, left, right }, ...after("a") }]);
      const task = ended.tasks.find((t: Task) => t.task_key === "c");
      assert.equal(results(ended).c, outcome === undefined ? "FAILED" : "SUCCESS");
      assert.equal(task.condition_task.outcome, outcome);
    });
  }

  // https://docs.databricks.com/aws/en/jobs/dynamic-value-references: output.rows, output.first_row
  it("rows of a SQL task reach other tasks", async () => {
    const type = (name: string, type_name: string): ColumnInfo => ({ name, type_name, type_text: type_name });
    h.engine.on("sql.execute", ({ resultDir }) => {
      const rows = [
        ["1152921504606846977", "x", "true", null],
        ["2", "y", "false", "1.50"],
      ];
      writeFileSync(join(String(resultDir), "0.json"), JSON.stringify(rows));
      const columns = [type("id", "LONG"), type("name", "STRING"), type("good", "BOOLEAN"), type("d", "DECIMAL")];
      return {
        columns,
        chunks: [{ index: 0, rowOffset: 0, rowCount: 2, byteCount: 1, file: "0.json" }],
        totalRowCount: 2,
      };
    });
    h.file("/q.sql", "SELECT 1");
    const warehouse_id = (await h.ok("GET", "/api/2.0/sql/warehouses")).warehouses[0].id;
    const lookup = { task_key: "q", sql_task: { warehouse_id, file: { path: "/q.sql" } } };
    const x = "{{tasks.q.output.first_row.id}} {{tasks.q.output.first_row.name}}";
    const one = { task_key: "one", notebook_task: { notebook_path: "/n/b", base_parameters: { x } }, ...after("q") };
    const inner = { base_parameters: { x: "{{input.id}} {{input.name}} {{input.good}} {{input.d}}" } };
    const task = { task_key: "e", notebook_task: { notebook_path: "/n/b", ...inner } };
    const each = { task_key: "each", for_each_task: { inputs: "{{tasks.q.output.rows}}", task }, ...after("one") };
    const left = { op: "EQUAL_TO", left: "{{tasks.q.output.rows}}", right: "[]" };
    const ended = await run({}, [lookup, one, each, { task_key: "c", condition_task: left, ...after("q") }]);
    assert.deepEqual(results(ended), { a: "SUCCESS", q: "SUCCESS", one: "SUCCESS", each: "SUCCESS", c: "FAILED" });
    assert.deepEqual(parametersOfB(), [
      { x: "1152921504606846977 x" },
      { x: "1152921504606846977 x true null" },
      { x: "2 y false 1.50" },
    ]);
    const wrong = { x: "{{tasks.q.output.first_row.nope}} {{tasks.a.output.rows}}" };
    const bad = { task_key: "b", notebook_task: { notebook_path: "/n/b", base_parameters: wrong }, ...after("q") };
    const failed = await run({}, [lookup, bad]);
    const state = failed.tasks.find((t: Task) => t.task_key === "b").state;
    assert.match(state.state_message, /first_row\.nope.*does not exist/);
  });
});
