/** Runs the programs that the toolchain needs: their output goes to a log, their progress to whoever waits, and a failure is one message. */
import { spawn, spawnSync } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

export type Progress = (line: string) => void;

/** Something the person at the terminal can mend: its message is printed without a trace. */
export class ToolchainError extends Error {
  override name = "ToolchainError";
}

export interface RunOptions {
  /** What is being done, for progress and errors: "build the Pulumi CLI". */
  title: string;
  log: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Gives up after this many ms. */
  timeout?: number;
  onLine?: (line: string) => void;
}

/** @throws ToolchainError with the last lines that the program printed, and where the log is */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<void> {
  mkdirSync(dirname(options.log), { recursive: true });
  const log = createWriteStream(options.log, { flags: "a" });
  log.on("error", () => undefined); // a full disk shows in the program's own failure
  log.write(`$ ${command} ${args.join(" ")}\n`);
  const child = spawn(command, [...args], {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = (): void => void child.kill("SIGTERM");
  process.once("exit", stop);
  let timedOut = false;
  const timer = options.timeout
    ? setTimeout(() => {
        timedOut = true;
        child.kill("SIGKILL");
      }, options.timeout)
    : undefined;
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.on("data", (data: Buffer) => {
      log.write(data);
      const lines = (rest + data.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) options.onLine?.(line);
    });
  }
  try {
    const problem = await new Promise<string | undefined>((resolve) => {
      child.on("error", (error) => resolve(error.message));
      child.on("close", (code, signal) =>
        resolve(code === 0 ? undefined : `it ended with ${signal ?? `status ${code}`}`),
      );
    });
    await new Promise<void>((resolve) => log.end(resolve));
    if (timedOut) throw new ToolchainError(`Could not ${options.title}: no end after ${options.timeout! / 1000} s.`);
    if (problem) throw new ToolchainError(failure(options, problem));
  } finally {
    clearTimeout(timer);
    process.off("exit", stop);
  }
}

function failure({ title, log }: RunOptions, problem: string): string {
  const text = existsSync(log) ? readFileSync(log, "utf8") : "";
  if (/no space left on device|ENOSPC/i.test(text) || text === "") {
    return `Could not ${title}: the disk that holds ${dirname(log)} is full (building the toolchain takes 8 GB for a while). Free some space and try again.`;
  }
  const last = text.trimEnd().split("\n").slice(-8).join("\n  ");
  return `Could not ${title}: ${problem}. The log is ${log}; its end:\n  ${last}`;
}

/** What a program prints, or nothing when it is missing, fails or takes longer than 20 s. */
export function output(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, [...args], {
    encoding: "utf8",
    env: env ?? process.env,
    timeout: 20_000,
  });
  return status === 0 ? `${stdout}${stderr}` : undefined;
}

/** The executable of that name on PATH. */
export function onPath(name: string, path = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .filter((dir) => dir !== "")
    .map((dir) => join(dir, name))
    .find((file) => existsSync(file));
}

/** "1m05s" */
export function elapsed(since: number): string {
  const seconds = Math.round((Date.now() - since) / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
}

/** Says every ten seconds that the work goes on, with what `state` adds; the answer stops it. */
export function heartbeat(title: string, progress: Progress, state: () => string = () => ""): () => void {
  const since = Date.now();
  const timer = setInterval(() => {
    const more = state();
    progress(`${title}: ${elapsed(since)}${more ? `, ${more}` : ""}`);
  }, 10_000);
  return () => clearInterval(timer);
}
