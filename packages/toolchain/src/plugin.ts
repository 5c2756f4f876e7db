/** The Databricks plugin: one that is installed already, the vendor's download, or a build from Go modules. */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { cached, contentsOf, keyOf, type Making } from "./cache.ts";
import { ensureGo, GoBuild } from "./go.ts";
import { onPath, output, type Progress, run } from "./process.ts";
import { linkOrCopy, reason } from "./pulumi.ts";
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

export async function ensurePlugin(pulumi: string, progress: Progress): Promise<Plugin> {
  const found = findPlugin();
  const sources = contentsOf(join(import.meta.dirname, "go", "provider"), (name) => !/^gen\//.test(name));
  const key = keyOf(DATABRICKS_PLUGIN, found ?? "", ...sources, process.platform, process.arch);
  const home = await cached({ name: "plugin", key, title: "Databricks plugin" }, progress, async (making) => {
    const binary = join(making.dir, "plugins", FOLDER, BINARY);
    if (!found) {
      // Before the plugin's folder is made: the CLI takes a folder of that name for an installed plugin.
      const why = await download(pulumi, making);
      if (why === undefined) return;
      progress(
        `Databricks plugin: the vendor's download is out of reach (${why}); building it, which takes about four minutes`,
      );
    }
    mkdirSync(dirname(binary), { recursive: true });
    if (found) return linkOrCopy(found, binary);
    await build(making, binary);
  });
  const schema = join(home, "schema.json");
  return { plugin: join(home, "plugins", FOLDER, BINARY), home, schema: existsSync(schema) ? schema : undefined };
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

/** The bridge's generator is built first: the schema that it writes is a part of the plugin. */
async function build(making: Making, binary: string): Promise<void> {
  const module = new GoBuild(await ensureGo(making.progress), "provider", making, "Databricks plugin");
  const schema = join(module.folder, "schema.json");
  const metadata = join(module.folder, "info", "bridge-metadata.json");
  writeFileSync(schema, "{}");
  writeFileSync(metadata, "{}");
  const generator = join(making.scratch, "tfgen");
  const generated = join(making.scratch, "generated");
  await module.build("./cmd/tfgen", generator);
  await run(generator, ["schema", "--skip-docs", "--skip-examples", "--out", generated], {
    title: "write the Databricks plugin's schema",
    log: making.log,
    cwd: module.folder,
    env: { ...process.env, PULUMI_SKIP_MISSING_MAPPING_ERROR: "true", PULUMI_SKIP_EXTRA_MAPPING_ERROR: "true" },
  });
  copyFileSync(join(generated, "schema.json"), schema);
  const written = join(generated, "bridge-metadata.json");
  if (existsSync(written)) copyFileSync(written, metadata);
  await module.build(".", binary);
  copyFileSync(schema, join(making.dir, "schema.json"));
}
