/** The arguments of `npm run drift`. */
import { parseArgs } from "node:util";
import { FORMATS, type Format } from "./render.ts";

export const USAGE = `npm run drift -- --stack S [flags] [-- flags of pulumi preview]
  --fix          puts back what can be put back without losing data: by pulumi up with the policy pack, and by calls
  --format F     ${FORMATS.join(", ")} (default text)
  --output FILE  writes there instead of to the terminal
  --issue        opens, updates or closes the repository's one issue about this stack (in a job of GitHub Actions)
  --help         this text
Exit status: 0 the workspace is what was deployed, 2 it differs, 1 that cannot be said.`;

export class UsageError extends Error {}

export interface DriftOptions {
  stack: string;
  fix: boolean;
  issue: boolean;
  format: Format;
  output?: string | undefined;
  flags: readonly string[];
}

/** @throws UsageError naming the flag, what it got and what is allowed */
export function parseOptions(args: readonly string[]): DriftOptions | "help" {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  let parsed: { values: Record<string, string | boolean | undefined>; positionals: string[] };
  try {
    const options = { stack: text, fix: flag, issue: flag, format: text, output: text, help: flag };
    parsed = parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { stack, fix = false, issue = false, format = "text", output, help } = parsed.values;
  if (help) return "help";
  if (typeof stack !== "string" || stack === "") throw new UsageError("--stack NAME is missing.");
  const known = FORMATS.find((each) => each === format);
  if (known === undefined) throw new UsageError(`--format is '${format}': it must be one of ${FORMATS.join(", ")}.`);
  return {
    stack,
    fix: fix === true,
    issue: issue === true,
    format: known,
    output: output as string | undefined,
    flags: parsed.positionals,
  };
}
