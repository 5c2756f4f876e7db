/** Components of what surrounds the pipelines: warehouse, dashboard, alerts, secrets, identities, usage. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rules } from "databricks-governance/rules";
import { ENTITIES } from "../../analysis.ts";
import { settingsOf } from "../../scripts/docs/settings.ts";
import { all, forget, violations } from "./mocks.ts";

const { BudgetPolicy, DeployIdentity, Groups, LakehouseDashboard, LakehouseSecretScope, QualityAlert, SqlWarehouse } =
  await import("../../components/index.ts");

const ROOT = join(import.meta.dirname, "..", "..");

describe("SqlWarehouse", () => {
  beforeEach(forget);

  it("is serverless, small, and stops by itself; analysts may use it", async () => {
    const made = new SqlWarehouse("w1", {
      name: "w",
      tags: { owner: "o" },
      access: [{ group: "analysts", level: "CAN_USE" }],
    });
    const inputs = (await all("SqlEndpoint", made.warehouse))[0]!.inputs;
    assert.equal(inputs.enableServerlessCompute, true);
    assert.deepEqual([inputs.clusterSize, inputs.autoStopMins, inputs.maxNumClusters], ["2X-Small", 10, 1]);
    assert.deepEqual(inputs.tags, { customTags: [{ key: "owner", value: "o" }] });
    const [permissions] = await all("Permissions", made);
    assert.equal(permissions!.inputs.sqlEndpointId, "w1-id");
  });

  it("refuses one that never stops, or has more clusters than the policy pack allows", () => {
    assert.deepEqual(
      violations(() => new SqlWarehouse("w2", { name: "w", autoStopMinutes: 0, maxClusters: 5 })),
      ["autoStopMinutes: 0 is not a whole number from 1 to 60", "maxClusters: 5 is not a whole number from 1 to 4"],
    );
    const { limits } = rules.find(({ name }) => name === "warehouse-bound-cost")!;
    assert.equal(limits!.maxClusters!.default, 4);
    for (const [path, most] of [
      ["warehouse.autoStopMinutes", limits!.maxAutoStopMinutes!.default],
      ["warehouse.maxClusters", limits!.maxClusters!.default],
    ])
      assert.match(settingsOf().find((one) => one.path === path)!.allowed!, new RegExp(`1 to ${most}$`));
  });
});

describe("LakehouseDashboard", () => {
  const ARGS = { name: "d", folder: "/x", warehouseId: "w", catalog: "c" };

  it("takes its definition from the repository, and its tables from the stack's catalog", async () => {
    const source = join(ROOT, "dashboards", "gold.lvdash.json");
    const made = new LakehouseDashboard("d1", { ...ARGS, source });
    const inputs = (await all("Dashboard", made.dashboard))[0]!.inputs;
    assert.equal(inputs.datasetCatalog, "c");
    assert.deepEqual(JSON.parse(inputs.serializedDashboard), JSON.parse(readFileSync(source, "utf8")));
  });

  it("refuses a file that is no dashboard", () => {
    const [missing] = violations(() => new LakehouseDashboard("d2", { ...ARGS, source: "nowhere.lvdash.json" }));
    assert.match(missing!, /source: 'nowhere.lvdash.json' cannot be read/);
    const [other] = violations(() => new LakehouseDashboard("d3", { ...ARGS, source: join(ROOT, "package.json") }));
    assert.match(other!, /has no pages/);
  });

  it("of the program shows columns that the gold tables have", () => {
    const { datasets } = JSON.parse(readFileSync(join(ROOT, "dashboards", "gold.lvdash.json"), "utf8"));
    for (const { queryLines } of datasets as { queryLines: string[] }[]) {
      const [, columns, table] = /^SELECT (.*)\nFROM gold\.(\w+)\n$/.exec(queryLines.join(""))!;
      const sql = readFileSync(join(ROOT, "notebooks", "medallion", "gold", `${table}.sql`), "utf8");
      for (const column of columns!.split(", ").filter((one) => one !== "*"))
        assert.match(sql, new RegExp(`^  ${column} [A-Z]`, "m"), `${table}.${column}`);
    }
  });
});

describe("QualityAlert", () => {
  const ARGS = { name: "q", query: "SELECT 1 AS n", column: "n", above: 0.05, warehouseId: "w", cron: "0 0 * * * ?" };

  it("is raised above its limit, and when the query has no row", async () => {
    const made = new QualityAlert("q1", { ...ARGS, alerts: ["data@acme.io"] });
    const inputs = (await all("AlertV2", made.alert))[0]!.inputs;
    assert.deepEqual(inputs.evaluation.threshold, { value: { doubleValue: 0.05 } });
    assert.equal(inputs.evaluation.comparisonOperator, "GREATER_THAN");
    assert.equal(inputs.evaluation.emptyResultState, "TRIGGERED");
    assert.deepEqual(inputs.evaluation.notification.subscriptions, [{ userEmail: "data@acme.io" }]);
  });

  it("refuses to be heard by nobody", () => {
    assert.match(violations(() => new QualityAlert("q2", { ...ARGS, alerts: [] }))[0]!, /alerts: is empty/);
  });

  it("refuses a schedule that Quartz does not take", () => {
    const [wrong] = violations(() => new QualityAlert("q3", { ...ARGS, cron: "0 0 6 * * MON", alerts: ["a@acme.io"] }));
    assert.match(wrong!, /cron: '0 0 6 \* \* MON' is no Quartz expression: one of day of month and day of week/);
  });

  it("of the program looks into the quarantine of every entity", () => {
    const entities = readFileSync(join(ROOT, "notebooks", "olist", "entities.py"), "utf8");
    assert.deepEqual(
      [...entities.matchAll(/= Entity\(\n {4}"(\w+)"/g)].map(([, name]) => name).sort(),
      [...ENTITIES].sort(),
    );
  });
});

describe("LakehouseSecretScope", () => {
  it("has an entry for each principal, and refers to its secrets", async () => {
    const made = new LakehouseSecretScope("s1", { name: "olist", access: { admins: "MANAGE", pipelines: "READ" } });
    const acls = await all("SecretAcl", made.scope, made);
    assert.deepEqual(
      acls.map(({ inputs }) => [inputs.scope, inputs.principal, inputs.permission]),
      [
        ["olist", "admins", "MANAGE"],
        ["olist", "pipelines", "READ"],
      ],
    );
    const reference = await new Promise((resolve) => made.reference("db").apply(resolve));
    assert.equal(reference, "{{secrets/olist/db}}");
  });

  it("refuses a name that no scope has, and everyone as a manager", () => {
    const found = violations(() => new LakehouseSecretScope("s2", { name: "a b", access: { users: "MANAGE" } }));
    assert.match(found.join("\n"), /name: 'a b'.*\naccess\.users/);
  });
});

describe("identities and usage", () => {
  beforeEach(forget);

  it("make groups with their members", async () => {
    const made = new Groups("g1", { groups: { analysts: ["1", "2"], auditors: [] } });
    assert.equal((await all("Group", made)).length, 2);
    assert.deepEqual(
      (await all("GroupMember", made)).map(({ inputs }) => [inputs.groupId, inputs.memberId]),
      [
        ["g1-analysts-id", "1"],
        ["g1-analysts-id", "2"],
      ],
    );
  });

  it("trust the tokens of one repository's environment, and nobody else's", async () => {
    const subjects = ["repo:acme/lakehouse:environment:prod"];
    const made = new DeployIdentity("i1", { name: "deploy", accountId: "account", subjects });
    const [policy] = await all("ServicePrincipalFederationPolicy", made);
    assert.deepEqual(policy!.inputs.oidcPolicy, {
      issuer: "https://token.actions.githubusercontent.com",
      subject: subjects[0],
      audiences: ["account"],
    });
    const wrong = violations(() => new DeployIdentity("i2", { name: "d", accountId: "a", subjects: ["repo:acme/*"] }));
    assert.match(wrong[0]!, /subjects\[0\]: 'repo:acme\/\*'/);
  });

  it("tag serverless usage", async () => {
    const made = new BudgetPolicy("b1", { name: "b", tags: { team: "data" }, workspaceIds: [7] });
    const [policy] = await all("BudgetPolicy", made.policy);
    assert.deepEqual(policy!.inputs.customTags, [{ key: "team", value: "data" }]);
    assert.deepEqual(policy!.inputs.bindingWorkspaceIds, [7]);
    assert.match(violations(() => new BudgetPolicy("b2", { name: "b", tags: {} }))[0]!, /tags: is empty/);
  });
});
