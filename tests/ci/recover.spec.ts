/** What `npm run pulumi -- recover` decides, as functions. */
import assert from "node:assert/strict";
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { importFile, withoutPending } from "../../scripts/recover/import.ts";
import { KINDS } from "../../scripts/recover/kinds.ts";
import type { Match, Orphan, Wanted } from "../../scripts/recover/model.ts";
import { parseOptions, UsageError } from "../../scripts/recover/options.ts";
import { actionFor, wantedIn } from "../../scripts/recover/orphans.ts";

const STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";
const PARENT = "urn:pulumi:dev::shop::databricks-lakehouse:index:LakehouseJob::nightly";
const wanted = (kind: string, more: Partial<Wanted> = {}): Wanted => {
  const type = `databricks:index/${kind[0]!.toLowerCase()}${kind.slice(1)}:${kind}`;
  const urn = `urn:pulumi:dev::shop::${type}::it`;
  return { urn, type, kind, parent: undefined, provider: undefined, inputs: {}, ...more };
};
const orphan = (kind: string, match: Partial<Match> = {}, duplicate = false): Orphan => ({
  wanted: wanted(kind),
  match: { id: "1", ours: true, ...match },
  duplicate,
});

describe("recovering what an update made unheard", () => {
  it("imports what carries the stack's marks, and touches nothing that does not", () => {
    assert.equal(actionFor(orphan("Job"), "fix"), "import");
    for (const mode of ["fix", "import", "delete"] as const)
      assert.match(JSON.stringify(actionFor(orphan("Job", { ours: false }), mode)), /marks/);
  });

  it("knows a schema by the stack's mark where the program sets one, else by its comment", async () => {
    const comment = "Files";
    const mine = { comment, properties: { pulumi_stack: "acme/shop/dev" } };
    const others = { comment, properties: { pulumi_stack: "acme/shop/other" } };
    const ours = async (inputs: object, there: object): Promise<boolean> => {
      const api = { get: async (path: string) => (path.includes("/schemas/") ? there : {}) } as unknown as WorkspaceApi;
      const [match] = await KINDS.Schema!.find(api, { catalogName: "c", name: "raw", ...inputs }, { paths: new Set() });
      return match!.ours;
    };
    assert.deepEqual(
      [await ours(mine, mine), await ours(mine, others), await ours(mine, { comment }), await ours({ comment }, mine)],
      [true, false, false, true],
    );
  });

  it("deletes a second one of a name and what cannot be imported, unless that holds data", () => {
    assert.equal(actionFor(orphan("Pipeline", {}, true), "fix"), "delete");
    assert.equal(actionFor(orphan("SqlFunction"), "fix"), "delete");
    const holding = orphan("Pipeline", { holds: "the tables of its updates" }, true);
    for (const mode of ["fix", "delete"] as const)
      assert.match(JSON.stringify(actionFor(holding, mode)), /holds the tables of its updates/);
    assert.match(JSON.stringify(actionFor(orphan("SqlFunction"), "import")), /cannot be imported/);
    assert.equal(actionFor(orphan("Catalog"), "delete"), "delete");
    assert.match(JSON.stringify(actionFor(orphan("Catalog", { holds: "schemas a" }), "delete")), /schemas a/);
  });

  it("takes what a preview would create, with its parent and provider, into the file of the import", () => {
    const metadata = {
      ...{ op: "create", urn: wanted("Job").urn, type: wanted("Job").type },
      provider: "urn:pulumi:dev::shop::pulumi:providers:databricks::default_1_110_0::04da6b54",
      new: { custom: true, parent: PARENT, inputs: { name: "nightly" } },
    };
    const component = { ...metadata, urn: PARENT, type: "c:i:C", new: { custom: false, parent: STACK } };
    const found = wantedIn([{ resourcePreEvent: { metadata } }, { resourcePreEvent: { metadata: component } }]);
    assert.deepEqual(
      found.map(({ inputs }) => inputs.name),
      ["nightly"],
    );
    const second = wanted("Group", { parent: STACK, provider: "urn:p::s::pulumi:providers:databricks::account::id" });
    const file = importFile([
      { wanted: found[0]!, match: { id: "7", ours: true }, duplicate: false },
      { wanted: second, match: { id: "8", ours: true }, duplicate: false },
    ]);
    assert.deepEqual(file, {
      nameTable: { "known-0": PARENT, "known-1": "urn:p::s::pulumi:providers:databricks::account" },
      resources: [
        { type: found[0]!.type, name: "it", id: "7", parent: "known-0", version: "1.110.0" },
        { type: second.type, name: "it", id: "8", provider: "known-1" },
      ],
    });
  });

  it("clears creates that a killed CLI left pending, and keeps what else is pending", () => {
    const { without, count } = withoutPending({
      deployment: { pending_operations: [{ type: "creating" }, { type: "deleting" }] },
    });
    assert.equal(count, 1);
    assert.deepEqual(without.deployment?.pending_operations, [{ type: "deleting" }]);
  });

  it("names the flag that is wrong", () => {
    assert.deepEqual(parseOptions([]), { stack: "local", mode: "list", flags: [] });
    const given = parseOptions(["--stack", "prod", "--fix", "--", "--cwd", "x"]);
    assert.deepEqual(given, { stack: "prod", mode: "fix", flags: ["--cwd", "x"] });
    for (const [args, pattern] of [
      [["--fix", "--delete"], /--fix and --delete exclude each other/],
      [["--all"], /--all/],
      [["prod"], /prod/],
      [["--stack", ""], /--stack needs/],
    ] as const) {
      assert.throws(
        () => parseOptions(args),
        (error) => error instanceof UsageError && pattern.test(error.message),
      );
    }
  });
});
