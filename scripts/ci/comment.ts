/**
 * Puts a file on a pull request as one comment: made at first, updated from then on.
 * node scripts/ci/comment.ts --file preview.md --key preview-dev
 * From the environment: GITHUB_TOKEN, GITHUB_API_URL, GITHUB_REPOSITORY, PULL_REQUEST (its number).
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

interface Comment {
  id: number;
  body?: string;
}
const PER_PAGE = 100;

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`comment.ts needs ${name} in the environment`);
  return value;
}

async function api<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${setting("GITHUB_API_URL")}/repos/${setting("GITHUB_REPOSITORY")}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${setting("GITHUB_TOKEN")}`,
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`GitHub answered ${response.status} to ${method} ${path}`);
  return (await response.json()) as T;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { file: { type: "string" }, key: { type: "string" } } });
  if (!values.file || !values.key) throw new Error("comment.ts needs --file FILE and --key NAME");
  const pull = Number(setting("PULL_REQUEST"));
  if (!Number.isInteger(pull)) throw new Error("PULL_REQUEST must be a number");
  // Not shown, and what the comment is found by.
  const mark = `<!-- ${values.key} -->`;
  const body = `${mark}\n${readFileSync(values.file, "utf8")}`;
  for (let page = 1; ; page += 1) {
    const comments = await api<Comment[]>("GET", `/issues/${pull}/comments?per_page=${PER_PAGE}&page=${page}`);
    const own = comments.find((comment) => comment.body?.startsWith(mark));
    if (own) {
      await api("PATCH", `/issues/comments/${own.id}`, { body });
      return;
    }
    if (comments.length < PER_PAGE) break;
  }
  await api("POST", `/issues/${pull}/comments`, { body });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
