/** The page of a run: what it reads from the events, and that it needs nothing else. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PipelineEvent } from "../../scripts/start/follow.ts";
import { parseOptions, UsageError } from "../../scripts/start/options.ts";
import { pipelinePart } from "../../scripts/start/report/model.ts";
import { page } from "../../scripts/start/report/page.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const event = (dataset: string, details: object): PipelineEvent =>
  ({
    id: dataset,
    timestamp: "",
    level: "INFO",
    event_type: "",
    message: "",
    origin: { dataset_name: dataset, flow_name: dataset },
    details,
  }) as PipelineEvent;
const defined = (dataset: string, ...input_datasets: string[]): PipelineEvent =>
  event(dataset, { flow_definition: { input_datasets } });
const ended = (dataset: string, rows: number, quality: object = {}, status = "COMPLETED"): PipelineEvent =>
  event(dataset, { flow_progress: { status, metrics: { num_output_rows: rows }, data_quality: quality } });
const rule = (name: string, dataset: string, passed_records: number, failed_records: number) => ({
  name,
  dataset,
  passed_records,
  failed_records,
});

const EVENTS = [
  defined("shop.bronze.orders"),
  event("orders_valid", { dataset_definition: { dataset_type: "VIEW" } }),
  defined("orders_valid", "shop.bronze.orders"),
  event("orders_valid", { flow_progress: { status: "QUEUED" } }),
  defined("shop.silver.orders", "orders_valid"),
  defined("shop.gold.sales", "shop.silver.orders"),
  ended("shop.bronze.orders", 1_234, { expectations: [rule("given", "shop.bronze.orders", 1_234, 0)] }),
  ended("shop.silver.orders", 1_200, { dropped_records: 34, expectations: [rule("known", "orders_valid", 1_200, 34)] }),
  ended("shop.gold.sales", 0, {}, "FAILED"),
];
const part = pipelinePart("medallion", "shop", EVENTS);
const html = (dataDiff?: string): string =>
  page({
    catalog: "shop <b>",
    ended: "2026-11-29T12:00:00.000Z",
    tasks: [{ name: "generate", seconds: 2.34, result: "SUCCESS" }],
    pipelines: [part],
    figures: ["  orders 5,000"],
    changes: [["customers", "165", "45", "90", "15", "4", "15"]],
    dataDiff,
  });

describe("the page of a run", () => {
  it("has each dataset with its rows, what it reads and how it ended; what failed most stands first", () => {
    assert.deepEqual(
      part.nodes.map(({ label, detail, mood, inputs }) => [label, detail, mood, inputs]),
      [
        ["bronze.orders", "1,234 rows", "good", []],
        ["orders_valid", "view", "", ["shop.bronze.orders"]],
        ["silver.orders", "1,200 rows, 34 dropped", "good", ["orders_valid"]],
        ["gold.sales", "failed", "bad", ["shop.silver.orders"]],
      ],
    );
    assert.deepEqual(
      part.expectations.map(({ name }) => name),
      ["known", "given"],
    );
    const text = html();
    for (const shown of ["2.3", "orders 5,000", "1,200 rows, 34 dropped", "165", "silver.orders"])
      assert.ok(text.includes(shown), shown);
    assert.equal(text.match(/<path d="M /g)?.length, 3);
  });

  it("loads nothing, and takes names and a data diff as text", () => {
    const text = html('<!doctype html><h1 class="x">The data differs</h1><script>alert(1)</script>');
    assert.ok(text.includes("shop &lt;b&gt;"));
    assert.match(text, /<iframe sandbox title="Data diff" srcdoc="&lt;!doctype html&gt;&lt;h1 class=&quot;x&quot;&gt;/);
    assert.ok(!text.includes("<script"));
    assert.deepEqual(text.match(/(src|href)=|url\(|@import/g), null);
    assert.match(text, /Content-Security-Policy" content="default-src 'none'/);
  });

  it("is asked for by flags that are refused by name when they are wrong", () => {
    for (const [args, message] of [
      [["--report", ""], /--report is empty/],
      [["--data-diff", "x.html"], /--data-diff belongs to --report/],
      [["--report", "out", "--data-diff", "missing.html"], /--data-diff is 'missing.html': there is no such file/],
    ] as const)
      assert.throws(
        () => parseOptions(args),
        (error: unknown) => error instanceof UsageError && message.test(error.message),
      );
  });
});

describe("a data diff that was written as JSON", () => {
  it("is shown in another format, and what is no such file is refused by name", () => {
    const dir = mkdtempSync(join(tmpdir(), "olist-render-"));
    const show = (...args: string[]) =>
      spawnSync(process.execPath, [join(ROOT, "scripts", "data-diff", "main.ts"), ...args], { encoding: "utf8" });
    try {
      const file = join(dir, "diff.json");
      const found = { before: "a", after: "b", same: true, rowsCompared: 1_200, datasets: [], expectations: [] };
      writeFileSync(file, JSON.stringify(found));
      const { status, stdout } = show("--render", file, "--format", "markdown");
      assert.deepEqual([status, stdout], [0, "The data is the same: 0 datasets, 1,200 rows compared.\n"]);
      writeFileSync(file, "{}");
      const refused = show("--render", file);
      assert.equal(refused.status, 1);
      assert.match(refused.stderr, /it must be a file that --format json wrote/);
      assert.match(show("main", "--render", file).stderr, /BASE, --scale and --seed do not belong to it/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
