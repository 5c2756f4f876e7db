/** Requests as they come from curl, old scripts and broken clients: what is read, and what is refused in which shape. */
import { strict as assert } from "node:assert";
import { type Body, type Client, type Json, TestWorkspace } from "./client.ts";

const CREATE = "/api/2.2/jobs/create";

describe("requests of any client", function () {
  this.timeout(30_000);
  let workspace: TestWorkspace;
  let admin: Client;
  before(async () => {
    workspace = await new TestWorkspace().start();
    admin = workspace.admin;
  });
  after(() => workspace.stop());

  async function post(body: Body | undefined, headers: Record<string, string> = {}): Promise<[number, Json]> {
    const answer = await admin.fetch("POST", CREATE, body, headers);
    return [answer.status, (await answer.json()) as Json];
  }

  it("reads JSON whatever its content type says, as curl --data sends it", async () => {
    for (const type of ["application/x-www-form-urlencoded", "text/plain", "application/json; charset=utf-8", ""]) {
      const body = Buffer.from('{"name": "curl"}');
      const [status, answer] = await post(body, type ? { "content-type": type } : {});
      assert.equal(status, 200, `${type}: ${JSON.stringify(answer)}`);
      assert.ok(answer.job_id > 0);
    }
  });

  it("takes a token as the password of the user 'token', and no other user's", async () => {
    const as = (user: string, token: string): Promise<Response> =>
      workspace.anonymous().fetch("GET", "/api/2.0/preview/scim/v2/Me", undefined, {
        authorization: `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`,
      });
    assert.equal((await as("token", admin.token!)).status, 200);
    assert.equal((await as("token", "dapi-made-up")).status, 403);
    assert.equal((await as("admin@local.workspace", admin.token!)).status, 401);
  });

  it("refuses what is no JSON, or nested without end, with MALFORMED_REQUEST", async () => {
    const deep = `{"name": "x", "more": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    for (const body of ['{"name": ', "name=x", "<a/>", '{"__proto__": {"a": 1}}', deep]) {
      const [status, answer] = await post(body, { "content-type": "application/json" });
      assert.deepEqual([status, answer.error_code], [400, "MALFORMED_REQUEST"], body.slice(0, 40));
    }
    const answer = await admin.fetch("GET", "/api/2.1/unity-catalog/catalogs/%zz");
    assert.deepEqual([answer.status, ((await answer.json()) as Json).error_code], [400, "MALFORMED_REQUEST"]);
  });

  it("refuses half of a surrogate pair in a body, and takes a whole one and a backslash before its text", async () => {
    const named = (name: string) => post(`{"name": "${name}"}`, { "content-type": "application/json" });
    for (const name of ["\\ud800", "a\\uDFFF", "\\\\\\ud83d"]) {
      const [status, answer] = await named(name);
      assert.deepEqual([status, answer.error_code], [400, "MALFORMED_REQUEST"], name);
    }
    for (const name of ["\\ud83d\\ude00", "😀", "\\\\ud800"]) assert.equal((await named(name))[0], 200, name);
  });

  it("refuses a path with a part that is longer than any name", async () => {
    const path = `/api/2.1/unity-catalog/tables/${"x".repeat(3000)}`;
    assert.match(await admin.refused("INVALID_PARAMETER_VALUE", "GET", path), /longer than any name/);
  });

  it("names the field that is missing or of the wrong type", async () => {
    const wrong: [string, string, unknown, RegExp][] = [
      ["POST", CREATE, { name: 1 }, /^name: .*string/],
      ["POST", CREATE, { tasks: [{ task_key: 5 }] }, /^tasks\.0\.task_key: /],
      ["POST", CREATE, [], /object/],
      ["POST", "/api/2.0/sql/statements", { statement: "SELECT 1" }, /^warehouse_id: is required$/],
      ["GET", "/api/2.2/jobs/get", undefined, /^job_id: is required$/],
      ["GET", "/api/2.2/jobs/get?job_id=abc", undefined, /^job_id: must be a whole number, got "abc"$/],
      ["GET", "/api/2.2/jobs/get?job_id=", undefined, /^job_id: must be a whole number, got ""$/],
      ["GET", "/api/2.2/jobs/get?job_id=1&job_id=2", undefined, /^job_id: must be a whole number/],
    ];
    for (const [method, path, body, message] of wrong) {
      const said = await admin.refused("INVALID_PARAMETER_VALUE", method as "GET", path, body);
      assert.match(said, message);
    }
  });

  it("answers a body above the limit with 413, also to a client that is still sending", async () => {
    const [status] = await post(Buffer.alloc(65 * 1024 * 1024, 0x20), { "content-type": "application/json" });
    assert.equal(status, 413);
  });

  it("of requests at once for one name, one is served and the others are told that it is taken", async () => {
    const at = <T>(make: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 10 }, make));
    const catalogs = await at(() => admin.call("POST", "/api/2.1/unity-catalog/catalogs", { name: "race" }));
    assert.equal(catalogs.filter(({ status }) => status === 200).length, 1);
    assert.equal(catalogs.filter(({ body }) => body.error_code === "CATALOG_ALREADY_EXISTS").length, 9);
    const pipeline = { name: "race", catalog: "main", schema: "default" };
    const pipelines = await at(() => admin.call("POST", "/api/2.0/pipelines", pipeline));
    assert.equal(pipelines.filter(({ status }) => status === 200).length, 1);
    assert.equal(pipelines.filter(({ body }) => body.error_code === "RESOURCE_CONFLICT").length, 9);
  });

  it("says in the OpenAPI document what a path's parameters are, for every route", async () => {
    const { paths } = await admin.ok("GET", "/api/2.0/openapi.json");
    assert.ok(Object.keys(paths).length > 200);
    for (const [path, methods] of Object.entries(paths as Record<string, Record<string, Json>>)) {
      assert.ok(!path.includes("*"), path);
      const named = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name).sort();
      for (const [method, { parameters = [], responses }] of Object.entries(methods)) {
        const described = parameters.filter((p: Json) => p.in === "path").map((p: Json) => p.name);
        assert.deepEqual(described.sort(), named, `${method} ${path}`);
        assert.ok(Object.keys(responses).length > 0, `${method} ${path}`);
      }
    }
  });
});
