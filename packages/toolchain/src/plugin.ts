/** The Databricks plugin: one that is installed already, the vendor's download, or a build from Go modules. */
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { cached, keyOf, type Making } from "./cache.ts";
import { onPath, output, type Progress, run } from "./process.ts";
import { builtPrograms, PLUGIN_FILES, sources } from "./programs.ts";
import { type Cli, linkOrCopy, reason } from "./pulumi.ts";
import { DATABRICKS_PLUGIN } from "./versions.ts";

const BINARY = "pulumi-resource-databricks";
const FOLDER = `resource-databricks-v${DATABRICKS_PLUGIN}`;
const DOWNLOAD_TIMEOUT = 120_000;

export interface Plugin {
  plugin: string;
  /** A PULUMI_HOME of the project's own, with the plugin where the CLI looks for it first. */
  home: string;
  /** The schema of a plugin that was built. */
  schema?: string;
}

/** The plugin among the user's installed ones or on PATH. */
export function findPlugin(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const home = env.PULUMI_HOME || join(homedir(), ".pulumi");
  const installed = join(home, "plugins", FOLDER, BINARY);
  if (existsSync(installed)) return installed;
  const onPathToo = onPath(BINARY, env.PATH);
  return onPathToo && output(onPathToo, ["--version"], env)?.includes(DATABRICKS_PLUGIN) ? onPathToo : undefined;
}

export async function ensurePlugin(cli: Cli, progress: Progress): Promise<Plugin> {
  const found = findPlugin();
  const inputs = [DATABRICKS_PLUGIN, found ?? "", cli.source, ...PLUGIN_FILES, ...sources()];
  const key = keyOf(...inputs, process.platform, process.arch);
  const home = await cached({ name: "plugin", key, title: "Databricks plugin" }, progress, async (making) => {
    const folder = join(making.dir, "plugins", FOLDER);
    const link = (from: string): void => {
      mkdirSync(folder, { recursive: true });
      for (const name of [BINARY, ...PLUGIN_FILES])
        if (existsSync(join(from, name))) linkOrCopy(join(from, name), join(folder, name));
    };
    if (found) return link(dirname(found)); // one that was built here has its files beside it
    // Before the plugin's folder is made: the CLI takes a folder of that name for an installed plugin.
    const why = cli.source === "build" ? "as is the CLI's" : await download(cli.pulumi, making);
    if (why !== undefined)
      link(await builtPrograms(cli.source === "build" ? ["cli", "plugin"] : ["plugin"], why, progress));
  });
  keepNoLogs(home);
  const folder = join(home, "plugins", FOLDER);
  const schema = join(folder, PLUGIN_FILES[0]);
  return { plugin: join(folder, BINARY), home, schema: existsSync(schema) ? schema : undefined };
}

/**
 * The CLI and its plugins write all that `-v=9` would show into this folder in every run: an eighth of a preview's processor time, and up to
 * 500 MB. No setting of the CLI turns that off, but it goes on without these logs where it cannot make their folder.
 */
function keepNoLogs(home: string): void {
  const logs = join(home, "logs");
  if (statSync(logs, { throwIfNoEntry: false })?.isFile()) return;
  rmSync(logs, { recursive: true, force: true });
  writeFileSync(
    logs,
    "The CLI's own logs are turned off by this file in place of their folder. `pulumi -v=9 --logtostderr` shows the same.\n",
  );
}

async function download(pulumi: string, making: Making): Promise<string | undefined> {
  making.progress(`Databricks plugin: downloading version ${DATABRICKS_PLUGIN}`);
  try {
    await run(pulumi, ["plugin", "install", "resource", "databricks", DATABRICKS_PLUGIN, "--non-interactive"], {
      title: "download the Databricks plugin",
      log: `${making.log}.download`,
      timeout: DOWNLOAD_TIMEOUT,
      env: { ...process.env, PULUMI_HOME: making.dir, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    return existsSync(join(making.dir, "plugins", FOLDER, BINARY)) ? undefined : "it brought no plugin";
  } catch (error) {
    return reason(error as Error);
  }
}
