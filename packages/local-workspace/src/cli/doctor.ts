/** `lakehouse doctor`: what the workspace needs on this machine, what of it is missing, and how to get it. */
import { existsSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheDir, findJava, findPython, onPath } from "lakehouse-toolchain/engine";
import { checkFolder } from "../control/folder.ts";
import { ControlError, dataFolder, findWorkspace } from "../control/index.ts";

interface Finding {
  state: "ok" | "missing" | "optional";
  what: string;
}

/** Room that the Python environment, the jars and a first run take, in GB. */
const ROOM = 3;

function required(check: () => string): Finding {
  try {
    return { state: "ok", what: check() };
  } catch (error) {
    return { state: "missing", what: (error as Error).message };
  }
}

function client(name: string, use: string, install: string): Finding {
  const found = onPath(name);
  return found
    ? { state: "ok", what: `${name}: ${found} (${use})` }
    : { state: "optional", what: `${name} is not on PATH; it is needed only for ${use}. ${install}` };
}

function room(title: string, dir: string): string {
  let at = dir;
  while (!existsSync(at)) at = dirname(at);
  const { bavail, bsize } = statfsSync(at);
  const free = (bavail * bsize) / 1e9;
  if (free >= ROOM) return `${title}: ${dir}, ${free.toFixed(0)} GB free`;
  throw new ControlError(`${title}: ${dir} has ${free.toFixed(1)} GB free, ${ROOM} GB are needed. Free some space.`);
}

async function dataFinding(dataDir: string): Promise<Finding> {
  const { dir } = dataFolder(dataDir);
  const running = await findWorkspace(dataDir);
  if (running) return { state: "ok", what: `Data folder: ${dir}, served at ${running.api.host}` };
  return required(() => {
    checkFolder(dir);
    return room("Data folder", dir);
  });
}

export async function doctor(options: { dataDir: string }): Promise<number> {
  const made = (name: string): boolean => existsSync(join(cacheDir(), name));
  const findings: Finding[] = [
    { state: "ok", what: `Node: ${process.version} (${process.execPath})` },
    required(() => `Python: ${findPython().python} (${findPython().version})`),
    required(() => `Java: ${findJava().java} (${findJava().version})`),
    required(() => room("Cache", cacheDir())),
    made("python") && made("delta")
      ? { state: "ok", what: "Python environment and jars: in the cache" }
      : {
          state: "optional",
          what: "Python environment and jars: not made yet; the first 'lakehouse start' makes them from PyPI and Maven",
        },
    await dataFinding(options.dataDir),
    client(
      "databricks",
      "Asset Bundles",
      "Install the Databricks CLI: https://docs.databricks.com/dev-tools/cli/install",
    ),
    client("tofu", "OpenTofu", "Install OpenTofu: https://opentofu.org/docs/intro/install"),
    client("pulumi", "Pulumi", "Install Pulumi: https://www.pulumi.com/docs/iac/download-install"),
  ];
  for (const { state, what } of findings) process.stdout.write(`${state.padEnd(8)}  ${what}\n`);
  const missing = findings.filter(({ state }) => state === "missing").length;
  process.stdout.write(missing === 0 ? "\nNothing is missing.\n" : `\n${missing} missing.\n`);
  return missing === 0 ? 0 : 1;
}
