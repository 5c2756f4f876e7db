/** The policy pack on a stack's commands: which flags turn it on, with which configuration. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { rules } from "../../policy/rules/index.ts";
import { PROJECT_DIR } from "./paths.ts";

const CONFIG_DIR = join("policy", "config");

/**
 * Flags that run a stack's preview or update with the pack.
 * @throws Error when the stack has no configuration, or that names a rule which the pack does not have: the CLI would ignore it
 */
export function packArgs(stack: string): string[] {
  const config = join(CONFIG_DIR, `${stack}.json`);
  if (!existsSync(join(PROJECT_DIR, config))) {
    const stacks = globSync("*.json", { cwd: join(PROJECT_DIR, CONFIG_DIR) }).map((file) => basename(file, ".json"));
    throw new Error(`Stack '${stack}' has no ${config}; there are configurations for ${stacks.sort().join(", ")}.`);
  }
  const known = new Set(["all", ...rules.map(({ name }) => name)]);
  const named = Object.keys(JSON.parse(readFileSync(join(PROJECT_DIR, config), "utf8")) as object);
  const unknown = named.filter((name) => !known.has(name));
  if (unknown.length > 0) throw new Error(`${config} configures what is no rule of the pack: ${unknown.join(", ")}.`);
  return ["--policy-pack", "policy", "--policy-pack-config", config];
}
