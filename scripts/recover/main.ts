/**
 * `npm run pulumi -- recover`: an update whose create was done but whose answer was lost leaves an object in the workspace that the state
 * does not know. They are found by the names that the program gives, and imported into the state, or deleted.
 */
import { onStack } from "../stack/place.ts";
import { nameOf, shown } from "./model.ts";
import { parseOptions, type RecoverOptions, USAGE, UsageError } from "./options.ts";
import { actionFor } from "./orphans.ts";
import { type Outcome, Recovery } from "./recovery.ts";

const LEFT = 2;
const note = (line: string): void => void process.stderr.write(`${line}\n`);

export function report({ recovered, orphans, stale }: Outcome): string {
  const lines = [
    ...recovered.map((orphan) => `recovered ${shown(orphan)}`),
    ...orphans.map((orphan) => {
      const action = actionFor(orphan, "fix");
      return `${shown(orphan)}: ${typeof action === "string" ? `--fix would ${action} it` : `by hand: ${action.byHand}`}`;
    }),
    ...stale.map((urn) => `${nameOf(urn)}: the state is older than the workspace; --fix would refresh it`),
  ];
  const left = orphans.length + stale.length;
  const headline = left === 0 ? "Nothing is left to recover." : `${left} left to recover.`;
  return `${lines.map((line) => `${line}\n`).join("")}${headline}\n`;
}

async function run(options: RecoverOptions): Promise<number> {
  const outcome = await onStack(options.stack, (place) => new Recovery(place, options).run());
  process.stdout.write(report(outcome));
  return outcome.orphans.length + outcome.stale.length === 0 ? 0 : LEFT;
}

export async function recover(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === "help") process.stdout.write(`${USAGE}\n`);
    return options === "help" ? 0 : await run(options);
  } catch (error) {
    note(`recover failed: ${(error as Error).message}`);
    if (error instanceof UsageError) note("npm run pulumi -- recover --help shows the flags");
    return 1;
  }
}
