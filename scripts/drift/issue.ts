/** The repository's one issue about a stack's drift: opened or updated while there is any, closed when all is well again. */
import type { Drift } from "./model.ts";
import { headline } from "./render.ts";

interface Issue {
  readonly number: number;
  readonly body?: string | null;
  readonly pull_request?: object;
}

const LABEL = "drift";
const PER_PAGE = 100;

function setting(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`--issue needs ${name} in the environment: it is for a job of GitHub Actions`);
  return value;
}

/** @returns what was done */
export async function keepIssue(env: NodeJS.ProcessEnv, drift: Drift, text: string): Promise<string> {
  const base = `${setting(env, "GITHUB_API_URL")}/repos/${setting(env, "GITHUB_REPOSITORY")}/issues`;
  const authorization = `Bearer ${setting(env, "GITHUB_TOKEN")}`;
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const headers = { authorization, accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };
    const response = await fetch(`${base}${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`GitHub answered ${response.status} to ${method} ${path || "issues"}`);
    return (await response.json()) as T;
  };
  // Not shown, and what the issue is found by.
  const mark = `<!-- drift ${drift.stack} -->`;
  const find = async (): Promise<Issue | undefined> => {
    for (let page = 1; ; page += 1) {
      const issues = await call<Issue[]>("GET", `?state=open&labels=${LABEL}&per_page=${PER_PAGE}&page=${page}`);
      const own = issues.find(({ body, pull_request }) => !pull_request && body?.startsWith(mark));
      if (own || issues.length < PER_PAGE) return own;
    }
  };
  const own = await find();
  const body = `${mark}\n${text}`;
  if (drift.differences.length > 0) {
    const title = `Drift: ${headline(drift)}`;
    if (own) await call("PATCH", `/${own.number}`, { title, body });
    else await call("POST", "", { title, body, labels: [LABEL] });
    return own ? `issue ${own.number} updated` : "an issue opened";
  }
  if (!own) return "no issue is open";
  await call("POST", `/${own.number}/comments`, { body: headline(drift) });
  await call("PATCH", `/${own.number}`, { state: "closed", state_reason: "completed" });
  return `issue ${own.number} closed`;
}
