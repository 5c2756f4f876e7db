/** The pack's configurations, and how to make one's own from them. */
import { readFileSync } from "node:fs";
import { configured, today } from "./configuration.ts";
import { rules } from "./rules/index.ts";

export type Level = "mandatory" | "advisory" | "remediate" | "disabled";
/** What `--policy-pack-config` takes: for each rule a level, or settings with or without a level. */
export type PackConfiguration = Readonly<
  Record<string, Level | ({ readonly enforcementLevel?: Level } & Readonly<Record<string, unknown>>)>
>;

const LEVELS: readonly string[] = ["mandatory", "advisory", "remediate", "disabled"];
export const ENVIRONMENTS = ["local", "dev", "pr", "prod"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

// Beside this file in the repository, above it in the package.
const FOLDER = new URL(import.meta.url.endsWith(".ts") ? "./config/" : "../config/", import.meta.url);
/** One of the pack's own configurations. */
export const configurationOf = (environment: Environment): PackConfiguration =>
  JSON.parse(readFileSync(new URL(`${environment}.json`, FOLDER), "utf8")) as PackConfiguration;

/**
 * What is wrong with a configuration, each with the rule's name: rules that the pack does not have, which the CLI would pass over, levels,
 * settings and exemptions.
 */
export function problemsOf(configuration: unknown): string[] {
  if (typeof configuration !== "object" || configuration === null || Array.isArray(configuration))
    return ["A configuration is an object of rules"];
  const names = new Set(rules.map(({ name }) => name));
  return Object.entries(configuration).flatMap(([name, value]: [string, unknown]) => {
    const rule = rules.find((one) => one.name === name);
    if (typeof value === "string") {
      if (!LEVELS.includes(value)) return [`'${name}' has the level '${value}'; there are: ${LEVELS.join(", ")}`];
      return rule === undefined && name !== "all" ? [unknownRule(name, names)] : [];
    }
    if (rule === undefined && name !== "all") return [unknownRule(name, names)];
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return [`'${name}' must be a level or an object of settings`];
    const { enforcementLevel = "mandatory", ...settings } = value as Record<string, unknown>;
    if (!LEVELS.includes(String(enforcementLevel)))
      return [`'${name}' has the level '${String(enforcementLevel)}'; there are: ${LEVELS.join(", ")}`];
    if (rule === undefined) return [];
    try {
      return configured(rule, settings)
        .exemptions.filter(({ until }) => until < today())
        .map(
          ({ until, reason }) =>
            `'${name}' has an exemption that ended on ${until} (${reason}); renew it or take it out`,
        );
    } catch (error) {
      return [(error as Error).message];
    }
  });
}

function unknownRule(name: string, names: ReadonlySet<string>): string {
  const words = name.split("-");
  const close = [...names]
    .filter((one) => one.split("-").filter((word) => words.includes(word)).length >= 2)
    .slice(0, 3);
  return `There is no rule '${name}'${close.length > 0 ? `; similar: ${close.join(", ")}` : ""}`;
}

/**
 * A configuration with changes: a rule's settings are merged, lists and levels replaced.
 * @throws Error naming everything that is wrong with the result
 */
export function extend(base: PackConfiguration | Environment, changes: PackConfiguration): PackConfiguration {
  const merged: Record<string, PackConfiguration[string]> = {
    ...(typeof base === "string" ? configurationOf(base) : base),
  };
  for (const [name, change] of Object.entries(changes)) {
    const before = merged[name];
    if (before === undefined || typeof change === "string") merged[name] = change;
    else merged[name] = { ...(typeof before === "string" ? { enforcementLevel: before } : before), ...change };
  }
  const problems = problemsOf(merged);
  if (problems.length > 0)
    throw new Error(`The configuration cannot be used:\n${problems.map((one) => `  ${one}`).join("\n")}`);
  return merged;
}
