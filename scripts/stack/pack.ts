/**
 * The policy pack on a stack's commands: which flags turn it on, with which configuration. That is `policy/config/<stack>.json`,
 * and the principals and the code root that the stack's own settings name, so that an id stands in one place.
 */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { problemsOf } from "databricks-governance";
import type { Toolchain } from "lakehouse-toolchain";
import type { Settings } from "../../settings.ts";
import { PROJECT_DIR } from "./paths.ts";
import { stackSettings } from "./stack.ts";

export type PackConfig = Record<string, string | Record<string, unknown>>;

/** Where the program puts code when its settings name no other root. */
const CODE_ROOT = "/Workspace/olist";
const CONFIG_DIR = join("policy", "config");

/**
 * Of a stack without a configuration of its own, such as `pr-123`, that of its environment holds.
 * @throws Error when there is none, or it names a rule which the pack does not have: the CLI would ignore it
 */
export function configOf(stack: string, environment: string): PackConfig {
  const file = [stack, environment]
    .map((name) => join(CONFIG_DIR, `${name}.json`))
    .find((candidate) => existsSync(join(PROJECT_DIR, candidate)));
  if (file === undefined) {
    const known = globSync("*.json", { cwd: join(PROJECT_DIR, CONFIG_DIR) }).map((name) => basename(name, ".json"));
    throw new Error(
      `Stack '${stack}' of environment '${environment}' has no configuration in ${CONFIG_DIR}; there are ${known.sort().join(", ")}.`,
    );
  }
  const config = JSON.parse(readFileSync(join(PROJECT_DIR, file), "utf8")) as PackConfig;
  const problems = problemsOf(config);
  if (problems.length > 0) throw new Error(`${file} cannot be used:\n${problems.map((one) => `  ${one}`).join("\n")}`);
  return config;
}

/** The configuration with the principals and the code root of the settings added to its lists of allowed ones. */
export function withSettings(
  config: PackConfig,
  { roles, runAs, codeRoot }: Pick<Settings, "roles" | "runAs" | "codeRoot">,
): PackConfig {
  const admins = roles.platformAdmins === undefined ? [] : [roles.platformAdmins];
  const allowed: [rule: string, list: string, values: readonly string[]][] = [
    ["grant-require-groups", "servicePrincipals", runAs === undefined ? [] : [runAs]],
    ["grant-restrict-manage", "admins", admins],
    // Every workspace has this group, which may manage everything anyhow.
    ["job-require-acl", "admins", [...admins, "admins"]],
    ["source-require-root", "roots", [codeRoot ?? CODE_ROOT]],
  ];
  const merged: PackConfig = { ...config };
  for (const [rule, list, values] of allowed) {
    const own = merged[rule] ?? {};
    if (values.length === 0 || own === "disabled") continue;
    const settings = typeof own === "string" ? { enforcementLevel: own } : own;
    const given = (settings as Record<string, unknown>)[list];
    merged[rule] = { ...settings, [list]: [...new Set([...(Array.isArray(given) ? given : []), ...values])] };
  }
  return merged;
}

/**
 * Configuration of the pack for a stack.
 * @param flags the flags that the CLI gets besides; `--cwd` among them says where the project is
 */
export async function packConfig(
  tools: Toolchain,
  env: NodeJS.ProcessEnv,
  stack: string,
  flags: readonly string[] = [],
): Promise<PackConfig> {
  const at = flags.findIndex((flag) => flag === "--cwd" || flag === "-C");
  const settings = await stackSettings(tools, env, stack, at < 0 ? [] : flags.slice(at, at + 2));
  return withSettings(configOf(stack, settings.environment), settings);
}

/** Flags that run a stack's preview or update with the pack. The file that they name lasts as long as this process. */
export async function packArgs(...args: Parameters<typeof packConfig>): Promise<string[]> {
  const config = await packConfig(...args);
  const dir = mkdtempSync(join(tmpdir(), "policy-config-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, "config.json");
  writeFileSync(file, JSON.stringify(config, null, 2));
  return ["--policy-pack", "policy", "--policy-pack-config", file];
}
