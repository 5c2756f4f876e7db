/** What is built from the locked Go modules is what `versions.ts` names. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DATABRICKS_PLUGIN, PULUMI_CLI } from "../src/versions.ts";

const file = (...path: string[]): string => readFileSync(join(import.meta.dirname, "..", "src", "go", ...path), "utf8");

describe("the locked Go modules", () => {
  it("build the CLI of the version that a download would bring", () => {
    assert.match(file("go.mod"), new RegExp(`^\\tgithub.com/pulumi/pulumi/pkg/v3 v${PULUMI_CLI}$`, "m"));
  });

  it("build the plugin of the version that the npm SDK wants", () => {
    assert.match(file("info", "info.go"), new RegExp(`^const Version = "${DATABRICKS_PLUGIN}"$`, "m"));
  });
});
