/** A run's `git_source` as a folder. https://docs.databricks.com/api/workspace/jobs/create, git_source */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import type { TaskWork } from "./executor.ts";
import { TaskFailure } from "./failure.ts";

const run = promisify(execFile);
/** Nothing that git runs commands for (ext::), and no path of this machine. */
const gitSource = z.looseObject({
  git_url: z.string().regex(/^https?:\/\/[^\s]+$/, "must be an http(s) address"),
  git_branch: z.string().optional(),
  git_tag: z.string().optional(),
  git_commit: z
    .string()
    .regex(/^[0-9a-f]{7,40}$/i, "must be a commit's hash")
    .optional(),
});

/** The folder within the checkout; `done` removes it. @throws TaskFailure with what git said */
export async function checkout(work: TaskWork, within: string): Promise<{ folder: string; done(): void }> {
  const found = gitSource.safeParse(work.run.settings.git_source ?? {});
  if (!found.success) {
    throw new TaskFailure(
      `git_source: ${found.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join(", ")}.`,
    );
  }
  const { git_url, git_branch, git_tag, git_commit } = found.data;
  const at = git_commit ?? (git_tag ? `refs/tags/${git_tag}` : `refs/remotes/origin/${git_branch ?? "HEAD"}`);
  const place = join(work.context.dataDir, "git", String(work.taskRun.runId));
  const done = (): void => rmSync(place, { recursive: true, force: true });
  done();
  mkdirSync(place, { recursive: true });
  try {
    await git(work, ["clone", "--quiet", "--no-checkout", git_url, place]);
    await git(work, ["-C", place, "checkout", "--quiet", "--detach", at, "--"]);
  } catch (error) {
    done();
    const said = (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
    throw new TaskFailure(
      `Failed to checkout Git repository ${git_url} at ${at.replace(/^refs\/(tags|remotes\/origin)\//, "")}: ${said}`,
    );
  }
  const folder = resolve(place, within);
  if (relative(place, folder).startsWith("..")) {
    done();
    throw new TaskFailure(`'${within}' leaves the Git repository.`);
  }
  return { folder, done };
}

/** With the user's own settings and credentials of git, which asks for nothing. */
const git = (work: TaskWork, args: string[]) =>
  run("git", args, { signal: work.signal, timeout: 300_000, env: { ...process.env, GIT_TERMINAL_PROMPT: "0" } });
