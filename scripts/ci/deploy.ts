/**
 * Deploys a stack with the policy pack, or says whether it drifted. The backend and Databricks credentials are the environment's.
 * node scripts/ci/deploy.ts --stack dev [-- more flags of the CLI]
 * node scripts/ci/deploy.ts --stack prod --drift      exit status 1 when the workspace is not what was deployed
 */
import { parseArgs } from "node:util";
import { ensureToolchain } from "lakehouse-toolchain";
import { packArgs } from "../stack/pack.ts";
import { runPulumi } from "../stack/stack.ts";

try {
  const { values, positionals } = parseArgs({
    options: { stack: { type: "string" }, drift: { type: "boolean" } },
    allowPositionals: true,
  });
  if (!values.stack) throw new Error("deploy.ts needs --stack NAME");
  const tools = await ensureToolchain({ parts: ["pulumi"], onProgress: (line) => process.stderr.write(`${line}\n`) });
  const env = { ...process.env, ...tools.pulumiEnv };
  const args = values.drift
    ? ["preview", "--refresh", "--expect-no-changes", "--diff"]
    : ["up", "--yes", "--skip-preview", ...(await packArgs(tools, env, values.stack, positionals))];
  process.exitCode = await runPulumi(tools, env, [
    ...args,
    "--non-interactive",
    "--stack",
    values.stack,
    ...positionals,
  ]);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
