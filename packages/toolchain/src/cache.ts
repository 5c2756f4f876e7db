/**
 * The cache in the user's cache folder: one folder a part and key, shared by all clones. A part is made in a temporary
 * folder and renamed when it is whole, so that a folder which exists is complete; a lock lets one process make it while others wait.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { elapsed, type Progress, ToolchainError } from "./process.ts";

export function cacheDir(): string {
  const base =
    process.env.XDG_CACHE_HOME ||
    (process.platform === "darwin" ? join(homedir(), "Library", "Caches") : join(homedir(), ".cache"));
  return join(base, "olist-lakehouse");
}

/** A short key of everything that a part depends on: texts and contents of files. */
export function keyOf(...inputs: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 12);
}

export interface Making {
  /** Where the part's files go; renamed to the part's folder when done. */
  dir: string;
  /** For what is needed on the way; removed in any case. */
  scratch: string;
  log: string;
  progress: Progress;
}

/** The part's folder, made when the cache has none. `title` reads well after "make": "the Pulumi CLI". */
export async function cached(
  part: { name: string; key: string; title: string },
  progress: Progress,
  make: (making: Making) => Promise<void>,
): Promise<string> {
  const root = cacheDir();
  const target = join(root, part.name, part.key);
  if (existsSync(target)) return target;
  const id = `${part.name}-${part.key}`;
  try {
    for (const folder of [part.name, "locks", "tmp", "logs"]) mkdirSync(join(root, folder), { recursive: true });
  } catch (error) {
    throw new ToolchainError(
      `The cache ${root} cannot be written: ${(error as Error).message}. Set XDG_CACHE_HOME to a folder that can.`,
    );
  }
  const unlock = await lock(join(root, "locks", `${id}.lock`), part.title, progress);
  const work = join(root, "tmp", id);
  try {
    if (existsSync(target)) return target;
    removeTree(work); // left by a process that was killed: the lock says that nobody works there now
    const making = { dir: join(work, "result"), scratch: join(work, "scratch"), log: join(root, "logs", `${id}.log`) };
    rmSync(making.log, { force: true });
    mkdirSync(making.dir, { recursive: true });
    mkdirSync(making.scratch);
    const since = Date.now();
    await make({ ...making, progress });
    renameSync(making.dir, target);
    progress(`${part.title}: ready after ${elapsed(since)}`);
    return target;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") {
      throw new ToolchainError(
        `The disk that holds ${root} is full while making ${part.title}. Free some space and try again.`,
      );
    }
    throw error;
  } finally {
    removeTree(work);
    unlock();
  }
}

/**
 * Waits until no other process holds the lock. It is SQLite's own lock on a file: the operating system gives it back when
 * its holder ends, however it ends, so that it can never be stale.
 */
export async function lock(file: string, title: string, progress: Progress): Promise<() => void> {
  const since = Date.now();
  let said = 0;
  for (;;) {
    const held = new DatabaseSync(file);
    try {
      held.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
      return () => held.close();
    } catch (error) {
      held.close();
      if (!/locked|busy/i.test((error as Error).message)) {
        throw new ToolchainError(`The lock ${file} cannot be used: ${(error as Error).message}`);
      }
    }
    if (Date.now() - said > 10_000) {
      progress(`${title}: another process is making it; waiting (${elapsed(since)})`);
      said = Date.now();
    }
    await sleep(200);
  }
}

function removeTree(dir: string): void {
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}

/** Contents of the files under a folder, in a fixed order, for a key. */
export function contentsOf(dir: string, matches: (name: string) => boolean = () => true): string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter(matches)
    .sort()
    .flatMap((name) => {
      try {
        return [name, readFileSync(join(dir, name), "utf8")];
      } catch {
        return []; // a folder
      }
    });
}
