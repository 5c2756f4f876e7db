/** One side of the comparison: its program deployed under names of its own, and its job run once. */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FoundWorkspace } from "lakehouse-local-workspace/control";
import type { Toolchain } from "lakehouse-toolchain";
import { ensureGroups } from "../stack/identities.ts";
import { PROJECT, pulumiText, STACK, stackEnv } from "../stack/stack.ts";
import { followRun } from "../start/follow.ts";

export class Side {
  readonly #tools: Toolchain;
  readonly #workspace: FoundWorkspace;
  readonly #folder: string;
  readonly #backend: string;
  readonly #suffix: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #say: (line: string) => void;

  /** @param folder the program; its stack file is changed. @param suffix of all names, so that the sides do not meet */
  constructor(
    tools: Toolchain,
    workspace: FoundWorkspace,
    side: { folder: string; dataDir: string; suffix: string; say: (line: string) => void },
  ) {
    this.#tools = tools;
    this.#workspace = workspace;
    this.#folder = side.folder;
    this.#suffix = side.suffix;
    this.#say = side.say;
    this.#backend = join(side.dataDir, `pulumi-${side.suffix}`);
    this.#env = stackEnv(tools, workspace, this.#backend);
  }

  /** Takes away what a comparison that was killed left, whose data would count as this one's. */
  async clear(): Promise<void> {
    if (!existsSync(join(this.#backend, ".pulumi"))) return;
    await this.#select();
    await this.destroy();
  }

  /** Deploys and runs the job. Resolves to the catalog. @throws Error with what failed */
  async run(parameters: Readonly<Record<string, string>>): Promise<string> {
    await this.#select();
    await this.#pulumi(["config", "set", `${PROJECT}:suffix`, this.#suffix]);
    const config = JSON.parse(await this.#pulumi(["config", "--json"])) as Record<string, { value?: string }>;
    const roles = JSON.parse(config[`${PROJECT}:roles`]?.value ?? "{}") as Record<string, string>;
    await ensureGroups(this.#workspace.api, [...new Set(Object.values(roles))]);
    await this.#pulumi(["up", "--yes", "--skip-preview", "--suppress-outputs"]);
    const outputs = JSON.parse(await this.#pulumi(["stack", "output", "--json"])) as Record<string, string>;
    const { run_id } = await this.#workspace.api.post<{ run_id: number }>("/api/2.2/jobs/run-now", {
      job_id: Number(outputs.jobId),
      job_parameters: parameters,
    });
    const { run } = await followRun(this.#workspace.api, run_id, this.#say);
    if (run.state.result_state !== "SUCCESS") {
      throw new Error(`the job ended ${run.state.result_state ?? "unfinished"}: ${run.state.state_message ?? ""}`);
    }
    return outputs.catalogName!;
  }

  async #select(): Promise<void> {
    mkdirSync(this.#backend, { recursive: true, mode: 0o700 });
    const { PULUMI_STACK: _, ...unselected } = this.#env;
    await this.#pulumi(["stack", "select", STACK, "--create"], unselected);
  }

  async destroy(): Promise<void> {
    await this.#pulumi(["destroy", "--yes", "--skip-preview"]);
    rmSync(this.#backend, { recursive: true, force: true });
  }

  #pulumi(args: readonly string[], env: NodeJS.ProcessEnv = this.#env): Promise<string> {
    return pulumiText(this.#tools, env, [...args, "--non-interactive", "--cwd", this.#folder]);
  }
}
