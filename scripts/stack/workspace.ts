/** Starts the local workspace as a process of its own, or finds the one that already serves this checkout. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WorkspaceApi } from "lakehouse-local-workspace/client";
import type { Toolchain } from "lakehouse-toolchain";
import { DATA_DIR, LOG_DIR, TOKEN_FILE, WORKSPACE_FILE } from "./paths.ts";

export interface RunningWorkspace {
  readonly api: WorkspaceApi;
  readonly token: string;
  /** False when it was running before and therefore is not this process's to stop. */
  readonly owned: boolean;
  /** Rejects when the workspace ends without having been asked to. */
  readonly died: Promise<never>;
  stop(): Promise<void>;
}

/** The workspace that serves this checkout now, if one does. */
export async function findWorkspace(): Promise<{ api: WorkspaceApi; token: string } | undefined> {
  if (!existsSync(WORKSPACE_FILE) || !existsSync(TOKEN_FILE)) return undefined;
  try {
    const { host } = JSON.parse(readFileSync(WORKSPACE_FILE, "utf8")) as { host: string };
    const token = readFileSync(TOKEN_FILE, "utf8").trim();
    const api = new WorkspaceApi(host, token);
    await api.get("/api/2.0/preview/scim/v2/Me");
    return { api, token };
  } catch {
    return undefined; // left by a killed workspace: nobody answers there, or somebody else does
  }
}

/** A free port: for commands that start a workspace of their own and stop it when they end. */
export const ANY_PORT = 0;
/** Time the process may take until it accepts requests, in ms; the engine starts behind it and is not waited for. */
const START_TIMEOUT = 60_000;
/** Time it gets to stop on its own, in ms: running Spark jobs are cancelled first. */
const STOP_TIMEOUT = 20_000;

/** @throws Error with the workspace's own message when it cannot start (a port in use, a folder it cannot write) */
export async function startWorkspace(tools: Toolchain, port: number): Promise<RunningWorkspace> {
  const running = await findWorkspace();
  if (running) return { ...running, owned: false, died: new Promise(() => {}), stop: async () => {} };

  mkdirSync(LOG_DIR, { recursive: true });
  rmSync(WORKSPACE_FILE, { force: true });
  const log = createWriteStream(join(LOG_DIR, "workspace.log"), { flags: "a" });
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(import.meta.resolve("lakehouse-local-workspace/main")),
      "--data-dir",
      DATA_DIR,
      "--port",
      String(port),
    ],
    // Detached: a Ctrl-C in the terminal reaches this process alone, which then stops the workspace in order.
    { env: { ...process.env, ...tools.engineEnv }, stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  let said = "";
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  child.stderr.on("data", (data: Buffer) => {
    said = (said + data.toString()).slice(-4000);
  });
  const exited = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, signal) => resolve(said.trim() || `it ended with ${signal ?? `status ${code}`}`));
  });

  const deadline = Date.now() + START_TIMEOUT;
  const startError = exited.then((reason) => {
    throw new Error(`The local workspace did not start: ${reason}`);
  });
  startError.catch(() => {}); // raced below; an exit after the start is reported by `died`
  for (;;) {
    const found = await Promise.race([findWorkspace(), startError]);
    if (found) {
      let stopping = false;
      const died = exited.then((reason) => {
        if (stopping) return new Promise<never>(() => {});
        throw new Error(`The local workspace ended: ${reason}`);
      });
      died.catch(() => {});
      return {
        ...found,
        owned: true,
        died,
        async stop() {
          stopping = true;
          await stopChild(child, exited);
        },
      };
    }
    if (Date.now() > deadline) {
      await stopChild(child, exited);
      throw new Error(`The local workspace did not answer within ${START_TIMEOUT / 1000} s: ${said.trim()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function stopChild(child: ChildProcess, exited: Promise<string>): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT);
  await exited;
  clearTimeout(timer);
}
