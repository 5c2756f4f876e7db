/** The processes that this host starts. They end with it: signals are passed on, and a CLI that was killed takes all with it. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

const children = new Set<ChildProcess>();
/** Time that a program gets to end after a signal, in ms. */
const GRACE = 5_000;

export function start(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, [...args], options);
  children.add(child);
  child.once("close", () => children.delete(child));
  child.once("error", () => children.delete(child));
  return child;
}

/** Sends the signal to every child, and SIGKILL to those that are still there after a while. */
export function stopAll(signal: NodeJS.Signals): Promise<void> {
  const waiting = [...children].map(
    (child) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(() => child.kill("SIGKILL"), GRACE);
        child.once("close", () => {
          clearTimeout(timer);
          resolve();
        });
        child.kill(signal);
      }),
  );
  return Promise.all(waiting).then(() => undefined);
}

/** Ends this process and its children with the signals it gets, and when the CLI that started it is gone. */
export function followParent(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      void stopAll(signal).then(() => process.exit(0));
    });
  }
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void stopAll("SIGTERM").then(() => process.exit(0));
  }, 2_000).unref();
}
