/** Saved queries, alerts and dashboards, and jobs that run a query. */
import { strict as assert } from "node:assert";
import { type Client, type Json, TestWorkspace } from "../client.ts";

const QUERIES = "/api/2.0/sql/queries";
const ALERTS = "/api/2.0/sql/alerts";
const DASHBOARDS = "/api/2.0/lakeview/dashboards";

describe("saved queries, alerts and dashboards", () => {
  const workspace = new TestWorkspace();
  let admin: Client;
  let warehouse_id: string;
  before(async () => {
    admin = (await workspace.start()).admin;
    warehouse_id = (await admin.ok("GET", "/api/2.0/sql/warehouses")).warehouses[0].id;
  });
  after(() => workspace.stop());

  const save = (query: Json, more: Json = {}): Promise<Json> => admin.ok("POST", QUERIES, { query, ...more });

  it("a query changes by the fields of the mask, and goes to the trash when it is deleted", async () => {
    const made = await save({ display_name: "q", query_text: "SELECT 1", parent_path: "/Shared", tags: ["t"] });
    assert.deepEqual(
      [made.parent_path, made.lifecycle_state, made.owner_user_name, made.run_as_mode],
      ["/Workspace/Shared", "ACTIVE", "admin@local.workspace", "OWNER"],
    );
    const path = `${QUERIES}/${made.id}`;
    const query = { query_text: "SELECT 2", display_name: "not in the mask" };
    const changed = await admin.ok("PATCH", path, { query, update_mask: "query_text,tags" });
    assert.deepEqual([changed.query_text, changed.display_name, changed.tags], ["SELECT 2", "q", undefined]);
    await admin.refused("INVALID_PARAMETER_VALUE", "PATCH", path, { query, update_mask: "nope" });
    assert.deepEqual((await admin.ok("GET", `${path}/visualizations`)).results, []);
    await admin.ok("DELETE", path);
    assert.equal((await admin.ok("GET", path)).lifecycle_state, "TRASHED");
    const { results } = await admin.ok("GET", QUERIES);
    assert.ok(!results.some(({ id }: Json) => id === made.id));
    await admin.refused("INVALID_PARAMETER_VALUE", "PATCH", path, { query, update_mask: "query_text" });
  });

  it("names are unique in a folder, or are made so when that is asked for", async () => {
    await save({ display_name: "same", parent_path: "/Shared" });
    await save({ display_name: "same" });
    const again = { query: { display_name: "same", parent_path: "/Workspace/Shared" } };
    await admin.refused("ALREADY_EXISTS", "POST", QUERIES, again);
    const { display_name } = await admin.ok("POST", QUERIES, { ...again, auto_resolve_display_name: true });
    assert.equal(display_name, "same (1)");
  });

  it("others see a query once it is shared with them", async () => {
    const { id } = await save({ display_name: "shared" });
    const robot = await workspace.servicePrincipal("robot");
    await robot.client.refused("PERMISSION_DENIED", "GET", `${QUERIES}/${id}`);
    const list = async (): Promise<number> => (await robot.client.ok("GET", QUERIES)).results.length;
    assert.equal(await list(), 0);
    const acl = [{ service_principal_name: robot.name, permission_level: "CAN_READ" }];
    await admin.ok("PATCH", `/api/2.0/permissions/sql/queries/${id}`, { access_control_list: acl });
    assert.equal(await list(), 1);
    await robot.client.refused("PERMISSION_DENIED", "DELETE", `${QUERIES}/${id}`);
  });

  it("a job's sql_task runs a saved query where the query says, with the task's parameters", async () => {
    const empty = { columns: [], chunks: [], totalRowCount: 0, totalByteCount: 0, truncated: false };
    workspace.engine.on("sql.execute", () => empty);
    const query = await save({
      display_name: "run",
      query_text: "SELECT :a; SELECT 2",
      catalog: "main",
      schema: "default",
    });
    const sql_task = { warehouse_id, query: { query_id: query.id }, parameters: { a: "1" } };
    const { run_id } = await admin.ok("POST", "/api/2.2/jobs/runs/submit", { tasks: [{ task_key: "q", sql_task }] });
    let run: Json = {};
    while (!run.state?.result_state) run = await admin.ok("GET", `/api/2.2/jobs/runs/get?run_id=${run_id}`);
    assert.equal(run.state.result_state, "SUCCESS", JSON.stringify(run.state));
    const asked = workspace.engine.paramsOf("sql.execute");
    const [session] = workspace.engine.paramsOf("sql.openSession");
    assert.deepEqual([session!.catalog, session!.schema], ["main", "default"]);
    assert.deepEqual(
      asked.map(({ statement, sessionId }) => [statement, sessionId]),
      [
        ["SELECT :a", session!.sessionId],
        ["SELECT 2", session!.sessionId],
      ],
    );
    assert.deepEqual(workspace.engine.paramsOf("sql.closeSession"), [{ sessionId: session!.sessionId }]);
    assert.deepEqual(asked[0]!.parameters, [{ name: "a", value: "1", type: "STRING" }]);
  });

  it("an alert needs a condition and a query that is there", async () => {
    const query = await save({ display_name: "of the alert" });
    const condition = { op: "EQUAL", operand: { column: { name: "n" } }, threshold: { value: { double_value: 1 } } };
    const alert = { display_name: "a", query_id: query.id, condition };
    const made = await admin.ok("POST", ALERTS, { alert });
    assert.deepEqual([made.state, made.condition], ["UNKNOWN", condition]);
    const change = { alert: { display_name: "b" }, update_mask: "display_name" };
    assert.equal((await admin.ok("PATCH", `${ALERTS}/${made.id}`, change)).display_name, "b");
    await admin.refused("RESOURCE_DOES_NOT_EXIST", "POST", ALERTS, { alert: { ...alert, query_id: "none" } });
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", ALERTS, { alert: { query_id: query.id } });
  });

  it("an alert with a query of its own needs a schedule that can be read, and changes by the mask", async () => {
    const V2 = "/api/2.0/alerts";
    const schedule = { quartz_cron_schedule: "0 0 6 * * ?", timezone_id: "UTC" };
    const evaluation = { comparison_operator: "GREATER_THAN", source: { name: "n" } };
    const alert = { display_name: "v2", query_text: "SELECT 1 AS n", warehouse_id, schedule, evaluation };
    const made = await admin.ok("POST", V2, alert);
    for (const key of Object.keys(alert) as (keyof typeof alert)[]) assert.deepEqual(made[key], alert[key], key);
    assert.deepEqual([made.lifecycle_state, made.run_as_user_name], ["ACTIVE", undefined]);
    const wrong = { ...alert, schedule: { ...schedule, quartz_cron_schedule: "every day" } };
    assert.match(await admin.refused("INVALID_PARAMETER_VALUE", "POST", V2, wrong), /^schedule: /);
    const zone = { ...alert, schedule: { ...schedule, timezone_id: "Nowhere" } };
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", V2, zone);
    const path = `${V2}/${made.id}`;
    const change = { display_name: "changed", query_text: "not in the mask" };
    const changed = await admin.ok("PATCH", `${path}?update_mask=display_name`, change);
    assert.deepEqual([changed.display_name, changed.query_text], ["changed", "SELECT 1 AS n"]);
    await admin.refused("INVALID_PARAMETER_VALUE", "PATCH", `${path}?update_mask=query_text`, {});
    const run_as = { user_name: "admin@local.workspace" };
    const own = await admin.ok("PATCH", `${path}?update_mask=run_as`, { run_as });
    assert.deepEqual([own.run_as, own.effective_run_as, own.run_as_user_name], [run_as, run_as, undefined]);
    assert.equal((await admin.ok("GET", V2)).alerts.length, 1);
    const file = "/Workspace/Users/admin@local.workspace/changed.dbalert.json";
    const exported = await admin.ok("GET", `/api/2.0/workspace/export?path=${file}`);
    assert.deepEqual(JSON.parse(Buffer.from(exported.content, "base64").toString()), {
      evaluation: { source: { name: "n" }, comparison_operator: "GREATER_THAN", notification: {} },
      schedule,
      query_lines: ["SELECT 1 AS n"],
    });
    await admin.ok("DELETE", path);
    const status = "/api/2.0/workspace/get-status?path=/Workspace/Users/admin@local.workspace/changed.dbalert.json";
    await admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", status);
    assert.match(await admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", path), /^Alert with ID '.*' does not exist\.$/);
    assert.deepEqual((await admin.ok("GET", V2)).alerts, []);
  });

  it("a dashboard's etag changes with its draft, not when it is published", async () => {
    const made = await admin.ok("POST", DASHBOARDS, {
      display_name: "d",
      parent_path: "/Shared",
      serialized_dashboard: "{}",
    });
    assert.equal(made.path, "/Shared/d.lvdash.json");
    const object = await admin.ok("GET", "/api/2.0/workspace/get-status?path=/Workspace/Shared/d.lvdash.json");
    assert.deepEqual([object.object_type, object.resource_id], ["DASHBOARD", made.dashboard_id]);
    const path = `${DASHBOARDS}/${made.dashboard_id}`;
    const changed = await admin.ok("PATCH", path, { serialized_dashboard: '{"pages": []}', etag: made.etag });
    assert.notEqual(changed.etag, made.etag);
    await admin.refused("RESOURCE_CONFLICT", "PATCH", path, { display_name: "e", etag: made.etag });
    await admin.refused("INVALID_PARAMETER_VALUE", "PATCH", path, { serialized_dashboard: "{" });
    const unpublished = await admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", `${path}/published`);
    assert.equal(unpublished, `Unable to find published dashboard [${path.split("/").at(-1)}]`);
    await admin.ok("POST", `${path}/published`, { embed_credentials: false, warehouse_id });
    assert.equal((await admin.ok("GET", `${path}/published`)).warehouse_id, warehouse_id);
    const { etag, update_time } = await admin.ok("GET", path);
    assert.deepEqual([etag, update_time], [changed.etag, changed.update_time]);
    await admin.ok("DELETE", `${path}/published`);
    await admin.ok("DELETE", path);
    const { lifecycle_state, parent_path } = await admin.ok("GET", path);
    assert.deepEqual([lifecycle_state, parent_path], ["TRASHED", "/Users/admin@local.workspace/Trash"]);
    assert.deepEqual((await admin.ok("GET", DASHBOARDS)).dashboards, []);
    assert.equal((await admin.ok("GET", `${DASHBOARDS}?show_trashed=true`)).dashboards.length, 1);
  });

  it("a dashboard's definition is kept with types of pages and the place of datasets", async () => {
    const definition = { datasets: [{ name: "a" }], pages: [{ name: "p" }] };
    const dashboard = { display_name: "place", serialized_dashboard: JSON.stringify(definition) };
    const made = await admin.ok("POST", `${DASHBOARDS}?dataset_catalog=c&dataset_schema=s`, dashboard);
    assert.deepEqual(JSON.parse(made.serialized_dashboard), {
      datasets: [{ name: "a", catalog: "c", schema: "s" }],
      pages: [{ name: "p", pageType: "PAGE_TYPE_CANVAS" }],
    });
    const empty = await admin.ok("POST", DASHBOARDS, { display_name: "empty", serialized_dashboard: "{ }" });
    assert.equal(empty.serialized_dashboard, "{}\n");
    const nowhere = { ...dashboard, parent_path: "/Workspace/Shared/none" };
    assert.match(await admin.refused("RESOURCE_DOES_NOT_EXIST", "POST", DASHBOARDS, nowhere), /doesn't exist/);
  });
});
