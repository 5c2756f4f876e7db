/**
 * `npm run import -- --bundle NAME_OR_DIR [--target NAME] | --catalog NAME  --out DIR [--stack NAME]`
 * Writes a Pulumi project into DIR that adopts what a bundle deployed, or what a catalog holds: `import.json` is read from the
 * workspace, `pulumi import` takes it into the stack's state, `index.ts` is written from there, and the preview that shows whether it changes anything is printed.
 * The workspace is that of DATABRICKS_HOST and DATABRICKS_TOKEN; without them the local workspace that runs. It is only read.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { WorkspaceApi } from "lakehouse-local-workspace/client";
import { ensureToolchain } from "lakehouse-toolchain";
import { PROJECT_DIR } from "../stack/paths.ts";
import { runPulumi, stackEnv } from "../stack/stack.ts";
import { findWorkspace } from "../stack/workspace.ts";
import { renderProgram, type StateResource } from "./program.ts";
import { readBundle, readCatalog } from "./resources.ts";

const USAGE = "npm run import -- (--bundle NAME_OR_DIR [--target NAME] | --catalog NAME) --out DIR [--stack NAME]";
class UsageError extends Error {}

/** A bundle's name: that of `bundle.name` where a folder is given. */
function bundleName(given: string): string {
  if (!existsSync(given) || !statSync(given).isDirectory()) return given;
  const file = join(given, "databricks.yml");
  const name = existsSync(file)
    ? /^bundle:\s*\n(?:[ \t]+.*\n|\s*\n)*?[ \t]+name:[ \t]*["']?([^"'\s#]+)/m.exec(readFileSync(file, "utf8"))?.[1]
    : undefined;
  if (name === undefined) throw new UsageError(`--bundle: ${file} with bundle.name was expected`);
  return name;
}

function writeProject(dir: string): void {
  if (existsSync(dir) && readdirSync(dir).length > 0) throw new UsageError(`--out: '${dir}' is not empty`);
  mkdirSync(dir, { recursive: true });
  const name = basename(dir).replace(/[^A-Za-z0-9_.-]/g, "-");
  const { dependencies } = JSON.parse(readFileSync(join(PROJECT_DIR, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const needed = Object.fromEntries(
    ["@pulumi/databricks", "@pulumi/pulumi"].map((name) => [name, dependencies[name]!]),
  );
  const manifest = { name, private: true, type: "module", main: "index.ts", dependencies: needed };
  writeFileSync(join(dir, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(
    join(dir, "Pulumi.yaml"),
    `name: ${name}\nmain: index.ts\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n`,
  );
  writeFileSync(join(dir, "index.ts"), "");
}

async function main(): Promise<void> {
  const options = {
    bundle: { type: "string" },
    target: { type: "string" },
    catalog: { type: "string" },
    out: { type: "string" },
    stack: { type: "string", default: "dev" },
  } as const;
  const { values } = parseArgs({ options });
  const { bundle, catalog, target, out, stack } = values;
  if ((bundle === undefined) === (catalog === undefined))
    throw new UsageError("either --bundle or --catalog is needed");
  if (catalog !== undefined && target !== undefined) throw new UsageError("--target belongs to --bundle");
  if (out === undefined) throw new UsageError("--out DIR is needed");
  const dir = resolve(out);

  const { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token } = process.env;
  const local = host === undefined ? await findWorkspace() : undefined;
  if (host !== undefined && token === undefined)
    throw new UsageError("DATABRICKS_HOST is set, DATABRICKS_TOKEN is not");
  if (host === undefined && local === undefined)
    throw new UsageError(
      "set DATABRICKS_HOST and DATABRICKS_TOKEN, or start the local workspace (npm start -- --serve)",
    );
  const api = local?.api ?? new WorkspaceApi(host!, token!);
  const resources =
    bundle === undefined ? await readCatalog(api, catalog!) : await readBundle(api, bundleName(bundle), target);

  writeProject(dir);
  writeFileSync(join(dir, "import.json"), `${JSON.stringify({ resources }, null, 2)}\n`);
  process.stdout.write(`${resources.length} resources in ${join(dir, "import.json")}\n`);

  const tools = await ensureToolchain({ parts: ["pulumi"], onProgress: (line) => process.stderr.write(`${line}\n`) });
  const { PULUMI_STACK: _, ...env } = local ? stackEnv(tools, local) : { ...process.env, ...tools.pulumiEnv };
  const pulumi = async (args: string[], onLine?: (line: string) => void): Promise<void> => {
    const code = await runPulumi(tools, env, ["--cwd", dir, ...args], onLine ? { onLine } : {});
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} failed (status ${code})`);
  };
  await pulumi(["stack", "select", stack, "--create", "--non-interactive"]);
  const adopt = ["import", "--file", "import.json", "--stack", stack, "--generate-code=false", "--protect=true"];
  await pulumi([...adopt, "--yes", "--skip-preview", "--non-interactive"]);
  const said: string[] = [];
  await pulumi(["stack", "export", "--stack", stack], (line) => said.push(line));
  const state = (JSON.parse(said.join("\n")) as { deployment: { resources: StateResource[] } }).deployment.resources;
  const place = (urn: string): number => resources.findIndex(({ type, name }) => urn.endsWith(`::${type}::${name}`));
  const adopted = state.filter(({ urn }) => place(urn) >= 0).sort((a, b) => place(a.urn) - place(b.urn));
  writeFileSync(join(dir, "index.ts"), renderProgram(adopted));
  process.stdout.write(
    `${join(dir, "index.ts")} is written. In ${dir}: npm install, then pulumi preview --stack ${stack} --expect-no-changes\n`,
  );
}

try {
  await main();
} catch (error) {
  const { code, message } = error as Error & { code?: string };
  const usage = error instanceof UsageError || code?.startsWith("ERR_PARSE_ARGS");
  process.stderr.write(`${message}${usage ? `\n${USAGE}` : ""}\n`);
  process.exitCode = usage ? 2 : 1;
}
