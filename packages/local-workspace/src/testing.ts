/** For tests: a local workspace on a free port and a data folder of its own, which is gone afterwards. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureToolchain, type Toolchain } from "lakehouse-toolchain";
import { WorkspaceApi } from "./client.ts";

const MAIN = join(import.meta.dirname, "main.ts");
const START_TIMEOUT = 30_000;
const STOP_TIMEOUT = 30_000;

export class LocalWorkspace {
  readonly dataDir: string;
  readonly tools: Toolchain;
  #child: ChildProcess | undefined;
  readonly #engineEnv: Readonly<Record<string, string>>;
  #log = "";
  api!: WorkspaceApi;
  token!: string;

  private constructor(tools: Toolchain, engine: boolean, dataDir: string) {
    this.tools = tools;
    this.dataDir = dataDir;
    this.#engineEnv = engine ? tools.engineEnv : { ENGINE_PYTHON: "no-engine" };
  }

  /**
   * @param options `engine: false` for a test that runs no data: it then needs neither Python nor Spark; `dataDir` for
   *   a folder that another workspace left
   */
  static async start(options: { engine?: boolean; dataDir?: string } = {}): Promise<LocalWorkspace> {
    const { engine = true, dataDir = mkdtempSync(join(tmpdir(), "lakehouse-workspace-")) } = options;
    const tools = await ensureToolchain(engine ? { tests: true } : { parts: ["pulumi"] });
    const workspace = new LocalWorkspace(tools, engine, dataDir);
    await workspace.start();
    return workspace;
  }

  async start(): Promise<void> {
    rmSync(join(this.dataDir, "workspace.json"), { force: true });
    const child = spawn(process.execPath, [MAIN, "--data-dir", this.dataDir, "--port", "0"], {
      env: { ...process.env, ...this.#engineEnv },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    const end = (): void => void child.kill();
    process.once("exit", end); // as when it is interrupted between a stop and a start
    child.once("exit", () => process.off("exit", end));
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (this.#log += data));
    const file = join(this.dataDir, "workspace.json");
    const deadline = Date.now() + START_TIMEOUT;
    while (!existsSync(file)) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`the workspace did not start: ${this.#log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { host } = JSON.parse(readFileSync(file, "utf8")) as { host: string };
    this.token = readFileSync(join(this.dataDir, "token"), "utf8").trim();
    this.api = new WorkspaceApi(host, this.token);
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Process id of the workspace; the engine is its child. */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("the workspace does not run");
    return pid;
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT);
    await ended;
    clearTimeout(timer);
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** The environment of a Pulumi CLI that deploys here, with a file backend in this folder. */
  pulumiEnv(backend: string): NodeJS.ProcessEnv {
    mkdirSync(backend, { recursive: true });
    return {
      ...Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !/^(DATABRICKS|ARM|GOOGLE|PULUMI)_/.test(name)),
      ),
      ...this.tools.pulumiEnv,
      PULUMI_BACKEND_URL: `file://${backend}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      DATABRICKS_HOST: this.api.host,
      DATABRICKS_TOKEN: this.token,
      DATABRICKS_AUTH_TYPE: "pat",
    };
  }
}
