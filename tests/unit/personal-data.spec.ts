import assert from "node:assert/strict";
import { DECLARED } from "../../personal-data.ts";

describe("declaration of personal data", () => {
  it("has a mask for each kind, and no other", () => {
    const kinds = [...DECLARED.columns, ...DECLARED.unparsed].map(({ kind }) => kind);
    assert.deepEqual(Object.keys(DECLARED.masks).sort(), [...new Set(kinds)].sort());
    for (const [kind, mask] of Object.entries(DECLARED.masks)) assert.match(mask, /\bvalue\b/, kind);
  });
});
