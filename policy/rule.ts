/** What a rule is, and how it becomes a policy of the pack. Checks are pure functions over plain data. */
import type {
  Policy,
  PolicyConfigSchema,
  ResourceValidationPolicy,
  Severity,
  StackValidationPolicy,
} from "@pulumi/policy";
import { type Fields, plain, type Value } from "./values.ts";

/**
 * What a check found: the property as a path, and what is wrong with it. Neither holds text of the resource: a validator sees
 * secrets in clear and cannot tell them from other text. Numbers, and words of the rule or its configuration, are fine.
 */
export interface Finding {
  readonly property: string;
  readonly problem: string;
}

export interface Resource {
  /** Short type, for example "Pipeline". */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly props: Fields;
  readonly protect: boolean;
  /** URNs of the resources that a property's value comes from; stack rules only. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
}

export interface Limit {
  readonly description: string;
  readonly type: "integer" | "string" | "array";
  readonly default: number | string | readonly string[];
  readonly minimum?: number;
  /** The text is a regular expression. */
  readonly isPattern?: boolean;
  /** Each text of the list is an absolute path. */
  readonly holdsPaths?: boolean;
}
export type Limits = Readonly<Record<string, Limit>>;
type Configured<L extends Limits> = {
  readonly [K in keyof L]: L[K]["type"] extends "integer" ? number : L[K]["type"] extends "string" ? string : string[];
};

interface Common<L extends Limits> {
  readonly name: string;
  readonly title: string;
  /**
   * `production` is advisory until a configuration makes it mandatory, which config/prod.json does.
   */
  readonly level: "mandatory" | "advisory" | "remediate" | "production";
  readonly severity: Severity;
  /** Why the rule is there, a sentence. */
  readonly why: string;
  /** What to do about a violation, a sentence. */
  readonly fix: string;
  /** Where the rule comes from. */
  readonly source: string;
  readonly url: string;
  readonly limits?: L;
}

export interface ResourceRule<L extends Limits = Limits> extends Common<L> {
  readonly kind: "resource";
  /** Short names of the resource types that it sees; it never sees another. */
  readonly types: readonly string[];
  check(resource: Resource, limits: Configured<L>): Finding[];
  /** Top-level properties to set so that the rule holds; undefined when it holds already or nothing is known yet. */
  remediate?(resource: Resource, limits: Configured<L>): Record<string, Value> | undefined;
}

export interface StackRule<L extends Limits = Limits> extends Common<L> {
  readonly kind: "stack";
  /** Short names of the resource types that it reports. */
  readonly types: readonly string[];
  /** Types that it also sees, to know what the reported ones refer to. */
  readonly looksUp?: readonly string[];
  check(
    resources: readonly Resource[],
    limits: Configured<L>,
  ): (Finding & { readonly urn: string; readonly name: string })[];
}

export type Rule = ResourceRule | StackRule;

/** Fixes the types of a rule's limits, and forgets them, so that rules of all kinds fit one list. */
export const resourceRule = <const L extends Limits>(rule: Omit<ResourceRule<L>, "kind">): Rule =>
  ({ ...rule, kind: "resource" }) as unknown as Rule;
export const stackRule = <const L extends Limits>(rule: Omit<StackRule<L>, "kind">): Rule =>
  ({ ...rule, kind: "stack" }) as unknown as Rule;

const TOKEN = /^databricks:[^:]+:([A-Za-z0-9]+)$/;
/** A resource of this type comes from the Databricks provider; "Pipeline" for databricks:index/pipeline:Pipeline. */
export const shortType = (token: string): string | undefined => TOKEN.exec(token)?.[1];

export function toPolicy(rule: Rule): ResourceValidationPolicy | StackValidationPolicy {
  const common: Policy = {
    name: rule.name,
    displayName: rule.title,
    description: `${rule.title}. ${rule.why}`,
    enforcementLevel: rule.level === "production" ? "advisory" : rule.level,
    severity: rule.severity,
    remediationSteps: rule.fix,
    url: rule.url,
    tags: ["databricks", rule.types[0]!.toLowerCase()],
    ...(rule.limits === undefined ? {} : { configSchema: configSchema(rule.limits) }),
  };
  return rule.kind === "resource" ? resourcePolicy(rule, common) : stackPolicy(rule, common);
}

