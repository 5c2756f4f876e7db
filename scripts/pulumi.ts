/**
 * `npm run pulumi -- ARGS`: the found CLI with the environment of stack `local`; starts the workspace when none runs, and makes
 * the groups that the stack's grants name before a command that deploys.
 */
import { ensureToolchain } from "lakehouse-toolchain";
import { ensureGroups } from "./stack/identities.ts";
import { groupsOf, runPulumi, selectStack, stackEnv, stackSettings } from "./stack/stack.ts";
import { ANY_PORT, startWorkspace } from "./stack/workspace.ts";

/** Commands that run the program against the workspace. */
const DEPLOYS: ReadonlySet<string> = new Set(["up", "update", "preview", "watch", "import"]);

const args = process.argv.slice(2);
const tools = await ensureToolchain({ onProgress: (line) => process.stderr.write(`${line}\n`) });
const workspace = await startWorkspace(tools, ANY_PORT);
const stop = async (): Promise<void> => {
  await workspace.stop();
};
// The CLI gets the signal from the terminal too and ends on its own; the workspace is stopped after it.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
try {
  const env = stackEnv(tools, workspace);
  await selectStack(tools, env);
  if (args.some((arg) => DEPLOYS.has(arg)))
    await ensureGroups(workspace.api, groupsOf(await stackSettings(tools, env)));
  process.exitCode = await runPulumi(tools, env, args);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await stop();
}
