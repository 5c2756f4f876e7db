/** The jobs of a pull request run everything that `npm test` runs. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findSuites } from "../../scripts/test/suites.ts";

const ROOT = join(import.meta.dirname, "..", "..");

describe("the workflow of pull requests", () => {
  it("runs every suite in exactly one job", () => {
    const text = readFileSync(join(ROOT, ".github", "workflows", "pull-request.yml"), "utf8");
    const [, list] = /^ {8}suites:\n((?: {10}- .*\n)+)/m.exec(text)!;
    const suites = list!.split("\n").flatMap((line) => line.replace(/^ *- /, "").split(" ").filter(Boolean));
    assert.deepEqual(suites.sort(), [...findSuites(ROOT).keys()]);
  });
});
