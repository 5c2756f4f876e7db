/** Runs a command and says what it cost. */
import { spawn } from "node:child_process";

export interface Cost {
  /** Seconds by the clock. */
  seconds: number;
  /** Requests that reached the workspace. */
  requests: number;
}

export interface Setup {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** What the command printed. @throws Error with that when it fails */
export function run(command: string, args: readonly string[], { cwd, env }: Setup): Promise<string> {
  const child = spawn(command, [...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (said += data));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve(said)
        : reject(new Error(`${command} ${args.join(" ")} ended with ${code}:\n${said.slice(-4000)}`)),
    );
  });
}

export async function costOf(counter: { requests: number }, work: () => Promise<unknown>): Promise<Cost> {
  counter.requests = 0;
  const started = performance.now();
  await work();
  return { seconds: (performance.now() - started) / 1000, requests: counter.requests };
}
