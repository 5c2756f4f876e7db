/**
 * `npm run fuzz -- [--minutes N | --requests N] [--seed S]`: random and hostile requests to every route of a local workspace without an
 * engine, and texts to the parsers. Prints what it did and each failure with what repeats it.
 */
import { parseArgs } from "node:util";
import { fuzzParsers } from "./parsers.ts";
import { type Finding, fuzzRest, type Tally } from "./rest.ts";

const USAGE = "usage: npm run fuzz -- [--minutes N | --requests N] [--seed S]";

interface Options {
  readonly seed: number;
  readonly minutes: number | undefined;
  readonly requests: number;
}

/** @throws Error naming the flag and what it takes */
export function parseOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args: [...args], options: { minutes: text, requests: text, seed: text } });
  const above = (name: "minutes" | "requests" | "seed", whole: boolean): number | undefined => {
    const given = values[name];
    if (given === undefined) return undefined;
    const value = Number(given);
    if (!(value > 0) || (whole && !Number.isSafeInteger(value)))
      throw new Error(`--${name} is '${given}': it must be a ${whole ? "whole " : ""}number above 0.`);
    return value;
  };
  if (values.minutes !== undefined && values.requests !== undefined)
    throw new Error("--minutes and --requests exclude each other.");
  return {
    seed: above("seed", true) ?? 1 + Math.floor(Math.random() * 1_000_000),
    minutes: above("minutes", false),
    requests: above("requests", true) ?? 50_000,
  };
}

function shown(rest: Tally, texts: ReadonlyMap<string, number>, findings: readonly Finding[]): string {
  const statuses = [...rest.statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  const parsed = [...texts].map(([parser, count]) => `${parser} ${count}`);
  return [
    `${rest.requests} requests to ${rest.routes.size} routes, of which ${rest.served.size} have answered 2xx (${statuses.join(", ")})`,
    `texts: ${parsed.join(", ")}`,
    ...findings.flatMap(({ what, how }) => ["", what, `  ${how}`]),
    `${findings.length} failures`,
  ].join("\n");
}

async function run({ seed, minutes, requests }: Options): Promise<number> {
  process.stdout.write(`seed ${seed}\n`);
  const end = minutes === undefined ? undefined : Date.now() + minutes * 60_000;
  const rest = await fuzzRest(seed, (done) => (end === undefined ? done < requests : Date.now() < end));
  const texts = await fuzzParsers(seed, Math.ceil(rest.requests / 10));
  const found = [...rest.findings.values()].map((one) => ({ ...one, what: `${one.what} (${one.times} times)` }));
  const findings = [...found, ...texts.findings];
  process.stdout.write(`${shown(rest, texts.counts, findings)}\n`);
  return findings.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await run(parseOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
  process.exitCode = 2;
}
