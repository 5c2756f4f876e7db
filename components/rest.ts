/** Calls of the dynamic resources to the workspace: Pulumi serializes them, so they use nothing but globals. */

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** Host and token from the provider's environment variables: a token, or a service principal's OAuth secret. */
async function connect(): Promise<{ host: string; token: string }> {
  const { DATABRICKS_HOST, DATABRICKS_TOKEN, DATABRICKS_CLIENT_ID, DATABRICKS_CLIENT_SECRET } = process.env;
  if (!DATABRICKS_HOST)
    throw new Error("A dynamic resource of databricks-lakehouse needs DATABRICKS_HOST in the environment.");
  const host = DATABRICKS_HOST.replace(/\/+$/, "");
  if (DATABRICKS_TOKEN) return { host, token: DATABRICKS_TOKEN };
  if (!DATABRICKS_CLIENT_ID || !DATABRICKS_CLIENT_SECRET) {
    throw new Error(
      "A dynamic resource of databricks-lakehouse needs DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, in the environment.",
    );
  }
  const answer = await fetch(`${host}/oidc/v1/token`, {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from(`${DATABRICKS_CLIENT_ID}:${DATABRICKS_CLIENT_SECRET}`).toString("base64")}`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: "grant_type=client_credentials&scope=all-apis",
  });
  if (!answer.ok) throw new Error(`${host} refused the service principal's secret with status ${answer.status}.`);
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
