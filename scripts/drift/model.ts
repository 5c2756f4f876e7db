/** What differs between a stack and its workspace, as plain data. */

export const KINDS = [
  "resource",
  "content",
  "object",
  "pipeline",
  "schedule",
  "grant",
  "table",
  "mask",
  "tag",
  "owner",
] as const;
export type Kind = (typeof KINDS)[number];

/** A call that puts the object back. */
export interface Repair {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: object;
}

export interface Difference {
  readonly kind: Kind;
  /** What it is about: `schema olist_dev.gold`. */
  readonly object: string;
  readonly property: string;
  /** As deployed, and as it is in the workspace. */
  readonly deployed: string;
  readonly workspace: string;
  /** Of which resource, so that two checks do not report one thing twice. */
  readonly urn?: string | undefined;
  /** How `--fix` mends it: by the next update, by a call, or not at all, and then why not. */
  readonly fix: "update" | Repair | { readonly byHand: string };
}

export interface Drift {
  readonly stack: string;
  readonly differences: readonly Difference[];
  /** What could not be looked at, and why. */
  readonly unchecked: readonly string[];
  /** Objects that were compared. */
  readonly compared: number;
}

const LONGEST = 300;

/** A value on one line, as short as a table wants it. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "not set";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
