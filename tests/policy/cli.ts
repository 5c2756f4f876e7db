/** A Pulumi project of plain Databricks resources, previewed and deployed with the real CLI and the policy pack. */
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { stackEnv } from "../../scripts/stack/stack.ts";
import { type Sent, token, urnOf } from "./pack.ts";

export const ROOT = join(import.meta.dirname, "..", "..");

export interface PolicyEvent {
  policyName: string;
  resourceUrn: string;
  enforcementLevel: string;
  message: string;
}

export interface Outcome {
  code: number;
  text: string;
  violations: PolicyEvent[];
  /** Errors other than violations and the summary of them. */
  errors: string[];
}

export class Project {
  readonly dir = mkdtempSync(join(tmpdir(), "olist-policy-"));
  readonly #workspace: LocalWorkspace;
  readonly #env: NodeJS.ProcessEnv;

  constructor(workspace: LocalWorkspace) {
    this.#workspace = workspace;
    const settings = "name: bad\nmain: program.js\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n";
    writeFileSync(join(this.dir, "Pulumi.yaml"), settings);
    writeFileSync(join(this.dir, "package.json"), '{ "type": "module" }\n');
    copyFileSync(join(import.meta.dirname, "program.js"), join(this.dir, "program.js"));
    symlinkSync(join(ROOT, "node_modules"), join(this.dir, "node_modules"));
    const { PULUMI_STACK: _, ...env } = stackEnv(workspace.tools, workspace, join(this.dir, "backend"));
    this.#env = env;
  }

  async init(): Promise<void> {
    const { code, text } = await this.run(["stack", "init", "test"]);
    if (code !== 0) throw new Error(text);
  }

  /** Writes what the program makes. */
  resources(all: readonly Sent[]): void {
    const listed = all.map((sent) => ({ ...sent, token: token(sent.type), urn: urnOf(sent) }));
    writeFileSync(join(this.dir, "resources.json"), JSON.stringify(listed));
  }

  async preview(config: string, pack = true): Promise<Outcome> {
    return this.#streamed(["preview", "--json", "--non-interactive", ...(pack ? packArgs(config) : [])]);
  }

  up(config: string): Promise<{ code: number; text: string }> {
    return this.run(["up", "--yes", "--skip-preview", "--non-interactive", ...packArgs(config)]);
  }

  async #streamed(args: readonly string[]): Promise<Outcome> {
    const { code, text } = await this.run(args, { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" });
    const violations: PolicyEvent[] = [];
    const errors: string[] = [];
    for (const line of text.split("\n").filter((one) => one.startsWith("{"))) {
      const { policyEvent, diagnosticEvent } = JSON.parse(line);
      if (policyEvent) violations.push(policyEvent);
      if (diagnosticEvent?.severity === "error" && diagnosticEvent.message !== "preview failed\n")
        errors.push(diagnosticEvent.message);
    }
    return { code, text, violations, errors };
  }

  run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number; text: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#workspace.tools.pulumi, [...args], {
        cwd: this.dir,
        env: { ...this.#env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let text = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += data));
      child.on("error", reject);
      child.on("close", (code) => resolve({ code: code ?? 1, text }));
    });
  }

  /** Flags that turn the pack on. */
  pack(config: string): string[] {
    return packArgs(config);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** @param config a stack's name, or the path of a file */
const packArgs = (config: string): string[] => [
  "--policy-pack",
  join(ROOT, "policy"),
  "--policy-pack-config",
  config.includes("/") ? config : join(ROOT, "policy", "config", `${config}.json`),
];
