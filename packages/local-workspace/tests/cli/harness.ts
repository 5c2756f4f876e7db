/** Runs the command as a person does, with folders of its own that are gone afterwards. */
import { spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StartedWorkspace, startWorkspace, stopWorkspace } from "../../src/control/index.ts";

const BIN = join(import.meta.dirname, "..", "..", "bin", "lakehouse.cjs");

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export function execute(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data: Buffer) => (stdout += data));
    child.stderr.on("data", (data: Buffer) => (stderr += data));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

export class Home {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), "lakehouse-cli-")));
  readonly dataDir = join(this.dir, ".lakehouse");

  lakehouse(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Output> {
    const { LAKEHOUSE_DATA_DIR: _, ...inherited } = process.env;
    return execute(process.execPath, [BIN, ...args], { cwd: this.dir, env: { ...inherited, ...env } });
  }

  /** A workspace without an engine: these tests run no data. */
  start(options: { dataDir?: string; port?: number; detach?: boolean } = {}): Promise<StartedWorkspace> {
    const engineEnv = () => ({ ENGINE_PYTHON: "no-engine" });
    return startWorkspace({ dataDir: this.dataDir, port: 0, engineEnv, ...options });
  }

  async remove(): Promise<void> {
    await stopWorkspace(this.dataDir);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
