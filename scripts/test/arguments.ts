/** What `npm test --` takes. */
import { parseArgs } from "node:util";

export class UsageError extends Error {
  override name = "UsageError";
}

export interface Arguments {
  /** Left out: all. */
  suites: string[] | undefined;
  /** The commit that files are compared with, or `true` for where the branch left main. */
  changed: string | true | undefined;
}

/** @throws UsageError that names the argument, and what is allowed */
export function parseArguments(args: readonly string[], known: readonly string[]): Arguments {
  let parsed: { values: { changed?: boolean }; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...args], options: { changed: { type: "boolean" } }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}. Allowed: SUITE…, or --changed [BASE].`);
  }
  const { values, positionals } = parsed;
  if (values.changed) {
    if (positionals.length > 1) {
      throw new UsageError(`--changed takes one commit to compare with, got ${positionals.join(", ")}.`);
    }
    return { suites: undefined, changed: positionals[0] ?? true };
  }
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(`There is no suite '${unknown.join("', '")}'; there are: ${known.join(", ")}`);
  }
  return { suites: positionals.length > 0 ? [...new Set(positionals)] : undefined, changed: undefined };
}
