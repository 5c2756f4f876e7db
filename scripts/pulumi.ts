/** `npm run pulumi -- ARGS`: the found CLI with the environment of stack `local`; starts the workspace when none runs. */
import { ensureToolchain } from "lakehouse-toolchain";
import { runPulumi, selectStack, stackEnv } from "./stack/stack.ts";
import { startWorkspace } from "./stack/workspace.ts";
import { DEFAULT_PORT } from "./start/options.ts";

const tools = await ensureToolchain({ onProgress: (line) => process.stderr.write(`${line}\n`) });
const workspace = await startWorkspace(tools, DEFAULT_PORT);
const stop = async (): Promise<void> => {
  await workspace.stop();
};
// The CLI gets the signal from the terminal too and ends on its own; the workspace is stopped after it.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
try {
  const env = stackEnv(tools, workspace);
  await selectStack(tools, env);
  process.exitCode = await runPulumi(tools, env, process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await stop();
}
