/** What the engine needs to run: a Python environment, Java and the jars. Nothing here needs Go or Pulumi. */
import { delimiter, join } from "node:path";
import { cacheDir } from "./cache.ts";
import { type Classes, classArchiveForLater, ensureClassArchive } from "./class-archive.ts";
import { ensureJars, pysparkJars } from "./jars.ts";
import { findJava } from "./java.ts";
import { onPath, type Progress } from "./process.ts";
import { ensurePython, ensureUv, findPython } from "./python.ts";

export { cacheDir } from "./cache.ts";
export { findJava } from "./java.ts";
export { onPath, type Progress, ToolchainError } from "./process.ts";
export { findPython } from "./python.ts";

export interface EngineParts {
  /** The interpreter of the engine's environment (with `tests`, of the tests'). */
  readonly python: string;
  readonly java: string;
  /** Delta and the engine's extensions, in the order of the class path. */
  readonly sparkJars: readonly string[];
  /** Variables to add to the local workspace's environment, for the engine that it starts. */
  readonly engineEnv: Readonly<Record<string, string>>;
}

/** A client of other people, on PATH or in the folder `clients` of the cache. */
export const findClient = (name: string): string | undefined =>
  onPath(name) ?? onPath(name, join(cacheDir(), "clients"));

/** What only a person can install. @throws ToolchainError that says what to install */
export function findPrerequisites({ java = true } = {}): void {
  findPython();
  if (java) findJava();
}

export interface EngineOptions {
  /** Adds the tests' packages to the Python environment. */
  tests?: boolean;
  /**
   * Where there is no archive of classes: `wait` until it is made, which pays for many engines, have it made for
   * `later` starts, or `go on` without. Left out: `go on` in tests, else `later`.
   */
  classArchive?: "wait" | "later" | "go on";
  onProgress?: Progress;
}

/** ENGINE_CLASS_ARCHIVE names an archive that there is, or none; then none is made. */
async function classArchive(classes: Classes, options: EngineOptions, progress: Progress): Promise<string> {
  const given = process.env.ENGINE_CLASS_ARCHIVE;
  if (given !== undefined) return given;
  const missing = options.classArchive ?? (options.tests ? "go on" : "later");
  const found =
    missing === "wait"
      ? await ensureClassArchive(classes, progress)
      : classArchiveForLater(classes, missing === "later" ? undefined : () => undefined);
  return found ?? "";
}

/** @throws ToolchainError with one message when a prerequisite is missing or a part cannot be made */
export async function ensureEngine(options: EngineOptions = {}): Promise<EngineParts> {
  const progress = options.onProgress ?? (() => undefined);
  findPrerequisites();
  const java = findJava();
  const environment = await ensurePython(options.tests ?? false, progress);
  const uv = await ensureUv(findPython().python, progress);
  const sparkJars = await ensureJars(environment.sitePackages, java, progress);
  const classes = { python: environment.python, spark: pysparkJars(environment.sitePackages), jars: sparkJars, java };
  return {
    python: environment.python,
    java: java.java,
    sparkJars,
    engineEnv: {
      ENGINE_CLASS_ARCHIVE: await classArchive(classes, options, progress),
      ENGINE_PYTHON: environment.python,
      ENGINE_JARS: sparkJars.join(delimiter),
      ENGINE_JAVA: java.java,
      // What runs install their packages with, and where they are kept.
      ENGINE_UV: uv,
      ENGINE_CACHE: cacheDir(),
      PYSPARK_PYTHON: environment.python,
      PYSPARK_DRIVER_PYTHON: environment.python,
    },
  };
}
