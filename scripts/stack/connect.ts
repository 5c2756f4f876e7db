/** The workspace of a stack, with the credentials of the environment as the Databricks provider finds them. */
import { WorkspaceApi } from "lakehouse-local-workspace/client";

async function token(host: string, form: Readonly<Record<string, string>>, basic?: string): Promise<string> {
  const answer = await fetch(`${host}/oidc/v1/token`, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      ...(basic === undefined ? {} : { authorization: `Basic ${Buffer.from(basic).toString("base64")}` }),
    },
    body: new URLSearchParams(form),
  });
  if (!answer.ok) throw new Error(`${host} answered ${answer.status} when asked for a token`);
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** GitHub's identity of this run for Databricks: https://docs.databricks.com/aws/en/dev-tools/auth/provider-github */
async function githubIdentity(env: NodeJS.ProcessEnv, audience: string): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = env;
  if (!url || !bearer)
    throw new Error("DATABRICKS_AUTH_TYPE is github-oidc, and this job has no permission `id-token: write`");
  const asked = new URL(url);
  asked.searchParams.set("audience", audience);
  const answer = await fetch(asked, { headers: { authorization: `Bearer ${bearer}` } });
  if (!answer.ok) throw new Error(`GitHub answered ${answer.status} when asked for this run's identity`);
  return ((await answer.json()) as { value: string }).value;
}

/** @throws Error naming the variables that the environment should have */
export async function connect(env: NodeJS.ProcessEnv): Promise<WorkspaceApi> {
  const { DATABRICKS_TOKEN, DATABRICKS_CLIENT_ID: id, DATABRICKS_CLIENT_SECRET: secret } = env;
  if (!env.DATABRICKS_HOST) throw new Error("DATABRICKS_HOST is not in the environment");
  const host = env.DATABRICKS_HOST.replace(/\/+$/, "");
  if (DATABRICKS_TOKEN) return new WorkspaceApi(host, DATABRICKS_TOKEN);
  const scope = "all-apis";
  if (env.DATABRICKS_AUTH_TYPE === "github-oidc" && id) {
    const audience = env.DATABRICKS_TOKEN_AUDIENCE ?? `${host}/oidc/v1/token`;
    const form = {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      subject_token: await githubIdentity(env, audience),
      client_id: id,
      scope,
    };
    return new WorkspaceApi(host, await token(host, form));
  }
  if (id && secret)
    return new WorkspaceApi(host, await token(host, { grant_type: "client_credentials", scope }, `${id}:${secret}`));
  throw new Error(
    "No credentials in the environment: DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID with DATABRICKS_CLIENT_SECRET or DATABRICKS_AUTH_TYPE=github-oidc",
  );
}
