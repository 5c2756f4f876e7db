/** How dynamic resources log in: by a token, a service principal's secret, or the identity of a GitHub workflow's run. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { request } from "../../components/rest.ts";

const VARIABLES = [
  "DATABRICKS_HOST",
  "DATABRICKS_TOKEN",
  "DATABRICKS_CLIENT_ID",
  "DATABRICKS_CLIENT_SECRET",
  "DATABRICKS_TOKEN_AUDIENCE",
  "ACTIONS_ID_TOKEN_REQUEST_URL",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
] as const;

describe("dynamic resources", () => {
  const before_ = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
  let server: Server;
  let host: string;
  let seen: string[];

  before(async () => {
    // Stands for GitHub and for the workspace at once.
    server = createServer((asked, answer) => {
      let body = "";
      asked.on("data", (data) => (body += data));
      asked.on("end", () => {
        const { pathname, searchParams } = new URL(asked.url!, host);
        const said = `${asked.headers.authorization} ${searchParams.get("audience") ?? body}`.trim();
        seen.push(`${asked.method} ${pathname} ${said}`);
        const answers: Record<string, object> = {
          "/github": { value: "jwt" },
          "/oidc/v1/token": { access_token: "exchanged" },
        };
        answer.setHeader("content-type", "application/json");
        answer.end(JSON.stringify(answers[pathname] ?? { ok: true }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
    for (const [name, value] of Object.entries(before_)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  const log = async (env: Partial<Record<(typeof VARIABLES)[number], string>>): Promise<string[]> => {
    for (const name of VARIABLES) delete process.env[name];
    Object.assign(process.env, env);
    seen = [];
    assert.deepEqual(await request("GET", "/api/x"), { status: 200, body: { ok: true } });
    return seen;
  };

  it("use the token of the environment", async () => {
    const env = { DATABRICKS_HOST: `${host}/`, DATABRICKS_TOKEN: "dapi" };
    assert.deepEqual(await log(env), ["GET /api/x Bearer dapi"]);
  });

  it("exchange a service principal's secret", async () => {
    const env = { DATABRICKS_HOST: host, DATABRICKS_CLIENT_ID: "id", DATABRICKS_CLIENT_SECRET: "secret" };
    assert.deepEqual(await log(env), [
      `POST /oidc/v1/token Basic ${Buffer.from("id:secret").toString("base64")} grant_type=client_credentials&scope=all-apis`,
      "GET /api/x Bearer exchanged",
    ]);
  });

  it("exchange the identity of a GitHub workflow's run, for the audience that is asked for", async () => {
    const github = { ACTIONS_ID_TOKEN_REQUEST_URL: `${host}/github?v=1`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "runner" };
    const env = { DATABRICKS_HOST: host, DATABRICKS_CLIENT_ID: "id", ...github };
    const [asked, exchanged, called] = await log(env);
    assert.equal(asked, `GET /github Bearer runner ${host}/oidc/v1/token`);
    const form = new URLSearchParams(exchanged!.replace("POST /oidc/v1/token undefined ", ""));
    assert.deepEqual(Object.fromEntries(form), {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      subject_token: "jwt",
      client_id: "id",
      scope: "all-apis",
    });
    assert.equal(called, "GET /api/x Bearer exchanged");
    const [other] = await log({ ...env, DATABRICKS_TOKEN_AUDIENCE: "account" });
    assert.equal(other, "GET /github Bearer runner account");
  });

  it("say what is missing", async () => {
    await assert.rejects(log({}), /needs DATABRICKS_HOST/);
    await assert.rejects(log({ DATABRICKS_HOST: host, DATABRICKS_CLIENT_ID: "id" }), /needs DATABRICKS_TOKEN, or/);
  });
});
