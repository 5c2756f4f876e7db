import { strict as assert } from "node:assert";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { TestWorkspace } from "../client.ts";

const BASE = "/api/2.0/secrets";

describe("secrets", () => {
  const workspace = new TestWorkspace();
  before(async () => {
    await workspace.start();
    await workspace.admin.ok("POST", `${BASE}/scopes/create`, { scope: "app" });
    await workspace.admin.ok("POST", `${BASE}/put`, { scope: "app", key: "k", string_value: "hunter-twelve" });
  });
  after(() => workspace.stop());

  it("gives a secret back after a restart and keeps it nowhere in clear", async () => {
    await workspace.restart();
    const { value } = await workspace.admin.ok("GET", `${BASE}/get?scope=app&key=k`);
    assert.equal(Buffer.from(value, "base64").toString(), "hunter-twelve");
    assert.equal(statSync(join(workspace.dataDir, "secrets.key")).mode & 0o777, 0o600);
    for (const name of ["state.db", "state.db-wal"]) {
      assert.ok(!readFileSync(join(workspace.dataDir, name)).includes("hunter-twelve"), `${name} holds the secret`);
    }
  });

  it("lets others in only by the scope's access list, and tells the engine the same", async () => {
    const { client, name } = await workspace.servicePrincipal("app");
    const get = `${BASE}/get?scope=app&key=k`;
    await client.refused("PERMISSION_DENIED", "GET", get);
    const ask = () => workspace.engine.ask("secrets.get", { scope: "app", key: "k", principal: name });
    await assert.rejects(ask, { errorCode: "PERMISSION_DENIED" });
    await workspace.admin.ok("POST", `${BASE}/acls/put`, { scope: "app", principal: name, permission: "READ" });
    await client.ok("GET", get);
    assert.deepEqual(await ask(), { value: Buffer.from("hunter-twelve").toString("base64") });
    await client.refused("PERMISSION_DENIED", "POST", `${BASE}/put`, { scope: "app", key: "x", string_value: "1" });
    const list = (scope?: string) => workspace.engine.ask("secrets.list", { scope, principal: name });
    assert.deepEqual([await list(), await list("app")], [{ names: ["app"] }, { names: ["k"] }]);
    await workspace.admin.ok("POST", `${BASE}/scopes/create`, { scope: "other" });
    assert.deepEqual(await list(), { names: ["app"] });
    await assert.rejects(() => list("other"), { errorCode: "PERMISSION_DENIED" });
  });

  it("names the scope or key that does not exist, and refuses a scope twice", async () => {
    assert.equal(
      await workspace.admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", `${BASE}/list?scope=no`),
      "Scope no does not exist!",
    );
    await workspace.admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", `${BASE}/get?scope=app&key=no`);
    await workspace.admin.refused("RESOURCE_ALREADY_EXISTS", "POST", `${BASE}/scopes/create`, { scope: "APP" });
  });
});
