/**
 * `npm run drift -- --stack S [--fix]`: is the workspace still what was deployed? Compares with the program of this checkout, so check out what
 * was deployed. The backend and the Databricks credentials are the environment's; stack `local` has those of the local workspace.
 */
import { writeFileSync } from "node:fs";
import { errorsIn, streamed } from "../pull-request/preview.ts";
import { eventsIn } from "../pull-request/resources.ts";
import { packArgs } from "../stack/pack.ts";
import { PROJECT_DIR } from "../stack/paths.ts";
import { cwdOf, onStack, type Place } from "../stack/place.ts";
import { pulumiText, runPulumi } from "../stack/stack.ts";
import { keepIssue } from "./issue.ts";
import { look } from "./look.ts";
import type { Drift, Repair } from "./model.ts";
import { type DriftOptions, parseOptions, USAGE, UsageError } from "./options.ts";
import { headline, render } from "./render.ts";
import { State } from "./state.ts";

const DIFFERENT = 2;
const note = (line: string): void => void process.stderr.write(`${line}\n`);

async function inspect({ tools, env, connect }: Place, { stack, flags }: DriftOptions): Promise<Drift> {
  const cwd = cwdOf(flags, PROJECT_DIR);
  const exported = await pulumiText(tools, env, ["stack", "export", "--stack", stack, "--cwd", cwd]);
  const args = ["preview", "--refresh", "--json", "--non-interactive", "--stack", stack, ...flags];
  const { code, lines } = await streamed(tools.pulumi, args, { cwd, env });
  const events = eventsIn(lines);
  if (code !== 0) throw new Error(`pulumi preview --refresh failed: ${errorsIn(events).join("\n")}`);
  return look(await connect(), stack, new State(JSON.parse(exported)), events);
}

/** Puts back what can be put back; deletes nothing that may hold data. */
async function mend(place: Place, { stack, flags }: DriftOptions, drift: Drift): Promise<void> {
  const { tools, env } = place;
  const api = await place.connect();
  const repairs = new Map<string, Repair>();
  for (const { fix } of drift.differences) {
    if (fix !== "update" && "method" in fix) repairs.set(JSON.stringify(fix), fix);
  }
  for (const { method, path, body } of repairs.values()) {
    note(`${method} ${path}`);
    await api.request(method, path, { body });
  }
  if (!drift.differences.some(({ fix }) => fix === "update")) return;
  const pack = await packArgs(tools, env, stack, flags);
  const args = ["up", "--refresh", "--yes", "--skip-preview", "--non-interactive", "--stack", stack, ...pack, ...flags];
  if ((await runPulumi(tools, env, args, { onLine: note })) !== 0)
    throw new Error("pulumi up --refresh failed (see above)");
}

async function run(options: DriftOptions): Promise<number> {
  const drift = await onStack(options.stack, async (place) => {
    const before = await inspect(place, options);
    if (!options.fix || before.differences.length === 0) return before;
    note(headline(before));
    await mend(place, options, before);
    return inspect(place, options);
  });
  const text = render(drift, options.format);
  if (options.output === undefined) process.stdout.write(text);
  else writeFileSync(options.output, text);
  if (options.issue) note(await keepIssue(process.env, drift, render(drift, "markdown")));
  return drift.differences.length === 0 ? 0 : DIFFERENT;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") process.stdout.write(`${USAGE}\n`);
  else process.exitCode = await run(options);
} catch (error) {
  note(`npm run drift failed: ${(error as Error).message}`);
  if (error instanceof UsageError) note("npm run drift -- --help shows the flags");
  process.exitCode = 1;
}
