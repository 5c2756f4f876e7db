/** Flags of `npm run torture`. */
import { parseArgs } from "node:util";

export interface Options {
  readonly minutes: number;
  readonly seed: number;
}

/** @throws Error naming the flag and what it takes */
export function parseOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args: [...args], options: { minutes: text, seed: text } });
  const minutes = Number(values.minutes ?? 10);
  const seed = Number(values.seed ?? 1 + Math.floor(Math.random() * 1_000_000));
  if (!(minutes > 0 && Number.isFinite(minutes)))
    throw new Error(`--minutes is '${values.minutes}': it must be a number above 0.`);
  if (!(seed > 0 && Number.isSafeInteger(seed)))
    throw new Error(`--seed is '${values.seed}': it must be a whole number above 0.`);
  return { minutes, seed };
}
