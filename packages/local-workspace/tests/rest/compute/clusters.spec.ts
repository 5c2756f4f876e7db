/** Clusters as clients of the Clusters and Libraries APIs meet them. */
import { strict as assert } from "node:assert";
import { type Client, type Json, TestWorkspace } from "../client.ts";

const CLUSTERS = "/api/2.1/clusters";

describe("clusters", () => {
  const workspace = new TestWorkspace();
  let admin: Client;
  let cluster_id: string;
  before(async () => {
    admin = (await workspace.start()).admin;
    const { versions } = await admin.ok("GET", `${CLUSTERS}/spark-versions`);
    const body = { cluster_name: "c", spark_version: versions[0].key, node_type_id: "i3.xlarge", num_workers: 1 };
    cluster_id = (await admin.ok("POST", `${CLUSTERS}/create`, { ...body, custom_tags: { a: "1", b: "2" } }))
      .cluster_id;
  });
  after(() => workspace.stop());

  const get = (): Promise<Json> => admin.ok("GET", `${CLUSTERS}/get?cluster_id=${cluster_id}`);
  const types = async (request: Json = {}): Promise<string[]> =>
    (await admin.ok("POST", `${CLUSTERS}/events`, { cluster_id, ...request })).events.map(({ type }: Json) => type);

  it("tell in their events what happened, newest first, by type and in pages", async () => {
    await admin.ok("POST", `${CLUSTERS}/resize`, { cluster_id, num_workers: 3 });
    await admin.ok("POST", `${CLUSTERS}/restart`, { cluster_id });
    await admin.ok("POST", `${CLUSTERS}/delete`, { cluster_id });
    const all = ["TERMINATING", "RUNNING", "RESTARTING", "RESIZING", "RUNNING", "CREATING"];
    assert.deepEqual(await types(), all);
    assert.deepEqual(await types({ order: "ASC" }), all.toReversed());
    assert.deepEqual(await types({ event_types: ["RESIZING", "CREATING"] }), ["RESIZING", "CREATING"]);
    const first = await admin.ok("POST", `${CLUSTERS}/events`, { cluster_id, limit: 4 });
    assert.deepEqual([first.events.length, first.total_count, first.next_page.offset], [4, 6, 4]);
    const rest = await admin.ok("POST", `${CLUSTERS}/events`, first.next_page);
    assert.deepEqual([rest.events.length, rest.next_page], [2, undefined]);
  });

  it("are made by who has the entitlement, itself or by a group, or may use the policy", async () => {
    const robot = await workspace.servicePrincipal("robot");
    const { versions } = await admin.ok("GET", `${CLUSTERS}/spark-versions`);
    const body = { spark_version: versions[0].key, node_type_id: "i3.xlarge", num_workers: 1 };
    const create = (more: Json = {}) => robot.client.call("POST", `${CLUSTERS}/create`, { ...body, ...more });
    const { body: refused } = await create();
    assert.equal(refused.error_code, "PERMISSION_DENIED");
    assert.match(refused.message, /allow-cluster-create/);
    const warehouse = { name: "w", cluster_size: "Small", max_num_clusters: 1 };
    await robot.client.refused("PERMISSION_DENIED", "POST", "/api/2.0/sql/warehouses", warehouse);
    await admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", "/api/2.0/policy-families/personal-vm");
    const policies = "/api/2.0/policies/clusters";
    await robot.client.refused("PERMISSION_DENIED", "POST", `${policies}/create`, { name: "p" });
    const { policy_id } = await admin.ok("POST", `${policies}/create`, { name: "p", definition: "{}" });
    assert.equal((await create({ policy_id })).status, 403);
    const acl = [{ service_principal_name: robot.name, permission_level: "CAN_USE" }];
    await admin.ok("PATCH", `/api/2.0/permissions/cluster-policies/${policy_id}`, { access_control_list: acl });
    assert.equal((await create({ policy_id })).status, 200);
    const entitlements = [{ value: "allow-cluster-create" }];
    const group = { displayName: "makers", members: [{ value: robot.id }], entitlements };
    await admin.ok("POST", "/api/2.0/preview/scim/v2/Groups", group);
    assert.equal((await create()).status, 200);
    await robot.client.ok("POST", "/api/2.0/sql/warehouses", warehouse);
    await robot.client.refused("PERMISSION_DENIED", "POST", "/api/2.0/instance-pools/create", {
      ...{ instance_pool_name: "p", node_type_id: "i3.xlarge" },
    });
  });

  it("draw from instance pools, of which no two have one name", async () => {
    const pools = "/api/2.0/instance-pools";
    const body = { instance_pool_name: "the pool", node_type_id: "i3.xlarge" };
    const { instance_pool_id } = await admin.ok("POST", `${pools}/create`, body);
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", `${pools}/create`, body);
    await admin.ok("POST", `${pools}/edit`, { ...body, instance_pool_id });
    const { instance_pool_id: other } = await admin.ok("POST", `${pools}/create`, { ...body, instance_pool_name: "b" });
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", `${pools}/edit`, { ...body, instance_pool_id: other });
    for (const id of [instance_pool_id, other]) await admin.ok("POST", `${pools}/delete`, { instance_pool_id: id });
  });

  it("are seen, started and changed only by who may", async () => {
    const robot = await workspace.servicePrincipal("other robot");
    const get = `${CLUSTERS}/get?cluster_id=${cluster_id}`;
    const allow = (permission_level: string): Promise<Json> =>
      admin.ok("PUT", `/api/2.0/permissions/clusters/${cluster_id}`, {
        access_control_list: [{ service_principal_name: robot.name, permission_level }],
      });
    await robot.client.refused("PERMISSION_DENIED", "GET", get);
    assert.deepEqual((await robot.client.ok("GET", `${CLUSTERS}/list`)).clusters, []);
    await allow("CAN_ATTACH_TO");
    await robot.client.ok("GET", get);
    await robot.client.refused("PERMISSION_DENIED", "POST", `${CLUSTERS}/start`, { cluster_id });
    await allow("CAN_RESTART");
    await robot.client.ok("POST", `${CLUSTERS}/start`, { cluster_id });
    await robot.client.refused("PERMISSION_DENIED", "POST", `${CLUSTERS}/permanent-delete`, { cluster_id });
    await robot.client.refused("PERMISSION_DENIED", "POST", `${CLUSTERS}/pin`, { cluster_id });
    await allow("CAN_MANAGE");
    await robot.client.ok("POST", `${CLUSTERS}/resize`, { cluster_id, num_workers: 2 });
  });

  it("take the variants of a runtime, and no runtime that is not there", async () => {
    const make = (spark_version: string): Json => ({ spark_version, node_type_id: "i3.xlarge", num_workers: 1 });
    for (const version of ["13.3.x-snapshot-scala2.12", "17.3.x-photon-scala2.13", "16.4.x-gpu-ml-scala2.12"]) {
      await admin.ok("POST", `${CLUSTERS}/create`, make(version));
    }
    for (const version of ["99.3.x-scala2.13", "13.3.x-scala2.13", "13.3.x-turbo-scala2.12", "13.3"]) {
      await admin.refused("INVALID_PARAMETER_VALUE", "POST", `${CLUSTERS}/create`, make(version));
    }
  });

  it("change only what an update's mask names", async () => {
    const cluster = { num_workers: 5, cluster_name: "not in the mask", custom_tags: { a: "9", b: "9" } };
    await admin.ok("POST", `${CLUSTERS}/update`, { cluster_id, update_mask: "num_workers,custom_tags.a", cluster });
    const { num_workers, cluster_name, custom_tags } = await get();
    assert.deepEqual([num_workers, cluster_name, custom_tags], [5, "c", { a: "9", b: "2" }]);
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", `${CLUSTERS}/update`, { cluster_id, cluster });
  });

  it("get another owner only while they are terminated, and one that is there", async () => {
    const change = (owner_username: string): Json => ({ cluster_id, owner_username });
    await admin.ok("POST", "/api/2.0/preview/scim/v2/Users", { userName: "ann@example.org" });
    await admin.ok("POST", `${CLUSTERS}/start`, { cluster_id });
    await admin.refused("INVALID_STATE", "POST", `${CLUSTERS}/change-owner`, change("ann@example.org"));
    await admin.ok("POST", `${CLUSTERS}/delete`, { cluster_id });
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", `${CLUSTERS}/change-owner`, change("no@body"));
    await admin.ok("POST", `${CLUSTERS}/change-owner`, change("ann@example.org"));
    assert.equal((await get()).creator_user_name, "ann@example.org");
  });

  it("keep their libraries, each once, and say that they are not installed", async () => {
    const library = { pypi: { package: "x", repo: "y" } };
    const again = { pypi: { repo: "y", package: "x" } };
    await admin.ok("POST", "/api/2.0/libraries/install", { cluster_id, libraries: [library, { whl: "/a.whl" }] });
    await admin.ok("POST", "/api/2.0/libraries/install", { cluster_id, libraries: [again] });
    const status = (): Promise<Json> => admin.ok("GET", `/api/2.0/libraries/cluster-status?cluster_id=${cluster_id}`);
    const { library_statuses } = await status();
    assert.equal(library_statuses.length, 2);
    assert.match(library_statuses[0].messages[0], /does not install/);
    const { statuses } = await admin.ok("GET", "/api/2.0/libraries/all-cluster-statuses");
    assert.equal(statuses[0].library_statuses.length, 2);
    await admin.ok("POST", "/api/2.0/libraries/uninstall", { cluster_id, libraries: [again] });
    assert.deepEqual(
      (await status()).library_statuses.map((each: Json) => each.library),
      [{ whl: "/a.whl" }],
    );
    const two = { cluster_id, libraries: [{ jar: "/a.jar", whl: "/a.whl" }] };
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", "/api/2.0/libraries/install", two);
  });
});
