import assert from "node:assert/strict";
import { names } from "../../components/names.ts";

describe("names", () => {
  it("gives every environment a catalog of its own, and every key of one of them, too", () => {
    assert.equal(names({ project: "olist", environment: "dev" }).catalog(), "olist_dev");
    assert.equal(names({ project: "olist", environment: "dev", suffix: "ada" }).catalog(), "olist_dev_ada");
    assert.equal(names({ project: "olist", environment: "pr", suffix: "pr_123" }).catalog(), "olist_pr_123");
    assert.equal(names({ project: "olist", environment: "dev" }).catalog("sales"), "olist_dev_sales");
  });
  it("gives every stack a folder outside /Shared and outside a person's folder", () => {
    assert.equal(names({ project: "olist", environment: "prod" }).folder(), "/olist/prod");
    assert.equal(names({ project: "olist", environment: "pr", suffix: "pr_7" }).folder("code"), "/olist/pr_7/code");
  });
  it("puts the folder below the code root that the settings name", () => {
    const naming = names({ project: "olist", environment: "dev", codeRoot: "/Workspace/teams/data/" });
    assert.equal(naming.folder(), "/teams/data/dev");
  });
  it("refuses what Unity Catalog would not take as an unquoted name", () => {
    assert.throws(() => names({ project: "Olist-1", environment: "dev" }), /must match/);
  });
});
