import { strict as assert } from "node:assert";
import { type Json, TestWorkspace } from "../client.ts";

const PERMISSIONS = "/api/2.0/permissions";

describe("permissions of objects", () => {
  const workspace = new TestWorkspace();
  let notebook: string;
  before(async () => {
    await workspace.start();
    const { object_id } = await workspace.admin.ok("POST", "/api/2.0/workspace/import", {
      path: "/Users/admin@local.workspace/n",
      language: "SQL",
      content: "",
    });
    notebook = `${PERMISSIONS}/notebooks/${object_id}`;
    await workspace.admin.ok("POST", "/api/2.0/preview/scim/v2/Groups", { displayName: "team" });
  });
  after(() => workspace.stop());
  const levelsOf = (answer: Json, field: string, name: string) =>
    answer.access_control_list
      .filter((entry: Json) => entry[field] === name)
      .flatMap((entry: Json) => entry.all_permissions)
      .map((held: Json) => [held.permission_level, held.inherited]);

  it("PUT replaces, PATCH adds, and what is inherited stays", async () => {
    const set = (method: "PUT" | "PATCH", group_name: string, permission_level: string) =>
      workspace.admin.ok(method, notebook, { access_control_list: [{ group_name, permission_level }] });
    await set("PUT", "team", "CAN_RUN");
    const added = await set("PATCH", "users", "CAN_READ");
    assert.deepEqual(levelsOf(added, "group_name", "team"), [["CAN_RUN", false]]);
    const replaced = await set("PUT", "users", "CAN_EDIT");
    assert.deepEqual(levelsOf(replaced, "group_name", "team"), []);
    assert.deepEqual(levelsOf(replaced, "group_name", "admins"), [["CAN_MANAGE", true]]);
    assert.deepEqual(levelsOf(replaced, "user_name", "admin@local.workspace"), [["CAN_MANAGE", true]]);
  });

  it("refuses a level of another type, an unknown principal, two principals in one entry, and unknown objects", async () => {
    const put = (entry: Json) => workspace.admin.call("PUT", notebook, { access_control_list: [entry] });
    assert.match(
      (await put({ group_name: "team", permission_level: "CAN_RESTART" })).body.message,
      /CAN_READ, CAN_RUN, CAN_EDIT, CAN_MANAGE/,
    );
    assert.equal((await put({ group_name: "ghosts", permission_level: "CAN_RUN" })).status, 404);
    assert.equal(
      (await put({ group_name: "team", user_name: "admin@local.workspace", permission_level: "CAN_RUN" })).status,
      400,
    );
    await workspace.admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", `${PERMISSIONS}/notebooks/1`);
    await workspace.admin.refused("INVALID_PARAMETER_VALUE", "GET", `${PERMISSIONS}/sandwiches/1`);
  });

  it("a job always has one owner, who is not a group", async () => {
    const { job_id } = await workspace.admin.ok("POST", "/api/2.2/jobs/create", {
      name: "j",
      tasks: [{ task_key: "t", notebook_task: { notebook_path: "/Users/admin@local.workspace/n" } }],
    });
    const url = `${PERMISSIONS}/jobs/${job_id}`;
    assert.deepEqual(levelsOf(await workspace.admin.ok("GET", url), "user_name", "admin@local.workspace"), [
      ["IS_OWNER", false],
    ]);
    const put = (...access_control_list: Json[]) => workspace.admin.call("PUT", url, { access_control_list });
    const run = { group_name: "team", permission_level: "CAN_MANAGE_RUN" };
    assert.match((await put(run)).body.message, /exactly one owner/);
    assert.match(
      (await put({ group_name: "team", permission_level: "IS_OWNER" })).body.message,
      /Groups cannot be owner/,
    );
    const owner = { user_name: "admin@local.workspace", permission_level: "IS_OWNER" };
    const admins = { group_name: "admins", permission_level: "CAN_MANAGE" };
    const twice = await put({ ...run, permission_level: "CAN_VIEW" }, run, admins, owner);
    assert.deepEqual(levelsOf(twice.body, "group_name", "team"), [["CAN_MANAGE_RUN", false]], "the last level holds");
    assert.deepEqual(levelsOf(twice.body, "group_name", "admins")[0], ["CAN_MANAGE", false], "as it was set");
    const application = { displayName: "sp" };
    const sp = await workspace.admin.ok("POST", "/api/2.0/preview/scim/v2/ServicePrincipals", application);
    const asUser = await put({ user_name: sp.applicationId, permission_level: "CAN_VIEW" }, owner);
    assert.deepEqual(levelsOf(asUser.body, "service_principal_name", sp.applicationId), [["CAN_VIEW", false]]);
    const levels = await workspace.admin.ok("GET", `${url}/permissionLevels`);
    assert.ok(levels.permission_levels.some((level: Json) => level.permission_level === "CAN_VIEW"));
  });

  it("a warehouse keeps its owner when a PUT names none", async () => {
    const warehouse = { name: "w", cluster_size: "Small", max_num_clusters: 1 };
    const { id } = await workspace.admin.ok("POST", "/api/2.0/sql/warehouses", warehouse);
    const url = `${PERMISSIONS}/sql/warehouses/${id}`;
    const owners = (answer: Json): Json[] =>
      answer.access_control_list.filter(({ all_permissions: all }: Json) =>
        all.some(({ permission_level: level }: Json) => level === "IS_OWNER"),
      );
    const before = owners(await workspace.admin.ok("GET", url));
    const use = { group_name: "team", permission_level: "CAN_USE" };
    const after = await workspace.admin.ok("PUT", url, { access_control_list: [use] });
    assert.deepEqual([before.length, owners(after)], [1, before]);
    assert.deepEqual(levelsOf(after, "group_name", "team"), [["CAN_USE", false]]);
  });

  it("only admins learn that a job is not there; others are denied with the levels that would do", async () => {
    const robot = await workspace.servicePrincipal("robot");
    const job = { name: "j", tasks: [] };
    const { job_id } = await workspace.admin.ok("POST", "/api/2.2/jobs/create", job);
    const get = `/api/2.2/jobs/get?job_id=${job_id}`;
    const said = (method: "GET" | "POST", path: string, body?: Json): Promise<string> =>
      robot.client.refused("PERMISSION_DENIED", method, path, body);
    const user = `User ${robot.name} does not have`;
    for (const state of ["there", "deleted"]) {
      assert.equal(
        await said("GET", get),
        `${user} View or Admin or Manage Run or Owner permissions on job ${job_id}`,
        state,
      );
      assert.equal(
        await said("POST", "/api/2.2/jobs/delete", { job_id }),
        `${user} Admin or Owner permissions on job ${job_id}`,
        state,
      );
      assert.match(await said("GET", `${PERMISSIONS}/jobs/${job_id}`), /Manage permissions on Job with ID: /, state);
      if (state === "there") await workspace.admin.ok("POST", "/api/2.2/jobs/delete", { job_id });
    }
    assert.equal(await workspace.admin.refused("INVALID_PARAMETER_VALUE", "GET", get), `Job ${job_id} does not exist.`);
  });
});
