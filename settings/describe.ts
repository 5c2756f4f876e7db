/** Errors of settings: each names the key, the value and what is allowed. Values of secrets are not shown. */
import type { z } from "zod";

/** A stack file that cannot be used. The message names the file and lists every wrong key. */
export class SettingsError extends Error {
  constructor(file: string, problems: readonly string[]) {
    super(
      `${file} has ${problems.length === 1 ? "a wrong setting" : `${problems.length} wrong settings`}:\n${problems.map((p) => `  - ${p}`).join("\n")}`,
    );
    this.name = "SettingsError";
  }
}

export interface Shown {
  /** The settings as the stack file has them. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Namespace of the keys, with its colon. */
  readonly prefix: string;
  readonly isSecret: (key: string) => boolean;
  /** Settings that exist, by the path of the object that holds them. */
  readonly known: (path: readonly string[]) => readonly string[];
  /** What a setting allows, in words without a value. */
  readonly allowed: (path: readonly string[]) => string | undefined;
}

/** `compute.kind`, `alerts[0]`: the form that `pulumi config set --path` takes. */
const pathText = (path: readonly PropertyKey[]): string =>
  path.map((part, at) => (typeof part === "number" ? `[${part}]` : `${at > 0 ? "." : ""}${String(part)}`)).join("");

export function describeIssue(found: z.core.$ZodIssue, shown: Shown): string {
  const { input, prefix } = shown;
  const key = `${prefix}${pathText(found.path)}`;
  const names = found.path.filter((part) => typeof part === "string");
  const secret = shown.isSecret(`${prefix}${names[0] ?? ""}`);
  if (found.code === "unrecognized_keys") {
    const known = `known are ${shown.known(names).join(", ")}`;
    if (secret) return `${key} is a secret value with a key that is not a setting; ${known}`;
    const unknown = found.keys.map((name) => `${prefix}${pathText([...found.path, name])}`);
    return `${unknown.join(", ")} ${unknown.length === 1 ? "is not a setting" : "are not settings"}; ${known}`;
  }
  const value = found.path.reduce<unknown>(
    (at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part],
    input,
  );
  if (value === undefined) return `${key} ${found.code === "custom" ? found.message : `is missing: ${found.message}`}`;
  if (!secret) return `${key} is ${JSON.stringify(value)}: ${found.message}`;
  const allowed = shown.allowed(names);
  return `${key} is a secret value that is not allowed${allowed === undefined ? "" : `: must be ${allowed}`}`;
}
