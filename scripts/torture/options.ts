/** Flags of `npm run torture`. */
import { parseArgs } from "node:util";

export interface Options {
  readonly minutes: number;
  readonly seed: number;
  /** How many updates of the shop's pipelines are to be killed, in place of the mixed work of `minutes`. */
  readonly kills?: number;
}

/** @throws Error naming the flag and what it takes */
export function parseOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args: [...args], options: { minutes: text, seed: text, kills: text } });
  if (values.kills !== undefined && values.minutes !== undefined)
    throw new Error("--minutes and --kills are two different experiments: give one of them.");
  const minutes = Number(values.minutes ?? 10);
  if (!(minutes > 0 && Number.isFinite(minutes)))
    throw new Error(`--minutes is '${values.minutes}': it must be a number above 0.`);
  const seed = whole("--seed", values.seed) ?? 1 + Math.floor(Math.random() * 1_000_000);
  const kills = whole("--kills", values.kills);
  return { minutes, seed, ...(kills === undefined ? {} : { kills }) };
}

function whole(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0 && Number.isSafeInteger(value)))
    throw new Error(`${flag} is '${text}': it must be a whole number above 0.`);
  return value;
}
