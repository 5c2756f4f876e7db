/** The pipelines' own unit tests (notebooks/tests), which Databricks' editor runs as they are, by the command `lakehouse test`. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
const LAKEHOUSE = join(ROOT, "packages", "local-workspace", "bin", "lakehouse.cjs");

/** Runs the tests of a pipeline. Answers what pytest and the table of coverage say. */
function test(pipeline: string, schema: string, coverage: number): string {
  const pipelineArgs = ["--root", "notebooks", "--include", `${pipeline}/**`, "--catalog", "olist", "--schema", schema];
  const paths = ["landing", "changes"].flatMap((volume) => [
    "--configuration",
    `olist.${volume}_path=/Volumes/olist/raw/${volume}`,
  ]);
  const args = ["test", ...pipelineArgs, ...paths, "--require-coverage", String(coverage), "--", `tests/${pipeline}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, [LAKEHOUSE, ...args], { cwd: ROOT, encoding: "utf8" });
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  return stdout;
}

describe("the pipelines' unit tests", () => {
  it("hold for the medallion: every rule, quarantine, late items, every gold view", () => {
    const text = test("medallion", "silver", 45);
    for (const view of ["sales_performance", "customer_segments", "logistics_efficiency", "seller_quality"])
      assert.match(text, new RegExp(`olist\\.gold\\.${view} +[1-9]`));
    assert.match(text, /5 passed/);
  });

  it("hold for change data capture: events that count, quarantine, both kinds of dimension", () => {
    assert.match(test("cdc", "cdc", 20), /3 passed/);
  });
});
