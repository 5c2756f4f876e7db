/**
 * `npm run torture -- [--minutes N] [--seed S]`: clients, faults, kills and restarts against a local workspace of its own, as the seed
 * decides. Then the laws are checked (`laws.ts`); prints what it did, and ends with status 1 when one is broken.
 * `npm run torture -- --kills N [--seed S]`: kills N updates of the shop's pipelines (`kills.ts`); status 1 when data differ afterwards.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { shown } from "./account.ts";
import { killUpdates, shownKills } from "./kills.ts";
import { type Options, parseOptions } from "./options.ts";
import { HANG_SECONDS, torture } from "./torture.ts";

const USAGE = "usage: npm run torture -- [--minutes N | --kills N] [--seed S]";
/** Of the generator, for the pipelines whose updates are killed: 250 orders a batch. */
const SCALE = "0.05";

const tell = (line: string): void => console.log(line);

async function mixed(workspace: LocalWorkspace, root: string, { minutes, seed }: Options): Promise<boolean> {
  const account = await torture(workspace, { minutes, seed, tell });
  await workspace.stop();
  const left = readdirSync(root).filter((name) => join(root, name) !== workspace.dataDir);
  tell(shown(account));
  tell(`temporary files and folders left outside the data folder: ${left.length} ${left.slice(0, 5).join(", ")}`);
  return account.laws.every(({ broken }) => broken.length === 0);
}

async function killed(workspace: LocalWorkspace, root: string, kills: number, seed: number): Promise<boolean> {
  const done = await killUpdates(workspace, { kills, seed, folder: root, scale: SCALE, tell });
  tell(shownKills(done));
  return done.every(({ wrong }) => wrong.length === 0);
}

async function run(options: Options): Promise<boolean> {
  const { minutes, seed, kills } = options;
  tell(kills === undefined ? `torture of ${minutes} minutes, seed ${seed}` : `${kills} kills, seed ${seed}`);
  // What killed processes leave among the system's temporary files is seen, and is gone afterwards.
  const root = mkdtempSync(join(tmpdir(), "torture-"));
  process.env.TMPDIR = root;
  process.env.ENGINE_HANG_SECONDS = String(HANG_SECONDS);
  let workspace: LocalWorkspace | undefined;
  for (const [signal, status] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const])
    process.once(signal, () => {
      void workspace?.stop().then(() => {
        rmSync(root, { recursive: true, force: true });
        process.exit(status);
      });
    });
  try {
    workspace = await LocalWorkspace.start();
    return await (kills === undefined ? mixed(workspace, root, options) : killed(workspace, root, kills, seed));
  } finally {
    await workspace?.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

let options: Options | undefined;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exitCode = 2;
}
if (options) process.exitCode = (await run(options)) ? 0 : 1;
