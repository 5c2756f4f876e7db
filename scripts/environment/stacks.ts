/** The stacks of pull requests: their names, their file, and when they end. */
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "../stack/place.ts";
import { PROJECT, runPulumi } from "../stack/stack.ts";

/** Stack tag with the time after which the sweep may destroy it. */
const EXPIRES = "olist:expires";
const HOUR = 3_600_000;

export const stackName = (number: number): string => `pr-${number}`;
/** Part of all names, so that two environments do not meet. */
export const suffixOf = (number: number): string => `pr_${number}`;

export interface Stack {
  readonly name: string;
  readonly number: number;
  /** Undefined for one whose tag somebody removed. */
  readonly expires?: Date | undefined;
}

export class Stacks {
  readonly #place: Place;
  readonly #cwd: string;

  constructor(place: Place, cwd: string) {
    this.#place = place;
    this.#cwd = cwd;
  }

  /** Runs the CLI in the project. @returns what it printed @throws Error with that when it fails */
  async run(args: readonly string[], onLine: (line: string) => void = () => {}): Promise<string> {
    const said: string[] = [];
    const { tools, env } = this.#place;
    const code = await runPulumi(tools, env, [...args, "--non-interactive", "--cwd", this.#cwd], {
      onLine: (line) => {
        said.push(line);
        onLine(line);
      },
    });
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${said.join("\n")}`);
    return said.join("\n");
  }

  #file(name: string): string {
    return join(this.#cwd, `Pulumi.${name}.yaml`);
  }

  /** Makes the stack from the template, or finds it, and sets when it ends. */
  async prepare(number: number, ttl: number): Promise<{ name: string; expires: Date }> {
    const name = stackName(number);
    copyFileSync(join(this.#cwd, "Pulumi.pr.yaml"), this.#file(name));
    if (!(await this.list()).some((stack) => stack.number === number)) await this.run(["stack", "init", name]);
    await this.run(["config", "set", "--stack", name, `${PROJECT}:suffix`, suffixOf(number)]);
    const expires = new Date(Date.now() + ttl * HOUR);
    await this.run(["stack", "tag", "set", EXPIRES, expires.toISOString(), "--stack", name]);
    return { name, expires };
  }

  /** Destroys what the stack has made, and the stack. @returns false when there is none */
  async destroy(number: number, onLine: (line: string) => void): Promise<boolean> {
    const name = stackName(number);
    if (!(await this.list()).some((stack) => stack.number === number)) return false;
    // An update that was killed leaves its lock; no other job works on this stack, since its workflow runs one at a time.
    await this.run(["cancel", "--yes", "--stack", name]).catch(() => undefined);
    await this.run(["destroy", "--yes", "--skip-preview", "--stack", name], onLine);
    await this.run(["stack", "rm", "--yes", "--stack", name]);
    if (existsSync(this.#file(name))) rmSync(this.#file(name));
    return true;
  }

  async list(): Promise<Stack[]> {
    const all = JSON.parse(await this.run(["stack", "ls", "--json"])) as { name: string }[];
    const found = all.flatMap(({ name }) => {
      const number = /(?:^|\/)pr-(\d+)$/.exec(name)?.[1];
      return number === undefined ? [] : [{ name, number: Number(number) }];
    });
    const stacks: Stack[] = [];
    for (const { name, number } of found) {
      const tags = JSON.parse(await this.run(["stack", "tag", "ls", "--json", "--stack", name])) as Record<
        string,
        string
      >;
      const at = Date.parse(tags[EXPIRES] ?? "");
      stacks.push({ name, number, expires: Number.isNaN(at) ? undefined : new Date(at) });
    }
    return stacks;
  }
}

/** Which stacks a sweep destroys, and why. @param open numbers of open pull requests with the label, where that is known */
export function outdated(stacks: readonly Stack[], now: Date, open?: readonly number[]): [Stack, string][] {
  return stacks.flatMap((stack): [Stack, string][] => {
    if (open && !open.includes(stack.number)) return [[stack, "its pull request is closed or has lost the label"]];
    if (stack.expires === undefined) return [[stack, "nothing says how long it may stay"]];
    return stack.expires <= now ? [[stack, `its time ended at ${stack.expires.toISOString()}`]] : [];
  });
}
