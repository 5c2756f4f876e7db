/** docs/policies.md against the pack. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { DOCS_FILE, render } from "../../scripts/docs/policies.ts";

describe("docs/policies.md", () => {
  it("is what `npm run docs` writes now", () => {
    assert.equal(readFileSync(DOCS_FILE, "utf8"), render());
  });
});
