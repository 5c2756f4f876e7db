/** The processes of a test run: each in a group of its own, so that all that it started ends with it. */
import { type ChildProcess, spawn } from "node:child_process";

const GRACE = 10_000;

export interface Ended {
  code: number;
  output: string;
  seconds: number;
}

export class Processes {
  readonly #running = new Set<ChildProcess>();
  #ending = false;

  /** `streamed`: the output goes to the terminal at once; else it is collected. */
  run(
    command: string,
    args: readonly string[],
    options: { cwd: string; env: NodeJS.ProcessEnv; streamed: boolean },
  ): Promise<Ended> {
    const { cwd, env, streamed } = options;
    const began = performance.now();
    return new Promise((resolve, reject) => {
      if (this.#ending) throw new Error(`${command} was not started: the run is ending`);
      const stdio = streamed ? ("inherit" as const) : ("pipe" as const);
      const child = spawn(command, [...args], { cwd, env, detached: true, stdio: ["ignore", stdio, stdio] });
      this.#running.add(child);
      const chunks: Buffer[] = [];
      for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
      child.on("error", reject);
      child.on("exit", () => {
        this.#running.delete(child);
        signalGroup(child, "SIGKILL"); // a leftover would hold the pipes open, and a core
      });
      child.on("close", (code) => {
        const seconds = (performance.now() - began) / 1000;
        resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString("utf8"), seconds });
      });
    });
  }

  /** Ends all of them, in order first, so that they can stop what they started elsewhere; starts none from now on. */
  async end(): Promise<void> {
    this.#ending = true;
    const children = [...this.#running];
    const ended = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
    for (const child of children) signalGroup(child, "SIGTERM");
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise((resolve) => {
      timer = setTimeout(resolve, GRACE);
    });
    await Promise.race([Promise.all(ended), grace]);
    clearTimeout(timer);
    for (const child of children) signalGroup(child, "SIGKILL");
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // nothing of the group is left
  }
}
