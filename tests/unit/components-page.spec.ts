import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DOCS_FILE, described, render } from "../../scripts/docs/components.ts";

const README = join(import.meta.dirname, "..", "..", "components", "README.md");

describe("docs/components.md", () => {
  it("is what the doc comments say", () => {
    assert.equal(readFileSync(DOCS_FILE, "utf8"), render(), "run npm run docs (scripts/docs/components.ts)");
  });

  it("has the components of the README, each with what it is and takes", () => {
    const listed = [...readFileSync(README, "utf8").matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!);
    assert.deepEqual(
      described().map(({ name }) => name),
      listed.sort(),
    );
    for (const { name, text, args } of described()) {
      assert.notEqual(text, "", name);
      assert.ok(args.length > 1, name);
    }
    assert.doesNotMatch(render(), /\|\s*\|$/m, "a member without a doc comment");
  });
});
