/**
 * `npm run deploy -- --stack S`: the way to a real workspace, always with the policy pack. With `--save-plan DIR` and `--plan DIR` what was approved is
 * what runs. The backend and the Databricks credentials are the environment's; stack `local` is that of the local workspace.
 */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Preview } from "../pull-request/model.ts";
import { previewStack } from "../pull-request/preview.ts";
import { packArgs } from "../stack/pack.ts";
import { onStack, type Place } from "../stack/place.ts";
import { runPulumi } from "../stack/stack.ts";
import { type DeployOptions, parseOptions, USAGE, UsageError } from "./options.ts";
import { deviations, planFile, readPreview, savePreview } from "./plan.ts";

const REFUSED = 3;
const note = (line: string): void => void process.stderr.write(`${line}\n`);

function report({ ok, changes, violations, errors }: Preview): boolean {
  for (const { level, rule, message } of violations) note(`${level} ${rule}: ${message}`);
  for (const error of errors) note(error);
  for (const { operation, type, name, data } of changes)
    if (operation === "replace" || operation === "delete")
      note(`${operation} ${type} ${name}${data === undefined ? "" : `, with ${data}`}`);
  note(`${changes.length} resources change`);
  return ok;
}

async function deploy(place: Place, { stack, savePlan, plan, flags }: DeployOptions): Promise<number> {
  const { tools, env } = place;
  if (savePlan !== undefined) {
    mkdirSync(savePlan, { recursive: true });
    const preview = await previewStack(place, stack, ["--save-plan", planFile(resolve(savePlan)), ...flags]);
    savePreview(savePlan, preview);
    return report(preview) ? 0 : 1;
  }
  if (plan !== undefined) {
    const approved = readPreview(plan, stack);
    const now = await previewStack(place, stack, flags);
    if (!report(now)) return 1;
    const different = deviations(approved, now);
    if (different.length > 0) {
      for (const line of different) note(line);
      note(`Nothing was deployed: this is not what was approved. Save a new plan for stack ${stack}.`);
      return REFUSED;
    }
  }
  const args = ["up", "--yes", ...(await packArgs(tools, env, stack, flags))];
  // Without a plan the CLI previews itself, so that a violation stops it before the first resource.
  const planned = plan === undefined ? [] : ["--skip-preview", "--plan", planFile(resolve(plan))];
  return runPulumi(tools, env, [...args, ...planned, "--non-interactive", "--stack", stack, ...flags]);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") process.stdout.write(`${USAGE}\n`);
  else process.exitCode = await onStack(options.stack, (place) => deploy(place, options));
} catch (error) {
  note(`npm run deploy failed: ${(error as Error).message}`);
  if (error instanceof UsageError) note("npm run deploy -- --help shows the flags");
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
