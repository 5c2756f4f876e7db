/**
 * Everything that the local workspace and the CLI need, found or made: Python environment, Java, jars, Pulumi CLI, Databricks
 * plugin, language host. What is made lies in the user's cache folder, keyed by versions; a second call makes nothing.
 */
import { delimiter, dirname, join } from "node:path";
import { cacheDir } from "./cache.ts";
import { type EngineOptions, type EngineParts, ensureEngine, findPrerequisites } from "./engine.ts";
import { ensurePlugin, findPlugin, type Plugin } from "./plugin.ts";
import type { Progress } from "./process.ts";
import { type Cli, ensureCli } from "./pulumi.ts";
import { ensurePython } from "./python.ts";

export type { Progress } from "./process.ts";
export { ToolchainError } from "./process.ts";

/** `python`: the environment alone. `engine`: Python, Java and the jars. `pulumi`: CLI, plugin and language host. */
export type Part = "python" | "engine" | "pulumi";

export interface ToolchainOptions extends EngineOptions {
  /** Left out: all parts. */
  parts?: readonly Part[];
}

/** Reading a path of a part that was not asked for throws. */
export interface Toolchain {
  /** The interpreter of the engine's environment (with `tests`, of the tests'). */
  readonly python: string;
  readonly java: string;
  /** Delta and the catalog, in the order of the class path. */
  readonly sparkJars: readonly string[];
  readonly pulumi: string;
  /** The built plugin's schema; undefined when the plugin was found or downloaded. */
  readonly pluginSchema: string | undefined;
  /** Variables to add to the CLI's environment. Backend, passphrase and workspace are the caller's. */
  readonly pulumiEnv: Readonly<Record<string, string>>;
  /** Variables to add to the local workspace's environment, for the engine that it starts. */
  readonly engineEnv: Readonly<Record<string, string>>;
}

const NODE_BIN = join(import.meta.dirname, "..", "..", "..", "node_modules", ".bin");

/** @throws ToolchainError with one message when a prerequisite is missing or a part cannot be made */
export async function ensureToolchain(options: ToolchainOptions = {}): Promise<Toolchain> {
  const parts = new Set<Part>(options.parts ?? ["python", "engine", "pulumi"]);
  const progress = options.onProgress ?? (() => undefined);
  const tests = options.tests ?? false;
  // What only a person can install is asked for before the long work starts.
  if (parts.has("python") || parts.has("engine")) findPrerequisites({ java: parts.has("engine") });

  // A failure ends the process soon; the other branch's children end with it.
  const [python, pulumi] = await Promise.all([
    parts.has("python") || parts.has("engine") ? pythonAndJars() : undefined,
    parts.has("pulumi") ? cliAndPlugin(progress) : undefined,
  ]);

  async function pythonAndJars(): Promise<{ python: string; engine?: EngineParts }> {
    if (!parts.has("engine")) return { python: (await ensurePython(tests, progress)).python };
    const engine = await ensureEngine({ ...options, onProgress: progress });
    return { python: engine.python, engine };
  }

  const need = <T>(value: T | undefined, property: string, part: Part): T => {
    if (value === undefined) throw new Error(`toolchain.${property} was read, but part '${part}' was not asked for`);
    return value;
  };
  return {
    get python() {
      return need(python, "python", "python").python;
    },
    get java() {
      return need(python?.engine, "java", "engine").java;
    },
    get sparkJars() {
      return need(python?.engine, "sparkJars", "engine").sparkJars;
    },
    get engineEnv() {
      return need(python?.engine, "engineEnv", "engine").engineEnv;
    },
    get pulumi() {
      return need(pulumi, "pulumi", "pulumi").cli.pulumi;
    },
    get pluginSchema() {
      return need(pulumi, "pluginSchema", "pulumi").plugin.schema;
    },
    get pulumiEnv() {
      const { cli, plugin } = need(pulumi, "pulumiEnv", "pulumi");
      return environmentOf(cli, plugin);
    },
  };
}

async function cliAndPlugin(progress: Progress): Promise<{ cli: Cli; plugin: Plugin }> {
  const cli = await ensureCli(progress, findPlugin() ? [] : ["plugin"]);
  return { cli, plugin: await ensurePlugin(cli, progress) };
}

function environmentOf(cli: Cli, plugin: Plugin): Record<string, string> {
  // The language host runs the program on the first Node on PATH, which is to be this one.
  const path = [dirname(cli.pulumi), dirname(process.execPath), NODE_BIN, process.env.PATH ?? ""];
  return {
    PATH: [...new Set(path.join(delimiter).split(delimiter))].join(delimiter),
    PULUMI_HOME: plugin.home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // CLI and plugin live for seconds: collecting garbage less often saves a seventh of their CPU and costs memory that is there.
    GOGC: process.env.GOGC || "400",
    // The CLI's default is four operations a core, but they wait for the workspace and not for a core.
    PULUMI_PARALLEL: process.env.PULUMI_PARALLEL || "32",
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE || join(cacheDir(), "node-compile-cache"),
  };
}
