/**
 * The real engine: one child process (`python -m lakehouse_engine`), started in the background, restarted on the next request when
 * it died. What was outstanding when it died is rejected with the reason: the runs that waited for it are reported failed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { ApiError } from "../core/errors.ts";
import { type EngineClient, EngineError, type Params } from "./client.ts";

export interface EngineOptions {
  /** The interpreter of the engine's environment. */
  python: string;
  /** The folder that holds the package `lakehouse_engine`. */
  pythonPath: string;
  /** Where the engine's stderr goes: what user code and the JVM print. */
  logFile: string;
  /** ENGINE_JARS, ENGINE_JVM_OPTIONS, JAVA_HOME and the like; added to this process's environment. */
  env?: Record<string, string>;
  /** Parameters of `initialize`, read from the store each time the engine starts. */
  initialize: () => Params;
  /** How long a stop waits for the engine to end by itself. */
  graceMillis?: number;
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

interface Message {
  id?: number | string | null;
  method?: string;
  params?: Params;
  result?: unknown;
  error?: { code?: number; message?: string; data?: Params };
}

/** The Spark driver's environment must not hold what belongs to whoever started the workspace. */
const PRIVATE = /^(DATABRICKS_|PULUMI_)/;

export class EngineProcess implements EngineClient {
  readonly #options: EngineOptions;
  readonly #notifications = new Map<string, ((params: Params) => void)[]>();
  readonly #requests = new Map<string, (params: Params) => unknown>();
  readonly #exits: ((reason: string) => void)[] = [];
  #state: EngineClient["state"] = "stopped";
  #child: ChildProcess | undefined;
  #ready: Promise<void> | undefined;
  #outstanding = new Map<number, Waiting>();
  #nextId = 1;
  /** Catalog changes made after the snapshot was taken and before the engine was ready. */
  #late: Params[] = [];
  #stopping = false;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  get state(): EngineClient["state"] {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the process unless it runs; does not wait. A failed start shows at the next request. */
  start(): void {
    if (this.#stopping || this.#ready) return;
    this.#ready = this.#launch();
    this.#ready.catch(() => undefined);
  }

  async request<T = unknown>(method: string, params: Params): Promise<T> {
    if (this.#stopping) throw new EngineError("The local workspace is stopping.", { error_class: "ENGINE_STOPPED" });
    this.start();
    await this.#ready;
    return (await this.#send(method, params)) as T;
  }

  async notifyCatalog(changes: readonly Params[]): Promise<void> {
    if (changes.length === 0) return;
    if (this.#state === "ready") await this.#send("catalog.apply", { changes });
    else if (this.#state === "starting") this.#late.push(...changes);
  }

  onNotification(method: string, handler: (params: Params) => void): void {
    this.#notifications.set(method, [...(this.#notifications.get(method) ?? []), handler]);
  }

  onRequest(method: string, handler: (params: Params) => unknown): void {
    this.#requests.set(method, handler);
  }

  onExit(handler: (reason: string) => void): void {
    this.#exits.push(handler);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (!child) {
      this.#state = "stopped";
      return;
    }
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.stdin?.end();
    const timer = setTimeout(() => killGroup(child), this.#options.graceMillis ?? 5000);
    if (child.exitCode === null && child.signalCode === null) await ended;
    clearTimeout(timer);
    killGroup(child);
    this.#state = "stopped";
  }

  async #launch(): Promise<void> {
    const { python, pythonPath, logFile, env, initialize } = this.#options;
    this.#state = "starting";
    this.#late = [];
    mkdirSync(dirname(logFile), { recursive: true });
    const log = openSync(logFile, "a", 0o600);
    const logStart = statSync(logFile).size;
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !PRIVATE.test(name)));
    const child = spawn(python, ["-m", "lakehouse_engine"], {
      // a group of its own: Ctrl-C in the terminal reaches the workspace alone, which then stops the engine in order
      detached: true,
      stdio: ["pipe", "pipe", log],
      env: { ...inherited, PYTHONPATH: pythonPath, PYTHONUNBUFFERED: "1", ...env },
    });
    closeSync(log);
    this.#child = child;
    child.stdin?.on("error", () => undefined);
    let spawnError: Error | undefined;
    child.once("error", (error) => {
      spawnError = error;
      this.#ended(child, `The engine could not be started with ${python}: ${error.message}`);
    });
    child.once("close", (code, signal) => {
      if (spawnError) return;
      const how = signal ? `was ended by ${signal}` : `ended with status ${code}`;
      this.#ended(child, `The Spark engine ${how}.${lastLine(logFile, logStart)} Its log is ${logFile}.`);
    });
    createInterface({ input: child.stdout! }).on("line", (line) => this.#receive(line));
    await this.#send("initialize", initialize());
    this.#state = "ready";
    if (this.#late.length > 0) await this.#send("catalog.apply", { changes: this.#late.splice(0) });
  }

  #send(method: string, params: Params): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#outstanding.set(id, { resolve, reject });
      this.#write({ id, method, params });
    });
  }

  #write(message: Record<string, unknown>): void {
    this.#child?.stdin?.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  #receive(line: string): void {
    let message: Message;
    try {
      message = JSON.parse(line) as Message;
    } catch {
      return; // not of the protocol; the engine keeps its channel clean, so this is only ever a torn last line
    }
    if (message.method !== undefined) {
      if (message.id === undefined || message.id === null) this.#notified(message.method, message.params ?? {});
      else void this.#answer(message.id, message.method, message.params ?? {});
      return;
    }
    const waiting = this.#outstanding.get(message.id as number);
    if (!waiting) return;
    this.#outstanding.delete(message.id as number);
    if (message.error) waiting.reject(new EngineError(message.error.message ?? "unknown error", message.error.data));
    else waiting.resolve(message.result);
  }

