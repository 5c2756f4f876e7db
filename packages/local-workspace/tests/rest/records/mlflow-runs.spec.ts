/** Runs of MLflow experiments. https://mlflow.org/docs/latest/api_reference/rest-api.html */
import { strict as assert } from "node:assert";
import { type Client, type Json, TestWorkspace } from "../client.ts";

const ML = "/api/2.0/mlflow";

describe("MLflow's runs", () => {
  const workspace = new TestWorkspace();
  let admin: Client;
  let other: Awaited<ReturnType<TestWorkspace["servicePrincipal"]>>;
  let experiment_id: string;
  before(async () => {
    admin = (await workspace.start()).admin;
    other = await workspace.servicePrincipal("other");
    ({ experiment_id } = await admin.ok("POST", `${ML}/experiments/create`, { name: "/Shared/runs" }));
  });
  after(() => workspace.stop());

  const create = async (more: Json = {}): Promise<Json> =>
    (await admin.ok("POST", `${ML}/runs/create`, { experiment_id, start_time: 1000, ...more })).run;
  const get = async (id: string): Promise<Json> => (await admin.ok("GET", `${ML}/runs/get?run_id=${id}`)).run;
  const batch = (run_id: string, more: Json) => admin.ok("POST", `${ML}/runs/log-batch`, { run_id, ...more });
  const names = async (body: Json): Promise<string[]> => {
    const { runs } = await admin.ok("POST", `${ML}/runs/search`, { experiment_ids: [experiment_id], ...body });
    return (runs as Json[]).map(({ info }) => info.run_name);
  };

  it("keep what is logged, and of a metric its latest value and its history", async () => {
    const { info } = await create({ run_name: "first", tags: [{ key: "team", value: "a" }] });
    const { run_id } = info;
    assert.equal(info.artifact_uri, `dbfs:/databricks/mlflow-tracking/${experiment_id}/${run_id}/artifacts`);
    assert.deepEqual([info.status, info.lifecycle_stage, info.start_time], ["RUNNING", "active", 1000]);
    await admin.ok("POST", `${ML}/runs/log-parameter`, { run_id, key: "alpha", value: "0.5" });
    await admin.ok("POST", `${ML}/runs/log-metric`, { run_id, key: "rmse", value: 1.5, timestamp: "5", step: "1" });
    const metrics = [
      { key: "rmse", value: 2, timestamp: 4, step: 0 },
      { key: "loss", value: "NaN", timestamp: 4, step: 0 },
    ];
    await batch(run_id, { metrics, params: [{ key: "l", value: "1" }], tags: [{ key: "team", value: "b" }] });
    await admin.ok("POST", `${ML}/runs/set-tag`, { run_id, key: "gone", value: "x" });
    await admin.ok("POST", `${ML}/runs/delete-tag`, { run_id, key: "gone" });
    await admin.refused("RESOURCE_DOES_NOT_EXIST", "POST", `${ML}/runs/delete-tag`, { run_id, key: "gone" });
    const { run_info } = await admin.ok("POST", `${ML}/runs/update`, { run_id, status: "FINISHED", end_time: 2000 });
    assert.deepEqual([run_info.status, run_info.end_time], ["FINISHED", 2000]);
    const { data } = await get(run_id);
    assert.deepEqual(data.params, [
      { key: "alpha", value: "0.5" },
      { key: "l", value: "1" },
    ]);
    const latest = { key: "rmse", value: 1.5, timestamp: 5, step: 1 };
    assert.deepEqual(data.metrics, [metrics[1], latest]);
    assert.deepEqual(data.tags.slice(0, 2), [
      { key: "team", value: "b" },
      { key: "mlflow.runName", value: "first" },
    ]);
    const history = await admin.ok("GET", `${ML}/metrics/get-history?run_id=${run_id}&metric_key=rmse`);
    assert.deepEqual(history.metrics, [latest, metrics[0]]);
    const again = { run_id, key: "alpha", value: "0.6" };
    const refused = await admin.refused("INVALID_PARAMETER_VALUE", "POST", `${ML}/runs/log-parameter`, again);
    assert.match(JSON.stringify(refused), /Changing param values is not allowed/);
    const both = { params: [again], metrics: [{ key: "never", value: 1, timestamp: 1 }] };
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", `${ML}/runs/log-batch`, { run_id, ...both });
    assert.deepEqual((await get(run_id)).data, data, "a batch is logged as a whole");
  });

  it("are found by conditions, in an order", async () => {
    for (const [name, rmse, kind] of [
      ["s1", 1, "tree"],
      ["s2", 2, "TREES"],
      ["s3", 3, "line"],
    ] as const) {
      const { info } = await create({ run_name: name, start_time: rmse, tags: [{ key: "a b", value: name }] });
      const metrics = [{ key: "score", value: rmse, timestamp: 1, step: 0 }];
      await batch(info.run_id, { metrics, params: [{ key: "kind", value: kind }] });
    }
    assert.deepEqual(await names({ filter: "metrics.score >= 2" }), ["s3", "s2"]);
    assert.deepEqual(await names({ filter: "params.kind ILIKE 'tree%' AND metrics.score < 2" }), ["s1"]);
    assert.deepEqual(await names({ filter: "params.kind LIKE '%ee'", order_by: ["metrics.score ASC"] }), ["s1"]);
    assert.deepEqual(await names({ filter: "metrics.score > 0", order_by: ["params.kind DESC"] }), ["s1", "s3", "s2"]);
    assert.deepEqual(await names({ filter: "tags.`a b` != 's1' and attributes.status = 'RUNNING'" }), ["s3", "s2"]);
    for (const filter of ["metrics.score", "nothing.x = 1", "metrics.score > 1 OR metrics.score < 0", "colour = 'x'"]) {
      const body = { experiment_ids: [experiment_id], filter };
      await admin.refused("INVALID_PARAMETER_VALUE", "POST", `${ML}/runs/search`, body);
    }
    const hostile = { filter: `params.kind LIKE '${"%a".repeat(2000)}'`, experiment_ids: [experiment_id] };
    await admin.ok("POST", `${ML}/runs/search`, hostile);
  });

  it("are deleted and restored", async () => {
    const { info } = await create({ run_name: "deleted" });
    await admin.ok("POST", `${ML}/runs/delete`, { run_id: info.run_id });
    assert.ok(!(await names({})).includes("deleted"));
    assert.deepEqual(await names({ run_view_type: "DELETED_ONLY" }), ["deleted"]);
    await admin.ok("POST", `${ML}/runs/restore`, { run_id: info.run_id });
    assert.ok((await names({})).includes("deleted"));
  });

  it("are read and written with the permissions of their experiment", async () => {
    const { info } = await create({ run_name: "closed" });
    const parameter = { run_id: info.run_id, key: "p", value: "1" };
    const read = `${ML}/runs/get?run_id=${info.run_id}`;
    const search = { experiment_ids: [experiment_id] };
    await other.client.refused("PERMISSION_DENIED", "GET", read);
    await other.client.refused("PERMISSION_DENIED", "POST", `${ML}/runs/search`, search);
    const grant = (permission_level: string) =>
      admin.ok("PATCH", `/api/2.0/permissions/experiments/${experiment_id}`, {
        access_control_list: [{ service_principal_name: other.name, permission_level }],
      });
    await grant("CAN_READ");
    await other.client.ok("GET", read);
    await other.client.refused("PERMISSION_DENIED", "POST", `${ML}/runs/log-parameter`, parameter);
    await other.client.refused("PERMISSION_DENIED", "POST", `${ML}/runs/create`, { experiment_id });
    await grant("CAN_EDIT");
    await other.client.ok("POST", `${ML}/runs/log-parameter`, parameter);
    const own = await other.client.ok("POST", `${ML}/runs/create`, { experiment_id, user_id: "admin" });
    assert.equal(own.run.info.user_id, other.name);
    await admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", `${ML}/runs/get?run_id=none`);
  });
});
