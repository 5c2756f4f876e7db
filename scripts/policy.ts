/**
 * `npm run policy -- --stack NAME [-- PREVIEW FLAGS]`: previews a stack with the policy pack and its configuration. Stack `local` is previewed on
 * the local workspace; another stack with the backend and the Databricks credentials of the environment.
 */
import { parseArgs } from "node:util";
import { ensureToolchain } from "lakehouse-toolchain";
import { ensureGroups } from "./stack/identities.ts";
import { packArgs } from "./stack/pack.ts";
import { runPulumi, STACK, selectStack, stackEnv, stackGroups } from "./stack/stack.ts";
import { ANY_PORT, startWorkspace } from "./stack/workspace.ts";

const USAGE = "npm run policy -- [--stack local|dev|prod] [-- flags of pulumi preview]";
const progress = (line: string): void => void process.stderr.write(`${line}\n`);

async function previewLocal(args: readonly string[]): Promise<number> {
  const tools = await ensureToolchain({ onProgress: progress });
  const workspace = await startWorkspace(tools, ANY_PORT);
  process.on("SIGINT", () => {}); // the CLI gets it from the terminal too; the workspace is stopped after it
  try {
    const env = stackEnv(tools, workspace);
    await selectStack(tools, env);
    await ensureGroups(workspace.api, await stackGroups(tools, env));
    return await runPulumi(tools, env, args);
  } finally {
    await workspace.stop();
  }
}

async function preview(stack: string, flags: readonly string[]): Promise<number> {
  const args = ["preview", "--non-interactive", ...packArgs(stack), ...flags];
  if (stack === STACK) return previewLocal(args);
  const tools = await ensureToolchain({ parts: ["pulumi"], onProgress: progress });
  return runPulumi(tools, { ...process.env, ...tools.pulumiEnv }, [...args, "--stack", stack]);
}

try {
  const { values, positionals } = parseArgs({ options: { stack: { type: "string" } }, allowPositionals: true });
  process.exitCode = await preview(values.stack ?? STACK, positionals);
} catch (error) {
  const { code, message } = error as Error & { code?: string };
  const wrongFlag = code?.startsWith("ERR_PARSE_ARGS") ?? false;
  process.stderr.write(`${message}${wrongFlag ? `\n${USAGE}` : ""}\n`);
  process.exitCode = wrongFlag ? 2 : 1;
}
