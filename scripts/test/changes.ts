/** The files that differ from a commit: those of later commits, and those that are not committed yet. */
import { spawnSync } from "node:child_process";
import { UsageError } from "./arguments.ts";

/** Paths from the root. @throws UsageError when git does not know the commit */
export function changedFiles(root: string, base: string | undefined): string[] {
  const from = base ? commit(root, base) : branchPoint(root);
  const changed = git(root, ["diff", "--name-only", "--no-renames", from]);
  const added = git(root, ["ls-files", "--others", "--exclude-standard"]);
  return [...new Set([...changed, ...added])].sort();
}

/** Compared is with what the two have in common: what main has got meanwhile did not change here. */
function commit(root: string, base: string): string {
  const found = tryGit(root, ["merge-base", "HEAD", base]);
  if (found) return found[0]!;
  throw new UsageError(`--changed ${base}: git knows no commit '${base}' that HEAD has anything in common with.`);
}

function branchPoint(root: string): string {
  for (const main of ["main", "origin/main"]) {
    const found = tryGit(root, ["merge-base", "HEAD", main]);
    if (found) return found[0]!;
  }
  throw new UsageError("--changed: git knows neither main nor origin/main; name the commit to compare with.");
}

function git(root: string, args: string[]): string[] {
  const found = tryGit(root, args);
  if (!found) throw new UsageError(`--changed needs git, and 'git ${args.join(" ")}' failed.`);
  return found;
}

function tryGit(root: string, args: string[]): string[] | undefined {
  const { status, stdout } = spawnSync("git", ["-c", "core.quotePath=false", ...args], { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.split("\n").filter(Boolean) : undefined;
}
