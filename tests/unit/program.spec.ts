/** The program as it is, under Pulumi's mocks, with each of the stack files that it comes with. */
import assert from "node:assert/strict";
import type { Made } from "./mocks.ts";
import { program } from "./program.ts";

/** Ids in place of the placeholders of Pulumi.prod.yaml. */
const OWN: Record<string, unknown> = {
  runAs: "1b4f8c2e-6a7d-4f3b-8c9e-0d1a2b3c4d5e",
  alerts: ["data@acme.io"],
  compute: { kind: "serverless", budgetPolicyId: "5f7e2c1a-8b3d-4e6f-9a0b-1c2d3e4f5a6b" },
  workspaceIds: ["8372915064738291"],
};
describe("the program", () => {
  const names = (all: Map<string, Made[]>, type: string): string[] =>
    (all.get(type) ?? []).map(({ inputs }) => inputs.name as string).sort();

  for (const [file, more] of [
    ["local", {}],
    ["dev", {}],
    ["pr", { suffix: "pr_123" }],
    ["prod", OWN],
  ] as const)
    it(`masks personal data with the settings of stack ${file}`, async () => {
      const all = await program(file, more);
      assert.equal(all.get("PolicyInfo")?.length, 4);
      assert.equal(all.get("SqlFunction")?.length, 4);
      assert.equal(all.get("SqlEndpoint")?.length, 1);
      const [main] = all.get("Job")!.filter(({ inputs }) => inputs.name.endsWith(" orchestration"));
      assert.deepEqual(
        (main!.inputs.tasks as { taskKey: string }[]).map(({ taskKey }) => taskKey),
        ["cdc", "generate", "medallion", "protect"],
      );
      for (const { inputs } of all.get("PolicyInfo")!) {
        assert.deepEqual(inputs.toPrincipals, ["account users"]);
        const runs = file === "prod" ? OWN.runAs : "deployer@acme.io";
        assert.deepEqual(inputs.exceptPrincipals, ["data-stewards", runs]);
      }
    });

  it("lets the principal that runs the job start the pipelines", async () => {
    const permissions = (await program("prod", OWN)).get("Permissions")!.filter(({ inputs }) => inputs.pipelineId);
    assert.equal(permissions.length, 2);
    for (const { inputs, name } of permissions) {
      const rules = inputs.accessControls as { servicePrincipalName?: string; permissionLevel: string }[];
      const own = rules.filter(({ servicePrincipalName }) => servicePrincipalName === OWN.runAs);
      assert.deepEqual(
        own.map(({ permissionLevel }) => permissionLevel),
        ["CAN_RUN"],
        name,
      );
    }
  });

  it("lets the principal of the quality alerts use their warehouse", async () => {
    const all = await program("prod", OWN);
    assert.equal(all.get("AlertV2")!.length, 2);
    const [{ inputs }] = all.get("Permissions")!.filter((made) => made.inputs.sqlEndpointId) as [Made];
    const rules = inputs.accessControls as { servicePrincipalName?: string; permissionLevel: string }[];
    assert.ok(rules.some((rule) => rule.servicePrincipalName === OWN.runAs && rule.permissionLevel === "CAN_USE"));
  });

  it("lets the readers of gold see its dashboard, and engineers the dashboard and the alerts", async () => {
    const permissions = (await program("prod", OWN)).get("Permissions")!;
    const seenBy = (key: string): string[][] =>
      permissions
        .filter(({ inputs }) => inputs[key] !== undefined)
        .map(({ inputs }) =>
          (inputs.accessControls as { groupName: string; permissionLevel: string }[]).map(
            ({ groupName, permissionLevel }) => `${groupName} ${permissionLevel}`,
          ),
        );
    const watchers = ["platform-admins CAN_MANAGE", "data-engineers CAN_READ"];
    assert.deepEqual(seenBy("dashboardId"), [[...watchers, "analysts CAN_READ"]]);
    assert.deepEqual(seenBy("alertV2Id"), [watchers, watchers]);
  });

  it("of stack pr is named by its suffix, and has a tenth of the data", async () => {
    const all = await program("pr", { suffix: "pr_123" });
    assert.deepEqual(names(all, "Catalog"), ["olist_pr_123"]);
    assert.deepEqual(names(all, "Pipeline"), ["olist_pr_123 cdc", "olist_pr_123 medallion"]);
    assert.equal(all.get("Catalog")![0]!.inputs.forceDestroy, true);
  });

  it("of stack free needs no group, no service principal and no account", async () => {
    const all = await program("free");
    assert.deepEqual(
      all.get("Catalog")!.map(({ inputs, id }) => [id, Object.keys(inputs)]),
      [["workspace", []]],
    );
    assert.deepEqual(names(all, "Schema"), ["bronze", "cdc", "gold", "ops", "raw", "silver"]);
    for (const type of ["Grants", "Permissions", "Group", "ServicePrincipal", "PolicyInfo", "WorkspaceBinding"])
      assert.equal(all.get(type), undefined, type);
    for (const { inputs } of all.get("Pipeline")!) assert.equal(inputs.serverless, true);
    const [main] = all.get("Job")!.filter(({ inputs }) => inputs.name.endsWith(" orchestration"));
    assert.equal(main!.inputs.schedule.pauseStatus, "PAUSED");
  });

  it("makes groups, a usage policy and the identity of CI in the account when the settings ask for it", async () => {
    const account = {
      ...{ id: "9f3c1d7e-5b2a-4c8d-8e6f-0a1b2c3d4e5f", groups: true, budgetPolicy: true },
      deploySubjects: ["repo:acme/lakehouse:environment:prod"],
    };
    const all = await program("prod", { ...OWN, compute: { kind: "serverless" }, account });
    const groups = all
      .get("Group")!
      .map(({ inputs }) => inputs.displayName)
      .sort();
    assert.deepEqual(groups, ["analysts", "auditors", "data-engineers", "data-stewards", "platform-admins"]);
    assert.equal(all.get("MwsPermissionAssignment")!.length, groups.length);
    assert.equal(all.get("ServicePrincipalFederationPolicy")!.length, 1);
    for (const type of ["Pipeline", "Job"])
      for (const { inputs } of all.get(type)!) assert.equal(inputs.budgetPolicyId, "usage-policy", inputs.name);
    const [provider] = all.get("databricks")!;
    assert.equal(provider!.inputs.host, "https://accounts.cloud.databricks.com");
    assert.equal((await program("prod", OWN)).get("Group"), undefined);
  });
});
