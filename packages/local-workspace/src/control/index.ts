/** Starts, finds, stops and resets the workspace of a data folder: one code for the command `lakehouse` and for programs. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  fstatSync,
  globSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WorkspaceApi } from "../client.ts";
import {
  ControlError,
  type DataFolder,
  dataFolder,
  explain,
  isLocked,
  isMarked,
  lockFolder,
  prepareFolder,
} from "./folder.ts";
import { refuseUsedPort } from "./port.ts";

export { ControlError, type DataFolder, DEFAULT_DATA_DIR, dataFolder } from "./folder.ts";
export { DEFAULT_PORT } from "./port.ts";

const MAIN = join(import.meta.dirname, "..", `main${extname(import.meta.filename)}`);
/** Time the process may take until it accepts requests, in ms; the engine starts behind it and is not waited for. */
const START_TIMEOUT = 60_000;
/** Time it gets to stop on its own, in ms: running Spark jobs are cancelled first. */
const STOP_TIMEOUT = 20_000;
/** Time a running workspace may take to answer, in ms, on a machine that is busy. */
const ANSWER_TIMEOUT = 5_000;

export interface FoundWorkspace {
  readonly api: WorkspaceApi;
  readonly token: string;
  readonly pid: number;
  readonly version: string;
  readonly folder: DataFolder;
}

export interface StartedWorkspace extends FoundWorkspace {
  /** False when it was running before and therefore is not this process's to stop. */
  readonly owned: boolean;
  /** Rejects when the workspace ends without having been asked to. */
  readonly died: Promise<never>;
  /** Stops a workspace that this call started; does nothing to another. */
  stop(): Promise<void>;
}

export interface StartOptions {
  dataDir: string;
  /** 0 takes a free one. */
  port: number;
  /** Variables for the engine, as the toolchain's `engineEnv`; asked for once folder and port are known to be free. */
  engineEnv: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** Goes on after this process has ended. Otherwise the workspace stops when this process ends, however it ends. */
  detach?: boolean;
  /** Refuses Python code of principals that are no workspace admins. */
  strict?: boolean;
}

interface Info {
  host: string;
  pid: number;
  version: string;
}

function readInfo(folder: DataFolder): Info | undefined {
  try {
    return JSON.parse(readFileSync(folder.info, "utf8")) as Info;
  } catch {
    return undefined; // nobody serves the folder, or not yet
  }
}

export function readToken(folder: DataFolder): string | undefined {
  try {
    return readFileSync(folder.token, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The workspace that serves the folder now. `workspace.json` alone proves nothing: a kill leaves it, and ports are used again. */
export async function findWorkspace(dataDir: string): Promise<FoundWorkspace | undefined> {
  const folder = dataFolder(dataDir);
  const info = readInfo(folder);
  const token = readToken(folder);
  if (!info || !token) return undefined;
  try {
    const answer = await fetch(`${info.host}/api/2.0/preview/scim/v2/Me`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT),
    });
    await answer.arrayBuffer();
    if (!answer.ok) return undefined;
  } catch {
    return undefined;
  }
  return { api: new WorkspaceApi(info.host, token), token, pid: info.pid, version: info.version, folder };
}

/**
 * Starts the workspace and resolves once it accepts requests, or resolves to the one that already serves the folder (`owned: false`).
 * @throws ControlError in one sentence when it cannot start: a port in use, a folder that cannot be written, a full disk
 */
export async function startWorkspace(options: StartOptions): Promise<StartedWorkspace> {
  const folder = prepareFolder(options.dataDir);
  const running = await findWorkspace(folder.dir);
  if (running) return notOwned(running);
  if (isLocked(folder.dir)) return await otherStart(folder);
  await refuseUsedPort(options.port);
  const engineEnv = await options.engineEnv();
  const { child, exited } = launch(folder, options, engineEnv);
  let over: string | undefined;
  void exited.then((reason) => (over = reason));
  const giveUp = (): void => void child.kill("SIGTERM"); // this process ends while the workspace starts
  process.once("exit", giveUp);
  try {
    return await accepting(folder, child, exited, () => over, options.detach ?? false);
  } finally {
    process.off("exit", giveUp);
  }
}

async function accepting(
  folder: DataFolder,
  child: ChildProcess,
  exited: Promise<string>,
  ended: () => string | undefined,
  detach: boolean,
): Promise<StartedWorkspace> {
  for (const deadline = Date.now() + START_TIMEOUT; ; await sleep(50)) {
    const over = ended();
    if (over !== undefined) {
      if (isLocked(folder.dir)) return await otherStart(folder);
      throw new ControlError(over.replace(/^error: /, ""));
    }
    const found = readInfo(folder)?.pid === child.pid ? await findWorkspace(folder.dir) : undefined;
    if (found) return owned(found, child, exited, detach);
    if (Date.now() > deadline) {
      await stopChild(child, exited);
      throw new ControlError(
        `The local workspace did not answer within ${START_TIMEOUT / 1000} s; its log is ${folder.workspaceLog}.`,
      );
    }
  }
}

function notOwned(found: FoundWorkspace): StartedWorkspace {
  return { ...found, owned: false, died: new Promise(() => {}), stop: async () => {} };
}

/** Another process starts a workspace on the folder at the same time: it is waited for. */
async function otherStart(folder: DataFolder): Promise<StartedWorkspace> {
  for (const deadline = Date.now() + ANSWER_TIMEOUT; Date.now() < deadline; await sleep(100)) {
    const found = await findWorkspace(folder.dir);
    if (found) return notOwned(found);
    if (!isLocked(folder.dir)) break;
  }
  const pid = readInfo(folder)?.pid;
  throw new ControlError(
    `Another process${pid ? ` (${pid})` : ""} uses ${folder.dir} and does not answer yet. Wait for it, run 'lakehouse stop', or choose another --data-dir.`,
  );
}

function owned(found: FoundWorkspace, child: ChildProcess, exited: Promise<string>, detach: boolean): StartedWorkspace {
  let stopping = false;
  const died = exited.then((reason) => {
    if (stopping) return new Promise<never>(() => {});
    throw new ControlError(`The local workspace ended: ${reason}`);
  });
  died.catch(() => {});
  if (detach) child.unref();
  return {
    ...found,
    owned: true,
    died,
    async stop() {
      stopping = true;
      await stopChild(child, exited);
    },
  };
}

function launch(
  folder: DataFolder,
  { port, detach = false, strict = false }: StartOptions,
  engineEnv: Readonly<Record<string, string>>,
): { child: ChildProcess; exited: Promise<string> } {
  let log: number;
  try {
    log = openSync(folder.workspaceLog, "a+", 0o600);
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, folder.dir);
  }
  const from = fstatSync(log).size;
  const args = [MAIN, "--data-dir", folder.dir, "--port", String(port), ...(detach ? [] : ["--attached"])];
  if (strict) args.push("--strict");
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...engineEnv },
    stdio: [detach ? "ignore" : "pipe", log, log],
    // A group of its own: a Ctrl-C in the terminal reaches this process alone, which then stops the workspace in order.
    detached: true,
  });
  const exited = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      resolve(lastLine(log, from) ?? how);
      closeSync(log);
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => end(`it ended with ${signal ?? `status ${code}`}`));
  });
  return { child, exited };
}

