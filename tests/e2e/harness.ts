/** A copy of the project, driven by the real Pulumi CLI. Everything is gone afterwards. */
import { spawn } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { packArgs } from "../../scripts/stack/pack.ts";
import { stackEnv } from "../../scripts/stack/stack.ts";

const ROOT = join(import.meta.dirname, "..", "..");

export interface Output {
  code: number;
  text: string;
}

/** What the CLI needs of a workspace. */
type Deployed = Pick<LocalWorkspace, "api" | "token" | "tools">;

/** A copy of the program that a test may change; packages are the checkout's own. */
export class ProjectCopy {
  readonly dir = mkdtempSync(join(tmpdir(), "olist-project-"));
  readonly #workspace: Deployed;
  /** Of the CLI. */
  readonly env: NodeJS.ProcessEnv;

  constructor(workspace: Deployed) {
    this.#workspace = workspace;
    const parts = [
      ...globSync("*.ts", { cwd: ROOT }),
      "dashboards",
      "settings",
      "components",
      "notebooks",
      "policy",
      "package.json",
      "tsconfig.json",
    ];
    for (const part of [
      ...parts,
      "Pulumi.yaml",
      "Pulumi.local.yaml",
      "Pulumi.dev.yaml",
      "Pulumi.prod.yaml",
      "Pulumi.pr.yaml",
      "Pulumi.free.yaml",
    ]) {
      cpSync(join(ROOT, part), join(this.dir, part), {
        recursive: true,
        filter: (path) => !path.includes("__pycache__"),
      });
    }
    symlinkSync(join(ROOT, "node_modules"), join(this.dir, "node_modules"));
    this.env = stackEnv(workspace.tools, workspace, join(this.dir, ".backend"));
  }

  /** Puts ids into the stack file where the template has placeholders, as a person does before the first deployment. */
  ownIds(stack: string): void {
    const file = join(this.dir, `Pulumi.${stack}.yaml`);
    const filled = readFileSync(file, "utf8")
      .replaceAll("00000000-0000-4000-8000-000000000001", "1b4f8c2e-6a7d-4f3b-8c9e-0d1a2b3c4d5e")
      .replaceAll("00000000-0000-4000-8000-000000000002", "5f7e2c1a-8b3d-4e6f-9a0b-1c2d3e4f5a6b")
      .replaceAll("@example.com", "@acme.io")
      .replaceAll("1234567890123456", "8372915064738291");
    writeFileSync(file, filled);
  }

  /** For a workspace without an engine: the masks of personal data are SQL functions, which an engine makes. */
  withoutMasks(stack: string): void {
    const file = join(this.dir, `Pulumi.${stack}.yaml`);
    const masks = /^ {2}olist-lakehouse:personalData:\n(?: {4}.*\n?)+/m;
    writeFileSync(file, readFileSync(file, "utf8").replace(masks, ""));
  }

  /** Writes a file of the copy. */
  file(path: string, text: string): void {
    mkdirSync(dirname(join(this.dir, path)), { recursive: true });
    writeFileSync(join(this.dir, path), text);
  }

  async initStack(stack = "local"): Promise<void> {
    const { PULUMI_STACK: _, ...env } = this.env;
    this.env.PULUMI_STACK = stack;
    const { code, text } = await this.run(["stack", "select", stack, "--create", "--non-interactive"], env);
    if (code !== 0) throw new Error(text);
  }

  /** Flags of the policy pack with the configuration that `npm run deploy` gives the selected stack. */
  packArgs(): Promise<string[]> {
    return packArgs(this.#workspace.tools, this.env, this.env.PULUMI_STACK!, ["--cwd", this.dir]);
  }

  run(args: readonly string[], env: NodeJS.ProcessEnv = this.env): Promise<Output> {
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
