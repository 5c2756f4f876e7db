/**
 * The real engine: one child process (`python -m lakehouse_engine`), started in the background, restarted on the next request when
 * it died. What was outstanding when it died is rejected with the reason: the runs that waited for it are reported failed.
 * While requests are outstanding the engine is asked for a sign of life; one that gives none within a bound is ended.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { CatalogChange, EngineParams } from "lakehouse-engine/protocol";
import { EngineClient, EngineError, type Params } from "../core/engine-client.ts";
import { ApiError } from "../core/errors.ts";
import { decode, encode, errorOf, FrameSplitter, idOf, type Message } from "./frames.ts";
import { EngineLog } from "./log.ts";

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
  initialize: () => EngineParams<"initialize">;
  /** How long a stop waits for the engine to end by itself. */
  graceMillis?: number;
  /** How long the engine may give no sign of life while requests are outstanding; then it is ended. Default: hangMillis(). */
  hangMillis?: number;
}

/** Longer than a garbage collection or a call into native code that holds the interpreter's lock should take. */
const HANG_MILLIS = 120_000;

/** How long the end of an engine waits for the rest of what it printed. */
const LAST_WORDS_MILLIS = 1000;

interface Waiting {
  method: string;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** The Spark driver's environment must not hold what belongs to whoever started the workspace. */
const PRIVATE = /^(DATABRICKS_|PULUMI_)/;

export class EngineProcess extends EngineClient {
  readonly #options: EngineOptions;
  readonly #log: EngineLog;
  readonly #hangMillis: number;
  readonly #notifications = new Map<string, ((params: unknown) => void)[]>();
  readonly #requests = new Map<string, (params: unknown) => unknown>();
  readonly #exits: ((reason: string) => void)[] = [];
  #state: EngineClient["state"] = "stopped";
  #child: ChildProcess | undefined;
  #ready: Promise<void> | undefined;
  #outstanding = new Map<number, Waiting>();
  #nextId = 1;
  /** Catalog changes made after the snapshot was taken and before the engine was ready. */
  #late: CatalogChange[] = [];
  #stopping = false;

  constructor(options: EngineOptions) {
    super();
    this.#options = options;
    this.#log = new EngineLog(options.logFile);
    this.#hangMillis = options.hangMillis ?? hangMillis();
  }

