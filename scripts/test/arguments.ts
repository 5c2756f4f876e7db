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
  /** Where counts and failures are written as JSON. */
  report?: string | undefined;
}

/** @throws UsageError that names the argument, and what is allowed */
export function parseArguments(args: readonly string[], known: readonly string[]): Arguments {
  let parsed: { values: { changed?: boolean; report?: string }; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...args],
      options: { changed: { type: "boolean" }, report: { type: "string" } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(
      `${(error as Error).message.split(". ")[0]}. Allowed: SUITE…, or --changed [BASE]; and --report FILE.`,
    );
  }
  const { values, positionals } = parsed;
  const report = values.report === undefined ? {} : { report: values.report };
  if (values.changed) {
    if (positionals.length > 1) {
      throw new UsageError(`--changed takes one commit to compare with, got ${positionals.join(", ")}.`);
    }
    return { suites: undefined, changed: positionals[0] ?? true, ...report };
  }
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(`There is no suite '${unknown.join("', '")}'; there are: ${known.join(", ")}`);
  }
  return { suites: positionals.length > 0 ? [...new Set(positionals)] : undefined, changed: undefined, ...report };
}
