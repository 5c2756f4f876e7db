/**
 * Starts the local workspace: `node src/main.ts --data-dir D --port N [--python P]`.
 * One process a data folder. `workspace.json` is written last: whoever finds it can send requests.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { PYTHON_PATH } from "lakehouse-engine";
import { createWorkspace, type Workspace } from "./core/server.ts";
import { EngineProcess } from "./engine/process.ts";
import { engineSnapshot } from "./engine/snapshot.ts";
import { services } from "./services/index.ts";

const PACKAGE = join(import.meta.dirname, "..", "package.json");

/** Something the person at the terminal can mend: printed without a trace. */
export class StartError extends Error {}

export interface StartOptions {
  dataDir: string;
  port: number;
  /** The engine's interpreter, jars and JVM options. Left out: what PATH and the environment have. */
  python?: string;
  jars?: readonly string[];
  jvmOptions?: string;
  env?: Record<string, string>;
  logger?: boolean;
}

export interface Running {
  workspace: Workspace;
  engine: EngineProcess;
  host: string;
  stop(): Promise<void>;
}

/** Starts everything and resolves when requests are accepted; the engine goes on starting in the background. */
export async function startWorkspace(options: StartOptions): Promise<Running> {
  const dataDir = resolve(options.dataDir);
  const info = join(dataDir, "workspace.json");
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StartError(`The data folder ${dataDir} cannot be made: ${(error as Error).message}`);
  }
  const unlock = lock(dataDir, info);
  let workspace: Workspace | undefined;
  try {
    rmSync(info, { force: true });
    const engine = new EngineProcess({
      python: options.python ?? "python3",
      pythonPath: PYTHON_PATH,
      logFile: join(dataDir, "logs", "engine.log"),
      env: {
        ...(options.jars ? { ENGINE_JARS: options.jars.join(delimiter) } : {}),
        ...(options.jvmOptions ? { ENGINE_JVM_OPTIONS: options.jvmOptions } : {}),
        ...options.env,
      },
      initialize: () => engineSnapshot(workspace!.context),
    });
    workspace = await createWorkspace({ dataDir, services, engine, logger: options.logger ?? false });
    const host = await workspace.listen(options.port);
    engine.start();
    const version = (JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string }).version;
    writeFileSync(`${info}.new`, `${JSON.stringify({ host, pid: process.pid, version }, null, 2)}\n`);
    renameSync(`${info}.new`, info);
    const opened = workspace;
    return {
      workspace,
      engine,
      host,
      async stop() {
        rmSync(info, { force: true });
        await opened.close();
        unlock();
      },
    };
  } catch (error) {
    await workspace?.close().catch(() => undefined);
    unlock();
    throw explain(error as NodeJS.ErrnoException, options.port, dataDir);
  }
}

function explain(error: NodeJS.ErrnoException, port: number, dataDir: string): Error {
  if (error.code === "EADDRINUSE") {
    return new StartError(`Port ${port} of 127.0.0.1 is in use by another program. Choose another with --port.`);
  }
  if (error.code === "EACCES") {
    return new StartError(`No permission: ${error.message}. Is ${port} below 1024, or ${dataDir} another user's?`);
  }
  if (error.code === "ENOSPC" || /disk is full/.test(error.message)) {
    return new StartError(`The disk that holds ${dataDir} is full. Free some space and start again; nothing is lost.`);
  }
  if (/file is not a database|malformed/.test(error.message)) {
    return new StartError(`${join(dataDir, "state.db")} is damaged (${error.message}). Use another --data-dir.`);
  }
  return error;
}

/**
 * One process a data folder. The lock is SQLite's own on a file beside the state: the operating system gives it back
 * when the process ends, however it ends, so that a lock can never be stale.
 */
function lock(dataDir: string, info: string): () => void {
  const held = new DatabaseSync(join(dataDir, "lock.db"));
  try {
    held.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    held.close();
    if (!/locked/.test((error as Error).message)) throw explain(error as NodeJS.ErrnoException, 0, dataDir);
    throw new StartError(
      `Another local workspace uses ${dataDir}${holder(info)}. Stop it, or choose another --data-dir.`,
    );
  }
  return () => held.close();
}

function holder(info: string): string {
  try {
    const { host, pid } = JSON.parse(readFileSync(info, "utf8")) as { host: string; pid: number };
    return ` (process ${pid}, ${host})`;
  } catch {
    return "";
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      "data-dir": { type: "string", default: ".local" },
      port: { type: "string", default: "4680" },
      python: { type: "string" },
      verbose: { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new StartError(`--port must be a number from 0 (any free port) to 65535, got '${values.port}'.`);
  }
  // A signal may come as soon as workspace.json is there, so it is waited for before; while the start goes on it is kept.
  let running: Running | undefined;
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    if (running !== undefined) end(running);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  running = await startWorkspace({
    dataDir: values["data-dir"],
    port,
    python: values.python ?? process.env.ENGINE_PYTHON,
    logger: values.verbose,
  });
  if (stopping) return end(running);
  console.log(`The local workspace is at ${running.host}; data in ${resolve(values["data-dir"])}.`);
}

function end(running: Running): void {
  running.stop().then(
    () => process.exit(0),
    (error: Error) => fail(error),
  );
}

function fail(error: Error): never {
  console.error(error instanceof StartError ? `error: ${error.message}` : error);
  process.exit(1);
}

if (import.meta.main) main().catch(fail);
