/**
 * `npm run pulumi -- ARGS`: the found CLI with the environment of stack `local`; starts the workspace when none runs, and makes
 * the groups that the stack's grants name before a command that deploys. `recover` is a command of this project.
 */
import { ensureToolchain } from "lakehouse-toolchain";
import { recover } from "./recover/main.ts";
import { ensureGroups } from "./stack/identities.ts";
import { groupsOf, runPulumi, selectStack, stackEnv, stackSettings } from "./stack/stack.ts";
import { ANY_PORT, startWorkspace } from "./stack/workspace.ts";

/** Commands that run the program against the workspace. */
const DEPLOYS: ReadonlySet<string> = new Set(["up", "update", "preview", "watch", "import"]);

async function pulumi(args: readonly string[]): Promise<number> {
  const tools = await ensureToolchain({ onProgress: (line) => process.stderr.write(`${line}\n`) });
  const workspace = await startWorkspace(tools, ANY_PORT);
  // The CLI gets the signal from the terminal too and ends on its own; the workspace is stopped after it.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
  try {
    const env = stackEnv(tools, workspace);
    await selectStack(tools, env);
    if (args.some((arg) => DEPLOYS.has(arg)))
      await ensureGroups(workspace.api, groupsOf(await stackSettings(tools, env)));
    return await runPulumi(tools, env, args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  } finally {
    await workspace.stop();
  }
}

const [command, ...rest] = process.argv.slice(2);
process.exitCode = command === "recover" ? await recover(rest) : await pulumi(process.argv.slice(2));
