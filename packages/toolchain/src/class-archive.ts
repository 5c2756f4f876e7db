/**
 * The archive of classes that the engine's JVM starts from (class-data sharing): a fifth less processor time for a start and a first update.
 * It fits one Java, one class path and one place of both; where any of them differs, the JVM passes over it.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { PYTHON_PATH } from "lakehouse-engine";
import { cached, keyOf } from "./cache.ts";
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

/** Its path; undefined where this Java makes none, which is tried once. */
export async function ensureClassArchive(
  { python, spark, jars, java }: Classes,
  progress: Progress,
): Promise<string | undefined> {
  const key = keyOf(java.java, java.version, spark, ...jars, readFileSync(TRAINING, "utf8"));
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
  return existsSync(join(dir, FAILED)) ? undefined : join(dir, "engine.jsa");
}
