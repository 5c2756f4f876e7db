/** One comment on a pull request of GitHub, GitLab or Azure DevOps: made at first, updated from then on. */

export interface Host {
  readonly name: string;
  /** Makes or updates the comment that `key` marks. */
  publish(key: string, text: string): Promise<void>;
}

interface Comment {
  readonly id: number;
  readonly body: string;
}
type Call = <T>(method: string, path: string, body?: object) => Promise<{ answer: T; next: string | undefined }>;

const PER_PAGE = 100;

/** @throws Error naming the variable that the environment of this host must have */
function setting(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not in the environment; docs/continuous-integration.md says who sets it`);
  return value;
}

function caller(host: string, base: string, headers: Readonly<Record<string, string>>): Call {
  return async <T>(method: string, path: string, body?: object) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { ...headers, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${host} answered ${response.status} to ${method} ${path}`);
    return { answer: (await response.json()) as T, next: response.headers.get("x-next-page") ?? undefined };
  };
}

/** Not shown, and what the comment is found by. */
const marked = (key: string, text: string): string => `<!-- ${key} -->\n${text}`;
const isMarked = (key: string, body: string | undefined): boolean => body?.startsWith(`<!-- ${key} -->`) ?? false;

function github(env: NodeJS.ProcessEnv): Host {
  const pull = setting(env, "PULL_REQUEST");
  if (!/^\d+$/.test(pull)) throw new Error(`PULL_REQUEST is '${pull}': it must be a pull request's number`);
  const call = caller("GitHub", `${setting(env, "GITHUB_API_URL")}/repos/${setting(env, "GITHUB_REPOSITORY")}`, {
    authorization: `Bearer ${setting(env, "GITHUB_TOKEN")}`,
    accept: "application/vnd.github+json",
    "x-github-api-version": "2022-11-28",
  });
  const find = async (key: string): Promise<Comment | undefined> => {
    for (let page = 1; ; page += 1) {
      const { answer } = await call<Comment[]>("GET", `/issues/${pull}/comments?per_page=${PER_PAGE}&page=${page}`);
      const own = answer.find(({ body }) => isMarked(key, body));
      if (own || answer.length < PER_PAGE) return own;
    }
  };
  return {
    name: "GitHub",
    async publish(key, text) {
      const own = await find(key);
      const body = marked(key, text);
      if (own) await call("PATCH", `/issues/comments/${own.id}`, { body });
      else await call("POST", `/issues/${pull}/comments`, { body });
    },
  };
}

/** Notes of a merge request: https://docs.gitlab.com/api/notes/ */
function gitlab(env: NodeJS.ProcessEnv): Host {
  const path = `/projects/${setting(env, "CI_PROJECT_ID")}/merge_requests/${setting(env, "CI_MERGE_REQUEST_IID")}/notes`;
  const call = caller("GitLab", setting(env, "CI_API_V4_URL"), { "private-token": setting(env, "GITLAB_TOKEN") });
  const find = async (key: string): Promise<Comment | undefined> => {
    for (let page: string | undefined = "1"; page; ) {
      const found: { answer: Comment[]; next: string | undefined } = await call(
        "GET",
        `${path}?per_page=${PER_PAGE}&page=${page}`,
      );
      const own = found.answer.find(({ body }) => isMarked(key, body));
      if (own) return own;
      page = found.next;
    }
    return undefined;
  };
  return {
    name: "GitLab",
    async publish(key, text) {
      const own = await find(key);
      const body = marked(key, text);
      if (own) await call("PUT", `${path}/${own.id}`, { body });
      else await call("POST", path, { body });
    },
  };
}

interface Thread {
  readonly id: number;
  readonly comments?: readonly { readonly id: number; readonly content?: string }[];
}

/** Threads of a pull request: https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads */
function azure(env: NodeJS.ProcessEnv): Host {
  const project = `${setting(env, "SYSTEM_COLLECTIONURI").replace(/\/$/, "")}/${encodeURIComponent(setting(env, "SYSTEM_TEAMPROJECT"))}`;
  const pull = `/_apis/git/repositories/${setting(env, "BUILD_REPOSITORY_ID")}/pullRequests/${setting(env, "SYSTEM_PULLREQUEST_PULLREQUESTID")}`;
  const call = caller("Azure DevOps", project, { authorization: `Bearer ${setting(env, "SYSTEM_ACCESSTOKEN")}` });
  const version = "api-version=7.1";
  return {
    name: "Azure DevOps",
    async publish(key, text) {
      const content = marked(key, text);
      const { answer } = await call<{ value: Thread[] }>("GET", `${pull}/threads?${version}`);
      const own = answer.value.find(({ comments = [] }) => isMarked(key, comments[0]?.content));
      if (own)
        await call("PATCH", `${pull}/threads/${own.id}/comments/${own.comments![0]!.id}?${version}`, { content });
      else
        await call("POST", `${pull}/threads?${version}`, {
          comments: [{ parentCommentId: 0, content, commentType: 1 }],
          status: 4,
        });
    },
  };
}

/** The host whose job this is, by the variables that each sets. @throws Error when it is none of them */
export function hostOf(env: NodeJS.ProcessEnv): Host {
  if (env.GITLAB_CI) return gitlab(env);
  if (env.TF_BUILD) return azure(env);
  if (env.GITHUB_API_URL) return github(env);
  throw new Error(
    "This is no job of GitHub Actions, GitLab CI or Azure Pipelines, so there is no pull request to comment on",
  );
}
