/** Long jobs, principals that runs act as, and exported runs, as clients of the Jobs API meet them. */
import { strict as assert } from "node:assert";
import { type Client, type Json, TestWorkspace } from "../client.ts";

const task = (task_key: string): Json => ({ task_key, notebook_task: { notebook_path: "/Shared/nb" } });
const many = Array.from({ length: 250 }, (_, at) => task(`t${at}`));

describe("the Jobs API", function () {
  this.timeout(20_000);
  let workspace: TestWorkspace;
  let admin: Client;
  before(async () => {
    workspace = await new TestWorkspace().start();
    admin = workspace.admin;
    const content = Buffer.from("# Databricks notebook source\nprint('<1>')\n").toString("base64");
    await admin.ok("POST", "/api/2.0/workspace/import", {
      path: "/Shared/nb",
      format: "SOURCE",
      language: "PYTHON",
      content,
    });
  });
  after(() => workspace.stop());

  /** Follows the pages as the SDKs do. */
  async function pages(path: string): Promise<Json[]> {
    const found: Json[] = [];
    for (let token: string | undefined = ""; token !== undefined; ) {
      const page: Json = await admin.ok("GET", `${path}${token ? `&page_token=${token}` : ""}`);
      found.push(page);
      token = page.next_page_token;
    }
    return found;
  }

  it("2.2 gives a hundred tasks a page of a job and of a run, and lists say that there are more", async () => {
    const parameters = [{ name: "p", default: "1" }];
    const { job_id } = await admin.ok("POST", "/api/2.2/jobs/create", { name: "long", tasks: many, parameters });
    const job = await pages(`/api/2.2/jobs/get?job_id=${job_id}`);
    assert.deepEqual(
      job.map(({ settings }) => settings.tasks.length),
      [100, 100, 50],
    );
    assert.deepEqual(
      job.flatMap(({ settings }) => settings.tasks.map((t: Json) => t.task_key)),
      many.map((t) => t.task_key),
    );
    assert.deepEqual(
      job.map(({ settings }) => settings.parameters.length),
      [1, 0, 0],
    );
    const [listed] = (await admin.ok("GET", "/api/2.2/jobs/list?name=long&expand_tasks=true")).jobs;
    assert.deepEqual([listed.settings.tasks.length, listed.has_more], [100, true]);
    const { run_id } = await admin.ok("POST", "/api/2.2/jobs/run-now", { job_id });
    const run = await pages(`/api/2.2/jobs/runs/get?run_id=${run_id}`);
    assert.deepEqual(
      run.map(({ tasks }) => tasks.length),
      [100, 100, 50],
    );
    assert.equal((await admin.ok("GET", `/api/2.1/jobs/get?job_id=${job_id}`)).settings.tasks.length, 250);
    await admin.refused("INVALID_PARAMETER_VALUE", "GET", `/api/2.2/jobs/get?job_id=${job_id}&page_token=made-up`);
    await admin.ok("POST", "/api/2.2/jobs/runs/cancel", { run_id });
  });

  it("runs list takes at most 25 a page, and 0 for that", async () => {
    const said = await admin.refused("INVALID_PARAMETER_VALUE", "GET", "/api/2.2/jobs/runs/list?limit=26");
    assert.match(said, /limit must be at most 25, got 26/);
    await admin.ok("GET", "/api/2.2/jobs/runs/list?limit=0");
  });

  it("takes the single-task format of older clients as a job of one task", async () => {
    const own = { notebook_task: { notebook_path: "/Shared/nb" }, existing_cluster_id: "0-0-x", max_retries: 1 };
    const old = { name: "Nightly load!", timeout_seconds: 60, ...own };
    const { job_id } = await admin.ok("POST", "/api/2.1/jobs/create", old);
    const settings = async (): Promise<Json> => (await admin.ok("GET", `/api/2.1/jobs/get?job_id=${job_id}`)).settings;
    const { tasks, timeout_seconds, notebook_task } = await settings();
    assert.deepEqual(
      [tasks.length, tasks[0].task_key, timeout_seconds, notebook_task],
      [1, "Nightly_load_", 60, undefined],
    );
    assert.deepEqual([tasks[0].existing_cluster_id, tasks[0].max_retries], ["0-0-x", 1]);
    const new_settings = { name: "Renamed", notebook_task: { notebook_path: "/Shared/other" } };
    await admin.ok("POST", "/api/2.1/jobs/update", { job_id, new_settings });
    const changed = await settings();
    assert.deepEqual(
      changed.tasks.map(({ task_key, notebook_task: { notebook_path } }: Json) => [task_key, notebook_path]),
      [["Nightly_load_", "/Shared/other"]],
    );
    // clients of version 2.0 know no other format: they compare it with what they sent
    const older = (await admin.ok("GET", `/api/2.0/jobs/get?job_id=${job_id}`)).settings;
    assert.deepEqual(
      [older.format, older.tasks, older.max_retries, older.notebook_task.notebook_path],
      ["SINGLE_TASK", undefined, 1, "/Shared/other"],
    );
    await admin.ok("POST", "/api/2.0/jobs/update", { job_id, new_settings: { max_retries: 3 } });
    const { max_retries, existing_cluster_id } = (await settings()).tasks[0];
    assert.deepEqual([max_retries, existing_cluster_id], [3, "0-0-x"]);
    assert.equal(changed.format, "MULTI_TASK");
    await admin.ok("POST", "/api/2.1/jobs/reset", { job_id, new_settings: { name: "n", tasks: [task("a")] } });
    assert.equal((await admin.ok("GET", `/api/2.0/jobs/get?job_id=${job_id}`)).settings.tasks.length, 1);
    const { run_id } = await admin.ok("POST", "/api/2.1/jobs/runs/submit", { run_name: "once", ...own });
    const run = await admin.ok("GET", `/api/2.1/jobs/runs/get?run_id=${run_id}`);
    assert.deepEqual([run.run_name, run.tasks[0].task_key], ["once", "once"]);
    const both = { ...old, tasks: [task("a")] };
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", "/api/2.1/jobs/create", both);
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", "/api/2.1/jobs/create", { notebook_task: {} });
  });

  it("wants absolute paths in the workspace and relative ones in a repository", async () => {
    const job = (more: Json, task: Json): Json => ({ ...more, tasks: [{ task_key: "t", ...task }] });
    const git = { git_source: { git_url: "https://example.org/x.git", git_provider: "gitHub", git_branch: "main" } };
    const notebook = (notebook_path: string, source?: string): Json => ({ notebook_task: { notebook_path, source } });
    const python = (python_file: string): Json => ({ spark_python_task: { python_file } });
    const create = "/api/2.2/jobs/create";
    for (const wrong of [
      job({}, notebook("nb")),
      job(git, notebook("/Shared/nb")),
      job(git, notebook("nb", "WORKSPACE")),
      job({}, python("main.py")),
      job({}, { for_each_task: { inputs: "[1]", task: { task_key: "n", ...notebook("nb") } } }),
    ]) {
      assert.match(
        await admin.refused("INVALID_PARAMETER_VALUE", "POST", create, wrong),
        /must be (absolute|relative)/,
      );
    }
    for (const right of [
      job(git, notebook("nb")),
      job({}, python("s3://bucket/main.py")),
      job({}, notebook("{{input}}")),
    ]) {
      const { job_id } = await admin.ok("POST", create, right);
      const { settings } = await admin.ok("GET", `/api/2.2/jobs/get?job_id=${job_id}`);
      if (right.git_source) assert.equal(settings.tasks[0].notebook_task.source, "GIT");
    }
    const { git_provider: _, ...anonymous } = git.git_source;
    const wrong = job({ git_source: anonymous }, notebook("nb"));
    assert.match(
      await admin.refused("INVALID_PARAMETER_VALUE", "POST", create, wrong),
      /git_source\.git_provider must be one of: github,gitlab,/,
    );
  });

  it("holds to the sizes that the reference states", async () => {
    const refused = (settings: Json, message: RegExp): Promise<void> =>
      admin
        .refused("INVALID_PARAMETER_VALUE", "POST", "/api/2.2/jobs/create", { tasks: [task("a")], ...settings })
        .then((said) => assert.match(said, message));
    const tags = (count: number): Json => Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at}`, ""]));
    await refused({ tags: tags(26) }, /at most 25 tags, got 26/);
    await refused({ name: "ü".repeat(2049) }, /4096 bytes/);
    await refused({ webhook_notifications: { on_failure: ["a", "b", "c", "d"].map((id) => ({ id })) } }, /at most 3/);
    const { job_id } = await admin.ok("POST", "/api/2.2/jobs/create", { tasks: [task("a")], tags: tags(25) });
    const run = (notebook_params: Json): Json => ({ job_id, notebook_params });
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", "/api/2.2/jobs/run-now", run({ p: "x".repeat(10_000) }));
    await admin.ok("POST", "/api/2.2/jobs/run-now", run({ p: "x".repeat(9900) }));
  });

  it("run_as must name a principal that is there, and that the caller may act as", async () => {
    const create = "/api/2.2/jobs/create";
    const settings = (run_as: Json): Json => ({ name: "r", tasks: [task("a")], run_as });
    const unknown = await admin.refused("INVALID_PARAMETER_VALUE", "POST", create, settings({ user_name: "no@body" }));
    assert.match(unknown, /user 'no@body' does not exist/);
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", create, settings({ service_principal_name: "no" }));
    await admin.refused("NOT_IMPLEMENTED", "POST", create, settings({ group_name: "users" }));
    const robot = await workspace.servicePrincipal("robot");
    const other = await workspace.servicePrincipal("other");
    const asOther = settings({ service_principal_name: other.name });
    const { job_id } = await admin.ok("POST", create, asOther);
    const runAs = async () => (await admin.ok("GET", `/api/2.2/jobs/get?job_id=${job_id}`)).run_as_user_name;
    assert.equal(await runAs(), other.name);
    const new_settings = { name: "r", tasks: [task("b")] };
    await admin.ok("POST", "/api/2.2/jobs/reset", { job_id, new_settings });
    assert.equal(await runAs(), other.name, "a reset without run_as leaves it");
    await admin.ok("POST", "/api/2.2/jobs/update", { job_id, fields_to_remove: ["run_as"] });
    assert.equal(await runAs(), "admin@local.workspace");
    await robot.client.ok("POST", create, settings({ service_principal_name: robot.name }));
    await robot.client.refused("PERMISSION_DENIED", "POST", create, settings({ user_name: "admin@local.workspace" }));
    await robot.client.refused("PERMISSION_DENIED", "POST", create, asOther);
    const name = `accounts/0/servicePrincipals/${other.name}/ruleSets/default`;
    const rules = "/api/2.0/preview/accounts/access-control/rule-sets";
    const { etag } = await admin.ok("GET", `${rules}?name=${encodeURIComponent(name)}&etag=`);
    const grant_rules = [{ role: "roles/servicePrincipal.user", principals: [`servicePrincipals/${robot.name}`] }];
    await admin.ok("PUT", rules, { name, rule_set: { name, etag, grant_rules } });
    await robot.client.ok("POST", create, asOther);
    const pipeline = { name: "p", catalog: "main", schema: "default", run_as: { user_name: "no@body" } };
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", "/api/2.0/pipelines", pipeline);
  });

  it("exports the notebook of an ended run as a page that holds its cells as data, too", async () => {
    const ended = async (run_id: number): Promise<Json> => {
      for (;;) {
        const run = await admin.ok("GET", `/api/2.2/jobs/runs/get?run_id=${run_id}`);
        if (run.state.result_state) return run;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const { run_id } = await admin.ok("POST", "/api/2.2/jobs/runs/submit", { tasks: [task("a")] });
    const [{ run_id: ofTask }] = (await ended(run_id)).tasks;
    for (const id of [run_id, ofTask]) {
      const { views } = await admin.ok("GET", `/api/2.2/jobs/runs/export?run_id=${id}&views_to_export=CODE`);
      assert.deepEqual(
        views.map(({ name, type }: Json) => [name, type]),
        [["nb", "NOTEBOOK"]],
      );
      assert.match(views[0].content, /print\('&lt;1&gt;'\)/);
      const [, model = ""] = /__DATABRICKS_NOTEBOOK_MODEL = '([^']+)'/.exec(views[0].content) ?? [];
      const read = JSON.parse(decodeURIComponent(Buffer.from(model, "base64").toString())) as Json;
      assert.deepEqual(
        read.commands.map(({ command }: Json) => command),
        ["print('<1>')"],
      );
    }
    const condition = { task_key: "c", condition_task: { op: "EQUAL_TO", left: "1", right: "1" } };
    const other = await admin.ok("POST", "/api/2.2/jobs/runs/submit", { tasks: [condition] });
    await ended(other.run_id);
    await admin.refused("INVALID_PARAMETER_VALUE", "GET", `/api/2.2/jobs/runs/export?run_id=${other.run_id}`);
  });
});
