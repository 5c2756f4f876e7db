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
