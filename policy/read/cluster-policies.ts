/** The definitions of cluster policies, which are JSON kept as text. */
import { type Fields, isFields, type Value } from "../values.ts";

const DEFINITIONS = ["definition", "policyFamilyDefinitionOverrides"] as const;

export interface PolicyEntry {
  readonly property: (typeof DEFINITIONS)[number];
  /** For example "autotermination_minutes" or "spark_conf.spark.speculation". */
  readonly attribute: string;
  readonly entry: Fields;
}

/** A definition as an object; undefined for text that is no JSON object, which the provider refuses. */
function parsed(definition: Value): Fields | undefined {
  if (typeof definition !== "string") return undefined;
  try {
    const value = JSON.parse(definition) as Value;
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The entries of a policy by the attribute of a cluster that they are about. */
export const definitionsOf = (props: Fields): PolicyEntry[] =>
  DEFINITIONS.flatMap((property) =>
    Object.entries(parsed(props[property]) ?? {}).flatMap(([attribute, entry]) =>
      isFields(entry) ? [{ property, attribute: attribute.trim(), entry }] : [],
    ),
  );

/** Whether a policy's own definition is known, and not that of a family. */
export const isOwnDefinition = (props: Fields): boolean => parsed(props.definition) !== undefined;

/** The values that an entry lets a cluster have, or gives it. */
export function allowedBy({ type, value, values, defaultValue }: Fields): Value[] {
  const found: Value[] = defaultValue === undefined ? [] : [defaultValue];
  if (type === "fixed") found.push(value);
  // "whitelist" is the older word.
  if ((type === "allowlist" || type === "whitelist") && Array.isArray(values)) found.push(...(values as Value[]));
  return found;
}
