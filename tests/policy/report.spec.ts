/** Reports of policy violations: what the CLI streams, as text, Markdown, JSON and SARIF. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXEMPTIONS_POLICY } from "databricks-governance/register";
import { preview, reportOf } from "../../scripts/policy/events.ts";
import { FORMATS, render } from "../../scripts/policy/formats.ts";

const urn = (name: string): string => `urn:pulumi:dev::shop::databricks:index/job:Job::${name}`;
const event = (policyName: string, enforcementLevel: string, name: string, message: string): string =>
  JSON.stringify({
    policyEvent: { policyName, enforcementLevel, resourceUrn: urn(name), message: `Description.\n${message}` },
  });
const LINES = [
  "not JSON",
  "{ neither is this",
  event("job-require-retries", "advisory", "b", "'b': tasks[0].maxRetries is not set. Set it."),
  event("job-require-run-as", "mandatory", "a", "'a': runAs is | missing <here>. Set it."),
  event(EXEMPTIONS_POLICY, "advisory", "c", "'c': runAs is exempt from job-require-run-as until 2027-01-01: moving"),
  JSON.stringify({ diagnosticEvent: { severity: "error", message: "preview failed\n" } }),
  JSON.stringify({ diagnosticEvent: { severity: "error", message: "no such catalog" } }),
];
const report = reportOf("shop", "dev", LINES);

describe("reports of policy violations", () => {
  it("tell violations, exemptions and other errors apart, mandatory ones first", () => {
    assert.deepEqual(
      report.violations.map(({ rule, level, message }) => [rule, level, message]),
      [
        ["job-require-run-as", "mandatory", "'a': runAs is | missing <here>. Set it."],
        ["job-require-retries", "advisory", "'b': tasks[0].maxRetries is not set. Set it."],
      ],
    );
    assert.equal(report.exemptions.length, 1);
    assert.deepEqual(report.errors, ["no such catalog"]);
  });

  it("name rule, resource and counts in every format", () => {
    for (const format of FORMATS) {
      const text = render(format, report);
      for (const part of ["job-require-run-as", "job-require-retries", "Job::a", "2027-01-01", "no such catalog"])
        assert.ok(text.includes(part), `${format}: ${part}`);
    }
    assert.match(render("text", report), /1 mandatory, 1 advisory, 1 exempt/);
  });

  it("are SARIF with levels, ids of other frameworks, a place and suppressed exemptions", () => {
    const { version, runs } = JSON.parse(render("sarif", report));
    assert.equal(version, "2.1.0");
    const [{ tool, results, invocations }] = runs;
    assert.deepEqual(
      results.map(({ level, suppressions }: { level: string; suppressions?: unknown[] }) => [
        level,
        suppressions?.length ?? 0,
      ]),
      [
        ["error", 0],
        ["warning", 0],
        ["note", 1],
      ],
    );
    for (const { ruleId, ruleIndex, locations } of results) {
      assert.equal(tool.driver.rules[ruleIndex].id, ruleId);
      assert.equal(locations[0].physicalLocation.artifactLocation.uri, "Pulumi.yaml");
    }
    assert.ok(tool.driver.rules[0].properties.tags.includes("SAT/GOV-42"));
    assert.equal(invocations[0].executionSuccessful, false);
    const prints = results.map(
      ({ partialFingerprints }: { partialFingerprints: { resource: string } }) => partialFingerprints.resource,
    );
    assert.equal(new Set(prints).size, 3);
  });

  it("keep Markdown's table whole whatever a message holds", () => {
    const rows = render("markdown", report)
      .split("\n")
      .filter((line) => line.startsWith("|"));
    for (const row of rows) assert.equal(row.replaceAll("\\|", "").split("|").length, 7, row);
    assert.ok(!render("markdown", report).includes("<here>"));
  });

  it("of a preview that failed hold the reason, also when no event does", async () => {
    const dir = mkdtempSync(join(tmpdir(), "policy-report-"));
    try {
      const cli = join(dir, "pulumi");
      writeFileSync(cli, "#!/bin/sh\necho 'error: the policy pack failed to start' >&2\nexit 3\n", { mode: 0o755 });
      writeFileSync(join(dir, "Pulumi.yaml"), "name: shop\n");
      const { code, report: failed } = await preview(cli, [], { cwd: dir, env: process.env, stack: "dev" });
      assert.deepEqual(
        [code, failed.errors],
        [3, ["pulumi preview ended with status 3: error: the policy pack failed to start"]],
      );
      const [{ invocations }] = JSON.parse(render("sarif", failed)).runs;
      assert.equal(invocations[0].executionSuccessful, false);
      for (const format of FORMATS) assert.match(render(format, failed), /failed to start/);
      assert.doesNotMatch(render("markdown", failed), /No rule is violated/);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it("say so when no rule is violated", () => {
    assert.match(render("markdown", reportOf("shop", "dev", [])), /No rule is violated/);
  });
});
