/** Calls of the dynamic resources to the workspace: Pulumi serializes them, so they use nothing but globals. */

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** What the token endpoint wants of a service principal: its secret, or the identity token of a GitHub workflow's run. */
async function credentials(
  endpoint: string,
): Promise<{ headers: Record<string, string>; form: Record<string, string> }> {
  const { DATABRICKS_CLIENT_ID: id, DATABRICKS_CLIENT_SECRET: secret, DATABRICKS_TOKEN_AUDIENCE } = process.env;
  if (id && secret) {
    const basic = Buffer.from(`${id}:${secret}`).toString("base64");
    return { headers: { authorization: `Basic ${basic}` }, form: { grant_type: "client_credentials" } };
  }
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
  if (!id || !url || !token) {
    throw new Error(
      "A dynamic resource of databricks-lakehouse needs DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID with DATABRICKS_CLIENT_SECRET or in a GitHub workflow that may ask for an identity token, in the environment.",
    );
  }
  const asked = new URL(url);
  asked.searchParams.set("audience", DATABRICKS_TOKEN_AUDIENCE ?? endpoint);
  const answer = await fetch(asked, { headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`GitHub answered ${answer.status} when asked for this run's identity.`);
  // https://docs.databricks.com/dev-tools/auth/oauth-federation
  const form = {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    subject_token: ((await answer.json()) as { value: string }).value,
    client_id: id,
  };
  return { headers: {}, form };
}

/** Host and token from the provider's environment variables. */
async function connect(): Promise<{ host: string; token: string }> {
  const { DATABRICKS_HOST, DATABRICKS_TOKEN } = process.env;
  if (!DATABRICKS_HOST)
    throw new Error("A dynamic resource of databricks-lakehouse needs DATABRICKS_HOST in the environment.");
  const host = DATABRICKS_HOST.replace(/\/+$/, "");
  if (DATABRICKS_TOKEN) return { host, token: DATABRICKS_TOKEN };
  const endpoint = `${host}/oidc/v1/token`;
  const { headers, form } = await credentials(endpoint);
  const body = new URLSearchParams({ ...form, scope: "all-apis" });
  const answer = await fetch(endpoint, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`${host} refused the service principal with status ${answer.status}.`);
  return { host, token: ((await answer.json()) as { access_token: string }).access_token };
}

export async function request(method: string, path: string, body?: object): Promise<Answer> {
  const { host, token } = await connect();
  const answer = await fetch(`${host}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json().catch(() => ({}))) as Record<string, unknown> };
}
