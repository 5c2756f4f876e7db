/** The arguments of `npm run data-diff`. */
import { parseArgs } from "node:util";

export const FORMATS = ["text", "markdown", "json", "html"] as const;

export interface DataDiffOptions {
  /** A revision; left out, the merge base with the main branch. */
  base?: string | undefined;
  scale: string;
  seed: string;
  format: (typeof FORMATS)[number];
  output?: string | undefined;
  /** A result in JSON, to be shown in another format; nothing is compared. */
  render?: string | undefined;
}

export const USAGE = `npm run data-diff -- [BASE] [flags]
  BASE           the revision to compare with (default: the merge base with the main branch)
  --scale N      size of the data: 1 is 5,000 orders (default 0.2)
  --seed N       seed of the generated data (default 42)
  --format F     ${FORMATS.join(", ")} (default text)
  --output FILE  write there instead of to the terminal
  --render FILE  shows a result that --format json wrote before, and compares nothing
  --help         this text
Exit status: 0 the data is the same, 2 it differs, 1 that cannot be said.`;

export class UsageError extends Error {}

/** @throws UsageError naming the flag, what it got and what is allowed */
export function parseOptions(args: readonly string[]): DataDiffOptions | "help" {
  const { values, positionals } = read(args);
  if (values.help) return "help";
  if (positionals.length > 1) throw new UsageError(`One revision is compared, got ${positionals.join(" and ")}.`);
  const { scale = "0.2", seed = "42", format = "text" } = values;
  if (scale.trim() === "" || !(Number(scale) > 0 && Number(scale) <= 1000)) {
    throw new UsageError(`--scale is '${scale}': it must be a number above 0 and at most 1000.`);
  }
  if (!/^\d+$/.test(seed) || !Number.isSafeInteger(Number(seed))) {
    throw new UsageError(`--seed is '${seed}': it must be a whole number from 0.`);
  }
  const known = FORMATS.find((each) => each === format);
  if (known === undefined) throw new UsageError(`--format is '${format}': it must be one of ${FORMATS.join(", ")}.`);
  if (
    values.render !== undefined &&
    (positionals.length > 0 || values.scale !== undefined || values.seed !== undefined)
  )
    throw new UsageError("--render shows a result that is there: BASE, --scale and --seed do not belong to it.");
  return { base: positionals[0], scale, seed, format: known, output: values.output, render: values.render };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        scale: { type: "string" },
        seed: { type: "string" },
        format: { type: "string" },
        output: { type: "string" },
        render: { type: "string" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}
