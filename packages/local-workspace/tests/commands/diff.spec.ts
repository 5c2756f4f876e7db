/** `lakehouse diff`: two catalogs of a real workspace, and what is said of their differences. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { type CompareOptions, compareCatalogs, compareExpectations } from "../../src/diff/compare.ts";
import type { CatalogDiff, DatasetDiff } from "../../src/diff/model.ts";
import { headline, render } from "../../src/diff/render.ts";
import { LocalWorkspace } from "../../src/testing.ts";

const ORDERS = "(1, 'a', CAST(10.00 AS DECIMAL(18,2))), (2, 'b', 20.00), (3, 'c', 30.00)";

/** Tables of a catalog: the same on both sides, but for what a case changes. */
function statements(catalog: string, changed: boolean): string[] {
  const table = (name: string, query: string, properties = ""): string =>
    `CREATE TABLE ${catalog}.s.${name} ${properties} AS ${query}`;
  const grain = (columns: string): string => `TBLPROPERTIES ('grain' = '${columns}')`;
  const orders = `SELECT * FROM VALUES ${ORDERS} AS t(id, name, amount)`;
  return [
    `CREATE CATALOG ${catalog}`,
    `CREATE SCHEMA ${catalog}.s`,
    table(
      "same",
      `SELECT *, '/Volumes/${catalog}/raw/f.csv' AS file, map('k', array(1)) AS m FROM (${orders})`,
      grain("id"),
    ),
    table(
      "cents",
      changed ? `SELECT id, name, IF(id = 2, amount + 0.01, amount) amount FROM (${orders})` : orders,
      grain("id"),
    ),
    table("rows", changed ? `${orders} WHERE id > 1 UNION ALL SELECT 4, 'd', 40` : orders, grain("id")),
    table(
      "fan_out",
      changed ? `SELECT o.* FROM (${orders}) o JOIN (SELECT explode(array(1, 2)))` : orders,
      grain("id"),
    ),
    table(
      "columns",
      changed ? `SELECT id, name AS customer, CAST(amount AS DOUBLE) amount FROM (${orders})` : orders,
      grain("id"),
    ),
    table(changed ? "new_name" : "old_name", `${orders} WHERE id < 3`, grain("id")),
    table(changed ? "only_after" : "only_before", `SELECT 1 AS ${changed ? "x" : "y"}`),
    table("keyless", changed ? `${orders} UNION ALL SELECT 1, 'a', 10` : orders),
    table("people", `SELECT 1 AS id, '${changed ? "new" : "old"}@example.com' AS email, 'x' AS other`, grain("id")),
    `ALTER TABLE ${catalog}.s.people ALTER COLUMN email SET TAGS ('pii' = 'email')`,
    table("event_log_p", `SELECT '${catalog}' AS id`),
  ];
}