function resourcePolicy(rule: ResourceRule, common: Policy): ResourceValidationPolicy {
  const seen = (args: { type: string; name: string; urn: string; props: object; opts: { protect: boolean } }) => {
    const type = shortType(args.type);
    if (type === undefined || !rule.types.includes(type)) return undefined;
    return {
      type,
      name: args.name,
      urn: args.urn,
      props: plain(args.props) as Fields,
      protect: args.opts.protect,
      propertyDependencies: {},
    };
  };
  return {
    ...common,
    validateResource: (args, report) => {
      // Whatever the type: a configuration that the rule cannot use must not wait for the first resource that it looks at.
      const limits = configured(rule, args.getConfig());
      const resource = seen(args);
      if (!resource) return;
      for (const finding of rule.check(resource, limits)) {
        report(message(resource.name, finding, rule), args.urn);
      }
    },
    ...(rule.remediate === undefined
      ? {}
      : {
          remediateResource: (args) => {
            const resource = seen(args);
            const change = resource && rule.remediate?.(resource, configured(rule, args.getConfig()));
            // In place: a copy would touch what is not known yet, which ends the remediation.
            return change && Object.assign(args.props, change);
          },
        }),
  };
}

function stackPolicy(rule: StackRule, common: Policy): StackValidationPolicy {
  return {
    ...common,
    validateStack: (args, report) => {
      const resources = args.resources.flatMap((resource): Resource[] => {
        const type = shortType(resource.type);
        if (type === undefined || !(rule.types.includes(type) || rule.looksUp?.includes(type))) return [];
        return [
          {
            type,
            name: resource.name,
            urn: resource.urn,
            props: plain(resource.props) as Fields,
            protect: resource.opts.protect,
            propertyDependencies: Object.fromEntries(
              Object.entries(resource.propertyDependencies).map(([key, all]) => [key, all.map(({ urn }) => urn)]),
            ),
          },
        ];
      });
      for (const finding of rule.check(resources, configured(rule, args.getConfig()))) {
        report(message(finding.name, finding, rule), finding.urn);
      }
    },
  };
}

const message = (name: string, finding: Finding, rule: Rule): string =>
  `'${name}': ${finding.property} ${finding.problem}. ${rule.fix}`;

function configSchema(limits: Limits): PolicyConfigSchema {
  return {
    properties: Object.fromEntries(
      Object.entries(limits).map(([key, limit]) => [
        key,
        {
          type: limit.type,
          description: limit.description,
          default: limit.default as number,
          ...(limit.type === "array" ? { items: { type: "string" as const } } : {}),
          ...(limit.minimum === undefined ? {} : { minimum: limit.minimum }),
        },
      ]),
    ),
  };
}

/**
 * The limits of a rule: what is configured, else the defaults (getConfig() is {} when nothing is configured).
 * The CLI checks types and minima against the schema; what a schema cannot say is checked here.
 * @throws Error naming the rule and the setting
 */
function configured(rule: Rule, config: object): Configured<Limits> {
  const given = config as Record<string, unknown>;
  const limits = rule.limits ?? {};
  const refuse = (problem: string): never => {
    const error = new Error(`Configuration of policy '${rule.name}': ${problem}`);
    error.stack = error.message; // the SDK prints it, and where in the pack it was found helps nobody
    throw error;
  };
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(limits, key)) continue;
    const known = Object.keys(limits);
    refuse(`there is no setting '${key}'; ${known.length > 0 ? `there are: ${known.join(", ")}` : "it has none"}`);
  }
  return Object.fromEntries(
    Object.entries(limits).map(([key, limit]) => {
      const value = given[key] ?? limit.default;
      const typed =
        limit.type === "array"
          ? Array.isArray(value) && value.every((element) => typeof element === "string")
          : limit.type === "integer"
            ? Number.isInteger(value) && (value as number) >= (limit.minimum ?? Number.MIN_SAFE_INTEGER)
            : typeof value === "string";
      if (!typed)
        refuse(
          `'${key}' must be ${EXPECTED[limit.type]}${limit.minimum === undefined ? "" : ` from ${limit.minimum}`}`,
        );
      if (limit.holdsPaths && !(value as string[]).every((path) => path.trim().startsWith("/")))
        refuse(`'${key}' must hold absolute paths`);
      if (limit.isPattern) {
        try {
          new RegExp(value as string);
        } catch {
          refuse(`'${key}' is no regular expression`);
        }
      }
      return [key, value];
    }),
  ) as Configured<Limits>;
}

const EXPECTED = { integer: "a whole number", string: "text", array: "a list of texts" } as const;
