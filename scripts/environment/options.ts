/** The arguments of `npm run environment`. */
import { parseArgs } from "node:util";

export const USAGE = `npm run environment -- up --number N [--ttl HOURS] [--output FILE]
  deploys stack pr-N, whose names all end in pr_N, runs its job once, and writes what came of it as JSON
npm run environment -- destroy --number N
  deletes all of it, with its data; a stack that is not there is no error
npm run environment -- sweep [--open N,N…]
  destroys every pull request's stack that is past its time to live, and with --open also those of other numbers
  --ttl HOURS    how long it may stay without another update (default 72)
  --cwd DIR      the project (default: this one)`;

export class UsageError extends Error {}

export type EnvironmentOptions = { cwd?: string | undefined } & (
  | { command: "up"; number: number; ttl: number; output?: string | undefined }
  | { command: "destroy"; number: number }
  | { command: "sweep"; open?: readonly number[] | undefined }
);

const DEFAULT_TTL = 72;

/** @throws UsageError naming what is wrong and what would be right */
export function parseOptions(args: readonly string[]): EnvironmentOptions | "help" {
  const text = { type: "string" } as const;
  const options = { number: text, ttl: text, output: text, open: text, cwd: text, help: { type: "boolean" } } as const;
  let parsed: {
    values: Partial<Record<"number" | "ttl" | "output" | "open" | "cwd", string> & { help: boolean }>;
    positionals: string[];
  };
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { values, positionals } = parsed;
  if (values.help) return "help";
  const [command, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`One command is run, got ${positionals.join(" and ")}.`);
  const allowed: Readonly<Record<string, readonly string[]>> = {
    up: ["number", "ttl", "output"],
    destroy: ["number"],
    sweep: ["open"],
  };
  const known = allowed[command ?? ""];
  if (known === undefined)
    throw new UsageError(
      `${command === undefined ? "A command is missing" : `There is no command '${command}'`}: up, destroy or sweep.`,
    );
  const foreign = Object.keys(values).find((name) => name !== "cwd" && !known.includes(name));
  if (foreign !== undefined) throw new UsageError(`--${foreign} does not belong to ${command}.`);
  const { cwd } = values;
  if (command === "sweep") return { command, cwd, open: values.open === undefined ? undefined : numbers(values.open) };
  const number = whole("number", values.number);
  if (command === "destroy") return { command, cwd, number };
  return {
    command: "up",
    cwd,
    number,
    ttl: values.ttl === undefined ? DEFAULT_TTL : whole("ttl", values.ttl),
    output: values.output,
  };
}

function whole(flag: string, text: string | undefined): number {
  if (text === undefined) throw new UsageError(`--${flag} is missing.`);
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`--${flag} is '${text}': it must be a whole number from 1.`);
  return Number(text);
}

const numbers = (text: string): number[] =>
  text === "" ? [] : text.split(",").map((one) => whole("open", one.trim()));
