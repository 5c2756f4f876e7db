/** The whole program under Pulumi's mocks: which resources each stack makes, and with what. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";

interface Made {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

const made: Made[] = [];
const IDS: Record<string, (inputs: Record<string, unknown>) => string> = {
  "databricks:index/schema:Schema": (inputs) => `${inputs.catalogName}.${inputs.name}`,
};

pulumi.runtime.setMocks(
  {
    newResource({ type, name, inputs }) {
      made.push({ type, name, inputs });
      return { id: IDS[type]?.(inputs) ?? `${name}-id`, state: inputs };
    },
    call({ token }) {
      throw new Error(`the program calls ${token}, which the mock does not know`);
    },
  },
  "olist-lakehouse",
  "test",
  false,
);
const { LakehouseCatalog } = await import("../../components/catalog.ts");
const { NotebookFolder } = await import("../../components/notebooks.ts");
const { OrchestrationJob } = await import("../../components/job.ts");
const { LakehousePipeline } = await import("../../components/pipeline.ts");

const settled = async (...outputs: pulumi.Output<unknown>[]): Promise<void> => {
  await new Promise((resolve) => pulumi.all(outputs).apply(resolve));
};
const of = (type: string): Made[] =>
  made.filter((resource) => resource.type.startsWith("databricks:") && resource.type.endsWith(`:${type}`));

beforeEach(() => {
  made.length = 0;
});

describe("LakehouseCatalog", () => {
  const schemas = [{ name: "raw", comment: "files", volumes: [{ name: "landing", comment: "files" }] }];

  it("protects data unless told otherwise", async () => {
    const kept = new LakehouseCatalog("c1", { name: "c1", comment: "a catalog", schemas });
    await settled(kept.catalogName, kept.volumes["raw.landing"]!.id);
    assert.equal(of("Catalog")[0]!.inputs.forceDestroy, false);
    made.length = 0;
    const cheap = new LakehouseCatalog("c2", { name: "c2", comment: "a catalog", schemas, protectData: false });
    await settled(cheap.catalogName, cheap.volumes["raw.landing"]!.id);
    assert.equal(of("Catalog")[0]!.inputs.forceDestroy, true);
  });

  it("isolates the catalog when it is bound to workspaces, and is open otherwise", async () => {
    const bound = new LakehouseCatalog("c3", { name: "c3", comment: "a catalog", schemas, workspaceIds: ["1", "2"] });
    await settled(bound.catalogName, bound.volumes["raw.landing"]!.id);
    assert.equal(of("Catalog")[0]!.inputs.isolationMode, "ISOLATED");
    assert.deepEqual(
      of("WorkspaceBinding").map(({ inputs }) => inputs.workspaceId),
      ["1", "2"],
    );
  });

  it("refuses all bad names at once, with their paths", () => {
    assert.throws(
      () =>
        new LakehouseCatalog("c4", {
          name: "C4",
          comment: "a catalog",
          schemas: [
            { name: "ok", comment: "x" },
            { name: "ok", comment: "x", volumes: [{ name: "a b", comment: "x" }] },
          ],
        }),
      (error: unknown) => {
        assert.ok(pulumi.InputPropertiesError.isInstance(error));
        assert.deepEqual(
          error.errors.map(({ propertyPath }) => propertyPath),
          ["name", "schemas", "schemas[1].volumes[0].name"],
        );
        return true;
      },
    );
  });
});

describe("NotebookFolder", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "notebooks-"));
    mkdirSync(join(folder, "a"));
    writeFileSync(join(folder, "a", "job.py"), "# Databricks notebook source\nprint(1)\n");
    writeFileSync(join(folder, "a", "gold.sql"), "-- Databricks notebook source\nSELECT 1\n");
    writeFileSync(join(folder, "a", "helper.py"), "x = 1\n");
    mkdirSync(join(folder, "__pycache__"));
    writeFileSync(join(folder, "__pycache__", "x.pyc"), "");
  });
  after(() => rmSync(folder, { recursive: true }));

  it("uploads notebooks as notebooks, modules as files, and leaves caches out", async () => {
    const uploaded = new NotebookFolder("n", { source: folder, target: "/Shared/x" });
    await settled(uploaded.path);
    assert.deepEqual(
      of("Notebook")
        .map(({ inputs }) => [inputs.path, inputs.language])
        .sort(),
      [
        ["/Shared/x/a/gold", "SQL"],
        ["/Shared/x/a/job", "PYTHON"],
      ],
    );
    assert.deepEqual(
      of("WorkspaceFile").map(({ inputs }) => inputs.path),
      ["/Shared/x/a/helper.py"],
    );
  });

  it("makes every folder before the files in it", async () => {
    const uploaded = new NotebookFolder("n3", { source: folder, target: "/Shared/y" });
    await settled(uploaded.path);
    assert.deepEqual(
      of("Directory").map(({ inputs }) => inputs.path),
      ["/Shared/y", "/Shared/y/a"],
    );
  });

  it("refuses a person's folder", () => {
    assert.throws(() => new NotebookFolder("n2", { source: folder, target: "/Users/someone/x" }), /outside \/Users/);
  });
});

describe("OrchestrationJob", () => {
  it("sends tasks sorted by key, in the order generate, medallion, cdc of their dependencies", async () => {
    const job = new OrchestrationJob("j", {
      name: "job",
      description: "d",
      generatorNotebook: "/Shared/x/generate",
      generatorParameters: {},
      medallionPipelineId: "m",
      cdcPipelineId: "c",
      parameters: { seed: "1", batch: "next" },
      schedule: { cron: "0 0 0/3 * * ?", timezone: "UTC", paused: true },
      tags: {},
    });
    await settled(job.jobId);
    const { inputs } = of("Job")[0]!;
    const tasks = inputs.tasks as { taskKey: string; dependsOns?: { taskKey: string }[] }[];
    assert.deepEqual(
      tasks.map(({ taskKey, dependsOns = [] }) => [taskKey, ...dependsOns.map((d) => d.taskKey)]),
      [["cdc", "medallion"], ["generate"], ["medallion", "generate"]],
    );
    assert.deepEqual(
      (inputs.parameters as { name: string }[]).map(({ name }) => name),
      ["batch", "seed"],
    );
    assert.equal(inputs.maxConcurrentRuns, 1);
    assert.deepEqual(inputs.queue, { enabled: true });
  });
});

describe("LakehousePipeline", () => {
  it("bounds classic compute by a policy and a number of workers", async () => {
    const pipeline = new LakehousePipeline("p", {
      name: "p",
      catalog: "c",
      schema: "s",
      root: "/Shared/x",
      sources: [{ folder: "medallion" }],
      configuration: {},
      tags: { environment: "dev" },
      compute: { kind: "classic", clusterPolicyId: "policy", maxWorkers: 3 },
      eventLog: { schema: "ops", name: "log" },
    });
    await settled(pipeline.pipelineId);
    const { inputs } = of("Pipeline")[0]!;
    assert.deepEqual(inputs.libraries, [{ glob: { include: "/Shared/x/medallion/**" } }]);
    const [cluster] = inputs.clusters as { policyId: string; autoscale: { maxWorkers: number } }[];
    assert.equal(cluster!.policyId, "policy");
    assert.equal(cluster!.autoscale.maxWorkers, 3);
  });
});
