/** The flags of `npm start`. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { DEFAULT_PORT } from "lakehouse-local-workspace/control";

export interface StartOptions {
  serve: boolean;
  fresh: boolean;
  scale?: string | undefined;
  seed?: string | undefined;
  port: number;
  /** Folder for the page of the run. */
  report?: string | undefined;
  /** Page of a data diff, to be shown on the page of the run. */
  dataDiff?: string | undefined;
}

export const USAGE = `npm start -- [flags]
  --serve        keep the workspace up afterwards; Ctrl-C stops everything
  --fresh        forget the local workspace's state first
  --scale N      size of the next batch: 1 is 5,000 orders (default: the stack's setting)
  --seed N       seed of the generated data (default: the stack's setting)
  --report DIR   writes DIR/run.html: graph, rows, data quality and figures of the run on one page that needs nothing else
  --data-diff F  puts what \`npm run data-diff -- --format html --output F\` wrote on that page
  --port N       port of the local workspace on 127.0.0.1, 0 for a free one (default ${DEFAULT_PORT})
  --help         this text`;

export class UsageError extends Error {}

/** @throws UsageError naming the flag, what it got and what is allowed */
export function parseOptions(args: readonly string[]): StartOptions | "help" {
  let values: {
    serve?: boolean;
    fresh?: boolean;
    scale?: string;
    seed?: string;
    port?: string;
    help?: boolean;
    report?: string;
    "data-diff"?: string;
  };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        serve: { type: "boolean" },
        fresh: { type: "boolean" },
        scale: { type: "string" },
        seed: { type: "string" },
        port: { type: "string" },
        report: { type: "string" },
        "data-diff": { type: "string" },
        help: { type: "boolean" },
      },
    }));
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
  if (values.help) return "help";
  const number = (flag: string, text: string | undefined, allowed: string, fits: (n: number) => boolean): void => {
    if (text !== undefined && (text.trim() === "" || !fits(Number(text)))) {
      throw new UsageError(`--${flag} is '${text}': it must be ${allowed}.`);
    }
  };
  number("scale", values.scale, "a number above 0 and at most 1000", (n) => n > 0 && n <= 1000);
  number("seed", values.seed, "a whole number from 0", (n) => Number.isSafeInteger(n) && n >= 0);
  number(
    "port",
    values.port,
    "a port from 1 to 65535, or 0 for a free one",
    (n) => Number.isInteger(n) && n >= 0 && n <= 65535,
  );
  const { report, "data-diff": dataDiff } = values;
  if (report === "") throw new UsageError("--report is empty: it must be a folder.");
  if (dataDiff !== undefined && report === undefined)
    throw new UsageError("--data-diff belongs to --report, on whose page it is shown.");
  if (dataDiff !== undefined && !existsSync(dataDiff))
    throw new UsageError(`--data-diff is '${dataDiff}': there is no such file.`);
  return {
    report: report && resolve(report),
    dataDiff: dataDiff && resolve(dataDiff),
    serve: values.serve ?? false,
    fresh: values.fresh ?? false,
    scale: values.scale,
    seed: values.seed,
    port: values.port === undefined ? DEFAULT_PORT : Number(values.port),
  };
}
