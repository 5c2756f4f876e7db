/**
 * The archive of classes that the engine's JVM starts from (class-data sharing): a fifth less processor time for a start and a first update.
 * It fits one Java, one class path and one place of both; where any of them differs, the JVM passes over it.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { delimiter, join } from "node:path";
import { PYTHON_PATH } from "lakehouse-engine";
import { cacheDir, cached, keyOf } from "./cache.ts";
import type { Java } from "./java.ts";
import { type Progress, run, ToolchainError } from "./process.ts";

const TRAINING = join(PYTHON_PATH, "lakehouse_engine", "class_archive.py");
const FAILED = "failed.txt";
const TIMEOUT = 900_000;

export interface Classes {
  python: string;
  /** The folder of pyspark's jars. */
  spark: string;
  jars: readonly string[];
  java: Java;
}

const keyFor = ({ spark, jars, java }: Classes): string =>
  keyOf(java.java, java.version, spark, ...jars, readFileSync(TRAINING, "utf8"));

/** The archive in a folder of the cache; undefined where it could not be made. */
const archiveIn = (dir: string): string | undefined =>
  existsSync(join(dir, FAILED)) ? undefined : join(dir, "engine.jsa");

/**
 * The archive that there is. Making one takes a minute, more than one start gets back: where none was tried, a process
 * of the lowest priority makes it for later starts, and this one goes on without.
 */
export function classArchiveForLater(classes: Classes, inBackground = makeInBackground): string | undefined {
  const dir = join(cacheDir(), "classes", keyFor(classes));
  if (existsSync(dir)) return archiveIn(dir);
  inBackground(classes);
  return undefined;
}

function makeInBackground(classes: Classes): void {
  const args = [import.meta.filename, JSON.stringify(classes)];
  const child = spawn(process.execPath, args, { detached: true, stdio: "ignore" });
  child.on("error", () => undefined); // a later start tries again
  child.unref();
}

/** Its path; undefined where this Java makes none, which is tried once. */
export async function ensureClassArchive(classes: Classes, progress: Progress): Promise<string | undefined> {
  const { python, jars } = classes;
  const key = keyFor(classes);
  const dir = await cached({ name: "classes", key, title: "Spark's class archive" }, progress, async (making) => {
    progress("Spark's class archive: running the engine once");
    const env = { ...process.env, PYTHONPATH: PYTHON_PATH, ENGINE_JARS: jars.join(delimiter), PYSPARK_PYTHON: python };
    const archive = join(making.dir, "engine.jsa");
    const options = { title: "make Spark's class archive", log: making.log, env, timeout: TIMEOUT };
    try {
      await run(python, ["-m", "lakehouse_engine.class_archive", archive], options);
    } catch (error) {
      if (!(error instanceof ToolchainError)) throw error;
      progress(`Spark's class archive: the engine works without it, and starts slower. ${error.message}`);
      writeFileSync(join(making.dir, FAILED), error.message);
    }
  });
  return archiveIn(dir);
}

if (process.argv[1] === import.meta.filename) {
  setPriority(constants.priority.PRIORITY_LOW);
  await ensureClassArchive(JSON.parse(process.argv[2]!) as Classes, () => undefined);
}
