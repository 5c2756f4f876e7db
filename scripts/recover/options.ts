/** The arguments of `npm run pulumi -- recover`. */
import { parseArgs } from "node:util";
import { STACK } from "../stack/stack.ts";

export const USAGE = `npm run pulumi -- recover [--stack S] [--fix | --import | --delete] [-- flags of pulumi preview]
Finds what an update made in the workspace without hearing of it, so that it is not in the stack's state.
  --stack S  the stack; ${STACK} without it
  --fix      imports what the program wants into the state; deletes what cannot be imported and holds no data
  --import   imports only
  --delete   deletes instead, except what holds data
  --help     this text
Exit status: 0 nothing is left to recover, 2 something is, 1 that cannot be said.`;

export class UsageError extends Error {}

export type Mode = "list" | "fix" | "import" | "delete";

export interface RecoverOptions {
  readonly stack: string;
  readonly mode: Mode;
  readonly flags: readonly string[];
}

/** @throws UsageError naming what is wrong */
export function parseOptions(args: readonly string[]): RecoverOptions | "help" {
  const flag = { type: "boolean" } as const;
  const options = { stack: { type: "string" }, fix: flag, import: flag, delete: flag, help: flag } as const;
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  const values = parsed(() => parseArgs({ args: [...own], options }).values);
  if (values.help) return "help";
  const modes = (["fix", "import", "delete"] as const).filter((mode) => values[mode]);
  if (modes.length > 1) throw new UsageError(`--${modes.join(" and --")} exclude each other.`);
  const { stack = STACK } = values;
  if (stack === "") throw new UsageError("--stack needs the name of a stack.");
  return { stack, mode: modes[0] ?? "list", flags: end < 0 ? [] : args.slice(end + 1) };
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
