/**
 * `npm run policy -- --stack NAME [-- PREVIEW FLAGS]`: previews a stack with the policy pack and its configuration. Stack `local` is previewed on
 * the local workspace; another stack with the backend and the Databricks credentials of the environment.
 * With `--write-config FILE` it writes that configuration instead, for `pulumi preview --policy-pack policy --policy-pack-config FILE`.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ensureToolchain, type Toolchain } from "lakehouse-toolchain";
import { ensureGroups } from "./stack/identities.ts";
import { packArgs, packConfig } from "./stack/pack.ts";
import { groupsOf, runPulumi, STACK, selectStack, stackEnv, stackSettings } from "./stack/stack.ts";
import { ANY_PORT, startWorkspace } from "./stack/workspace.ts";

const USAGE = "npm run policy -- [--stack local|dev|pr|prod] [--write-config FILE] [-- flags of pulumi preview]";
const progress = (line: string): void => void process.stderr.write(`${line}\n`);

/** What is asked for, once the CLI can reach the stack. */
type Work = (tools: Toolchain, env: NodeJS.ProcessEnv) => Promise<number>;

async function onLocalWorkspace(work: Work): Promise<number> {
  const tools = await ensureToolchain({ onProgress: progress });
  const workspace = await startWorkspace(tools, ANY_PORT);
  process.on("SIGINT", () => {}); // the CLI gets it from the terminal too; the workspace is stopped after it
  try {
    const env = stackEnv(tools, workspace);
    await selectStack(tools, env);
    await ensureGroups(workspace.api, groupsOf(await stackSettings(tools, env)));
    return await work(tools, env);
  } finally {
    await workspace.stop();
  }
}

async function main(): Promise<number> {
  const options = { stack: { type: "string" }, "write-config": { type: "string" } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const { stack = STACK, "write-config": file } = values;
  const work: Work = async (tools, env) => {
    if (file !== undefined) {
      writeFileSync(file, `${JSON.stringify(await packConfig(tools, env, stack, positionals), null, 2)}\n`);
      return 0;
    }
    const pack = await packArgs(tools, env, stack, positionals);
    return runPulumi(tools, env, ["preview", "--non-interactive", ...pack, ...positionals, "--stack", stack]);
  };
  if (stack === STACK) return onLocalWorkspace(work);
  const tools = await ensureToolchain({ parts: ["pulumi"], onProgress: progress });
  return work(tools, { ...process.env, ...tools.pulumiEnv });
}

try {
  process.exitCode = await main();
} catch (error) {
  const { code, message } = error as Error & { code?: string };
  const wrongFlag = code?.startsWith("ERR_PARSE_ARGS") ?? false;
  process.stderr.write(`${message}${wrongFlag ? `\n${USAGE}` : ""}\n`);
  process.exitCode = wrongFlag ? 2 : 1;
}