  #notified(method: string, params: Params): void {
    for (const handler of this.#notifications.get(method) ?? []) handler(params);
  }

  async #answer(id: number | string, method: string, params: Params): Promise<void> {
    const handler = this.#requests.get(method);
    try {
      if (!handler) throw new ApiError("NOT_IMPLEMENTED", `The workspace has no method ${method}.`);
      this.#write({ id, result: (await handler(params)) ?? {} });
    } catch (error) {
      const code = error instanceof ApiError ? error.errorCode : "INTERNAL_ERROR";
      const message = error instanceof Error ? error.message : String(error);
      this.#write({ id, error: { code: -32000, message, data: { error_class: code, error_code: code } } });
    }
  }

  #ended(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return;
    killGroup(child); // the JVM is the engine's child: it must not outlive it
    this.#child = undefined;
    this.#ready = undefined;
    this.#state = this.#stopping ? "stopped" : "failed";
    const error = new EngineError(this.#stopping ? "The local workspace was stopped." : reason, {
      error_class: this.#stopping ? "ENGINE_STOPPED" : "ENGINE_DIED",
      error_code: "INTERNAL_ERROR",
    });
    const waiting = [...this.#outstanding.values()];
    this.#outstanding = new Map();
    for (const { reject } of waiting) reject(error);
    if (!this.#stopping) for (const handler of this.#exits) handler(reason);
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // nothing of the group is left
  }
}

/** The last line that this engine wrote to its log: mostly the reason itself. */
function lastLine(logFile: string, from: number): string {
  try {
    const size = statSync(logFile).size;
    const length = Math.min(4096, size - from);
    if (length <= 0) return "";
    const file = openSync(logFile, "r");
    const buffer = Buffer.alloc(length);
    readSync(file, buffer, 0, length, size - length);
    closeSync(file);
    const line = buffer.toString("utf8").trimEnd().split("\n").at(-1) ?? "";
    return line ? ` It said last: ${line.slice(0, 500)}.` : "";
  } catch {
    return "";
  }
}
