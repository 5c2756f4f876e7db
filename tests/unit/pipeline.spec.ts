import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { LakehousePipeline, type LakehousePipelineArgs } from "../../components/pipeline.ts";
import { all, forget, type Made, violations } from "./mocks.ts";

const ARGS = {
  catalog: "c",
  schema: "s",
  root: "/sales/x",
  sources: [{ folder: "medallion" }],
} satisfies LakehousePipelineArgs;

const inputsOf = async (name: string, args: Partial<LakehousePipelineArgs>): Promise<Made["inputs"]> => {
  const component = new LakehousePipeline(name, { ...ARGS, ...args });
  return (await all("Pipeline", component.pipeline)).find((made) => made.name === name)!.inputs;
};

describe("LakehousePipeline", () => {
  beforeEach(forget);

  it("takes folders, globs, notebooks and files, relative to the root or absolute", async () => {
    const { libraries } = await inputsOf("p1", {
      sources: [
        { folder: "medallion" },
        { glob: "/elsewhere/**" },
        { notebook: pulumi.output("gold/report") },
        { file: "/elsewhere/a.sql" },
      ],
    });
    assert.deepEqual(libraries, [
      { glob: { include: "/sales/x/medallion/**" } },
      { glob: { include: "/elsewhere/**" } },
      { notebook: { path: "/sales/x/gold/report" } },
      { file: { path: "/elsewhere/a.sql" } },
    ]);
  });

  it("is serverless, triggered, on the current channel and named for the stack by default", async () => {
    const inputs = await inputsOf("p2", {});
    const { serverless, continuous, channel, development, name, eventLog, notifications } = inputs;
    assert.deepEqual(
      [serverless, continuous, channel, development, name, eventLog, notifications],
      [true, false, "CURRENT", false, "sales_lakehouse_test p2", undefined, undefined],
    );
  });

  it("bounds classic compute by a policy and a number of workers", async () => {
    const compute = { kind: "classic", clusterPolicyId: "policy", nodeTypeId: "m5d.large", maxWorkers: 3 } as const;
    const { clusters, photon } = await inputsOf("p3", { compute, tags: { environment: "dev" } });
    assert.equal(photon, true);
    assert.deepEqual(clusters, [
      {
        label: "default",
        policyId: "policy",
        applyPolicyDefaultValues: true,
        nodeTypeId: "m5d.large",
        enableLocalDiskEncryption: true,
        customTags: { environment: "dev" },
        autoscale: { minWorkers: 1, maxWorkers: 3, mode: "ENHANCED" },
      },
    ]);
  });

  it("passes dependencies, notifications, event log and a principal that is made by the same program", async () => {
    const inputs = await inputsOf("p4", {
      dependencies: ["holidays==0.60"],
      alerts: ["a@example.com"],
      notifications: [{ on: ["on-update-success"], emails: ["b@example.com"] }],
      eventLog: { schema: "ops", name: "log" },
      runAs: pulumi.output("7d0c"),
    });
    assert.deepEqual(inputs.environment, { dependencies: ["holidays==0.60"] });
    assert.deepEqual(inputs.notifications, [
      {
        alerts: ["on-update-failure", "on-update-fatal-failure", "on-flow-failure"],
        emailRecipients: ["a@example.com"],
      },
      { alerts: ["on-update-success"], emailRecipients: ["b@example.com"] },
    ]);
    assert.deepEqual(inputs.eventLog, { catalog: "c", schema: "ops", name: "log" });
    assert.deepEqual(inputs.runAs, { servicePrincipalName: "7d0c" });
  });

  it("refuses every wrong argument at once, with its path", () => {
    const wrong = violations(
      () =>
        new LakehousePipeline("p5", {
          ...ARGS,
          sources: [{ glob: "a/*.py" }],
          compute: { kind: "classic", minWorkers: 4, maxWorkers: 2 },
          dependencies: ["x"],
        }),
    );
    assert.deepEqual(
      wrong.map((violation) => violation.split(":")[0]),
      ["sources[0].glob", "compute.minWorkers", "dependencies"],
    );
  });
});
