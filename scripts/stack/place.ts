/** Where a command about a stack works: its backend and its workspace. */
import { resolve } from "node:path";
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { ensureToolchain, type Toolchain } from "lakehouse-toolchain";
import { connect } from "./connect.ts";
import { ensureGroups } from "./identities.ts";
import { groupsOf, STACK, selectStack, stackEnv, stackSettings } from "./stack.ts";
import { ANY_PORT, startWorkspace } from "./workspace.ts";

export interface Place {
  readonly tools: Toolchain;
  readonly env: NodeJS.ProcessEnv;
  /** Asks for a token where the credentials are an identity. @throws Error naming what the environment lacks */
  connect(): Promise<WorkspaceApi>;
}

/** Stack `local` is that of the local workspace; another one has its backend and its credentials in the environment. */
export async function onStack<T>(stack: string, work: (place: Place) => Promise<T>): Promise<T> {
  const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
  if (stack !== STACK) {
    const tools = await ensureToolchain({ parts: ["pulumi"], onProgress });
    return work({ tools, env: { ...process.env, ...tools.pulumiEnv }, connect: () => connect(process.env) });
  }
  const tools = await ensureToolchain({ onProgress });
  const workspace = await startWorkspace(tools, ANY_PORT);
  process.on("SIGINT", () => {}); // the CLI gets it from the terminal too; the workspace is stopped after it
  try {
    const env = stackEnv(tools, workspace);
    await selectStack(tools, env);
    await ensureGroups(workspace.api, groupsOf(await stackSettings(tools, env)));
    return await work({ tools, env, connect: async () => workspace.api });
  } finally {
    await workspace.stop();
  }
}

/** The folder that `--cwd` among the CLI's flags names. */
export function cwdOf(flags: readonly string[], otherwise: string): string {
  const at = flags.findIndex((flag) => flag === "--cwd" || flag === "-C");
  return at < 0 ? otherwise : resolve(flags[at + 1] ?? "");
}
