/** dbt_task: what the engine is given, and what comes back. https://docs.databricks.com/aws/en/jobs/dbt */
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Harness } from "../harness.ts";

interface Asked {
  project: string;
  artifacts: string;
  [key: string]: unknown;
}

describe("dbt tasks", function () {
  this.timeout(30_000);
  let h: Harness;
  let seen: { task: Asked; file: string | undefined; dependencies: unknown };
  before(async () => {
    h = await new Harness().start();
    h.file("/Users/me/shop/dbt_project.yml", "name: shop");
    h.engine.on("python.run", (params) => {
      const [, text] = /json\.loads\((".*")\)/.exec(params.source)!;
      const task = JSON.parse(JSON.parse(text!)) as Asked;
      const file = join(task.project, "dbt_project.yml");
      seen = {
        task,
        file: existsSync(file) ? readFileSync(file, "utf8") : undefined,
        dependencies: params.dependencies,
      };
      mkdirSync(dirname(task.artifacts), { recursive: true });
      writeFileSync(task.artifacts, "the archive");
      return { truncated: false, ...(task.schema === "bad" ? { error: { message: "dbt failed", trace: "" } } : {}) };
    });
  });
  after(() => h.stop());

  const run = async (dbt_task: object, job: object = {}, now: object = {}) => {
    const libraries = [{ pypi: { package: "dbt-databricks>=1.8,<2" } }];
    const id = await h.createJob({ name: "j", tasks: [{ task_key: "d", dbt_task, libraries }], ...job });
    const ended = await h.ended(await h.runNow(id, now));
    const output = await h.ok("GET", `/api/2.2/jobs/runs/get-output?run_id=${ended.tasks[0].run_id}`);
    return { state: ended.tasks[0].state, output };
  };

  it("run on a project of the workspace, with a warehouse and packages of dbt's own", async () => {
    const [{ id }] = (await h.ok("GET", "/api/2.0/sql/warehouses")).warehouses;
    const commands = ["dbt deps", "dbt run --vars '{day: {{job.parameters.day}}}'"];
    const task = {
      commands,
      project_directory: "/Workspace/Users/me/shop",
      warehouse_id: id,
      catalog: "c",
      schema: "s",
    };
    const { output } = await run(task, { parameters: [{ name: "day", default: "mon" }] });
    const { project: _, artifacts: __, ...asked } = seen.task;
    assert.deepEqual(asked, {
      commands: ["dbt deps", "dbt run --vars '{day: mon}'"],
      http_path: `/sql/1.0/warehouses/${id}`,
      catalog: "c",
      schema: "s",
      profiles: null,
      requirements: ["dbt-databricks>=1.8,<2"],
    });
    assert.equal(seen.file, "name: shop");
    assert.deepEqual(seen.dependencies, []);
    const link: string = output.dbt_output.artifacts_link;
    const got = await fetch(link);
    assert.equal(await got.text(), "the archive");
    assert.equal((await fetch(link.replace(/signature=.{5}/, "signature=00000"))).status, 403);
  });

  it("that fail have their reason and their artifacts; run-now's commands win", async () => {
    const task = { commands: ["dbt run"], project_directory: "/Users/me/shop", schema: "bad" };
    const { output } = await run(task, {}, { dbt_commands: ["dbt test"] });
    assert.equal(output.error, "dbt failed");
    assert.ok(output.dbt_output.artifacts_link);
    assert.deepEqual(seen.task.commands, ["dbt test"]);
  });

  it("take a project from Git, at a branch, and leave nothing behind", async () => {
    const repository = await served();
    try {
      const git_source = { git_url: repository.url, git_provider: "gitHub", git_branch: "side" };
      const { state } = await run({ commands: ["dbt run"], project_directory: "dbt" }, { git_source });
      assert.equal(state.result_state, "SUCCESS", JSON.stringify(state));
      assert.equal(seen.file, "name: of_side");
      assert.equal(existsSync(seen.task.project), false);
      const other = await run({ commands: ["dbt run"] }, { git_source: { ...git_source, git_branch: "none" } });
      assert.match(other.output.error, /^Failed to checkout Git repository .* at none: /);
      const ext = await run({ commands: ["dbt run"] }, { git_source: { ...git_source, git_url: "ext::sh -c true" } });
      assert.match(ext.output.error, /git_url must be an http\(s\) address/);
      const out = await run({ commands: ["dbt run"], project_directory: "../.." }, { git_source });
      assert.match(out.output.error, /leaves the Git repository/);
    } finally {
      repository.close();
    }
  });

  it("are refused at creation where they contradict themselves", async () => {
    const project_directory = "/Users/me/shop";
    for (const [task, message] of [
      [{ commands: ["rm -rf ."], project_directory }, /must start with dbt/],
      [{ commands: [], project_directory }, /commands/],
      [
        { commands: ["dbt run"], warehouse_id: "w", profiles_directory: "p" },
        /profiles_directory cannot be set beside/,
      ],
      [{ commands: ["dbt run"], catalog: "c" }, /catalog needs a warehouse_id/],
    ] as const) {
      const answer = await h.call("POST", "/api/2.2/jobs/create", {
        name: "j",
        tasks: [{ task_key: "d", dbt_task: task }],
      });
      assert.equal(answer.status, 400);
      assert.match(answer.body.message, message);
    }
    const missing = await run({ commands: ["dbt run"], project_directory: "/Users/me/nothing" });
    assert.match(missing.output.error, /Users\/me\/nothing/);
    const relative = await run({ commands: ["dbt run"], project_directory: "shop" });
    assert.match(relative.output.error, /must be the absolute path of a workspace folder, got 'shop'/);
  });
});

/** A repository with a branch `side`, served as files, which git reads over HTTP. */
async function served(): Promise<{ url: string; close(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "repository-"));
  const git = (...args: string[]) => execFileSync("git", ["-C", folder, ...args], { stdio: "pipe" });
  git("init", "--quiet", "--initial-branch", "main");
  mkdirSync(join(folder, "dbt"));
  const commit = (text: string) => {
    writeFileSync(join(folder, "dbt", "dbt_project.yml"), text);
    git("add", "-A");
    git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", text);
  };
  commit("name: of_main");
  git("checkout", "--quiet", "-b", "side");
  commit("name: of_side");
  git("checkout", "--quiet", "main");
  git("update-server-info");
  const server: Server = createServer((request, response) => {
    const file = join(folder, ".git", new URL(request.url!, "http://x").pathname.replace(/^\/shop\.git/, ""));
    if (existsSync(file)) response.end(readFileSync(file));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop.git`,
    close: () => {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
