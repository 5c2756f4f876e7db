import assert from "node:assert/strict";
import { parseSettings, type Settings, SettingsError } from "../../settings.ts";

const base: Record<string, string> = {
  "databricks:rateLimit": "30",
  "p:environment": "dev",
  "p:tags": '{"owner":"data-platform","costCenter":"1000"}',
};
const PROD = {
  "p:environment": "prod",
  "p:runAs": "1b4f8c2e-6a7d-4f3b-8c9e-0d1a2b3c4d5e",
  "p:alerts": '["data@acme.io"]',
  "p:workspaceIds": '["8372915064738291"]',
};
type Values = Record<string, string | undefined>;

const parse = (values: Values, secrets: string[] = [], stack = "s"): Settings =>
  parseSettings({
    project: "p",
    stack,
    values: Object.fromEntries(Object.entries({ ...base, ...values }).filter(([, v]) => v !== undefined)) as Record<
      string,
      string
    >,
    others: { databricks: ["host", "rateLimit"] },
    isSecret: (key) => secrets.includes(key),
  });
const message = (values: Values, secrets: string[] = [], stack = "s"): string => {
  try {
    parse(values, secrets, stack);
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.message;
  }
  return assert.fail(`the settings were accepted: ${JSON.stringify(values)}`);
};

const at = (key: string, value: unknown): Values => {
  const [name = "", ...rest] = key.split(".");
  const nested = rest.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
  const tags = name === "tags" ? { owner: "o", costCenter: "c", ...(nested as object) } : nested;
  return { [`p:${name}`]: typeof tags === "string" ? tags : JSON.stringify(tags) };
};
const CRON = "schedule.cron";
const TIMES = "at least 15 minutes apart";
const NOT_A_GROUP = "must be a group";

