/** Runs a Pulumi program and reports how it ended. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { start } from "./children.ts";
import { type RuntimeOptions, readOptions } from "./options.ts";
import { language, requireFrom } from "./sdk.ts";

/** The SDK ends with this status when it has told the user what is wrong: nothing is to be added. */
const ALREADY_REPORTED = 32;

export async function runProgram(request: RunRequest, engineAddress: string): Promise<RunResponse> {
  const info = request.getInfo();
  const options = readOptions(info?.getOptions()?.toJavaScript());
  const dir = info?.getProgramDirectory() || request.getPwd();
  const child = start(process.execPath, [...options.nodeArgs, ...programArgs(request, dir, engineAddress)], {
    cwd: request.getPwd() || dir,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...programEnv(options), ...configEnv(request) },
  });
  const response = new language.RunResponse();
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on("error", (error) =>
      reject(new Error(`Problem executing program (could not run language executor): ${error.message}`)),
    );
    child.on("close", (...ended) => resolve(ended));
  });
  if (code === ALREADY_REPORTED) response.setBail(true);
  else if (signal) response.setError(`Program exited unexpectedly: signal: ${signal}`);
  else if (code !== 0) response.setError(`Program exited with non-zero exit code: ${code}`);
  return response;
}

function programArgs(request: RunRequest, dir: string, engineAddress: string): string[] {
  const info = request.getInfo();
  const args: string[] = [locate(dir, "run")];
  const flags: Record<string, string> = {
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    stack: request.getStack(),
    pwd: request.getPwd(),
    "root-directory": info?.getRootDirectory() ?? "",
    parallel: String(request.getParallel()),
  };
  for (const [name, value] of Object.entries(flags)) if (value !== "") args.push(`--${name}`, value);
  if (request.getDryrun()) args.push("--dry-run");
  if (request.getQuerymode()) args.push("--query-mode");
  args.push(info?.getEntryPoint() || request.getProgram() || ".");
  return [...args, ...request.getArgsList()];
}

/** The SDK's entry `cmd/<name>`, as the program sees it. @throws Error that says to install the dependencies */
export function locate(dir: string, name: string): string {
  try {
    return requireFrom(dir).resolve(`@pulumi/pulumi/cmd/${name}`);
  } catch {
    const inPlace = existsSync(join(dir, "package.json")) ? "" : ` There is no package.json in ${dir}.`;
    throw new Error(
      `It looks like the Pulumi SDK has not been installed. Have you run npm install, yarn install, pnpm install or bun install in ${dir}?${inPlace}`,
    );
  }
}

export function programEnv(options: RuntimeOptions): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PULUMI_NODEJS_TYPESCRIPT: String(options.typescript),
    ...(options.tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig } : {}),
  };
}

/** The SDK reads configuration as `namespace:config:name`. */
function configEnv(request: RunRequest): NodeJS.ProcessEnv {
  const config: Record<string, string> = {};
  for (const [key, value] of request.getConfigMap().entries()) {
    const [namespace, ...name] = key.split(":");
    config[`${namespace}:config:${name.join(":")}`] = value;
  }
  return {
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
}
