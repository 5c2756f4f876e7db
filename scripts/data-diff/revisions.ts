/** The two trees that are compared: a revision of the repository, and the working tree as it is now. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

function git(root: string, ...args: string[]): string {
  try {
    return execFileSync("git", ["-C", root, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim();
    throw new Error(`git ${args.join(" ")} failed: ${said || (error as Error).message}`);
  }
}

/** The commit of BASE; without one, where the current branch left the main branch. @throws Error when git knows no such revision */
export function baseCommit(root: string, base?: string): string {
  if (base !== undefined) return git(root, "rev-parse", "--verify", `${base}^{commit}`);
  for (const main of ["origin/main", "main", "origin/master", "master"]) {
    try {
      return git(root, "merge-base", "HEAD", main);
    } catch {
      // the next name
    }
  }
  throw new Error("There is no branch main or master to compare with; name a revision.");
}

/** What a deployment is made of: the program and its notebooks, with the packages of this checkout. */
const PROGRAM = /^(?:[^/]+\.(?:ts|yaml|json)|(?:components|notebooks|settings|dashboards)\/.*)$/;

/** Writes a revision's program into a folder. */
export function checkOut(root: string, commit: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync("git", ["-C", root, "archive", commit], { maxBuffer: 1 << 30 });
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
}

/** Copies the working tree's program, with what is not committed yet. */
export function copyTree(root: string, folder: string): void {
  const files = git(root, "ls-files", "--cached", "--others", "--exclude-standard").split("\n");
  for (const file of files.filter((name) => PROGRAM.test(name) && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
}
