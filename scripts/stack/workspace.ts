/** The local workspace of this checkout. */
import {
  type FoundWorkspace,
  findWorkspace as find,
  type StartedWorkspace,
  startWorkspace as start,
} from "lakehouse-local-workspace/control";
import type { Toolchain } from "lakehouse-toolchain";
import { DATA_DIR } from "./paths.ts";

/** The workspace that serves this checkout now, if one does. */
export const findWorkspace = (): Promise<FoundWorkspace | undefined> => find(DATA_DIR);

/** A free port: for commands that start a workspace of their own and stop it when they end. */
export const ANY_PORT = 0;

/** Starts it, or finds the one that serves this checkout already: that one is used and left running. */
export const startWorkspace = (tools: Toolchain, port: number): Promise<StartedWorkspace> =>
  start({ dataDir: DATA_DIR, port, engineEnv: () => tools.engineEnv });
