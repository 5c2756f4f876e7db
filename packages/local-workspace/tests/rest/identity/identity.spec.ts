import { strict as assert } from "node:assert";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Json, TestWorkspace } from "../client.ts";

const SCIM = "/api/2.0/preview/scim/v2";

describe("identity", () => {
  const workspace = new TestWorkspace();
  before(() => workspace.start());
  after(() => workspace.stop());

  it("refuses a request without a token, or with a wrong one, as Databricks does", async () => {
    const none = await workspace.anonymous().call("GET", `${SCIM}/Me`);
    assert.deepEqual([none.status, none.body.error_code], [401, "UNAUTHENTICATED"]);
    const wrong = await workspace.anonymous("dapi0").call("GET", `${SCIM}/Me`);
    assert.deepEqual(
      [wrong.status, wrong.body],
      [403, { error_code: "PERMISSION_DENIED", message: "Invalid access token." }],
    );
  });

  it("keeps the admin's token over a restart, in a file that only its owner reads, and in no other file", async () => {
    const before = workspace.admin.token!;
    assert.equal(statSync(join(workspace.dataDir, "token")).mode & 0o777, 0o600);
    await workspace.restart();
    assert.equal(workspace.admin.token, before);
    assert.equal((await workspace.admin.ok("GET", `${SCIM}/Me`)).userName, "admin@local.workspace");
    for (const name of ["state.db", "state.db-wal"]) {
      assert.ok(!readFileSync(join(workspace.dataDir, name)).includes(before), `${name} holds the token in clear`);
    }
  });

  it("finds users by filter and pages through them", async () => {
    for (const name of ["ann", "ben", "cid"]) {
      await workspace.admin.ok("POST", `${SCIM}/Users`, { userName: `${name}@page.org` });
    }
    const found = await workspace.admin.ok(
      "GET",
      `${SCIM}/Users?filter=${encodeURIComponent('userName eq "BEN@page.org"')}`,
    );
    assert.deepEqual(
      found.Resources.map((user: Json) => user.userName),
      ["ben@page.org"],
    );
    const filter = encodeURIComponent('(userName ew "@page.org" and not (userName sw \'ann\')) or displayName eq "x"');
    const page = await workspace.admin.ok("GET", `${SCIM}/Users?filter=${filter}&startIndex=2&count=1`);
    assert.equal(page.totalResults, 2);
    assert.deepEqual(
      page.Resources.map((user: Json) => user.userName),
      ["cid@page.org"],
    );
    const bad = await workspace.admin.call("GET", `${SCIM}/Users?filter=${encodeURIComponent("userName like 1")}`);
    assert.deepEqual([bad.status, bad.body.scimType], [400, "invalidFilter"]);
  });

  it("changes a group's members by PATCH, refuses cycles, and forgets members that are deleted", async () => {
    const user = await workspace.admin.ok("POST", `${SCIM}/Users`, { userName: "member@x.org" });
    const inner = await workspace.admin.ok("POST", `${SCIM}/Groups`, { displayName: "inner" });
    const outer = await workspace.admin.ok("POST", `${SCIM}/Groups`, {
      displayName: "outer",
      members: [{ value: inner.id }],
    });
    const patch = (id: string, ...Operations: Json[]) =>
      workspace.admin.call("PATCH", `${SCIM}/Groups/${id}`, { Operations });
    const cycle = await patch(inner.id, { op: "add", path: "members", value: [{ value: outer.id }] });
    assert.equal(cycle.status, 400);
    await patch(inner.id, { op: "add", value: { members: [{ value: user.id }] } });
    assert.deepEqual(
      (await workspace.admin.ok("GET", `${SCIM}/Groups/${inner.id}`)).members.map((m: Json) => m.value),
      [user.id],
    );
    await patch(inner.id, { op: "remove", path: `members[value eq "${user.id}"]` });
    assert.equal((await workspace.admin.ok("GET", `${SCIM}/Groups/${inner.id}`)).members, undefined);
    await patch(inner.id, { op: "add", path: "members", value: [{ value: user.id }] });
    await workspace.admin.ok("DELETE", `${SCIM}/Users/${user.id}`);
    assert.equal((await workspace.admin.ok("GET", `${SCIM}/Groups/${inner.id}`)).members, undefined);
  });

  it("reads a PATCH as identity providers send it: booleans as text, and parts of a name", async () => {
    const { id } = await workspace.admin.ok("POST", `${SCIM}/Users`, { userName: "patch@page.org" });
    const patch = (...Operations: Json[]) => ({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations,
    });
    const change = patch(
      { op: "Replace", path: "active", value: "False" },
      { op: "add", path: "name.givenName", value: "Pat" },
    );
    const changed = await workspace.admin.ok("PATCH", `${SCIM}/Users/${id}`, change);
    assert.deepEqual([changed.active, changed.name], [false, { givenName: "Pat" }]);
    await workspace.admin.ok("PATCH", `${SCIM}/Users/${id}`, patch({ op: "remove", path: "name.givenName" }));
    const entitlements = (value: Json[]) => patch({ op: "replace", path: "entitlements", value });
    await workspace.admin.ok("PATCH", `${SCIM}/Users/${id}`, entitlements([{ value: "workspace-access" }]));
    const emptied = await workspace.admin.ok("PATCH", `${SCIM}/Users/${id}`, entitlements([{}]));
    assert.equal(emptied.entitlements, undefined);
    const odd = await workspace.admin.call(
      "PATCH",
      `${SCIM}/Users/${id}`,
      patch({ op: "replace", path: "active", value: "maybe" }),
    );
    assert.deepEqual([odd.status, odd.body.scimType], [400, "invalidValue"]);
  });

  it("answers a name that is taken and an id that is not there in SCIM's form", async () => {
    await workspace.admin.ok("POST", `${SCIM}/Groups`, { displayName: "twice" });
    const twice = await workspace.admin.call("POST", `${SCIM}/Groups`, { displayName: "twice" });
    assert.deepEqual([twice.status, twice.body.detail], [409, "Group with name twice already exists."]);
    const gone = await workspace.admin.call("GET", `${SCIM}/Users/1`);
    assert.deepEqual([gone.status, gone.body.detail, gone.body.status], [404, "User with id 1 not found.", "404"]);
  });

  it("lets a service principal in by client credentials, until its secret is deleted", async () => {
    const { id, name } = await workspace.servicePrincipal("m2m");
    const path = `/api/2.0/accounts/servicePrincipals/${id}/credentials/secrets`;
    const secret = await workspace.admin.ok("POST", path, {});
    const token = async (password: string) => {
      const answer = await fetch(`${workspace.admin.host}/oidc/v1/token`, {
        method: "POST",
        headers: { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}` },
        body: new URLSearchParams({ grant_type: "client_credentials", scope: "all-apis" }),
      });
      return { status: answer.status, body: (await answer.json()) as Json };
    };
    assert.deepEqual((await token("wrong")).body.error, "invalid_client");
    const client = workspace.anonymous((await token(secret.secret)).body.access_token);
    assert.equal((await client.ok("GET", `${SCIM}/Me`)).displayName, "m2m");
    await workspace.admin.ok("DELETE", `${path}/${secret.id}`);
    assert.equal((await token(secret.secret)).status, 401);
    assert.equal((await client.call("GET", `${SCIM}/Me`)).status, 403);
  });

  it("refuses a token that ran out or was deleted, and a principal that is not active", async () => {
    const { client, id } = await workspace.servicePrincipal("short");
    const own = await client.ok("POST", "/api/2.0/token/create", { comment: "c", lifetime_seconds: 1 });
    const short = workspace.anonymous(own.token_value);
    await short.ok("GET", `${SCIM}/Me`);
    await new Promise((resolve) => setTimeout(resolve, 1050));
    assert.equal((await short.call("GET", `${SCIM}/Me`)).status, 403);
    await workspace.admin.ok("PATCH", `${SCIM}/ServicePrincipals/${id}`, {
      Operations: [{ op: "replace", path: "active", value: false }],
    });
    assert.equal((await client.call("GET", `${SCIM}/Me`)).status, 403);
  });

  it("lets only admins manage identities and other people's tokens", async () => {
    const { client } = await workspace.servicePrincipal("plain");
    assert.equal((await client.call("POST", `${SCIM}/Users`, { userName: "a@b.c" })).status, 403);
    await client.refused("PERMISSION_DENIED", "GET", "/api/2.0/token-management/tokens");
  });
});
