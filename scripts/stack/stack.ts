/** Runs the Pulumi CLI on stack `local`: the environment that it needs, and `up`. */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import type { Toolchain } from "lakehouse-toolchain";
import { parseSettings, type Settings } from "../../settings.ts";
import { BACKEND_DIR, PROJECT_DIR } from "./paths.ts";

export const STACK = "local";
/** The name in Pulumi.yaml, which is the namespace of the settings. */
export const PROJECT = "olist-lakehouse";

/**
 * Belongs to the salt in Pulumi.local.yaml, so that the CLI has no reason to change that file. No secret depends on it:
 * the stack has none, and its state stays in the data folder of the person who runs it.
 */
const PASSPHRASE = "local-workspace";

/** Environment of the CLI: file backend inside the data folder, its passphrase, and the local workspace's host and token. */
export function stackEnv(
  tools: Toolchain,
  workspace: { api: WorkspaceApi; token: string },
  backend: string = BACKEND_DIR,
): NodeJS.ProcessEnv {
  mkdirSync(backend, { recursive: true, mode: 0o700 });
  return {
    ...withoutDatabricks(process.env),
    ...tools.pulumiEnv,
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
    PULUMI_STACK: STACK,
    DATABRICKS_HOST: workspace.api.host,
    DATABRICKS_TOKEN: workspace.token,
    DATABRICKS_AUTH_TYPE: "pat",
  };
}

/** A user's own Databricks settings must not send the local stack to their workspace. */
function withoutDatabricks(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !/^(DATABRICKS|ARM|GOOGLE)_/.test(key)));
}

/** Runs the CLI and resolves to its exit status; output goes to the terminal unless `quiet` collects it. */
export function runPulumi(
  tools: Toolchain,
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  options: { onLine?: (line: string) => void } = {},
): Promise<number> {
  const { onLine } = options;
  const child = spawn(tools.pulumi, [...args], {
    cwd: PROJECT_DIR,
    env,
    stdio: onLine ? ["ignore", "pipe", "pipe"] : "inherit",
  });
  if (onLine) {
    for (const stream of [child.stdout, child.stderr]) eachLine(stream!, onLine);
  }
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new Error(`The Pulumi CLI (${tools.pulumi}) did not start: ${error.message}`)));
    child.on("close", (code, signal) => resolve(code ?? (signal ? 130 : 1)));
  });
}

function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  stream.on("data", (data: Buffer) => {
    const lines = (rest + data.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  stream.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}

/** Selects stack `local`, making it on the first run. */
export async function selectStack(tools: Toolchain, env: NodeJS.ProcessEnv): Promise<void> {
  const { PULUMI_STACK: _, ...unselected } = env;
  await pulumiText(tools, unselected, ["stack", "select", STACK, "--create", "--non-interactive"]);
}

/** Runs the CLI, collecting what it prints. @throws Error with that when it fails */
export async function pulumiText(tools: Toolchain, env: NodeJS.ProcessEnv, args: readonly string[]): Promise<string> {
  const said: string[] = [];
  const code = await runPulumi(tools, env, args, { onLine: (line) => said.push(line) });
  if (code !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${said.join("\n")}`);
  return said.join("\n");
}

async function pulumiJson<T>(tools: Toolchain, env: NodeJS.ProcessEnv, args: readonly string[]): Promise<T> {
  return JSON.parse(await pulumiText(tools, env, [...args, "--json"])) as T;
}

export function stackOutputs(tools: Toolchain, env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  return pulumiJson(tools, env, ["stack", "output"]);
}

/**
 * The settings of a stack, as the CLI reads them; those of the selected stack without `stack`.
 * @param flags flags of the CLI that say where the project is (`--cwd`)
 * @throws SettingsError when the program would refuse them
 */
export async function stackSettings(
  tools: Toolchain,
  env: NodeJS.ProcessEnv,
  stack?: string,
  flags: readonly string[] = [],
): Promise<Settings> {
  const args = ["config", "--show-secrets", ...(stack === undefined ? [] : ["--stack", stack]), ...flags];
  const config = await pulumiJson<Record<string, { value?: string; secret: boolean }>>(tools, env, args);
  return parseSettings({
    project: PROJECT,
    stack: stack ?? STACK,
    values: Object.fromEntries(Object.entries(config).map(([key, { value }]) => [key, value ?? ""])),
    isSecret: (key) => config[key]?.secret ?? false,
  });
}

/** Groups that the stack's settings give its roles. */
export const groupsOf = ({ roles }: Settings): string[] => [...new Set(Object.values(roles))];
