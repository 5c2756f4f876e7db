/** A way to break one rule, and shorthands to list them. */
import { resource } from "./fixtures.ts";
import type { Sent } from "./pack.ts";

export interface Break {
  rule: string;
  /** What is wrong, for the test's title. */
  what: string;
  /** The property that the message has to name. */
  property: string;
  resources: readonly Sent[];
  /** Of a resource rule: the properties that have to be known for the violation to be seen. */
  literal?: readonly string[];
  /** Only seen in all resources together. */
  wholeStack?: boolean;
}

export function breaks(
  rule: string,
  property: string,
  ways: readonly (readonly [what: string, type: string, set: Record<string, unknown>])[],
  alsoLiteral: readonly string[] = [],
): Break[] {
  return ways.map(([what, type, set]) => ({
    rule,
    what,
    property,
    resources: [resource(type, set)],
    literal: [...Object.keys(set), ...alsoLiteral],
  }));
}

export const stackBreak = (rule: string, what: string, property: string, resources: readonly Sent[]): Break => ({
  rule,
  what,
  property,
  resources,
  wholeStack: true,
});
