import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

describe("privileges by securable", () => {
  it("are the same text in the components and the local workspace", () => {
    const [components, workspace] = ["components", "packages/local-workspace/src/services/unity-catalog"].map(
      (folder) => readFileSync(join(ROOT, folder, "privilege-lists.ts"), "utf8"),
    );
    assert.equal(workspace, components);
  });
});
