/**
 * A workspace's data folder: the names in it, the mark by which a folder is known as one, and the lock of the process that uses it.
 * The folder is its owner's alone from its creation on, because it holds the admin's token.
 */
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isDiskFull } from "../core/errors.ts";

/** Something the person at the terminal can mend: printed as one sentence, without a trace. */
export class ControlError extends Error {
  override name = "ControlError";
}

/** The layout of the data folder. A folder with a higher number was written by a newer version, which this one cannot read. */
export const FORMAT = 1;
const MARK = "lakehouse-workspace.json";
/** Where the command keeps its data unless told otherwise: in the current folder. */
export const DEFAULT_DATA_DIR = ".lakehouse";

export interface DataFolder {
  readonly dir: string;
  /** Who serves the folder: `{ host, pid, version }`; written once requests are accepted. */
  readonly info: string;
  readonly token: string;
  readonly logs: string;
  readonly workspaceLog: string;
  readonly engineLog: string;
}

export function dataFolder(dir: string): DataFolder {
  const path = resolve(dir);
  const logs = join(path, "logs");
  return {
    dir: path,
    info: join(path, "workspace.json"),
    token: join(path, "token"),
    logs,
    workspaceLog: join(logs, "workspace.log"),
    engineLog: join(logs, "engine.log"),
  };
}

/** Whether a workspace made the folder. One of version 0.1.0 has no mark, but its database and lock. */
export function isMarked(dir: string): boolean {
  return existsSync(join(dir, MARK)) || (existsSync(join(dir, "state.db")) && existsSync(join(dir, "lock.db")));
}

/**
 * Makes the folder, or takes one that is empty or a workspace's already.
 * @throws ControlError when it cannot be written, holds something else, or a newer version wrote it
 */
export function prepareFolder(dir: string): DataFolder {
  const folder = dataFolder(dir);
  checkFolder(folder.dir);
  try {
    makeFolders(folder.dir);
    chmodSync(folder.dir, 0o700);
    mark(folder.dir);
    mkdirSync(folder.logs, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, folder.dir);
  }
  return folder;
}

/** One by one: where a file system has no such folders, as /proc, Node's recursive form never returns. */
function makeFolders(dir: string): void {
  if (existsSync(dir)) return;
  makeFolders(dirname(dir));
  mkdirSync(dir, { mode: 0o700 });
}

/** The path itself, or the nearest folder above it that exists. */
function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path));
}

/** Changes nothing. @throws ControlError when no workspace can use the folder, existing or not */
export function checkFolder(dir: string): void {
  refuseWorkingFolder(dir);
  try {
    const at = nearest(dir);
    if (!statSync(at).isDirectory()) {
      throw new ControlError(`${dir} cannot be the data folder: ${at} is a file. Choose another --data-dir.`);
    }
    accessSync(at, constants.R_OK | constants.W_OK | constants.X_OK);
    if (at === dir && !isMarked(dir) && readdirSync(dir).length > 0) {
      throw new ControlError(
        `${dir} is not empty and is not a local workspace's data folder. Choose an empty or a new folder with --data-dir.`,
      );
    }
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, dir);
  }
}

/** A folder that is deleted as a whole must not be one in which people work. */
function refuseWorkingFolder(dir: string): void {
  const way = relative(dir, process.cwd());
  if (way === "" || (!way.startsWith("..") && !way.startsWith("/"))) {
    throw new ControlError(
      `The data folder ${dir} contains the current folder. Choose a folder of its own with --data-dir, such as .lakehouse.`,
    );
  }
}

function mark(dir: string): void {
  const file = join(dir, MARK);
  if (!existsSync(file)) {
    const text = { about: "Data of a local workspace; `lakehouse reset` deletes this folder.", format: FORMAT };
    // Git, and the file sync of Asset Bundles, leave the folder out.
    writeFileSync(join(dir, ".gitignore"), "*\n", { mode: 0o600 });
    writeFileSync(file, `${JSON.stringify(text, null, 2)}\n`, { mode: 0o600, flush: true });
    return;
  }
  let format: unknown;
  try {
    format = (JSON.parse(readFileSync(file, "utf8")) as { format?: unknown }).format;
  } catch {
    writeFileSync(file, `${JSON.stringify({ format: FORMAT })}\n`, { mode: 0o600 }); // torn by a kill or a full disk
    return;
  }
  if (typeof format === "number" && format > FORMAT) {
    throw new ControlError(
      `${dir} was written by a newer version (format ${format}; this version reads format ${FORMAT}). Update lakehouse-local-workspace, or choose another --data-dir.`,
    );
  }
}

/** The error of a system call or of SQLite on the folder, as a sentence that says what would be right. */
export function explain(error: NodeJS.ErrnoException, dir: string): Error {
  const { code, message } = error;
  if (error instanceof ControlError) return error;
  if (isDiskFull(error)) {
    return new ControlError(`The disk that holds ${dir} is full. Free some space and start again; nothing is lost.`);
  }
  if (code === "EROFS" || code === "EACCES" || code === "EPERM" || /readonly database/.test(message)) {
    return new ControlError(
      `The data folder ${dir} cannot be written (${code ?? message}). Make it writable, or choose another with --data-dir.`,
    );
  }
  if (/file is not a database|malformed/.test(message)) {
    return new ControlError(`${join(dir, "state.db")} is damaged (${message}). Use another --data-dir.`);
  }
  if (code === "ENOENT" || code === "ENOTDIR" || /unable to open database file/.test(message)) {
    return new ControlError(`The data folder ${dir} cannot be used: ${message}. Choose another with --data-dir.`);
  }
  return error;
}

/**
 * Takes the folder for this process, or answers nothing when another has it. The lock is SQLite's own on a file: the operating
 * system gives it back when its holder ends, however it ends, so that it can never be stale.
 */
export function lockFolder(dir: string): (() => void) | undefined {
  let held: DatabaseSync | undefined;
  try {
    held = new DatabaseSync(join(dir, "lock.db"));
    // A probe by `isLocked` in another process holds the lock for a moment only.
    held.exec("PRAGMA busy_timeout = 500; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    held?.close();
    if (/locked/.test((error as Error).message)) return undefined;
    throw explain(error as NodeJS.ErrnoException, dir);
  }
  const lock = held;
  return () => lock.close();
}

/** Whether a process uses the folder now. */
export function isLocked(dir: string): boolean {
  if (!existsSync(join(dir, "lock.db"))) return false;
  const unlock = lockFolder(dir);
  unlock?.();
  return unlock === undefined;
}