/** The last line that the process wrote: mostly the reason of its end. */
function lastLine(log: number, from: number): string | undefined {
  const size = fstatSync(log).size;
  const length = Math.min(4096, size - from);
  if (length <= 0) return undefined;
  const buffer = Buffer.alloc(length);
  readSync(log, buffer, 0, length, size - length);
  return buffer.toString("utf8").trim().split("\n").at(-1);
}

async function stopChild(child: ChildProcess, exited: Promise<string>): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT);
  await exited;
  clearTimeout(timer);
}

/** Stops the workspace that uses the folder, whoever started it. Answers whether there was one. */
export async function stopWorkspace(dataDir: string): Promise<boolean> {
  const folder = dataFolder(dataDir);
  if (!isMarked(folder.dir) || !isLocked(folder.dir)) return false;
  // The lock says that its process is alive, so the pid cannot be another program's.
  const pid = readInfo(folder)?.pid;
  if (pid === undefined) {
    throw new ControlError(`A process that is just starting or stopping uses ${folder.dir}. Try again in a moment.`);
  }
  signal(pid, "SIGTERM");
  const since = Date.now();
  for (let killed = false; isLocked(folder.dir); await sleep(100)) {
    if (!killed && Date.now() - since > STOP_TIMEOUT) {
      signal(pid, "SIGKILL");
      killed = true;
    }
    if (Date.now() - since > 2 * STOP_TIMEOUT) throw new ControlError(`Process ${pid} does not end.`);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPERM")
      throw new ControlError(`The workspace's process ${pid} is another user's; only they can stop it.`);
    if (code !== "ESRCH") throw error;
  }
}

/**
 * Deletes the folder with all data. Answers whether there was anything.
 * @throws ControlError, before anything is deleted, while a workspace uses the folder or when the folder is no workspace's
 */
export function resetFolder(dataDir: string): boolean {
  const folder = dataFolder(dataDir);
  if (!existsSync(folder.dir)) return false;
  if (!isMarked(folder.dir)) {
    throw new ControlError(`${folder.dir} is not a local workspace's data folder, so it is not deleted.`);
  }
  prepareFolder(folder.dir); // refuses a folder in which people work, and one that cannot be written
  const unlock = lockFolder(folder.dir);
  if (!unlock) {
    const info = readInfo(folder);
    throw new ControlError(
      `A local workspace uses ${folder.dir}${info ? ` (process ${info.pid}, ${info.host})` : ""}. Stop it first with 'lakehouse stop'.`,
    );
  }
  try {
    // At once: a kill in between leaves no half folder where the next start would look. The next reset deletes what it leaves.
    renameSync(folder.dir, `${folder.dir}.deleted-${process.pid}`);
    for (const name of globSync(`${basename(folder.dir)}.deleted-*`, { cwd: dirname(folder.dir) })) {
      rmSync(join(dirname(folder.dir), name), { recursive: true, force: true, maxRetries: 3 });
    }
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, folder.dir);
  } finally {
    unlock();
  }
  return true;
}
