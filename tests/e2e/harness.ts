/** A local workspace on a free port and a copy of the project, driven by the real Pulumi CLI. Everything is gone afterwards. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WorkspaceApi } from "../../local/start/api.ts";
import { stackEnv } from "../../local/start/stack.ts";
import { ensureToolchain, type Toolchain } from "../../local/toolchain/index.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const START_TIMEOUT = 30_000;
const STOP_TIMEOUT = 30_000;

export interface Output {
  code: number;
  text: string;
}

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
    const { engine = true, dataDir = mkdtempSync(join(tmpdir(), "olist-workspace-")) } = options;
    const tools = await ensureToolchain(engine ? { tests: true } : { parts: ["pulumi"] });
    const workspace = new LocalWorkspace(tools, engine, dataDir);
    await workspace.start();
    return workspace;
  }

  async start(): Promise<void> {
    rmSync(join(this.dataDir, "workspace.json"), { force: true });
    const child = spawn(
      process.execPath,
      [join(ROOT, "local/workspace/main.ts"), "--data-dir", this.dataDir, "--port", "0"],
      { env: { ...process.env, ...this.#engineEnv }, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#child = child;
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
}

/** A copy of the program that a test may change; packages are the checkout's own. */
export class ProjectCopy {
  readonly dir = mkdtempSync(join(tmpdir(), "olist-project-"));
  readonly #workspace: LocalWorkspace;
  readonly #env: NodeJS.ProcessEnv;

  constructor(workspace: LocalWorkspace) {
    this.#workspace = workspace;
    const parts = ["index.ts", "settings.ts", "components", "notebooks", "policy", "package.json", "tsconfig.json"];
    for (const part of [...parts, "Pulumi.yaml", "Pulumi.local.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"]) {
      cpSync(join(ROOT, part), join(this.dir, part), {
        recursive: true,
        filter: (path) => !path.includes("__pycache__"),
      });
    }
    symlinkSync(join(ROOT, "node_modules"), join(this.dir, "node_modules"));
    const backend = join(this.dir, ".backend");
    mkdirSync(backend);
    this.#env = { ...stackEnv(workspace.tools, workspace), PULUMI_BACKEND_URL: `file://${backend}` };
  }

  async initStack(): Promise<void> {
    const { PULUMI_STACK: _, ...env } = this.#env;
    const { code, text } = await this.run(["stack", "select", "local", "--create", "--non-interactive"], env);
    if (code !== 0) throw new Error(text);
  }

  run(args: readonly string[], env: NodeJS.ProcessEnv = this.#env): Promise<Output> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#workspace.tools.pulumi, [...args], {
        cwd: this.dir,
        env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let text = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += data));
      child.on("error", reject);
      child.on("close", (code) => resolve({ code: code ?? 1, text }));
    });
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
