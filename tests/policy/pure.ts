/** All rules on plain data, without the protocol: what a preview would report. */
import { configured } from "databricks-governance/configuration";
import { type Finding, type Resource, type Rule, sees, shortType } from "databricks-governance/rule";
import { rules } from "databricks-governance/rules";
import { type Fields, UNKNOWN as NOT_KNOWN, type Value } from "databricks-governance/values";
import { type Sent, secret, UNKNOWN, urnOf } from "./pack.ts";

export interface Found extends Finding {
  readonly rule: string;
  readonly name: string;
}

/** The key that marks a secret as the engine marshals it. */
const [SECRET] = Object.keys(secret(undefined) as object) as [string];

/** What the SDK would make of sent properties. */
function received(value: unknown): Value {
  if (value === UNKNOWN) return NOT_KNOWN;
  if (Array.isArray(value)) return value.map(received);
  if (typeof value !== "object" || value === null) return value as Value;
  if (SECRET in value) return received((value as { value?: unknown }).value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== undefined)
      .map(([key, child]) => [key, received(child)]),
  );
}

const asResource = (sent: Sent, marked: boolean): Resource => ({
  type: shortType(sent.type) ?? sent.type,
  name: sent.name,
  urn: urnOf(sent),
  props: received(sent.props) as Fields,
  protect: sent.protect ?? false,
  provider: sent.provider,
  isSecret: () => marked,
  propertyDependencies: sent.dependencies ?? {},
});

export type Config = Readonly<Record<string, Record<string, unknown> | "disabled">>;

/** @param marked whether the program marks every value as a secret */
export function findings(all: readonly Sent[], config: Config = {}, marked = false): Found[] {
  const resources = all.map((sent) => asResource(sent, marked));
  return rules.flatMap((rule) => of(rule, resources, config));
}

function of(rule: Rule, resources: readonly Resource[], config: Config): Found[] {
  const given = config[rule.name];
  if (given === "disabled") return [];
  const { limits } = configured(rule, given ?? {});
  const seen = resources.filter(({ type }) => sees(rule.types, type));
  const also = (looksUp: readonly string[]): Resource[] =>
    resources.filter(({ type }) => sees(rule.types, type) || looksUp.includes(type));
  const found: (Finding & { name: string })[] =
    rule.kind === "stack"
      ? rule.check(also(rule.looksUp ?? []), limits as never)
      : [
          ...seen.flatMap((resource) =>
            rule.check(resource, limits as never).map((finding) => ({ ...finding, name: resource.name })),
          ),
          ...(rule.stack?.check(also(rule.stack.looksUp), limits as never) ?? []),
        ];
  return found.map((finding) => ({ ...finding, rule: rule.name }));
}
