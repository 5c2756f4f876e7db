/** The processes and files of a workspace, as the system shows them. */
import { execFileSync } from "node:child_process";
import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly kilobytes: number;
  readonly command: string;
}

/** A process, and those below it, nearest first. */
export function processTree(root: number): Process[] {
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,rss=,args="], { encoding: "utf8" });
  const all = table.split("\n").flatMap((line) => {
    const [, pid, parent, kilobytes, command] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return command === undefined
      ? []
      : [{ pid: Number(pid), parent: Number(parent), kilobytes: Number(kilobytes), command }];
  });
  const below = (pid: number): Process[] =>
    all.filter(({ parent }) => parent === pid).flatMap((found) => [found, ...below(found.pid)]);
  const own = all.find(({ pid }) => pid === root);
  return [...(own ? [own] : []), ...below(root)];
}

/** Process id of a part of the engine of a workspace, where it runs. */
export function engineProcess(workspace: number, part: "JVM" | "Python"): number | undefined {
  const command = part === "JVM" ? /(^|\/)java / : /-m lakehouse_engine/;
  return processTree(workspace).find((process) => command.test(process.command))?.pid;
}

/** All files below a folder; what goes away meanwhile is left out. */
export function filesBelow(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Megabytes. */
export interface Size {
  readonly server: number;
  readonly engine: number;
  readonly folder: number;
}

export function sizeOf(server: number, folder: string): Size {
  const [own, ...others] = processTree(server);
  const bytes = filesBelow(folder).map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const mega = (value: number): number => Math.round(value / 1024);
  return {
    server: mega(own?.kilobytes ?? 0),
    engine: mega(sum(others.map(({ kilobytes }) => kilobytes))),
    folder: mega(sum(bytes) / 1024),
  };
}

/** The files that hold one of these texts. */
export function filesWith(folder: string, texts: readonly string[]): string[] {
  const wanted = texts.map((text) => Buffer.from(text));
  return filesBelow(folder).filter((file) => {
    const content = readFileSync(file);
    return wanted.some((text) => content.includes(text));
  });
}
