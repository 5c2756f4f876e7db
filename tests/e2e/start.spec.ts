/** `npm start` as a newcomer runs it: twice in a row, and with what goes wrong. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { parseOptions, UsageError } from "../../scripts/start/options.ts";
import type { Output } from "./harness.ts";

const SCRIPTS = join(import.meta.dirname, "..", "..", "scripts");
const MAIN = join(SCRIPTS, "start", "main.ts");

const start = (dataDir: string, args: string[]): Promise<Output> =>
  run(process.execPath, [MAIN, ...args], { LAKEHOUSE_DATA_DIR: dataDir });

function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += data));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, text }));
  });
}

/** "bronze.orders   5,123  …" of the summary: the rows that this run wrote. */
function rowsOf(text: string, dataset: string): number {
  const line = text.split("\n").find((l) => l.startsWith(`${dataset} `));
  assert.ok(line, `${dataset} is not in the summary:\n${text}`);
  return Number(line.split(/\s+/)[1]!.replaceAll(",", ""));
}

describe("npm start", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "olist-start-"));
  after(() => rmSync(dataDir, { recursive: true, force: true }));

  it("deploys, runs the job on generated data and says what came out", async () => {
    const { code, text } = await start(dataDir, ["--port", "0", "--scale", "0.05"]);
    assert.equal(code, 0, text);
    for (const part of ["created", "generate", "medallion", "cdc", "from gold", "time per task", "http://127.0.0.1:"]) {
      assert.ok(text.includes(part), `'${part}' is not in:\n${text}`);
    }
    assert.ok(rowsOf(text, "bronze.orders") > 200, text);
    assert.ok(rowsOf(text, "gold.sales_performance") > 0, text);
  });

  it("changes no resource the second time, and processes the next batch only", async () => {
    const { code, text } = await start(dataDir, ["--port", "0", "--scale", "0.05"]);
    assert.equal(code, 0, text);
    assert.match(text, /\d+ unchanged/);
    assert.doesNotMatch(text, /to update|updated|created \(/);
    const orders = rowsOf(text, "bronze.orders");
    // A further batch is a tenth of the first, and later states of its open orders.
    assert.ok(orders > 0 && orders < 200, `bronze.orders wrote ${orders} rows`);
  });

  it("wrote what an independent computation over the same files gives, to the cent", async () => {
    const workspace = await LocalWorkspace.start({ dataDir });
    try {
      const { code, text } = await run(workspace.tools.python, [
        join(import.meta.dirname, "verify_workspace.py"),
        workspace.api.host,
        join(dataDir, "token"),
        dataDir,
        "olist_local",
      ]);
      assert.equal(code, 0, text);
    } finally {
      await workspace.stop();
    }
  });

  it("ends with one clear line when the port is taken, and works afterwards", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    try {
      const { code, text } = await start(dataDir, ["--port", String(port)]);
      assert.equal(code, 1);
      const last = text.trim().split("\n").at(-1)!;
      assert.match(last, new RegExp(`npm start failed: .*${port}.*logs`));
    } finally {
      await new Promise((resolve) => taken.close(resolve));
    }
    assert.ok(!existsSync(join(dataDir, "workspace.json")));
  });
});

describe("npm run pulumi", () => {
  it("deploys to a fresh workspace, which has none of the groups that the grants name", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "olist-pulumi-"));
    try {
      const args = [join(SCRIPTS, "pulumi.ts"), "up", "--yes", "--skip-preview", "--non-interactive"];
      const { code, text } = await run(process.execPath, args, { LAKEHOUSE_DATA_DIR: dataDir });
      assert.equal(code, 0, text);
      assert.match(text, /\+ \d+ created/);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

describe("flags of npm start", () => {
  const refused = (args: string[], pattern: RegExp): void =>
    assert.throws(
      () => parseOptions(args),
      (error: unknown) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, pattern);
        return true;
      },
    );

  it("name the flag, the value and what is allowed when they are wrong", () => {
    refused(["--scale", "big"], /--scale is 'big': it must be a number above 0/);
    refused(["--seed", "-1"], /--seed/);
    refused(["--port", "70000"], /--port is '70000': it must be a port/);
    refused(["--sacle", "2"], /--sacle/);
  });

  it("have the documented defaults", () => {
    const unset = { scale: undefined, seed: undefined, report: undefined, dataDiff: undefined };
    assert.deepEqual(parseOptions([]), { serve: false, fresh: false, port: 4680, ...unset });
  });
});
