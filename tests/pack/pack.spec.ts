/** The packed workspace as somebody else installs it: into an empty folder, without Go, on whatever Node the machine has. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WorkspaceApi } from "lakehouse-local-workspace/client";
import { pack } from "../../scripts/pack.ts";

interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** The machine's own programs: no Go, and nothing of this project's node_modules. */
const PATH = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((dir) => !existsSync(join(dir, "go")) && !dir.includes("node_modules"))
  .join(delimiter);

describe("the packed workspace", () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "lakehouse-pack-")));
  const project = join(home, "project");

  function run(command: string, ...args: string[]): Promise<Output> {
    const kept = Object.entries(process.env).filter(
      ([name]) => !/^(npm_|LAKEHOUSE_|ENGINE_|NODE_|PYSPARK_)/i.test(name),
    );
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        cwd: project,
        env: { ...Object.fromEntries(kept), PATH },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const output: Output = { code: -1, stdout: "", stderr: "" };
      for (const name of ["stdout", "stderr"] as const)
        child[name].on("data", (data: Buffer) => (output[name] += data));
      child.on("error", reject);
      child.on("close", (code) => resolve({ ...output, code: code ?? -1 }));
    });
  }

  async function ok(command: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(command, ...args);
    assert.equal(code, 0, `${command} ${args.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  }

  before(() => mkdirSync(project));
  after(async () => {
    if (existsSync(join(project, "node_modules"))) await run("npx", "--no-install", "lakehouse", "stop");
    rmSync(home, { recursive: true, force: true });
  });

  it("installs into an empty folder, starts, runs a pipeline from SQL to a row, and stops", async () => {
    const file = await pack(home, () => undefined);
    await ok("npm", "install", "--no-audit", "--no-fund", file);
    const lakehouse = (...args: string[]): Promise<string> => ok("npx", "--no-install", "lakehouse", ...args);
    await lakehouse("start", "--detach", "--port", "0");
    const env = /^export DATABRICKS_HOST=(.*)\nexport DATABRICKS_TOKEN=(.*)\n$/.exec(await lakehouse("env"));
    assert.ok(env);
    const api = new WorkspaceApi(env[1]!, env[2]!);

    await api.post("/api/2.0/workspace/import", {
      path: "/Shared/greeting.sql",
      format: "AUTO",
      content: Buffer.from("CREATE MATERIALIZED VIEW greeting AS SELECT 'hello' AS word, 2 * 21 AS answer").toString(
        "base64",
      ),
    });
    const { pipeline_id } = await api.post<{ pipeline_id: string }>("/api/2.0/pipelines", {
      name: "greeting",
      catalog: "main",
      schema: "default",
      serverless: true,
      libraries: [{ file: { path: "/Shared/greeting.sql" } }],
    });
    const { update_id } = await api.post<{ update_id: string }>(`/api/2.0/pipelines/${pipeline_id}/updates`, {});
    const path = `/api/2.0/pipelines/${pipeline_id}/updates/${update_id}`;
    let state = "";
    for (
      const deadline = Date.now() + 300_000;
      !["COMPLETED", "FAILED", "CANCELED"].includes(state);
      await sleep(200)
    ) {
      assert.ok(Date.now() < deadline, `the update is still ${state}`);
      state = (await api.get<{ update: { state: string } }>(path)).update.state;
    }
    assert.equal(state, "COMPLETED", await lakehouse("logs"));
    assert.deepEqual(await api.query("SELECT * FROM main.default.greeting"), [{ word: "hello", answer: "42" }]);
    assert.equal((await fetch(`${api.host}/web/app.ts`)).status, 200);

    assert.match(await lakehouse("stop"), /^Stopped the workspace/);
    assert.equal((await run("npx", "--no-install", "lakehouse", "status")).code, 1);
  });
});
