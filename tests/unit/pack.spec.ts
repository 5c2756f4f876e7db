/** The policy pack's configuration of a stack, and limits that stand in the settings and in the pack. */
import assert from "node:assert/strict";
import { rules } from "databricks-governance/rules";
import { withSettings } from "../../scripts/stack/pack.ts";
import { described } from "../../settings/schema.ts";
import { LEAST_MINUTES_BETWEEN_RUNS } from "../../settings/values.ts";

const limitOf = (rule: string, limit: string): unknown =>
  rules.find(({ name }) => name === rule)?.limits?.[limit]?.default;

describe("the policy pack's configuration of a stack", () => {
  it("allows the principals that the stack's settings name, beside those of the file", () => {
    const config = {
      "uc-require-comment": "advisory",
      "grant-require-groups": { servicePrincipals: ["b"] },
      "grant-restrict-manage": "mandatory",
      "job-require-acl": "disabled",
    };
    assert.deepEqual(withSettings(config, { runAs: "a", roles: { platformAdmins: "lake-admins" } }), {
      "uc-require-comment": "advisory",
      "grant-require-groups": { servicePrincipals: ["b", "a"] },
      "grant-restrict-manage": { enforcementLevel: "mandatory", admins: ["lake-admins"] },
      "job-require-acl": "disabled",
      "source-require-root": { roots: ["/Workspace/olist"] },
    });
    assert.deepEqual(withSettings({}, { roles: {}, codeRoot: "/Workspace/x" }), {
      "job-require-acl": { admins: ["admins"] },
      "source-require-root": { roots: ["/Workspace/x"] },
    });
  });
});

describe("limits of the settings", () => {
  it("are those of the policy pack", () => {
    assert.equal(LEAST_MINUTES_BETWEEN_RUNS, limitOf("job-limit-schedule", "minMinutes"));
    const classic = described.properties?.compute?.oneOf?.find(({ properties }) => properties?.maxWorkers);
    const most = limitOf("pipeline-require-bounded-compute", "maxWorkers");
    assert.match(classic?.properties?.maxWorkers?.allowed ?? "", new RegExp(`1 to ${most}$`));
    assert.deepEqual([...(limitOf("require-tags", "tags") as string[])].sort(), [
      "cost_center",
      "environment",
      "owner",
    ]);
  });
});
