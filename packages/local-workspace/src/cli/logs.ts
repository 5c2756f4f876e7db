/** `lakehouse logs`: both logs on one screen, each line with the name of its source. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { ControlError, dataFolder } from "../control/index.ts";

const INTERVAL = 250;

class Log {
  readonly #name: string;
  readonly #file: string;
  #at = 0;

  constructor(name: string, file: string) {
    this.#name = name;
    this.#file = file;
  }

  get exists(): boolean {
    return existsSync(this.#file);
  }

  /** Prints the last `lines` lines of what came since the last call. A torn last line waits for its end. */
  async print(lines: number): Promise<void> {
    if (!this.exists) return;
    const { size } = statSync(this.#file);
    if (size < this.#at) this.#at = 0; // the folder was reset
    if (size === this.#at) return;
    const kept: string[] = [];
    const end = size - 1;
    const input = createReadStream(this.#file, { start: this.#at, end });
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      kept.push(line);
      if (kept.length > lines) kept.shift();
    }
    this.#at = size;
    for (const line of kept) process.stdout.write(`${this.#name} | ${line}\n`);
  }
}

export async function logs(options: { dataDir: string; follow: boolean; tail: number }): Promise<number> {
  const folder = dataFolder(options.dataDir);
  const both = [new Log("workspace", folder.workspaceLog), new Log("engine   ", folder.engineLog)];
  if (!both.some((log) => log.exists)) {
    throw new ControlError(`${folder.dir} has no logs: no workspace was started there yet.`);
  }
  for (const log of both) await log.print(options.tail);
  if (!options.follow) return 0;
  let stopped = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => (stopped = true));
  while (!stopped) {
    for (const log of both) await log.print(Number.POSITIVE_INFINITY);
    await sleep(INTERVAL);
  }
  return 0;
}
