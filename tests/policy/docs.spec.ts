/** docs/policies.md against the pack, and the checks of others that its rules make. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { CHECKOV_CHECKS, CIS_RECOMMENDATIONS, KICS_QUERIES } from "databricks-governance/other-checks";
import { rules } from "databricks-governance/rules";
import { SAT_CHECKS } from "databricks-governance/sat";
import { DOCS_FILE, render } from "../../scripts/docs/policies.ts";

describe("docs/policies.md", () => {
  it("is what `npm run docs` writes now", () => {
    assert.equal(readFileSync(DOCS_FILE, "utf8"), render());
  });

  it("has a rule for each check of the Security Analysis Tool, or says why none can", () => {
    const made = new Set(rules.flatMap(({ ids }) => ids?.sat ?? []));
    for (const { id, none } of SAT_CHECKS) assert.notEqual(made.has(id), none !== undefined, id);
    assert.equal(SAT_CHECKS.length, 66);
    const known = new Set(SAT_CHECKS.map(({ id }) => id));
    assert.deepEqual(
      [...made].filter((id) => !known.has(id)),
      [],
    );
  });

  for (const [framework, checks] of [
    ["kics", [...KICS_QUERIES, ...CHECKOV_CHECKS]],
    ["cis", CIS_RECOMMENDATIONS],
  ] as const) {
    it(`has a rule for each check of ${framework}, or says why none does`, () => {
      const made = new Set(rules.flatMap(({ ids }) => ids?.[framework] ?? []));
      for (const { id, none } of checks) assert.notEqual(made.has(id), none !== undefined, id);
      assert.deepEqual(
        [...made].filter((made) => !checks.some(({ id }) => id === made)),
        [],
      );
    });
  }
});
