/**
 * The settings of one stack: what `Pulumi.<stack>.yaml` may say under `olist-lakehouse:`, parsed once.
 * Everything else in the program sees the frozen `Settings` object and no raw configuration.
 */
import { describeIssue, SettingsError } from "./settings/describe.ts";
import { type Described, described, ENVIRONMENTS, type Settings, schema } from "./settings/schema.ts";

export { SettingsError } from "./settings/describe.ts";
export type { Compute, Environment, Roles, Settings } from "./settings/schema.ts";

export interface RawConfig {
  /** Project name: the namespace of the keys. */
  project: string;
  stack: string;
  /** All configuration, `namespace:key` to text; objects as JSON text (the form of `pulumi.runtime.allConfig()`). */
  values: Readonly<Record<string, string>>;
  /** Settings of other namespaces that something reads, by namespace: those of the provider. Absent: not checked. */
  others?: Readonly<Record<string, readonly string[]>>;
  /** Keys whose values must not be shown. */
  isSecret?: (key: string) => boolean;
}

/**
 * Reads the settings of a stack.
 * @throws SettingsError naming the stack file and, for every problem, the key, the value and what is allowed
 */
export function parseSettings(config: RawConfig): Settings {
  const prefix = `${config.project}:`;
  const input: Record<string, unknown> = {};
  for (const [key, raw] of Object.entries(config.values)) {
    if (key.startsWith(prefix)) input[key.slice(prefix.length)] = readValue(key.slice(prefix.length), raw);
  }
  const strays = strayKeys(config);
  const result = schema.safeParse(input);
  const shown = { input, prefix, isSecret: config.isSecret ?? (() => false), known: keysAt, allowed: allowedAt };
  const problems = [...strays, ...(result.error?.issues ?? []).map((found) => describeIssue(found, shown))];
  if (result.success && isEnvironment(config.stack) && result.data.environment !== config.stack)
    problems.push(`${prefix}environment must be "${config.stack}", the name of the stack`);
  if (result.success && problems.length === 0) return freeze(result.data);
  throw new SettingsError(`Pulumi.${config.stack}.yaml`, problems);
}

const isEnvironment = (name: string): boolean => (ENVIRONMENTS as readonly string[]).includes(name);

/** Keys that nothing reads: of a misspelt namespace, of another project, or misspelt settings of the provider. */
function strayKeys({ project, values, others }: RawConfig): string[] {
  if (!others) return [];
  const read = [project, ...Object.keys(others)];
  return Object.keys(values).flatMap((key) => {
    const [namespace = "", name = ""] = key.split(/:(.*)/s);
    if (namespace === project || namespace === "pulumi") return [];
    const known = others[namespace];
    if (!known)
      return [`${key} is in the namespace '${namespace}', which nothing here reads; namespaces are ${read.join(", ")}`];
    return known.includes(name) ? [] : [`${key} is not a setting of '${namespace}'; known are ${known.join(", ")}`];
  });
}

/** Numbers, booleans, lists and objects reach the program as JSON text, and so would text of digits: a setting that is text stays as it is. */
function readValue(key: string, raw: string): unknown {
  if (TEXTS.has(key) || !/^(\{|\[|true$|false$|-?\d)/.test(raw)) return raw;
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}

const TEXTS = new Set(
  Object.entries(described.properties ?? {})
    .filter(([, { type }]) => type === "string")
    .map(([key]) => key),
);

const alternatives = (at: Described): Described[] => at.oneOf ?? at.anyOf ?? [at];
const step = (from: Described[], name: string): Described[] =>
  from.flatMap(alternatives).flatMap(({ properties }) => properties?.[name] ?? []);
const keysAt = (path: readonly string[]): string[] => [
  ...new Set(
    path
      .reduce(step, [described])
      .flatMap(alternatives)
      .flatMap(({ properties }) => Object.keys(properties ?? {})),
  ),
];
const allowedAt = (path: readonly string[]): string | undefined => {
  const [found] = path.reduce(step, [described]);
  return found?.allowed ?? found?.items?.allowed;
};

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) freeze(part);
  return Object.freeze(value);
}
