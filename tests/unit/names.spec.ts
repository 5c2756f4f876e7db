import assert from "node:assert/strict";
import { names } from "../../components/names.ts";

describe("names", () => {
  it("gives every environment a catalog of its own", () => {
    assert.equal(names({ project: "olist", environment: "dev" }).catalog, "olist_dev");
    assert.equal(names({ project: "olist", environment: "dev", suffix: "ada" }).catalog, "olist_dev_ada");
    assert.equal(names({ project: "olist", environment: "pr", suffix: "pr_123" }).catalog, "olist_pr_123");
  });
  it("never uploads into a person's folder", () => {
    assert.equal(names({ project: "olist", environment: "prod" }).workspaceRoot, "/Shared/olist_prod");
  });
  it("refuses what Unity Catalog would not take as an unquoted name", () => {
    assert.throws(() => names({ project: "Olist-1", environment: "dev" }), /must match/);
  });
});
