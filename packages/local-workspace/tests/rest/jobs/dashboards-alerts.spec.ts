/** dashboard_task, alert_task and a sql_task's alert run queries; types of tasks that cannot run say why. */
import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { aggregate, stateOfAlert } from "../../../src/services/jobs/runs/tasks/alert-state.ts";
import { Harness, type Json } from "../harness.ts";

const DASHBOARDS = "/api/2.0/lakeview/dashboards";

describe("dashboards and alerts as tasks", function () {
  this.timeout(20_000);
  let h: Harness;
  let warehouse_id: string;
  let rows: (string | null)[][] = [];
  before(async () => {
    h = await new Harness().start();
    warehouse_id = (await h.ok("GET", "/api/2.0/sql/warehouses")).warehouses[0].id;
    h.engine.on("sql.execute", ({ resultDir }) => {
      writeFileSync(join(String(resultDir), "0.json"), JSON.stringify(rows));
      return {
        columns: [{ name: "n", type_name: "LONG", type_text: "bigint" }],
        chunks: [{ index: 0, rowOffset: 0, rowCount: rows.length, byteCount: 1, file: "0.json" }],
        totalRowCount: rows.length,
      };
    });
  });
  after(() => h.stop());

  const run = async (task: Json): Promise<{ state: Json; output: Json }> => {
    const job = await h.createJob({ name: "j", tasks: [{ task_key: "t", ...task }] });
    const { tasks } = await h.ended(await h.runNow(job));
    const output = await h.ok("GET", `/api/2.2/jobs/runs/get-output?run_id=${tasks[0].run_id}`);
    return { state: tasks[0].state, output };
  };

  it("a dashboard's task runs the queries of its datasets where they say, once it is published", async () => {
    const parameters = [{ keyword: "day", defaultSelection: { values: { values: [{ value: "mon" }] } } }];
    const definition = {
      datasets: [
        { name: "a", queryLines: ["SELECT :day\n", "AS n"], catalog: "main", schema: "default", parameters },
        { name: "b", query: "SELECT 2 AS n" },
      ],
      pages: [{ name: "p", displayName: "Page" }],
    };
    const serialized_dashboard = JSON.stringify(definition);
    const { dashboard_id } = await h.ok("POST", DASHBOARDS, { display_name: "d", serialized_dashboard, warehouse_id });
    const task = { dashboard_task: { dashboard_id } };
    assert.match((await run(task)).state.state_message, /is not published/);
    await h.ok("POST", `${DASHBOARDS}/${dashboard_id}/published`, {});
    const { state, output } = await run(task);
    assert.equal(state.result_state, "SUCCESS", JSON.stringify(output));
    assert.deepEqual(output.dashboard_output, { page_snapshots: [{ page_display_name: "Page" }] });
    const asked = h.engine.paramsOf("sql.execute").slice(-2);
    assert.deepEqual(
      asked.map(({ statement, parameters }) => [statement, parameters]),
      [
        ["SELECT :day\nAS n", [{ name: "day", value: "mon", type: "STRING" }]],
        ["SELECT 2 AS n", []],
      ],
    );
    assert.equal(h.engine.paramsOf("sql.openSession").at(-2)!.catalog, "main");
    await h.ok("DELETE", `${DASHBOARDS}/${dashboard_id}`);
    assert.match((await run(task)).state.state_message, /is in the trash/);
  });

  it("an alert's task evaluates it by id or path", async () => {
    const alert = {
      display_name: "many",
      query_text: "SELECT n FROM t",
      warehouse_id,
      schedule: { quartz_cron_schedule: "0 0 6 * * ?", timezone_id: "UTC" },
      evaluation: {
        comparison_operator: "GREATER_THAN",
        source: { name: "n", aggregation: "SUM" },
        threshold: { value: { double_value: 5 } },
        empty_result_state: "OK",
      },
    };
    const { id } = await h.ok("POST", "/api/2.0/alerts", alert);
    const stateFor = async (found: (string | null)[][], task: Json = { alert_id: id }) => {
      rows = found;
      const { output } = await run({ alert_task: task });
      return output.alert_output?.alert_state ?? output.error;
    };
    assert.equal(await stateFor([["2"], ["4"], [null]]), "TRIGGERED");
    assert.equal(await stateFor([["2"]]), "OK");
    assert.equal(await stateFor([]), "OK", "as its empty_result_state says");
    const path = { workspace_path: "/Workspace/Users/admin@local.workspace/many.dbalert.json" };
    assert.equal(await stateFor([["9"]], path), "TRIGGERED");
    assert.match(await stateFor([], { ...path, alert_id: id }), /exactly one of alert_id and workspace_path/);
    await h.ok("DELETE", `/api/2.0/alerts/${id}`);
    assert.match(await stateFor([]), /does not exist/);
  });

  it("a sql_task evaluates the alert of a saved query, and has no legacy dashboards", async () => {
    const query = (await h.ok("POST", "/api/2.0/sql/queries", { query: { display_name: "q", query_text: "SELECT 1" } }))
      .id;
    const condition = { op: "EQUAL", operand: { column: { name: "n" } }, threshold: { value: { double_value: 1 } } };
    const alert = { display_name: "a", query_id: query, condition };
    const alert_id = (await h.ok("POST", "/api/2.0/sql/alerts", { alert })).id;
    rows = [["1"]];
    const { output } = await run({ sql_task: { warehouse_id, alert: { alert_id } } });
    assert.deepEqual(output.sql_output, {
      alert_output: { alert_state: "TRIGGERED", query_text: "SELECT 1", warehouse_id },
    });
    const legacy = await run({ sql_task: { warehouse_id, dashboard: { dashboard_id: "x" } } });
    assert.match(legacy.state.state_message, /legacy dashboard is not there: use dashboard_task/);
  });

  it("aggregations and comparisons are those of alerts", () => {
    const values = [1, null, 4, 4];
    const found = ["SUM", "AVG", "MIN", "MAX", "MEDIAN", "COUNT", "COUNT_DISTINCT", undefined].map((name) =>
      aggregate(values, name),
    );
    assert.deepEqual(found, [9, 3, 1, 4, 4, 3, 2, 1]);
    assert.equal(aggregate([2, 4], "STDDEV"), Math.SQRT2);
    assert.equal(aggregate([null], "SUM"), null);
    assert.throws(() => aggregate(["x"], "SUM"), /needs numbers; 'x' is none/);
    assert.equal(stateOfAlert(null, "GREATER_THAN", 1), "UNKNOWN");
    assert.equal(stateOfAlert(null, "IS_NULL", null), "TRIGGERED");
    assert.equal(stateOfAlert("b", "LESS_THAN", "a"), "OK");
    assert.equal(stateOfAlert(true, "EQUAL", true), "TRIGGERED");
    assert.throws(() => stateOfAlert("x", "EQUAL", 1), /compares numbers/);
  });

  it("types that cannot run are refused by name, with the reason", async () => {
    const jar = await run({ spark_jar_task: { main_class_name: "x.Y" } });
    assert.match(jar.state.state_message, /spark_jar_task.*takes no JARs; write the task in Python or SQL/);
    const submit = await run({ spark_submit_task: { parameters: [] } });
    assert.match(submit.state.state_message, /spark_submit_task.*use spark_python_task/);
  });
});
