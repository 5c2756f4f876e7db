/** What the workspace keeps and does not run: it deploys, comes back as it was sent, has permissions, and says so when it is to run. */
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Client, TestWorkspace } from "../client.ts";

const ML = "/api/2.0/mlflow";
const UC = "/api/2.1/unity-catalog";

describe("records of what is not run", () => {
  const workspace = new TestWorkspace();
  let admin: Client;
  let other: Awaited<ReturnType<TestWorkspace["servicePrincipal"]>>;
  before(async () => {
    admin = (await workspace.start()).admin;
    other = await workspace.servicePrincipal("other");
  });
  after(() => workspace.stop());

  it("experiments lie in a folder, are renamed, deleted and restored", async () => {
    const tags = [{ key: "team", value: "a" }];
    const name = "/Workspace/Shared/e";
    const { experiment_id } = await admin.ok("POST", `${ML}/experiments/create`, { name, tags });
    const get = async () => (await admin.ok("GET", `${ML}/experiments/get?experiment_id=${experiment_id}`)).experiment;
    assert.deepEqual([(await get()).name, (await get()).lifecycle_stage], ["/Shared/e", "active"]);
    await admin.refused("RESOURCE_ALREADY_EXISTS", "POST", `${ML}/experiments/create`, { name: "/Shared/e" });
    await admin.refused("RESOURCE_DOES_NOT_EXIST", "POST", `${ML}/experiments/create`, { name: "/none/e" });
    await admin.ok("POST", `${ML}/experiments/update`, { experiment_id, new_name: "/Shared/f" });
    await admin.ok("POST", `${ML}/experiments/set-experiment-tag`, { experiment_id, key: "team", value: "b" });
    const found = await admin.ok("GET", `${ML}/experiments/get-by-name?experiment_name=/Shared/f`);
    const changed = [
      { key: "team", value: "b" },
      { key: "mlflow.experiment.sourceName", value: "/Shared/f" },
    ];
    assert.deepEqual([found.experiment.tags[0], found.experiment.tags[2]], changed, "in their places");
    await other.client.refused("PERMISSION_DENIED", "GET", `${ML}/experiments/get?experiment_id=${experiment_id}`);
    const entry = { service_principal_name: other.name, permission_level: "CAN_READ" };
    const permissions = `/api/2.0/permissions/experiments/${experiment_id}`;
    await admin.ok("PATCH", permissions, { access_control_list: [entry] });
    await other.client.ok("GET", `${ML}/experiments/get?experiment_id=${experiment_id}`);
    await other.client.refused("PERMISSION_DENIED", "POST", `${ML}/experiments/delete`, { experiment_id });
    await admin.ok("POST", `${ML}/experiments/delete`, { experiment_id });
    assert.deepEqual((await admin.ok("POST", `${ML}/experiments/search`, {})).experiments, []);
    await admin.ok("POST", `${ML}/experiments/restore`, { experiment_id });
    assert.equal((await admin.ok("POST", `${ML}/experiments/search`, {})).experiments.length, 1);
    await admin.refused("NOT_IMPLEMENTED", "POST", `${ML}/logged-models`, { experiment_id });
  });

  it("models of the workspace's registry are found by name and have permissions by id", async () => {
    await admin.ok("POST", `${ML}/registered-models/create`, { name: "m", description: "d" });
    await admin.refused("RESOURCE_ALREADY_EXISTS", "POST", `${ML}/registered-models/create`, { name: "m" });
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", `${ML}/registered-models/create`, { name: "" });
    await admin.ok("PATCH", `${ML}/registered-models/update`, { name: "m", description: "e" });
    const url = `${ML}/databricks/registered-models/get?name=m`;
    const { id, description } = (await admin.ok("GET", url)).registered_model_databricks;
    assert.equal(description, "e");
    await admin.ok("GET", `/api/2.0/permissions/registered-models/${id}`);
    await admin.ok("DELETE", `${ML}/registered-models/delete?name=m`);
    await admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", url);
  });

  it("a serving endpoint keeps no secret, is never ready, and refuses what would have to be served", async () => {
    const external_model = { name: "gpt", provider: "openai", openai_config: { openai_api_key_plaintext: "hush" } };
    const config = { served_entities: [{ name: "e", external_model }] };
    const made = await admin.ok("POST", "/api/2.0/serving-endpoints", { name: "s", config });
    assert.doesNotMatch(JSON.stringify(made), /hush/);
    assert.deepEqual(made.state, { ready: "NOT_READY", config_update: "NOT_UPDATING" });
    assert.equal(made.description, "");
    assert.equal(made.config.traffic_config.routes[0].served_model_name, "e");
    const tags = { add_tags: [{ key: "a", value: "1" }] };
    assert.deepEqual((await admin.ok("PATCH", "/api/2.0/serving-endpoints/s/tags", tags)).tags, tags.add_tags);
    const changed = await admin.ok("PUT", "/api/2.0/serving-endpoints/s/config", config);
    assert.equal(changed.config.config_version, 2);
    const message = await admin.refused("NOT_IMPLEMENTED", "POST", "/api/2.0/serving-endpoints/s/invocations", {});
    assert.match(message, /serving endpoint 's' is not run in the local workspace/);
    await admin.ok("DELETE", "/api/2.0/serving-endpoints/s");
    await admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", "/api/2.0/serving-endpoints/s");
  });

  it("an app changes by the mask and does not start", async () => {
    const made = await admin.ok("POST", "/api/2.0/apps?no_compute=true", { name: "my-app", description: "a" });
    assert.deepEqual([made.compute_status.state, made.compute_size], ["STOPPED", "MEDIUM"]);
    const robot = { service_principal_name: made.service_principal_client_id, permission_level: "CAN_USE" };
    await admin.ok("PATCH", "/api/2.0/permissions/apps/my-app", { access_control_list: [robot] });
    const app = { description: "b", compute_size: "LARGE" };
    await admin.ok("POST", "/api/2.0/apps/my-app/update", { app, update_mask: "description" });
    const { description, compute_size } = await admin.ok("GET", "/api/2.0/apps/my-app");
    assert.deepEqual([description, compute_size], ["b", "MEDIUM"]);
    assert.match(await admin.refused("NOT_IMPLEMENTED", "POST", "/api/2.0/apps/my-app/start"), /'my-app' is not run/);
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", "/api/2.0/apps", { name: "My App" });
    await other.client.refused("PERMISSION_DENIED", "DELETE", "/api/2.0/apps/my-app");
    await admin.ok("DELETE", "/api/2.0/apps/my-app");
    const scim = `/api/2.0/preview/scim/v2/ServicePrincipals/${made.service_principal_id}`;
    assert.equal((await admin.call("GET", scim)).status, 404, "its service principal goes with it");
  });

  it("a vector search index needs its endpoint, which stays while it has one", async () => {
    const VS = "/api/2.0/vector-search";
    const index = { name: "main.default.i", endpoint_name: "v", primary_key: "id", index_type: "DELTA_SYNC" };
    await admin.refused("RESOURCE_DOES_NOT_EXIST", "POST", `${VS}/indexes`, index);
    await admin.ok("POST", `${VS}/endpoints`, { name: "v", endpoint_type: "STANDARD" });
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", `${VS}/indexes`, { ...index, name: "i" });
    const direct_access_index_spec = { schema_json: '{"id":"long","a":"array<integer>","f":"float"}' };
    const made = await admin.ok("POST", `${VS}/indexes`, { ...index, direct_access_index_spec });
    assert.equal(made.index_subtype, "HYBRID");
    assert.equal(made.direct_access_index_spec.schema_json, '{"a":"array<int>","f":"float","id":"bigint"}');
    await other.client.refused("PERMISSION_DENIED", "DELETE", `${VS}/indexes/main.default.i`);
    await other.client.refused("PERMISSION_DENIED", "GET", `${VS}/indexes/main.default.i`);
    await workspace.grant("table", "main.default.i", other.name, "SELECT");
    await workspace.grant("catalog", "main", other.name, "USE_CATALOG");
    await workspace.grant("schema", "main.default", other.name, "USE_SCHEMA");
    await other.client.ok("GET", `${VS}/indexes/main.default.i`);
    const granted = await admin.ok("GET", `${UC}/permissions/table/main.default.i`);
    assert.deepEqual(granted.privilege_assignments, [{ principal: other.name, privileges: ["SELECT"] }]);
    await admin.refused("RESOURCE_ALREADY_EXISTS", "POST", `${VS}/indexes`, { ...index, name: "main.DEFAULT.I" });
    await admin.refused("INVALID_PARAMETER_VALUE", "DELETE", `${VS}/endpoints/v`);
    await admin.refused("NOT_IMPLEMENTED", "POST", `${VS}/indexes/main.default.i/query`, {});
    await admin.ok("DELETE", `${VS}/indexes/main.default.i`);
    await admin.ok("DELETE", `${VS}/endpoints/v`);
  });

  it("a secret of Unity Catalog gives its value to who may read it and asks for it", async () => {
    const secret = { catalog_name: "main", schema_name: "default", name: "k", value: "hush" };
    const made = await admin.ok("POST", `${UC}/secrets`, secret);
    assert.equal(made.full_name, "main.default.k");
    assert.doesNotMatch(JSON.stringify([made, await admin.ok("GET", `${UC}/secrets/main.default.k`)]), /hush/);
    await other.client.refused("PERMISSION_DENIED", "GET", `${UC}/secrets/main.default.k`);
    const read = `${UC}/secrets/main.default.k?include_value=true`;
    assert.equal((await admin.ok("GET", read)).effective_value, "hush");
    await workspace.grant("secret", "main.default.k", "users", "MANAGE");
    await other.client.ok("GET", `${UC}/secrets/main.default.k`);
    await other.client.refused("PERMISSION_DENIED", "GET", read);
    await workspace.grant("secret", "main.default.k", "users", "READ_SECRET");
    assert.equal((await other.client.ok("GET", read)).effective_value, "hush");
    const revoked = { changes: [{ principal: "users", remove: ["MANAGE"] }] };
    await admin.ok("PATCH", `${UC}/permissions/secret/main.default.k`, revoked);
    await other.client.refused("PERMISSION_DENIED", "PATCH", `${UC}/secrets/main.default.k`, { comment: "c" });
    const changed = await admin.ok("PATCH", `${UC}/secrets/main.default.k`, { comment: "c", value: "new" });
    assert.doesNotMatch(JSON.stringify(changed), /new|encrypted/);
    assert.equal((await admin.ok("GET", read)).effective_value, "new");
    const long = { value: "x".repeat(61_441) };
    await admin.refused("INVALID_PARAMETER_VALUE", "PATCH", `${UC}/secrets/main.default.k`, long);
    assert.equal((await admin.ok("GET", `${UC}/secrets?catalog_name=main`)).secrets[0].comment, "c");
    await admin.ok("DELETE", `${UC}/secrets/main.default.k`);
  });

  it("a genie space changes by its etag, and a monitor needs its table", async () => {
    const first = { warehouse_id: "w", title: "t", serialized_space: '{"version":1,"config":{}}' };
    const { space_id, etag, serialized_space } = await admin.ok("POST", "/api/2.0/genie/spaces", first);
    assert.equal(serialized_space, '{"version":2,"config":{}}');
    const broken = { ...first, serialized_space: "{" };
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", "/api/2.0/genie/spaces", broken);
    await admin.ok("PATCH", `/api/2.0/genie/spaces/${space_id}`, { title: "u", etag });
    await admin.refused("RESOURCE_CONFLICT", "PATCH", `/api/2.0/genie/spaces/${space_id}`, { title: "v", etag });
    await admin.refused("NOT_IMPLEMENTED", "POST", `/api/2.0/genie/spaces/${space_id}/start-conversation`, {});
    const monitor = { output_schema_name: "main.default", assets_dir: "/Shared/m" };
    await admin.refused("TABLE_DOES_NOT_EXIST", "POST", `${UC}/tables/main.default.t/monitor`, monitor);
    await workspace.engine.ask("catalog.putTable", {
      table: { fullName: "main.default.t", tableType: "MANAGED", columns: [] },
      principal: "admin@local.workspace",
    });
    const made = await admin.ok("POST", `${UC}/tables/main.default.t/monitor`, monitor);
    assert.deepEqual([made.status, made.table_name], ["MONITOR_STATUS_ACTIVE", "main.default.t"]);
    const changed = { ...monitor, assets_dir: "/elsewhere", slicing_exprs: ["a"] };
    const after = await admin.ok("PUT", `${UC}/tables/main.default.t/monitor`, changed);
    assert.deepEqual([after.assets_dir, after.slicing_exprs], ["/Shared/m", ["a"]]);
    await admin.refused("NOT_IMPLEMENTED", "POST", `${UC}/tables/main.default.t/monitor/refreshes`);
    await other.client.refused("PERMISSION_DENIED", "DELETE", `${UC}/tables/main.default.t/monitor`);
    await admin.ok("DELETE", `${UC}/tables/main.default.t/monitor`);
  });

  it("indexes and secrets that were kept as records move into their schemas", async () => {
    const record = (kind: string, id: string, document: object): string =>
      `('${kind}', '${id}', '${other.name}', 1, 1, '${JSON.stringify(document)}')`;
    await workspace.restart(() => {
      const state = new DatabaseSync(join(workspace.dataDir, "state.db"));
      const index = { name: "main.default.old", endpoint_name: "e", primary_key: "id" };
      const secret = { catalog_name: "main", schema_name: "default", name: "old", comment: "c" };
      const rows = [record("vector-index", index.name, index), record("uc-secret", "main.default.old", secret)];
      state.exec(`DELETE FROM migrations WHERE id = 'records/2-securables';
        INSERT INTO records (kind, id, creator, created_at, updated_at, document) VALUES ${rows.join()}`);
      state.close();
    });
    admin = workspace.admin;
    const index = await admin.ok("GET", "/api/2.0/vector-search/indexes/main.default.old");
    assert.deepEqual([index.endpoint_name, index.creator], ["e", other.name]);
    const { owner, comment, full_name } = await admin.ok("GET", `${UC}/secrets/main.default.old`);
    assert.deepEqual([owner, comment, full_name], [other.name, "c", "main.default.old"]);
  });
});
