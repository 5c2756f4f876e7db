/**
 * Resource inputs as plain data. In a preview some values are not known yet; the SDK throws when one is touched, which ends
 * the whole rule and makes it advisory. Here an unknown becomes the symbol UNKNOWN instead, so that a violation in a
 * literal field is found whatever stands beside it.
 */

import { Secret } from "@pulumi/policy";

export const UNKNOWN: unique symbol = Symbol("known after the update");
export type Unknown = typeof UNKNOWN;

export type Value = string | number | boolean | null | undefined | Unknown | readonly Value[] | Fields;
export interface Fields {
  readonly [key: string]: Value;
}

const copies = new WeakMap<object, Value>();

/**
 * Copies what the SDK gives a validator; every unknown, at any depth, becomes UNKNOWN. A resource's properties are copied once, however
 * many rules look at them.
 */
export function plain(properties: object): Value {
  let copy = copies.get(properties);
  if (copy === undefined) {
    copy = copied(properties);
    copies.set(properties, copy);
  }
  return copy;
}

/** The same, anew at each call: remediations change what they are given. */
export function copied(value: unknown): Value {
  if (value instanceof Secret) return read(value as unknown as Record<string, unknown>, "value");
  if (Array.isArray(value)) {
    return Array.from({ length: value.length }, (_, at) =>
      read(value as unknown as Record<string, unknown>, String(at)),
    );
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.keys(value).map((key) => [key, read(value as Record<string, unknown>, key)]));
  }
  return value as Value;
}

function read(from: Record<string, unknown>, key: string): Value {
  let value: unknown;
  try {
    value = from[key];
  } catch {
    return UNKNOWN; // the SDK's UnknownValueError: nothing else throws on reading a property of deserialized inputs
  }
  return copied(value);
}

export const isFields = (value: Value): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The elements of a list that are objects; a single object counts as a list of one. */
export function objects(value: Value): Fields[] {
  if (Array.isArray(value)) return value.filter(isFields);
  return isFields(value) ? [value] : [];
}

/** The text in a list, or one text as a list of one; unknown and other elements are left out. */
export function texts(value: Value): string[] {
  const all = Array.isArray(value) ? (value as readonly Value[]) : [value];
  return all.filter((element): element is string => typeof element === "string");
}

/** Whether a value, or any part of it, is not known yet. */
export function hasUnknown(value: Value): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isFields(value) && Object.values(value).some(hasUnknown);
}

/** true, and the texts that the provider reads as true, since a component's transformation may hand on text. */
export const isTrue = (value: Value): boolean =>
  value === true || value === 1 || (typeof value === "string" && /^\s*(true|t|1)\s*$/i.test(value));

/** false, and the texts that the provider reads as false; what is not there is not false. */
export const isFalseValue = (value: Value): boolean =>
  value === false || value === 0 || (typeof value === "string" && /^\s*(false|f|0)\s*$/i.test(value));

/** Number of a number or of its text; undefined when absent, unknown or not a number. */
export function asNumber(value: Value): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value))) return Number(value);
  return undefined;
}

/** Whether a list, or an element of it, is not known yet: what is missing in it may be there after the update. */
export const hasUnknownElements = (list: Value): boolean =>
  list === UNKNOWN || (Array.isArray(list) && list.includes(UNKNOWN));

/** Characters that nobody sees: soft hyphens, zero-width spaces, direction marks, fillers. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/** Text without invisible characters and surrounding spaces. */
export const visible = (text: string): string => text.replace(INVISIBLE, "").trim();

export const isBlank = (value: Value): boolean =>
  value === undefined || value === null || (typeof value === "string" && visible(value) === "");

/** A principal's name without case, quotes, invisible characters and surrounding or doubled spaces, as Databricks compares them. */
export const principalName = (text: string): string =>
  text.normalize("NFKC").replace(INVISIBLE, "").replace(/[`'"]/g, "").replace(/\s+/g, " ").trim().toLowerCase();

/** Every text in a value with its property path, also inside of JSON that is kept as text. Keys are paths, not texts. */
export function* walkTexts(value: Value, path = ""): Generator<{ path: string; key: string; text: string }> {
  if (typeof value === "string") {
    const key = /([^.[\]]+)(\[\d+\])*$/.exec(path)?.[1] ?? "";
    yield { path, key, text: value };
    if (/^\s*[[{]/.test(value)) {
      let nested: Value;
      try {
        nested = JSON.parse(value) as Value;
      } catch {
        return;
      }
      yield* walkTexts(nested, path);
    }
  } else if (Array.isArray(value)) {
    for (const [at, element] of (value as readonly Value[]).entries()) yield* walkTexts(element, `${path}[${at}]`);
  } else if (isFields(value)) {
    for (const [key, element] of Object.entries(value)) yield* walkTexts(element, path === "" ? key : `${path}.${key}`);
  }
}