/** Key, value, and what the error has to say beside both. */
const WRONG: [key: string, value: unknown, says: string][] = [
  ["environment", "staging", '"prod"'],
  ["environment", "", '"prod"'],
  ["environment", "Dev", '"dev"'],
  ["suffix", "Bad Suffix", "a-z, 0-9 and _"],
  ["suffix", "x".repeat(31), "1 to 30"],
  ["suffix", "pr-12", "a-z, 0-9 and _"],
  ["suffix", "12.5", "a-z, 0-9 and _"],
  ["suffix", "", "1 to 30"],
  ["existingCatalog", "My Catalog", "a letter first"],
  ["existingCatalog", "1st", "a letter first"],
  ["codeRoot", "olist", "absolute"],
  ["codeRoot", "/Shared/olist", "not in /Shared"],
  ["codeRoot", "/Workspace/Shared", "not in /Shared"],
  ["codeRoot", "/Workspace/olist/", "absolute"],
  ["codeRoot", "/Workspace/../Shared/x", "absolute"],
  ["tags.owner", "", "1 to 255"],
  ["tags.owner", " data ", "without spaces around"],
  ["tags.owner", "équipe", "letters, digits"],
  ["tags.owner", "x".repeat(256), "1 to 255"],
  ["tags.costCenter", true, "in quotes"],
  ["tags.costCenter", 10.5, "in quotes"],
  ["tags.costCenter", ["1"], "must be text"],
  ["tags.team", "a", "known are owner, costCenter"],
  ["roles", "analysts", "group of settings"],
  ["roles.analysts", "", "without spaces"],
  ["roles.analysts", "analysts ", "without spaces"],
  ["roles.analysts", "users", "holds everyone"],
  ["roles.analysts", "account users", "holds everyone"],
  ["roles.dataEngineers", "admins", "belongs to one workspace"],
  ["roles.dataEngineers", "ada@acme.io", NOT_A_GROUP],
  ["roles.dataEngineers", "1b4f8c2e-6a7d-4f3b-8c9e-0d1a2b3c4d5e", NOT_A_GROUP],
  ["roles.auditors", "a`b", "control characters"],
  ["roles.auditors", "a\nb", "control characters"],
  ["roles.analyst", "analysts", "known are platformAdmins, dataEngineers, analysts, auditors"],
  ["runAs", "ada@acme.io", "application id"],
  ["runAs", "1b4f8c2e6a7d4f3b8c9e0d1a2b3c4d5e", "a UUID"],
  ["runAs", "12345", "a UUID"],
  ["alerts", "data@acme.io", "must be a list"],
  ["alerts", ["data"], "an e-mail address"],
  ["alerts", ["Data <data@acme.io>"], "an e-mail address"],
  ["alerts", ["a@acme.io", "a@acme.io"], "twice"],
  ["alerts", [7], "an e-mail address"],
  [CRON, "hourly", "1 fields"],
  [CRON, "", "0 fields"],
  [CRON, "0 0 * * *", "5 fields"],
  [CRON, "0 0 0 * * ? 2030 x", "8 fields"],
  [CRON, "0 0 0 * * *", "only one"],
  [CRON, "0 0 0 ? * ?", "only one"],
  [CRON, "60 0 0 * * ?", "seconds"],
  [CRON, "0 60 0 * * ?", "minutes"],
  [CRON, "0 0 24 * * ?", "hours"],
  [CRON, "0 0 -1 * * ?", "hours"],
  [CRON, "0 0 0 0 * ?", "day of month"],
  [CRON, "0 0 0 32 * ?", "day of month"],
  [CRON, "0 0 0 32W * ?", "day of month"],
  [CRON, "0 0 0 1W,15W * ?", "day of month"],
  [CRON, "0 0 0 L-31 * ?", "30 days"],
  [CRON, "0 0 0 30 FEB ?", "such a day"],
  [CRON, "0 0 0 1 13 ?", "JAN to DEC"],
  [CRON, "0 0 0 1 JANUARY ?", "JAN to DEC"],
  [CRON, "0 0 0 ? * 0", "SUN to SAT"],
  [CRON, "0 0 0 ? * MON#6", "1 to 5"],
  [CRON, "0 0 0 ? * MONDAY", "SUN to SAT"],
  [CRON, "0 0 0 ? * MON,", "malformed"],
  [CRON, "0 0 0 ? * LMON", "day of week"],
  [CRON, "0 0 0/0 * * ?", "step of hours"],
  [CRON, "0 0 0/2/3 * * ?", "hours"],
  [CRON, "0 0 1-2-3 * * ?", "malformed range"],
  [CRON, "0 0 0 * * ? 2020", "over"],
  [CRON, "0 0 0 * * ? 2035-2030", "ends before"],
  [CRON, "0 0 0 * * ? 2100", "year"],
  [CRON, "0 0/5 * * * ?", TIMES],
  [CRON, "* 0 0 * * ?", TIMES],
  [CRON, "0 0,50 0,23 * * ?", TIMES],
  ["schedule.timezone", "Mars/Phobos", "IANA"],
  ["schedule.timezone", "europe/berlin", "IANA"],
  ["schedule.timezone", "+02:00", "IANA"],
  ["schedule.timezone", "PST", "IANA"],
  ["schedule.timezone", "", "IANA"],
  ["schedule.paused", "no", "true or false"],
  ["schedule.paused", 0, "true or false"],
  ["schedule.timeZone", "UTC", "known are cron, timezone, paused"],
  ["compute", "serverless", "group of settings"],
  ["compute.kind", "spot", "serverless"],
  ["compute", { kind: "serverless", maxWorkers: 2 }, "known are kind, budgetPolicyId"],
  ["compute", { kind: "serverless", budgetPolicyId: "budget" }, "a UUID"],
  ["compute", { kind: "classic", maxWorkers: 2 }, "p:compute.clusterPolicyId is missing"],
  ["compute", { kind: "classic", clusterPolicyId: "small", maxWorkers: 2 }, "16 hexadecimal digits"],
  ["compute", { kind: "classic", clusterPolicyId: "E0123456789ABCDE", maxWorkers: 9 }, "1 to 8"],
  ["compute", { kind: "classic", clusterPolicyId: "E0123456789ABCDE", maxWorkers: 1.5 }, "whole number"],
  ["generator.scale", 0, "0.001 to 1000"],
  ["generator.scale", "big", "0.001 to 1000"],
  ["generator.seed", -1, "whole number from 0"],
  ["generator.seed", 1.5, "whole number from 0"],
  ["generator.badShare", 0.6, "0 to 0.5"],
  ["generator.badShare", "1%", "0 to 0.5"],
  ["storageRoot", "https://acme.s3.amazonaws.com/x", "s3://<bucket>/<path>"],
  ["storageRoot", "s3://", "s3://<bucket>/<path>"],
  ["storageRoot", "s3://Acme/x", "s3://<bucket>/<path>"],
  ["storageRoot", "s3a://acme-data/x", "s3://<bucket>/<path>"],
  ["storageRoot", "dbfs:/x", "s3://<bucket>/<path>"],
  ["storageRoot", "s3://acme-data/a//b", "plain names"],
  ["storageRoot", "s3://acme-data/../b", "plain names"],
  ["storageRoot", "s3://acme-data/a?b=c", "plain names"],
  ["storageRoot", "abfss://data@acme.blob.core.windows.net/x", "abfss://<container>@<account>"],
  ["storageRoot", "abfss://acme.dfs.core.windows.net/x", "abfss://<container>@<account>"],
  ["workspaceIds", ["my-workspace"], "digits"],
  ["workspaceIds", ["0"], "digits"],
  ["workspaceIds", ["1", "1"], "twice"],
  ["workspaceIds", 8372915064738291, "must be a list"],
  ["workspaceId", "1", "known are environment"],
  ["personalData", true, NOT_A_GROUP],
  ["account.id", "acme", "a UUID"],
  ["account", { groups: true }, "p:account.id is missing"],
  ["account.host", "https://acme.cloud.databricks.com", "accounts.cloud.databricks.com"],
  ["account.deploySubjects", ["repo:acme/*"], "without wildcards"],
  ["personalData", {}, "requires a warehouse"],
  ["personalData.tagPolicy", "no", "true or false"],
];

