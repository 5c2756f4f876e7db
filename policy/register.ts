/** Makes a policy of the pack from each rule, and shows which exemptions are in use. */
import type { Policy, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { type Configuration, configSchema, configured, exemptionOf } from "./configuration.ts";
import {
  type Finding,
  type Resource,
  type ResourceRule,
  type Rule,
  type StackFinding,
  sees,
  shortType,
} from "./rule.ts";
import { isSecretAt } from "./sdk.ts";
import { copied, type Fields, plain } from "./values.ts";

type AnyPolicy = Partial<Omit<ResourceValidationPolicy, keyof Policy>> &
  Partial<Omit<StackValidationPolicy, keyof Policy>> &
  Policy;
type Report = (message: string, urn: string) => void;

export const EXEMPTIONS_POLICY = "exemptions-in-use";
export const UNUSED_POLICY = "exemptions-unused";

/** All rules as policies, one that reports what they let pass because of an exemption, and one for exemptions of no resource. */
export function toPolicies(rules: readonly Rule[]): (ResourceValidationPolicy | StackValidationPolicy)[] {
  const used = new Map<string, string[]>();
  const configurations = new Map(rules.map((rule) => [rule.name, lastOf(rule)]));
  const policies = rules.map((rule) =>
    toPolicy(rule, configurations.get(rule.name)!.read, (urn, message) =>
      used.set(urn, [...(used.get(urn) ?? []), message]),
    ),
  );
  // Rules run in order, so whatever they let pass is known here; each resource is analyzed by itself.
  const show = (urn: string, report: Report): void => {
    for (const message of used.get(urn) ?? []) report(message, urn);
    used.delete(urn);
  };
  const exemptions: AnyPolicy = {
    name: EXEMPTIONS_POLICY,
    displayName: "Exemptions in use",
    description: "Shows each violation that an exemption in the configuration lets pass, with its reason and last day.",
    enforcementLevel: "advisory",
    severity: "low",
    tags: ["databricks"],
    validateResource: ({ urn }, report) => show(urn, report as Report),
    validateStack: ({ resources }, report) => {
      for (const { urn } of resources) show(urn, report as Report);
    },
  };
  const unused: AnyPolicy = {
    name: UNUSED_POLICY,
    displayName: "Exemptions of no resource",
    description: "Shows exemptions whose URN no resource of the program has: misspelled, or left over.",
    enforcementLevel: "advisory",
    severity: "low",
    tags: ["databricks"],
    validateStack: ({ resources }, report) => {
      for (const [rule, { last }] of configurations)
        for (const [at, { pattern, until }] of (last()?.exemptions ?? []).entries())
          if (!resources.some(({ urn }) => pattern.test(urn)))
            report(
              `${rule}: exempt[${at}], until ${until}, is of no resource of this program. Correct its urn, or take it out of the configuration.`,
            );
    },
  };
  return [...policies, exemptions, unused] as (ResourceValidationPolicy | StackValidationPolicy)[];
}

type Use = (urn: string, message: string) => void;

function toPolicy(rule: Rule, configuration: ReadConfiguration, use: Use): AnyPolicy {
  const judge = (finding: Finding, urn: string, name: string, { exemptions }: Configuration, report: Report): void => {
    const found = exemptions.length > 0 ? exemptionOf(urn, exemptions) : undefined;
    if (found?.holds) {
      const { reason, until } = found.exemption;
      use(urn, `'${name}': ${finding.property} is exempt from ${rule.name} until ${until}: ${reason}`);
      return;
    }
    const ended = found ? ` The exemption ended on ${found.exemption.until}.` : "";
    report(`'${name}': ${finding.property} ${finding.problem}. ${finding.fix ?? rule.fix}${ended}`, urn);
  };
  return {
    name: rule.name,
    displayName: rule.title,
    description: `${rule.title}. ${rule.why}`,
    enforcementLevel: rule.level === "production" ? "advisory" : rule.level,
    severity: rule.severity,
    remediationSteps: rule.fix,
    url: rule.url,
    tags: tagsOf(rule),
    configSchema: configSchema(rule.limits),
    ...(rule.kind === "resource" ? resourcePart(rule, configuration, judge) : {}),
    ...(rule.kind === "stack" ? stackPart(rule.types, rule.looksUp ?? [], rule.check, configuration, judge) : {}),
    ...(rule.kind === "resource" && rule.stack
      ? stackPart(rule.types, rule.stack.looksUp, rule.stack.check, configuration, judge)
      : {}),
  };
}

const tagsOf = ({ types, ids = {} }: Rule): string[] => [
  "databricks",
  ...(types[0] === "*" ? [] : [types[0]!.toLowerCase()]),
  ...(ids.sat ?? []).map((id) => `sat:${id}`),
  ...(ids.kics ?? []).map((id) => `kics:${id}`),
  ...(ids.cis ?? []).map((id) => `cis:${id}`),
];

type Judge = (finding: Finding, urn: string, name: string, configuration: Configuration, report: Report) => void;
type ReadConfiguration = (given: object) => Configuration;

/** Reads a rule's configuration once, however many resources it is for. */
function lastOf(rule: Rule): { readonly read: ReadConfiguration; last(): Configuration | undefined } {
  let last: { given: Record<string, unknown>; read: Configuration } | undefined;
  const read: ReadConfiguration = (config) => {
    const given = config as Record<string, unknown>;
    const keys = Object.keys(given);
    const same =
      last !== undefined &&
      keys.length === Object.keys(last.given).length &&
      keys.every((key) => given[key] === last!.given[key]);
    if (!same) last = { given, read: configured(rule, given) };
    return last!.read;
  };
  return { read, last: () => last?.read };
}

type Seen = {
  type: string;
  name: string;
  urn: string;
  props: object;
  opts: { protect: boolean };
  provider?: { urn: string } | undefined;
};

const asResource = (type: string, seen: Seen, more: Pick<Resource, "propertyDependencies" | "isSecret">): Resource => ({
  type,
  name: seen.name,
  urn: seen.urn,
  props: plain(seen.props) as Fields,
  protect: seen.opts.protect,
  provider: seen.provider?.urn,
  ...more,
});

function resourcePart(
  rule: ResourceRule,
  configuration: ReadConfiguration,
  judge: Judge,
): Partial<ResourceValidationPolicy> {
  const seen = (args: Seen): Resource | undefined => {
    const type = shortType(args.type);
    if (type === undefined || !sees(rule.types, type)) return undefined;
    return asResource(type, args, { propertyDependencies: {}, isSecret: (path) => isSecretAt(args.props, path) });
  };
  return {
    validateResource: (args, report) => {
      // Whatever the type: a configuration that the rule cannot use must not wait for the first resource that it looks at.
      const current = configuration(args.getConfig());
      const resource = seen(args);
      if (!resource) return;
      for (const finding of rule.check(resource, current.limits as never)) {
        judge(finding, args.urn, resource.name, current, report as Report);
      }
    },
    ...(rule.remediate === undefined
      ? {}
      : {
          remediateResource: (args) => {
            const looked = seen(args);
            if (!looked) return undefined;
            const resource = { ...looked, props: copied(args.props) as Fields };
            const { limits, exemptions } = configuration(args.getConfig());
            if (exemptionOf(resource.urn, exemptions)?.holds) return undefined;
            const change = rule.remediate?.(resource, limits as never);
            // In place: a copy would touch what is not known yet, which ends the remediation.
            return change && Object.assign(args.props, change);
          },
        }),
  };
}

function stackPart(
  types: readonly string[],
  looksUp: readonly string[],
  check: (resources: readonly Resource[], limits: never) => StackFinding[],
  configuration: ReadConfiguration,
  judge: Judge,
): Pick<StackValidationPolicy, "validateStack"> {
  return {
    validateStack: (args, report) => {
      const current = configuration(args.getConfig());
      const resources = args.resources.flatMap((resource): Resource[] => {
        const type = shortType(resource.type);
        if (type === undefined || !(sees(types, type) || looksUp.includes(type))) return [];
        const dependencies = Object.entries(resource.propertyDependencies).map(([key, all]) => [
          key,
          all.map(({ urn }) => urn),
        ]);
        return [asResource(type, resource, { propertyDependencies: Object.fromEntries(dependencies) })];
      });
      for (const finding of check(resources, current.limits as never)) {
        judge(finding, finding.urn, finding.name, current, report as Report);
      }
    },
  };
}
