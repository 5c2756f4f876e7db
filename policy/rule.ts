/** What a rule is. Checks are pure functions over plain data; register.ts makes policies of them. */
import type { Fields, Value } from "./values.ts";

/**
 * What a check found: the property as a path, and what is wrong with it. Neither holds text of the resource: a validator sees
 * secrets in clear and cannot tell them from other text. Numbers, and words of the rule or its configuration, are fine.
 */
export interface Finding {
  readonly property: string;
  readonly problem: string;
  /** What to do, where the rule's own fix does not fit this case. */
  readonly fix?: string;
}

/** What a rule found that sees the whole stack. */
export interface StackFinding extends Finding {
  readonly urn: string;
  readonly name: string;
}

/** As the SDK has it; its own declarations do not compile without skipLibCheck (1.21). */
export type Severity = "low" | "medium" | "high" | "critical";

export interface Resource {
  /** Short type, for example "Pipeline". */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly props: Fields;
  readonly protect: boolean;
  /** URN of the provider, which stands for a workspace or account; undefined where it is not known. */
  readonly provider?: string | undefined;
  /**
   * Whether the program marked the value at a path as a Pulumi secret, or what holds it; undefined where that cannot be known. Resource rules only.
   */
  isSecret?(path: string): boolean | undefined;
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
export type Configured<L extends Limits> = {
  readonly [K in keyof L]: L[K]["type"] extends "integer" ? number : L[K]["type"] extends "string" ? string : string[];
};

/** Ids of the same check elsewhere. DASF controls follow from the SAT checks (sources/sat.ts); `dasf` adds to them. */
export interface Ids {
  /** Check of Databricks' Security Analysis Tool. */
  readonly sat?: readonly string[];
  /** Control of Databricks' AI Security Framework. */
  readonly dasf?: readonly string[];
  /** KICS query. */
  readonly kics?: readonly string[];
  /** Recommendation of the CIS Microsoft Azure Foundations Benchmark 5.0. */
  readonly cis?: readonly string[];
}

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
  /** Checks of others that this rule makes. */
  readonly ids?: Ids;
  readonly limits?: L;
}

export interface ResourceRule<L extends Limits = Limits> extends Common<L> {
  readonly kind: "resource";
  /** Short names of the resource types that it sees; it never sees another. EVERY_TYPE sees all of the provider's. */
  readonly types: readonly string[];
  check(resource: Resource, limits: Configured<L>): Finding[];
  /** Top-level properties to set so that the rule holds; undefined when it holds already or nothing is known yet. */
  remediate?(resource: Resource, limits: Configured<L>): Record<string, Value> | undefined;
  /** What only the whole stack shows: ids that other resources of the program make. */
  readonly stack?: StackPart<L>;
}

interface StackPart<L extends Limits> {
  /** Types that it also sees, to know what the reported ones refer to. */
  readonly looksUp: readonly string[];
  check(resources: readonly Resource[], limits: Configured<L>): StackFinding[];
}

export interface StackRule<L extends Limits = Limits> extends Common<L> {
  readonly kind: "stack";
  /** Short names of the resource types that it reports. */
  readonly types: readonly string[];
  /** Types that it also sees, to know what the reported ones refer to. */
  readonly looksUp?: readonly string[];
  check(resources: readonly Resource[], limits: Configured<L>): StackFinding[];
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

/** As a rule's only type: every type of the provider. */
export const EVERY_TYPE = "*";
/** Whether a rule sees resources of a type. */
export const sees = (types: readonly string[], type: string): boolean =>
  types.includes(type) || types[0] === EVERY_TYPE;