describe("settings", () => {
  it("reads a minimal stack with safe defaults", () => {
    const settings = parse({});
    assert.equal(settings.schedule.paused, true);
    assert.deepEqual(settings.compute, { kind: "serverless" });
    assert.deepEqual(settings.generator, { scale: 1, seed: 42, badShare: 0.01 });
    assert.ok(Object.isFrozen(settings) && Object.isFrozen(settings.schedule));
  });

  it("refuses each wrong setting, naming file, key, value and what is allowed", () => {
    assert.ok(WRONG.length >= 60);
    for (const [key, value, says] of WRONG) {
      const said = message(at(key, value));
      const shown = typeof value === "object" ? "" : JSON.stringify(value);
      const unknown = says.startsWith("known are");
      for (const part of ["Pulumi.s.yaml", `p:${key}`, says, ...(unknown ? [] : [shown])])
        assert.ok(said.includes(part), `${key} = ${JSON.stringify(value)}: '${part}' is not in: ${said}`);
    }
  });

  it("never shows the value of a wrong setting that is a secret", () => {
    for (const [key, value] of WRONG) {
      const said = message(at(key, value), [`p:${key.split(".")[0]}`]);
      for (const hidden of [value].flat().filter((one) => typeof one === "string" && one !== ""))
        assert.ok(!said.includes(JSON.stringify(hidden)), `${key}: ${said}`);
    }
    const text = message({ "p:suffix": "Sup3r-Secret" }, ["p:suffix"]);
    assert.doesNotMatch(text, /Sup3r/);
    assert.match(text, /p:suffix is a secret value that is not allowed: must be 1 to 30 of/);
  });

  it("reports all wrong keys at once", () => {
    const text = message({ "p:environment": "x", "p:suffix": "Bad Suffix", "q:suffix": "a" });
    assert.match(text, /3 wrong settings/);
  });

  it("takes digits as text where text is meant, in quotes or not, and numbers that are written as text", () => {
    const settings = parse({ ...at("tags.costCenter", 1000), "p:suffix": "123", ...at("generator.badShare", "0.5") });
    assert.equal(settings.tags.costCenter, "1000");
    assert.equal(parse(at("tags.costCenter", "0100")).tags.costCenter, "0100");
    assert.equal(settings.suffix, "123");
    assert.equal(settings.generator.badShare, 0.5);
    assert.deepEqual(parse(at("workspaceIds", [8372915064738291])).workspaceIds, ["8372915064738291"]);
    assert.match(message({ "p:workspaceIds": "[83729150647382911]" }), /in quotes/);
  });

  it("takes the forms of Quartz", () => {
    for (const cron of [
      "0 0 0/3 * * ?",
      "0 15 10 ? * MON-FRI",
      "0 15 10 ? * 6L 2027-2030",
      "0 0 12 1/5 * ?",
      "0 0 0 L-3 * ?",
      "0 0 0 LW * ?",
      "0 0 0 15W JAN,jul ?",
      "0 0 22-2 ? * fri#3",
      "0 0 0 29 FEB ?",
      "0 */15 * ? * *",
      "0 0 0 ? * FRI-MON *",
    ])
      assert.equal(parse(at(CRON, cron)).schedule.cron, cron);
  });

  it("takes canonical names of time zones and older ones", () => {
    for (const zone of ["UTC", "Europe/Berlin", "US/Pacific", "Asia/Kolkata", "Asia/Calcutta", "Etc/GMT+1", "CET"])
      assert.equal(parse(at("schedule.timezone", zone)).schedule.timezone, zone);
  });

  it("takes a storage root on each cloud", () => {
    for (const url of [
      "s3://acme-data",
      "s3://acme-data/lake/olist/",
      "gs://acme_data/lake",
      "abfss://lake@acmedata.dfs.core.windows.net/olist",
    ])
      assert.equal(parse({ "p:storageRoot": url }).storageRoot, url);
  });

  it("names keys of another project, a misspelt namespace, and misspelt settings of the provider", () => {
    assert.match(
      message({ "olist:suffix": "a" }),
      /olist:suffix is in the namespace 'olist'.*namespaces are p, databricks/,
    );
    assert.match(message({ "databrick:host": "a" }), /'databrick', which nothing here reads/);
    assert.match(message({ "databricks:ratelimit": "a" }), /databricks:ratelimit is not a setting.*rateLimit/);
  });

  it("asks production for a service principal, an alert address and a workspace", () => {
    const text = message({ "p:environment": "prod" });
    for (const key of ["p:runAs", "p:alerts", "p:workspaceIds"]) assert.ok(text.includes(key), text);
    assert.equal(parse(PROD).environment, "prod");
    assert.match(message({ ...PROD, "p:suffix": "x" }), /p:suffix is "x": is not allowed in prod/);
  });

  it("leaves a catalog of somebody else's as it is", () => {
    const beside = { "p:existingCatalog": "workspace" };
    assert.equal(parse(beside).existingCatalog, "workspace");
    assert.match(message({ ...PROD, ...beside }), /p:existingCatalog is "workspace": is not allowed in prod/);
    for (const [key, value] of [
      ["storageRoot", "s3://acme-data/x"],
      ["workspaceIds", '["8372915064738291"]'],
      ["personalData", "{}"],
    ])
      assert.match(message({ ...beside, [`p:${key}`]: value! }), new RegExp(`p:${key} .*beside existingCatalog`));
  });

  it("asks a pull request stack for its suffix, and a stack for the environment of its name", () => {
    assert.match(message({ "p:environment": "pr" }), /p:suffix/);
    assert.match(message({}, [], "prod"), /p:environment must be "prod"/);
  });

  it("refuses what the local workspace cannot have", () => {
    const local = { "p:environment": "local" };
    assert.match(message({ ...local, "p:storageRoot": "s3://acme-data/x" }), /p:storageRoot/);
    assert.match(message({ ...local, "p:workspaceIds": '["1"]' }), /p:workspaceIds/);
  });

  it("stops at placeholders, naming each and what belongs there", () => {
    const text = message({
      ...PROD,
      "p:runAs": "00000000-0000-4000-8000-000000000001",
      "p:alerts": '["data@acme.io","data@example.com"]',
      "p:compute": '{"kind":"serverless","budgetPolicyId":"00000000-0000-4000-8000-000000000002"}',
      "p:workspaceIds": '["1234567890123456"]',
      "p:storageRoot": "s3://your-bucket/x",
    });
    for (const [key, instead] of [
      ["runAs", "the application id"],
      ["alerts[1]", "an address that somebody reads"],
      ["compute.budgetPolicyId", "usage policy"],
      ["workspaceIds[0]", "the digits after"],
      ["storageRoot", "external location"],
    ])
      assert.match(
        text,
        new RegExp(`p:${key!.replace(/[[\]]/g, "\\$&")} is ".*": is a placeholder; put here .*${instead}`),
      );
    assert.match(text, /5 wrong settings/);
    assert.match(
      message({ ...PROD, "p:runAs": "00000000-0000-4000-8000-000000000001" }, ["p:runAs"]),
      /placeholder|secret/,
    );
  });
});