describe("a comparison of two catalogs", () => {
  let workspace: LocalWorkspace;
  let diff: CatalogDiff;
  const of = (name: string): DatasetDiff => diff.datasets.find((dataset) => dataset.name === `s.${name}`)!;
  const compare = (options: Partial<CompareOptions> = {}): Promise<CatalogDiff> =>
    compareCatalogs(workspace.api, { before: "before", after: "after", ...options });

  before(async () => {
    workspace = await LocalWorkspace.start();
    for (const statement of [...statements("before", false), ...statements("after", true)]) {
      await workspace.api.query(statement);
    }
    diff = await compare();
  });
  after(() => workspace.remove());

  it("leaves out the names of catalogs in paths, and event logs", () => {
    assert.equal(of("same").status, "same");
    assert.equal(of("event_log_p"), undefined);
  });

  it("shows a moved cent with the row, the column and the total", () => {
    const cents = of("cents");
    assert.deepEqual(cents.rows, { before: 3, after: 3, added: 0, removed: 0, changed: 1 });
    assert.deepEqual(cents.changedColumns, { amount: 1 });
    assert.deepEqual(cents.totals, [{ column: "amount", before: "60.00", after: "60.01" }]);
    assert.deepEqual(cents.samples, [
      { change: "changed", key: { id: "2" }, columns: { amount: { before: "20.00", after: "20.01" } } },
    ]);
  });

  it("counts rows that came and went by the key", () => {
    assert.deepEqual(of("rows").rows, { before: 3, after: 3, added: 1, removed: 1, changed: 0 });
    assert.deepEqual(
      of("rows").samples.map(({ change, key }) => [change, key.id]),
      [
        ["removed", "1"],
        ["added", "4"],
      ],
    );
  });

  it("says that a join repeats the key, and by how much totals grew", () => {
    assert.match(of("fan_out").note ?? "", /the key \(id\) repeats 3 times in after/);
    assert.deepEqual(of("fan_out").rows, { before: 3, after: 6, added: 3, removed: 0, changed: 0 });
    assert.deepEqual(
      of("fan_out").totals.find(({ column }) => column === "amount"),
      {
        column: "amount",
        before: "60.00",
        after: "120.00",
      },
    );
  });

  it("sees that a column was renamed and another has a new type", () => {
    assert.deepEqual(of("columns").columns, [
      { name: "customer", change: "renamed", before: "name", after: "customer" },
      { name: "amount", change: "type", before: "decimal(18,2)", after: "double" },
    ]);
  });

  it("sees that a dataset was renamed, and what was added and removed", () => {
    assert.deepEqual([of("new_name").status, of("new_name").previousName], ["renamed", "s.old_name"]);
    assert.equal(of("only_after").status, "added");
    assert.equal(of("only_before").status, "removed");
  });

  it("compares whole rows where no key is declared", () => {
    assert.match(of("keyless").note ?? "", /no key is declared/);
    assert.deepEqual(of("keyless").rows, { before: 3, after: 4, added: 1, removed: 0, changed: 0 });
  });

  it("does not show personal data in samples", () => {
    assert.deepEqual(of("people").samples[0]?.columns, { email: { before: "***", after: "***" } });
    for (const format of ["text", "markdown", "json", "html"] as const) {
      assert.doesNotMatch(render(diff, format), /example\.com/);
    }
  });

  it("says of equal catalogs that they are equal, and how many rows it compared", async () => {
    const same = await compare({ after: "before" });
    assert.equal(same.same, true);
    assert.equal(headline(same), "The data is the same: 9 datasets, 22 rows compared.");
  });

  it("is the same when what differs is to be ignored", async () => {
    const found = await compare({ ignoreDatasets: /^s\.(?!people)/, ignoreColumns: /^email$/ });
    assert.equal(found.same, true, JSON.stringify(found));
  });

  it("names a catalog that does not exist", async () => {
    await assert.rejects(compare({ after: "nowhere" }), /nowhere/);
  });

  it("shows every finding in text and Markdown", () => {
    const text = render(diff, "text");
    for (const part of [
      "column name renamed to customer",
      "total of amount: 60.00 → 60.01",
      "renamed from s.old_name",
    ]) {
      assert.ok(text.includes(part), text);
    }
    assert.match(render(diff, "markdown"), /\| `s\.cents` \| changed \| 3 \| 3 \| 0 \| 0 \| 1 \|/);
  });
});

describe("expectations of two catalogs", () => {
  it("differ when one is gone, new, or counted differently", () => {
    const one = { dataset: "s.t", name: "a", passed: 1, failed: 0 };
    const two = { ...one, name: "b" };
    assert.deepEqual(compareExpectations([one, two], [one]), [
      { dataset: "s.t", name: "b", before: { passed: 1, failed: 0 } },
    ]);
    assert.deepEqual(compareExpectations([one], [{ ...one, failed: 1 }]), [
      { dataset: "s.t", name: "a", before: { passed: 1, failed: 0 }, after: { passed: 1, failed: 1 } },
    ]);
    assert.deepEqual(compareExpectations([one], [one]), []);
  });
});
