/** Settings of a workspace that programs deploy: IP access lists, settings with etags, Git credentials, init scripts. */
import { strict as assert } from "node:assert";
import { type Client, type Json, TestWorkspace } from "../client.ts";

const LISTS = "/api/2.0/ip-access-lists";
const GIT = "/api/2.0/git-credentials";
const SCRIPTS = "/api/2.0/global-init-scripts";
const setting = (type: string): string => `/api/2.0/settings/types/${type}/names/default`;

describe("settings of the workspace", () => {
  const workspace = new TestWorkspace();
  let admin: Client;
  before(async () => {
    admin = (await workspace.start()).admin;
  });
  after(() => workspace.stop());

  it("keep IP access lists, which are replaced, changed and deleted", async () => {
    const sent = { label: "office", list_type: "ALLOW", ip_addresses: ["192.0.2.0/24", "198.51.100.7"] };
    const { ip_access_list: made } = await admin.ok("POST", LISTS, sent);
    assert.deepEqual([made.address_count, made.enabled, made.label], [2, true, "office"]);
    const path = `${LISTS}/${made.list_id}`;
    await admin.ok("PATCH", path, { label: "home" });
    await admin.ok("PUT", path, { ...sent, ip_addresses: ["203.0.113.1"], enabled: false });
    const { ip_access_list: now } = await admin.ok("GET", path);
    assert.deepEqual([now.ip_addresses, now.enabled, now.created_at], [["203.0.113.1"], false, made.created_at]);
    for (const wrong of ["nowhere", "192.0.2.0/33", "192.0.2", "192.0.2.0/24/8"]) {
      const said = await admin.refused("INVALID_PARAMETER_VALUE", "POST", LISTS, { ...sent, ip_addresses: [wrong] });
      assert.match(said, new RegExp(`'${wrong}'`));
    }
    const many = Array.from({ length: 1000 }, (_, at) => `10.0.${Math.floor(at / 250)}.${at % 250}`);
    await admin.refused("RESOURCE_EXHAUSTED", "POST", LISTS, { ...sent, ip_addresses: many });
    const robot = await workspace.servicePrincipal("robot");
    await robot.client.refused("PERMISSION_DENIED", "GET", LISTS);
    await admin.ok("DELETE", path);
    await admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", path);
  });

  it("change only with the etag of the version they are based on, which a refusal names", async () => {
    const path = setting("default_namespace_ws");
    const body = (etag: string | undefined, value: string): Json => ({
      allow_missing: true,
      field_mask: "namespace.value",
      setting: { etag, setting_name: "default", namespace: { value } },
    });
    const missing = await admin.call("GET", path);
    assert.deepEqual([missing.status, missing.body.error_code], [404, "NOT_FOUND"]);
    const first = await admin.ok("PATCH", path, body(missing.body.details[0].metadata.etag, "main"));
    assert.equal((await admin.ok("GET", path)).namespace.value, "main");
    const late = await admin.call("PATCH", path, body("of another version", "system"));
    assert.deepEqual([late.status, late.body.error_code], [409, "RESOURCE_CONFLICT"]);
    assert.equal(late.body.details[0].metadata.etag, first.etag);
    const second = await admin.ok("PATCH", path, body(first.etag, "system"));
    assert.notEqual(second.etag, first.etag);
    await admin.refused("RESOURCE_CONFLICT", "DELETE", `${path}?etag=${first.etag}`);
    await admin.ok("DELETE", `${path}?etag=${second.etag}`);
    assert.equal((await admin.call("GET", path)).status, 404);
  });

  it("have the value that Databricks starts with, change by part, and are refused by name where there is none", async () => {
    const path = setting("shield_csp_enablement_ws_db");
    const field = "compliance_security_profile_workspace";
    assert.deepEqual((await admin.ok("GET", path))[field], { is_enabled: false, compliance_standards: [] });
    const change = { field_mask: `${field}.is_enabled`, setting: { [field]: { is_enabled: true } } };
    await admin.ok("PATCH", path, change);
    assert.deepEqual((await admin.ok("GET", path))[field], { is_enabled: true, compliance_standards: [] });
    const said = await admin.refused("NOT_IMPLEMENTED", "GET", setting("made_up"));
    assert.match(said, /'made_up' .*restrict_workspace_admins/);
  });

  it("keep Git credentials for who made them, without the secret; repos are refused", async () => {
    const sent = { git_provider: "gitHub", git_username: "ann", personal_access_token: "very secret" };
    const { credential_id } = await admin.ok("POST", GIT, sent);
    await admin.refused("RESOURCE_ALREADY_EXISTS", "POST", GIT, sent);
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", GIT, { ...sent, git_provider: "sourceforge" });
    await admin.ok("PATCH", `${GIT}/${credential_id}`, { ...sent, git_username: "bea" });
    const { credentials } = await admin.ok("GET", GIT);
    assert.equal(credentials[0].git_username, "bea");
    assert.ok(!JSON.stringify(credentials).includes("very secret"));
    const robot = await workspace.servicePrincipal("other");
    assert.deepEqual((await robot.client.ok("GET", GIT)).credentials, []);
    await robot.client.refused("RESOURCE_DOES_NOT_EXIST", "DELETE", `${GIT}/${credential_id}`);
    await admin.ok("DELETE", `${GIT}/${credential_id}`);
    assert.deepEqual((await admin.ok("GET", "/api/2.0/repos")).repos, []);
    await admin.refused("NOT_IMPLEMENTED", "POST", "/api/2.0/repos", { url: "https://example.org/x.git" });
  });

  it("never tell the secrets of a notification destination, which has one type for good", async () => {
    const path = "/api/2.0/notification-destinations";
    const secret = { url: "https://example.org/very-secret", password: "very secret" };
    const made = await admin.ok("POST", path, { display_name: "hook", config: { generic_webhook: secret } });
    assert.deepEqual(
      [made.destination_type, made.config],
      ["WEBHOOK", { generic_webhook: { url_set: true, password_set: true } }],
    );
    const one = `${path}/${made.id}`;
    const sent = { display_name: "hook 2", config: { generic_webhook: { ...secret, url_set: true, username: "ann" } } };
    assert.equal((await admin.ok("PATCH", one, sent)).config.generic_webhook.username_set, true);
    const { results } = await admin.ok("GET", path);
    assert.deepEqual(results, [{ id: made.id, display_name: "hook 2", destination_type: "WEBHOOK" }]);
    assert.ok(!JSON.stringify(await admin.ok("GET", one)).includes("very"));
    const email = { email: { addresses: ["ann@example.org"] } };
    await admin.refused("INVALID_PARAMETER_VALUE", "PATCH", one, { config: email });
    for (const config of [{}, { ...email, slack: { url: "https://example.org" } }, { slack: {} }, { pigeon: {} }]) {
      await admin.refused("INVALID_PARAMETER_VALUE", "POST", path, { display_name: "wrong", config });
    }
    const kept = await admin.ok("POST", path, { display_name: "mail", config: email });
    assert.deepEqual(kept.config, email);
    for (const id of [kept.id, made.id]) await admin.ok("DELETE", `${path}/${id}`);
    await admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", one);
  });

  it("keep global init scripts in the order in which they would run", async () => {
    const add = async (name: string, position?: number): Promise<string> => {
      const script = Buffer.from(`echo ${name}`).toString("base64");
      return (await admin.ok("POST", SCRIPTS, { name, script, position })).script_id as string;
    };
    const names = async (): Promise<string[]> =>
      (await admin.ok("GET", SCRIPTS)).scripts.map(({ name }: Json) => name as string);
    const first = await add("a");
    await add("b");
    await add("c", 0);
    assert.deepEqual(await names(), ["c", "a", "b"]);
    const script = Buffer.from("echo z").toString("base64");
    await admin.ok("PATCH", `${SCRIPTS}/${first}`, { name: "z", script, position: 2 });
    assert.deepEqual(await names(), ["c", "b", "z"]);
    assert.equal((await admin.ok("GET", `${SCRIPTS}/${first}`)).script, script);
    await admin.refused("INVALID_PARAMETER_VALUE", "POST", SCRIPTS, { name: "x", script: "***" });
    await admin.ok("DELETE", `${SCRIPTS}/${first}`);
    assert.deepEqual(await names(), ["c", "b"]);
  });

  it("telemetry of clients is taken, all of it", async () => {
    const sent = { uploadTime: 1, items: [], protoLogs: ["{}", "{}"] };
    assert.deepEqual(await admin.ok("POST", "/telemetry-ext", sent), { errors: [], numSuccess: 0, numProtoSuccess: 2 });
  });
});
