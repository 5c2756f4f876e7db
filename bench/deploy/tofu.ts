/** The same resources for OpenTofu with the same provider, written from a Pulumi stack's state. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { findClient } from "lakehouse-toolchain/engine";
import { type StackResource, snake } from "../../scripts/drift/state.ts";
import type { LatencyProxy } from "./proxy.ts";
import { type Cost, costOf, run, type Setup } from "./runs.ts";

/** Lists that are repeated blocks, named in the singular there. */
const BLOCKS: Readonly<Record<string, string>> = {
  tasks: "task",
  libraries: "library",
  parameters: "parameter",
  grants: "grant",
  accessControls: "access_control",
  dependsOns: "depends_on",
  onFailures: "on_failure",
};

const nameOf = (urn: string): string =>
  urn
    .split("::")
    .at(-1)!
    .replaceAll(/[^\w-]/g, "_");
/** WorkspaceFile is databricks_workspace_file. */
const typeOf = (type: string): string => `databricks${snake(type)}`;

/** @param resources of a stack, none of which is named like another but for punctuation */
export function configuration(resources: readonly StackResource[]): object {
  const addresses = new Map(resources.map(({ urn, type }) => [urn, `${typeOf(type)}.${nameOf(urn)}`]));
  const ids = new Map(
    resources
      .filter(({ type }) => type === "Pipeline" || type === "Job")
      .map(({ id, urn }) => [id, `\${${addresses.get(urn)}.id}`]),
  );
  function convert(value: unknown): unknown {
    if (typeof value === "string") return ids.get(value) ?? value.replaceAll("${", "$${");
    if (Array.isArray(value)) return value.map(convert);
    if (value === null || typeof value !== "object") return value;
    const entries = Object.entries(value).filter(([key]) => key !== "__defaults");
    return Object.fromEntries(entries.map(([key, item]) => [BLOCKS[key] ?? snake(key), convert(item)]));
  }
  const converted: Record<string, Record<string, object>> = {};
  for (const { urn, type, inputs, dependencies } of resources) {
    const depends = dependencies.flatMap((one) => addresses.get(one) ?? []);
    const { source: _, ...kept } = inputs;
    converted[typeOf(type)] ??= {};
    converted[typeOf(type)]![nameOf(urn)] = { ...(convert(kept) as object), depends_on: depends };
  }
  return {
    terraform: { required_providers: { databricks: { source: "databricks/databricks" } } },
    provider: { databricks: { rate_limit: 1000 } },
    resource: converted,
  };
}

export class TofuStack {
  readonly #tofu: string;
  readonly #proxy: LatencyProxy;
  readonly #setup: Setup;

  private constructor(tofu: string, proxy: LatencyProxy, setup: Setup) {
    this.#tofu = tofu;
    this.#proxy = proxy;
    this.#setup = setup;
  }

  /** Undefined where `tofu` and `terraform-provider-databricks` are neither on PATH nor in the cache's folder `clients`. */
  static find(
    workspace: LocalWorkspace,
    proxy: LatencyProxy,
    folder: string,
    resources: readonly StackResource[],
  ): TofuStack | undefined {
    const [tofu, provider] = [findClient("tofu"), findClient("terraform-provider-databricks")];
    if (tofu === undefined || provider === undefined) return undefined;
    const cwd = join(folder, "tofu");
    mkdirSync(cwd);
    writeFileSync(join(cwd, "main.tf.json"), JSON.stringify(configuration(resources)));
    const settings = join(cwd, "tofu.rc");
    const overrides = `dev_overrides { "databricks/databricks" = "${dirname(provider)}" }`;
    writeFileSync(settings, `provider_installation {\n  ${overrides}\n  direct {}\n}\n`);
    const { PATH, DATABRICKS_TOKEN } = workspace.pulumiEnv(join(folder, "pulumi"));
    const env = { PATH, DATABRICKS_TOKEN, HOME: folder, DATABRICKS_HOST: proxy.host, TF_CLI_CONFIG_FILE: settings };
    return new TofuStack(tofu, proxy, { cwd, env });
  }

  #cost(...args: string[]): Promise<Cost> {
    return costOf(this.#proxy, () => run(this.#tofu, [...args, "-no-color"], this.#setup));
  }

  plan = (): Promise<Cost> => this.#cost("plan");
  apply = (): Promise<Cost> => this.#cost("apply", "-auto-approve");
  destroy = (): Promise<Cost> => this.#cost("destroy", "-auto-approve");
}
