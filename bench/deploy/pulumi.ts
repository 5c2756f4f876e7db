/** The measured stacks: an empty program, and one with `copies` lakehouses, each against a workspace behind a proxy. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { type StackResource, State } from "../../scripts/drift/state.ts";
import type { LatencyProxy } from "./proxy.ts";
import { type Cost, costOf, run, type Setup } from "./runs.ts";

const STACK = ["--stack", "bench"];

export class PulumiStacks {
  readonly #pulumi: string;
  readonly #proxy: LatencyProxy;
  readonly #program: Setup;
  readonly #empty: Setup;
  readonly #flags: readonly string[];
  readonly #pack: readonly string[];

  /**
   * @param repository root of the revision that is measured
   * @param folder for the state, the stack's configuration and the pack's
   */
  constructor(workspace: LocalWorkspace, proxy: LatencyProxy, repository: string, folder: string, copies: number) {
    const env = { ...workspace.pulumiEnv(join(folder, "pulumi")), DATABRICKS_HOST: proxy.host };
    this.#pulumi = workspace.tools.pulumi;
    this.#proxy = proxy;
    this.#program = { cwd: join(repository, "bench", "deploy"), env };
    this.#empty = { cwd: join(this.#program.cwd, "empty"), env };
    const config = join(folder, "Pulumi.bench.yaml");
    // As OpenTofu's provider has it in tofu.ts: the default of 15 requests a second would be what is measured.
    writeFileSync(config, `config:\n  bench:copies: "${copies}"\n  databricks:rateLimit: "1000"\n`);
    this.#flags = ["--non-interactive", ...STACK, "--config-file", config];
    const pack = join(folder, "pack.json");
    writeFileSync(pack, JSON.stringify({ all: "advisory" }));
    this.#pack = ["--policy-pack", join(repository, "policy"), "--policy-pack-config", pack];
  }

  async init(): Promise<void> {
    for (const project of [this.#program, this.#empty])
      await run(this.#pulumi, ["stack", "init", "bench", "--no-select"], project);
  }

  #cost(project: Setup, ...args: string[]): Promise<Cost> {
    return costOf(this.#proxy, () => run(this.#pulumi, [...args, ...this.#flags], project));
  }

  empty = (): Promise<Cost> => this.#cost(this.#empty, "preview");
  preview = (): Promise<Cost> => this.#cost(this.#program, "preview", "--expect-no-changes");
  previewWithPack = (): Promise<Cost> => this.#cost(this.#program, "preview", ...this.#pack);
  previewWithRefresh = (): Promise<Cost> => this.#cost(this.#program, "preview", "--refresh");
  up = (): Promise<Cost> => this.#cost(this.#program, "up", "--yes", "--skip-preview");
  destroy = (): Promise<Cost> => this.#cost(this.#program, "destroy", "--yes", "--skip-preview");

  /** The stack's resources, for a peer that deploys the same. */
  async resources(): Promise<readonly StackResource[]> {
    const state = await run(this.#pulumi, ["stack", "export", ...STACK], this.#program);
    return new State(JSON.parse(state)).resources;
  }
}
