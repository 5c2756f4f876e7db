/** Commands that start, stop and describe the workspace of a data folder. */
import { relative } from "node:path";
import { ensureEngine } from "lakehouse-toolchain/engine";
import {
  ControlError,
  DEFAULT_DATA_DIR,
  dataFolder,
  type FoundWorkspace,
  findWorkspace,
  readToken,
  resetFolder,
  type StartedWorkspace,
  startWorkspace,
  stopWorkspace,
} from "../control/index.ts";
import { PYTHON_TRUST } from "../services/identity/python-code.ts";

interface Options {
  dataDir: string;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const note = (line: string): void => void process.stderr.write(`${line}\n`);

/** How to name the folder in another command; nothing where that would find it anyway. */
function option({ dataDir }: Options): string {
  return dataDir === DEFAULT_DATA_DIR || process.env.LAKEHOUSE_DATA_DIR === dataDir ? "" : ` --data-dir ${dataDir}`;
}

/** @throws ControlError that says how to start it */
export async function requireWorkspace(options: Options): Promise<FoundWorkspace> {
  const found = await findWorkspace(options.dataDir);
  if (found) return found;
  throw new ControlError(
    `No workspace runs on ${dataFolder(options.dataDir).dir}. Start it with 'lakehouse start --detach${option(options)}'.`,
  );
}

export async function start(options: Options & { port: number; detach: boolean; strict: boolean }): Promise<number> {
  const { dataDir, port, detach, strict } = options;
  const interrupted = new Promise<"interrupted">((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve("interrupted"));
  });
  const starting = startWorkspace({
    dataDir,
    port,
    detach,
    strict,
    engineEnv: async () => (await ensureEngine({ onProgress: (line) => note(`  ${line}`) })).engineEnv,
  });
  const started = await Promise.race([starting, interrupted]);
  if (started === "interrupted") process.exit(130); // a workspace that is starting ends with this process
  if (!started.owned) {
    throw new ControlError(
      `The workspace of ${started.folder.dir} is already running at ${started.api.host} (process ${started.pid}).`,
    );
  }
  say(`The local workspace is at ${started.api.host}; its data is in ${relative("", started.folder.dir)}.`);
  say(`Use it from a shell:  eval "$(lakehouse env${option(options)})"`);
  say(`See its pages:        lakehouse open${option(options)}`);
  say(`Stop it:              ${detach ? `lakehouse stop${option(options)}` : "Ctrl-C"}`);
  say(strict ? "Strict: only workspace admins run Python here." : PYTHON_TRUST);
  return detach ? 0 : await stay(started, interrupted);
}

async function stay(started: StartedWorkspace, interrupted: Promise<"interrupted">): Promise<number> {
  await Promise.race([interrupted, started.died]);
  note("Stopping");
  await started.stop();
  return 0;
}

export async function stop(options: Options): Promise<number> {
  const { dir } = dataFolder(options.dataDir);
  say((await stopWorkspace(options.dataDir)) ? `Stopped the workspace of ${dir}.` : `No workspace runs on ${dir}.`);
  return 0;
}

export async function status(options: Options): Promise<number> {
  const found = await findWorkspace(options.dataDir);
  const { dir } = dataFolder(options.dataDir);
  if (!found) {
    say(`No workspace runs on ${dir}.`);
    return 1;
  }
  say(`Running at ${found.api.host}`);
  say(`process  ${found.pid}`);
  say(`version  ${found.version}`);
  say(`data     ${dir}`);
  return 0;
}

export async function env(options: Options): Promise<number> {
  const { api, token } = await requireWorkspace(options);
  say(`export DATABRICKS_HOST=${api.host}`);
  say(`export DATABRICKS_TOKEN=${token}`);
  return 0;
}

export function token(options: Options): number {
  const folder = dataFolder(options.dataDir);
  const found = readToken(folder);
  if (!found) throw new ControlError(`${folder.dir} has no token: no workspace was started there yet.`);
  say(found);
  return 0;
}

export function reset(options: Options): number {
  const { dir } = dataFolder(options.dataDir);
  say(resetFolder(options.dataDir) ? `Deleted ${dir}.` : `${dir} does not exist; there is nothing to delete.`);
  return 0;
}
