/**
 * Starts the local workspace: `node src/main.ts --data-dir D --port N [--python P] [--attached]`.
 * One process a data folder. `workspace.json` is written last: whoever finds it can send requests.
 */

import { readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { PYTHON_PATH } from "lakehouse-engine";
import { replaceFile } from "lakehouse-toolchain/files";
import { ControlError, DEFAULT_DATA_DIR, explain, lockFolder, prepareFolder } from "./control/folder.ts";
import { DEFAULT_PORT, portError } from "./control/port.ts";
import { createWorkspace, type Workspace } from "./core/server.ts";
import { EngineProcess } from "./engine/process.ts";
import { engineSnapshot } from "./engine/snapshot.ts";
import { services } from "./services/index.ts";

const PACKAGE = join(import.meta.dirname, "..", "package.json");

export interface StartOptions {
  dataDir: string;
  port: number;
  /** The engine's interpreter, jars and JVM options. Left out: what PATH and the environment have. */
  python?: string;
  jars?: readonly string[];
  jvmOptions?: string;
  env?: Record<string, string>;
  logger?: boolean;
  strict?: boolean;
}

export interface Running {
  workspace: Workspace;
  engine: EngineProcess;
  host: string;
  stop(): Promise<void>;
}

/** Starts everything and resolves when requests are accepted; the engine goes on starting in the background. */
export async function startWorkspace(options: StartOptions): Promise<Running> {
  const { dir: dataDir, info, engineLog } = prepareFolder(options.dataDir);
  const unlock = lockFolder(dataDir);
  if (!unlock) {
    throw new ControlError(
      `Another local workspace uses ${dataDir}${holder(info)}. Stop it, or choose another --data-dir.`,
    );
  }
  let workspace: Workspace | undefined;
  try {
    rmSync(info, { force: true });
    const engine = new EngineProcess({
      python: options.python ?? "python3",
      pythonPath: PYTHON_PATH,
      logFile: engineLog,
      env: {
        ...(options.jars ? { ENGINE_JARS: options.jars.join(delimiter) } : {}),
        ...(options.jvmOptions ? { ENGINE_JVM_OPTIONS: options.jvmOptions } : {}),
        ...options.env,
      },
      initialize: () => engineSnapshot(workspace!.context),
    });
    workspace = await createWorkspace({
      dataDir,
      services,
      engine,
      logger: options.logger ?? false,
      strict: options.strict ?? false,
    });
    const host = await workspace.listen(options.port);
    engine.start();
    const version = (JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string }).version;
    replaceFile(info, `${JSON.stringify({ host, pid: process.pid, version }, null, 2)}\n`);
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
    throw portError(error as NodeJS.ErrnoException, options.port) ?? explain(error as NodeJS.ErrnoException, dataDir);
  }
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
  process.umask(0o077); // what this process and the engine write is their owner's alone, from its creation on
  const { values } = parseArgs({
    options: {
      "data-dir": { type: "string", default: DEFAULT_DATA_DIR },
      port: { type: "string", default: String(DEFAULT_PORT) },
      python: { type: "string" },
      strict: { type: "boolean", default: false },
      attached: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new ControlError(`--port must be a number from 0 (any free port) to 65535, got '${values.port}'.`);
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
  // The process that started this one holds the other end: the workspace ends with it, however it ends.
  if (values.attached) process.stdin.once("close", stop).resume();
  running = await startWorkspace({
    dataDir: values["data-dir"],
    port,
    python: values.python ?? process.env.ENGINE_PYTHON,
    logger: values.verbose,
    strict: values.strict,
  });
  if (stopping) return end(running);
  console.log(`The local workspace is at ${running.host}; data in ${values["data-dir"]}.`);
}

function end(running: Running): void {
  running.stop().then(
    () => process.exit(0),
    (error: Error) => fail(error),
  );
}

function fail(error: Error): never {
  console.error(error instanceof ControlError ? `error: ${error.message}` : error);
  process.exit(1);
}

if (import.meta.main) main().catch(fail);
