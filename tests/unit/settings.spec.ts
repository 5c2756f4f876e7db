import assert from "node:assert/strict";
import { parseSettings, SettingsError } from "../../settings.ts";

const base: Record<string, string> = {
  "databricks:rateLimit": "30",
  "p:environment": "dev",
  "p:tags": '{"owner":"data-platform","costCenter":"1000"}',
};
const parse = (values: Record<string, string | undefined>, secrets: string[] = []) =>
  parseSettings({
    project: "p",
    stack: "dev",
    values: Object.fromEntries(Object.entries({ ...base, ...values }).filter(([, v]) => v !== undefined)) as Record<
      string,
      string
    >,
    isSecret: (key) => secrets.includes(key),
  });
const message = (values: Record<string, string | undefined>, secrets: string[] = []): string => {
  try {
    parse(values, secrets);
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.message;
  }
  return assert.fail("the settings were accepted");
};

describe("settings", () => {
  it("reads a minimal stack with safe defaults", () => {
    const settings = parse({});
    assert.equal(settings.schedule.paused, true);
    assert.deepEqual(settings.compute, { kind: "serverless" });
    assert.deepEqual(settings.generator, { scale: 1, seed: 42, badShare: 0.01 });
    assert.ok(Object.isFrozen(settings));
  });

  it("names the stack file, the key, the value and what is allowed", () => {
    const text = message({ "p:environment": "staging" });
    for (const part of ["Pulumi.dev.yaml", "p:environment", '"staging"', '"local"', '"prod"']) {
      assert.ok(text.includes(part), `'${part}' is not in: ${text}`);
    }
  });

  it("names a nested key and a missing one", () => {
    assert.match(message({ "p:generator": '{"scale":0,"seed":1,"badShare":0.1}' }), /p:generator\.scale is 0/);
    assert.match(message({ "p:tags": undefined }), /p:tags is missing/);
  });

  it("refuses a key it does not know, with those it knows", () => {
    assert.match(message({ "p:enviroment": "dev" }), /p:enviroment is not a setting; known are environment/);
  });

  it("reports all wrong keys at once", () => {
    const text = message({ "p:environment": "x", "p:suffix": "Bad Suffix" });
    assert.match(text, /2 wrong settings/);
  });

  it("never shows a secret value", () => {
    const text = message({ "p:suffix": "Sup3r-Secret" }, ["p:suffix"]);
    assert.doesNotMatch(text, /Sup3r/);
    assert.match(text, /a secret value/);
  });

  it("asks production for a service principal, an alert address and a workspace", () => {
    const text = message({ "p:environment": "prod" });
    for (const key of ["p:runAs", "p:alerts", "p:workspaceIds"]) assert.ok(text.includes(key), text);
  });

  it("asks a pull request stack for its suffix", () => {
    assert.match(message({ "p:environment": "pr" }), /p:suffix/);
  });
});
