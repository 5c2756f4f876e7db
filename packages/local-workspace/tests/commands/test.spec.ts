/** `lakehouse test` of a pipeline that is deployed in a workspace: its code as it lies there, on an engine of its own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { LocalWorkspace } from "../../src/testing.ts";

const LAKEHOUSE = join(import.meta.dirname, "..", "..", "bin", "lakehouse.cjs");
const FILES: Readonly<Record<string, string>> = {
  "transformations/orders.sql":
    "CREATE OR REFRESH MATERIALIZED VIEW orders AS SELECT id, ${factor} * amount AS amount FROM shop.raw.orders;",
  "tests/test_orders.py": `from pyspark.pipelines.testing import TestPipeline, test_spark

def test_amounts(test_spark):
    test_spark.sql("CREATE TABLE shop.raw.orders AS SELECT 1 AS id, 2 AS amount")
    TestPipeline.active().run(test_spark, {"orders", "clean"})
    assert [tuple(row) for row in test_spark.table("shop.silver.clean").collect()] == [(1, 6)]

def test_that_fails(test_spark):
    assert test_spark.table("shop.silver.orders") is None
`,
};
const NOTEBOOK =
  "# Databricks notebook source\nfrom pyspark import pipelines as dp\n@dp.table\ndef clean():\n    return spark.read.table('orders')\n";

describe("lakehouse test", () => {
  let workspace: LocalWorkspace;

  const lakehouse = (...args: string[]): Promise<{ code: number | null; text: string }> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [LAKEHOUSE, ...args], {
        env: { ...process.env, LAKEHOUSE_DATA_DIR: workspace.dataDir },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let text = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += data));
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, text }));
    });

  before(async () => {
    workspace = await LocalWorkspace.start({ engine: false });
    const root = "/Workspace/shop";
    const put = (path: string, content: string, more: object): Promise<unknown> =>
      workspace.api.post("/api/2.0/workspace/import", {
        path,
        content: Buffer.from(content).toString("base64"),
        ...more,
      });
    for (const folder of ["transformations", "tests"]) {
      await workspace.api.post("/api/2.0/workspace/mkdirs", { path: `${root}/${folder}` });
    }
    for (const [name, content] of Object.entries(FILES)) await put(`${root}/${name}`, content, { format: "AUTO" });
    await put(`${root}/transformations/clean`, NOTEBOOK, { format: "SOURCE", language: "PYTHON" });
    await workspace.api.post("/api/2.0/pipelines", {
      name: "shop",
      catalog: "main",
      schema: "default",
      root_path: root,
      configuration: { factor: "3" },
      libraries: [{ glob: { include: `${root}/transformations/**` } }],
    });
  });
  after(() => workspace.remove());

  it("runs the tests of a deployed pipeline with its settings, and has pytest's exit status", async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("lakehouse-pipeline-"));
    const { code, text } = await lakehouse("test", "--pipeline", "shop", "--catalog", "shop", "--schema", "silver");
    assert.match(text, /1 failed, 1 passed/);
    assert.match(text, /100 % of datasets and expectations exercised/);
    assert.equal(code, 1);
    const left = readdirSync(tmpdir()).filter(
      (name) => name.startsWith("lakehouse-pipeline-") && !before.includes(name),
    );
    assert.deepEqual(left, []);
  });

  it("names a pipeline that is not deployed", async () => {
    const { code, text } = await lakehouse("test", "--pipeline", "nothing");
    assert.equal(code, 1);
    assert.match(text, /^error: There is no pipeline nothing in the workspace/);
  });

  it("says which options are missing", async () => {
    const { code, text } = await lakehouse("test", "--root", ".");
    assert.equal(code, 2);
    assert.match(text, /missing: --catalog, --schema/);
  });
});