  override get state(): EngineClient["state"] {
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

  override async send(method: string, params: Params): Promise<unknown> {
    if (this.#stopping) throw new EngineError("The local workspace is stopping.", { error_class: "ENGINE_STOPPED" });
    await this.#started();
    return this.#send(method, params);
  }

  /** What waits for an engine that ends while it starts has been sent to none: it goes on with another, once. */
  async #started(): Promise<void> {
    this.start();
    try {
      await this.#ready;
    } catch (error) {
      if (this.#stopping) throw error;
      this.start();
      await this.#ready;
    }
  }

  override async notifyCatalog(changes: readonly CatalogChange[]): Promise<void> {
    if (changes.length === 0) return;
    if (this.#state === "ready") await this.#apply(changes);
    else if (this.#state === "starting") this.#late.push(...changes);
  }

  /** An engine that ends meanwhile needs no changes: the next reads the whole when it starts. */
  async #apply(changes: readonly CatalogChange[]): Promise<void> {
    try {
      await this.#send("catalog.apply", { changes });
    } catch (error) {
      if (!(error instanceof EngineError && ["ENGINE_DIED", "ENGINE_STOPPED"].includes(error.errorClass))) throw error;
    }
  }

  protected override listen(method: string, handler: (params: unknown) => void): void {
    this.#notifications.set(method, [...(this.#notifications.get(method) ?? []), handler]);
  }

  protected override answer(method: string, handler: (params: unknown) => unknown): void {
    this.#requests.set(method, handler);
  }

  override onExit(handler: (reason: string) => void): void {
    this.#exits.push(handler);
  }

  override async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (!child) {
      this.#state = "stopped";
      return;
    }
    const after = (event: string) => new Promise<void>((resolve) => child.once(event, () => resolve()));
    const [ended, closed] = [after("exit"), after("close")];
    child.stdin?.end();
    const timer = setTimeout(() => killGroup(child), this.#options.graceMillis ?? 5000);
    if (child.exitCode === null && child.signalCode === null) await ended;
    clearTimeout(timer);
    killGroup(child);
    await Promise.race([closed, sleep(LAST_WORDS_MILLIS, undefined, { ref: false })]);
    this.#state = "stopped";
  }

  async #launch(): Promise<void> {
    const { python, pythonPath, env, initialize } = this.#options;
    this.#state = "starting";
    this.#late = [];
    const log = this.#log.writer();
    const logStart = this.#log.size;
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !PRIVATE.test(name)));
    const child = spawn(python, ["-m", "lakehouse_engine"], {
      // a group of its own: Ctrl-C in the terminal reaches the workspace alone, which then stops the engine in order
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...inherited, PYTHONPATH: pythonPath, PYTHONUNBUFFERED: "1", ...env },
    });
    this.#child = child;
    child.stderr!.on("data", log.write);
    child.stdin?.on("error", () => undefined);
    let spawnError: Error | undefined;
    child.once("error", (error) => {
      spawnError = error;
      this.#ended(child, `The engine could not be started with ${python}: ${error.message}`);
    });
    child.once("exit", (code, signal) => {
      if (spawnError) return;
      killGroup(child); // the JVM is the engine's child: it must not outlive it, and it holds the log's pipe open
      const how = signal ? `was ended by ${signal}` : `ended with status ${code}`;
      const end = (): void => {
        log.end();
        const last = this.#log.lastLine(logStart);
        const said = last ? ` It said last: ${last.slice(0, 500)}.` : "";
        this.#ended(child, `The Spark engine ${how}.${said} Its log is ${this.#log.file}.`);
      };
      const late = setTimeout(end, LAST_WORDS_MILLIS).unref(); // a process that left the group may hold the pipe open
      child.once("close", () => {
        clearTimeout(late); // all that was printed is read
        end();
      });
    });
    const frames = new FrameSplitter((frame) => this.#receive(child, frame));
    child.stdout!.on("data", (chunk: Buffer) => frames.push(chunk));
    this.#watch(child);
    await this.#initialize(child, initialize());
    this.#state = "ready";
    if (this.#late.length > 0) await this.#send("catalog.apply", { changes: this.#late.splice(0) });
  }

  /** An engine that cannot be initialized, as when its JVM was killed meanwhile, is of no use: it is ended. */
  async #initialize(child: ChildProcess, params: Params): Promise<void> {
    try {
      await this.#send("initialize", params);
    } catch (error) {
      if (this.#child !== child) throw error;
      const reason = `The Spark engine could not be initialized: ${(error as Error).message}. Its log is ${this.#log.file}.`;
      this.#ended(child, reason);
      throw this.#end(reason);
    }
  }

  #send(method: string, params: Params): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#outstanding.set(id, { method, resolve, reject });
      this.#write({ id, method, params });
    });
  }

  #write(message: Message): void {
    this.#child?.stdin?.write(encode(message));
  }

  /** Asks for a sign of life while something is outstanding, and ends an engine that gives none. */
  #watch(child: ChildProcess): void {
    const bound = this.#hangMillis;
    if (bound <= 0) return;
    let asked: number | undefined;
    const timer = setInterval(() => {
      if (this.#child !== child) return clearInterval(timer);
      if (asked !== undefined) {
        const most = this.#state === "starting" ? Math.max(bound, HANG_MILLIS) : bound; // a start takes its time
        if (performance.now() - asked < most) return;
        clearInterval(timer);
        this.#ended(child, `The Spark engine gave no sign of life for ${bound / 1000} s and was ended.`);
      } else if (this.#outstanding.size > 0) {
        asked = performance.now();
        const answered = (): void => {
          asked = undefined;
        };
        this.#send("ping", {}).then(answered, answered);
      }
    }, bound / 8);
    timer.unref();
  }

  /** A frame that cannot be read fails the request that it belongs to; where none can be found, the stream is broken. */
  #unreadable(child: ChildProcess, frame: Buffer, why: Error): void {
    const concerns = idOf(frame);
    const start = frame.subarray(0, 200).toString("latin1");
    this.#log.write(`workspace: message of the engine cannot be read (${why.message}): ${start}\n`);
    const waiting = concerns && !concerns.method ? this.#outstanding.get(concerns.id as number) : undefined;
    if (concerns?.method) {
      const error = new ApiError("MALFORMED_REQUEST", `The engine's request cannot be read: ${why.message}`);
      this.#write({ id: concerns.id, error: errorOf(error) });
    } else if (waiting) {
      this.#outstanding.delete(concerns!.id as number);
      const message = `The engine's answer to ${waiting.method} cannot be read: ${why.message}`;
      waiting.reject(
        new EngineError(message, { error_class: "ENGINE_ANSWER_UNREADABLE", error_code: "INTERNAL_ERROR" }),
      );
    } else {
      this.#ended(child, `The engine sent a message that cannot be read (${why.message}) and was ended.`);
    }
  }

  #receive(child: ChildProcess, frame: Buffer): void {
    if (this.#child !== child) return;
    let message: Message;
    try {
      message = decode(frame);
    } catch (error) {
      this.#unreadable(child, frame, error as Error);
      return;
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
    for (const handler of this.#notifications.get(method) ?? []) {
      try {
        handler(params);
      } catch (error) {
        this.#log.write(`workspace: notification ${method} failed: ${(error as Error).message}\n`);
      }
    }
  }

  async #answer(id: number | string, method: string, params: Params): Promise<void> {
    const handler = this.#requests.get(method);
    try {
      if (!handler) throw new ApiError("NOT_IMPLEMENTED", `The workspace has no method ${method}.`);
      const result = (await handler(params)) ?? {};
      if (method === "secrets.get")
        this.#log.hide(Buffer.from((result as { value: string }).value, "base64").toString());
      this.#write({ id, result });
    } catch (error) {
      this.#write({ id, error: errorOf(error) });
    }
  }

  #ended(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return;
    killGroup(child); // the JVM is the engine's child: it must not outlive it
    this.#child = undefined;
    this.#ready = undefined;
    this.#state = this.#stopping ? "stopped" : "failed";
    const error = this.#end(reason);
    const waiting = [...this.#outstanding.values()];
    this.#outstanding = new Map();
    for (const { reject } of waiting) reject(error);
    if (!this.#stopping) for (const handler of this.#exits) handler(reason);
  }

  /** What those hear who waited for an engine that has ended. */
  #end(reason: string): EngineError {
    return new EngineError(this.#stopping ? "The local workspace was stopped." : reason, {
      error_class: this.#stopping ? "ENGINE_STOPPED" : "ENGINE_DIED",
      error_code: "INTERNAL_ERROR",
    });
  }
}

/** The bound from ENGINE_HANG_SECONDS, 120 s by default; 0 means no bound. @throws Error that names a wrong value */
export function hangMillis(given = process.env.ENGINE_HANG_SECONDS): number {
  if (given === undefined || given === "") return HANG_MILLIS;
  const seconds = Number(given);
  if (Number.isFinite(seconds) && (seconds === 0 || seconds >= 1)) return seconds * 1000;
  throw new Error(`ENGINE_HANG_SECONDS must be a number of seconds from 1, or 0 for no bound, got '${given}'.`);
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // nothing of the group is left
  }
}
