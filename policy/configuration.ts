/** What a user configures for a rule: its limits, and resources that are exempt from it for a while. */
import type { PolicyConfigSchema } from "@pulumi/policy";
import { isPlaceholder } from "./placeholders.ts";
import type { Configured, Limit, Limits, Rule } from "./rule.ts";
import { visible } from "./values.ts";

/** A resource that a rule leaves alone until a day. */
export interface Exemption {
  readonly pattern: RegExp;
  readonly reason: string;
  /** Last day on which it holds, YYYY-MM-DD in UTC. */
  readonly until: string;
}

export interface Configuration {
  readonly limits: Configured<Limits>;
  readonly exemptions: readonly Exemption[];
}

/** Key of the exemptions in a rule's configuration, beside its limits. */
export const EXEMPT = "exempt";
const EXEMPTION_KEYS = ["urn", "reason", "until"];
const DAY = 24 * 60 * 60 * 1000;
/** Longer than that, an exemption is a rule that nobody looks at any more. */
export const LONGEST_EXEMPTION_DAYS = 366;
const LEAST_REASON = 10;

export const today = (now = Date.now()): string => new Date(now).toISOString().slice(0, 10);

const EXEMPT_SCHEMA = {
  type: "array" as const,
  description: "Resources that the rule leaves alone for a while",
  items: {
    type: "object" as const,
    properties: {
      urn: { type: "string" as const, description: "URN; * stands for any characters" },
      reason: { type: "string" as const, description: "Why, for whoever reads the preview" },
      until: {
        type: "string" as const,
        description: `Last day, YYYY-MM-DD, at most ${LONGEST_EXEMPTION_DAYS} days away`,
      },
    },
    required: EXEMPTION_KEYS,
  },
};

export function configSchema(limits: Limits = {}): PolicyConfigSchema {
  const ofLimits = Object.entries(limits).map(([key, limit]) => [
    key,
    {
      type: limit.type,
      description: limit.description,
      default: limit.default as number,
      ...(limit.type === "array" ? { items: { type: "string" as const } } : {}),
      ...(limit.minimum === undefined ? {} : { minimum: limit.minimum }),
    },
  ]);
  return { properties: { ...Object.fromEntries(ofLimits), [EXEMPT]: EXEMPT_SCHEMA } };
}

/**
 * Reads a rule's configuration: what is given, else the defaults (getConfig() is {} when nothing is configured).
 * The CLI checks types and minima against the schema; what a schema cannot say is checked here.
 * @throws Error naming the rule and the setting
 */
export function configured(rule: Rule, given: Readonly<Record<string, unknown>>, now = Date.now()): Configuration {
  const limits: Limits = rule.limits ?? {};
  const refuse = (problem: string): never => {
    const error = new Error(`Configuration of policy '${rule.name}': ${problem}`);
    error.stack = error.message; // the SDK prints it, and where in the pack it was found helps nobody
    throw error;
  };
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(limits, key) || key === EXEMPT) continue;
    const known = [...Object.keys(limits), EXEMPT];
    refuse(`there is no setting '${key}'; there are: ${known.join(", ")}`);
  }
  const values = Object.entries(limits).map(([key, limit]) => [key, limitValue(key, limit, given[key], refuse)]);
  return {
    limits: Object.fromEntries(values) as Configured<Limits>,
    exemptions: exemptions(given[EXEMPT], refuse, now),
  };
}

type Refuse = (problem: string) => never;

function limitValue(key: string, limit: Limit, given: unknown, refuse: Refuse): unknown {
  const value = given ?? limit.default;
  const typed =
    limit.type === "array"
      ? Array.isArray(value) && value.every((element) => typeof element === "string")
      : limit.type === "integer"
        ? Number.isInteger(value) && (value as number) >= (limit.minimum ?? Number.MIN_SAFE_INTEGER)
        : typeof value === "string";
  if (!typed) {
    refuse(`'${key}' must be ${EXPECTED[limit.type]}${limit.minimum === undefined ? "" : ` from ${limit.minimum}`}`);
  }
  if (limit.holdsPaths && !(value as string[]).every((path) => path.trim().startsWith("/")))
    refuse(`'${key}' must hold absolute paths`);
  if (limit.isPattern) {
    try {
      new RegExp(value as string);
    } catch {
      refuse(`'${key}' is no regular expression`);
    }
  }
  return value;
}

const EXPECTED = { integer: "a whole number", string: "text", array: "a list of texts" } as const;

function exemptions(given: unknown, refuse: Refuse, now: number): Exemption[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) return refuse(`'${EXEMPT}' must be a list of { urn, reason, until }`);
  return given.map((entry: unknown, at) => {
    const place = `${EXEMPT}[${at}]`;
    if (typeof entry !== "object" || entry === null || Array.isArray(entry))
      return refuse(`'${place}' must be { urn, reason, until }`);
    const fields = entry as Record<string, unknown>;
    for (const key of Object.keys(fields)) {
      if (!EXEMPTION_KEYS.includes(key))
        refuse(`'${place}' has a key '${key}'; there are: ${EXEMPTION_KEYS.join(", ")}`);
    }
    for (const key of EXEMPTION_KEYS) {
      if (typeof fields[key] !== "string" || visible(fields[key]) === "") refuse(`'${place}.${key}' must be text`);
    }
    const { urn, reason, until } = fields as { urn: string; reason: string; until: string };
    if (!/[^*:\s]/.test(urn.replace(/^urn:pulumi:/, "")))
      refuse(`'${place}.urn' matches every resource; set the rule's level to disabled if that is meant`);
    if (visible(reason).length < LEAST_REASON || isPlaceholder(reason))
      refuse(`'${place}.reason' must say why, in ${LEAST_REASON} characters or more`);
    return { pattern: globPattern(urn.trim()), reason: visible(reason), until: day(until, place, refuse, now) };
  });
}

function day(text: string, place: string, refuse: Refuse, now: number): string {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // The engine takes 2026-02-30 for the second of March.
  if (Number.isNaN(at) || today(at) !== text) return refuse(`'${place}.until' must be a day as YYYY-MM-DD`);
  if (at > now + LONGEST_EXEMPTION_DAYS * DAY)
    return refuse(`'${place}.until' must be within ${LONGEST_EXEMPTION_DAYS} days; renew the exemption then`);
  return text;
}

const globPattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .split(/\*+/)
      .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"))
      .join("[^]*")}$`,
  );

/** The exemption that a resource has, and whether it still holds: one that does wins over one that has ended. */
export function exemptionOf(
  urn: string,
  all: readonly Exemption[],
  now = Date.now(),
): { readonly exemption: Exemption; readonly holds: boolean } | undefined {
  const own = all.filter(({ pattern }) => pattern.test(urn));
  const current = own.find(({ until }) => until >= today(now));
  const exemption = current ?? own[0];
  return exemption && { exemption, holds: current !== undefined };
}
