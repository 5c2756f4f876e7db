/**
 * `npm run environment -- up | destroy | sweep`: an environment for a pull request, a stack of its own on the workspace of the credentials in the
 * environment. Two do not meet: catalog, folder, pipelines and job have the pull request's number in their names.
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Environment } from "../pull-request/model.ts";
import { packArgs } from "../stack/pack.ts";
import { PROJECT_DIR } from "../stack/paths.ts";
import { onStack, type Place } from "../stack/place.ts";
import { followRun } from "../start/follow.ts";
import { type EnvironmentOptions, parseOptions, USAGE, UsageError } from "./options.ts";
import { outdated, Stacks, stackName } from "./stacks.ts";

const note = (line: string): void => void process.stderr.write(`${line}\n`);

async function up(
  place: Place,
  stacks: Stacks,
  cwd: string,
  options: Extract<EnvironmentOptions, { command: "up" }>,
): Promise<number> {
  const { name, expires } = await stacks.prepare(options.number, options.ttl);
  const pack = await packArgs(place.tools, place.env, name, ["--cwd", cwd]);
  await stacks.run(["up", "--yes", "--stack", name, ...pack], note);
  const outputs = JSON.parse(await stacks.run(["stack", "output", "--json", "--stack", name])) as Record<
    string,
    string
  >;
  const api = await place.connect();
  const { run_id } = await api.post<{ run_id: number }>("/api/2.2/jobs/run-now", {
    job_id: Number(outputs.jobId),
  });
  const { run } = await followRun(api, run_id, note);
  const { result_state: result = run.state.life_cycle_state, state_message: message = "" } = run.state;
  const environment: Environment = {
    url: run.run_page_url ?? api.host,
    catalog: outputs.catalogName!,
    result,
    expires: expires.toISOString(),
  };
  const text = `${JSON.stringify(environment, null, 2)}\n`;
  if (options.output === undefined) process.stdout.write(text);
  else writeFileSync(options.output, text);
  if (result === "SUCCESS") return 0;
  note(`The job ended ${result}: ${message}. The environment stays up, so that you can look.`);
  return 1;
}

async function sweep(stacks: Stacks, open: readonly number[] | undefined): Promise<number> {
  const all = await stacks.list();
  const failed: string[] = [];
  for (const [{ name, number }, reason] of outdated(all, new Date(), open)) {
    note(`${name}: ${reason}`);
    // One that cannot be destroyed must not keep the others.
    await stacks.destroy(number, note).catch((error: Error) => failed.push(`${name}: ${error.message}`));
  }
  for (const line of failed) note(line);
  note(`${all.length} environments, ${(await stacks.list()).length} left`);
  return failed.length > 0 ? 1 : 0;
}

async function run(options: EnvironmentOptions): Promise<number> {
  const cwd = resolve(options.cwd ?? PROJECT_DIR);
  const stack = options.command === "sweep" ? "pr" : stackName(options.number);
  return onStack(stack, async (place) => {
    const stacks = new Stacks(place, cwd);
    if (options.command === "up") return up(place, stacks, cwd, options);
    if (options.command === "sweep") return sweep(stacks, options.open);
    const there = await stacks.destroy(options.number, note);
    note(there ? `${stack} is destroyed` : `There is no ${stack}`);
    return 0;
  });
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") process.stdout.write(`${USAGE}\n`);
  else process.exitCode = await run(options);
} catch (error) {
  note(`npm run environment failed: ${(error as Error).message}`);
  if (error instanceof UsageError) note("npm run environment -- --help shows the arguments");
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
