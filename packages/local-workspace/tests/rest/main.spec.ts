import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "../../src/main.ts");

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into as they come
type Json = Record<string, any>;

describe("the workspace's process", function () {
  this.timeout(60_000);
  let root: string;
  let data: string;
  let children: ChildProcess[];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "main-"));
    data = join(root, "data");
    children = [];
    const python = join(root, "python");
    writeFileSync(python, `#!/bin/sh\nPYTHONPATH=${join(import.meta.dirname, "engine/fixture")} exec python3 "$@"\n`);
    chmodSync(python, 0o755);
  });
  afterEach(async () => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("close", resolve));
    }
    rmSync(root, { recursive: true, force: true });
  });

  function launch(port = 0): { child: ChildProcess; ended: Promise<{ code: number | null; said: string }> } {
    const args = [MAIN, "--data-dir", data, "--port", String(port), "--python", join(root, "python")];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
    const ended = new Promise<{ code: number | null; said: string }>((resolve) =>
      child.once("close", (code) => resolve({ code, said })),
    );
    return { child, ended };
  }

  async function ready(child: ChildProcess): Promise<string> {
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) {
      const file = join(data, "workspace.json");
      if (existsSync(file)) {
        const { host, pid } = JSON.parse(readFileSync(file, "utf8")) as { host: string; pid: number };
        if (pid === child.pid) return host;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return assert.fail("it did not start");
  }

  async function call(host: string, path: string, body?: object): Promise<Json> {
    const token = readFileSync(join(data, "token"), "utf8").trim();
    const answer = await fetch(host + path, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return (await answer.json()) as Json;
  }

  it("a second one on the same folder, or on a port in use, ends with one line that says so", async () => {
    const first = launch();
    const host = await ready(first.child);
    const second = await launch().ended;
    assert.equal(second.code, 1);
    assert.match(second.said, /^error: Another local workspace uses .*process \d+.*\n$/);
    data = join(root, "other");
    const third = await launch(Number(new URL(host).port)).ended;
    assert.equal(third.code, 1);
    assert.match(third.said, /^error: Port \d+ of 127\.0\.0\.1 is in use.*\n$/);
  });

  it("SIGTERM stops it cleanly and takes workspace.json away", async () => {
    const { child, ended } = launch();
    await ready(child);
    child.kill("SIGTERM");
    assert.equal((await ended).code, 0);
    assert.equal(existsSync(join(data, "workspace.json")), false);
  });

  it("after SIGKILL everything acknowledged is there, and what ran is failed and can be repaired", async () => {
    const first = launch();
    let host = await ready(first.child);
    await call(host, "/api/2.0/workspace/import", {
      path: "/Shared/nb",
      format: "SOURCE",
      language: "PYTHON",
      content: "cHJpbnQoMSk=",
    });
    const tasks = [{ task_key: "a", notebook_task: { notebook_path: "/Shared/nb", base_parameters: { hang: "1" } } }];
    const { job_id } = await call(host, "/api/2.2/jobs/create", { name: "j", tasks });
    const { run_id } = await call(host, "/api/2.2/jobs/run-now", { job_id });
    assert.equal((await call(host, `/api/2.2/jobs/runs/get?run_id=${run_id}`)).state.life_cycle_state, "RUNNING");
    first.child.kill("SIGKILL");
    await first.ended;

    const second = launch();
    host = await ready(second.child);
    const run = await call(host, `/api/2.2/jobs/runs/get?run_id=${run_id}`);
    assert.equal(run.state.life_cycle_state, "INTERNAL_ERROR");
    assert.equal(run.state.result_state, "FAILED");
    assert.match(run.state.state_message, /stopped while this was running/);
    assert.equal((await call(host, `/api/2.2/jobs/get?job_id=${job_id}`)).settings.name, "j");
    const repair = await call(host, "/api/2.2/jobs/runs/repair", { run_id, rerun_all_failed_tasks: true });
    assert.ok(repair.repair_id, JSON.stringify(repair));
  });
});
