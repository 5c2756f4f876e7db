/** The pack with the real CLI and provider, on a program that uses none of this project's components. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rules } from "databricks-governance/rules";
import { LocalWorkspace } from "lakehouse-local-workspace/testing";
import { reportOf } from "../../scripts/policy/events.ts";
import { render } from "../../scripts/policy/formats.ts";
import type { Break } from "./break.ts";
import { accountBreaks } from "./breaks-account.ts";
import { computeBreaks } from "./breaks-compute.ts";
import { dataBreaks } from "./breaks-data.ts";
import { platformBreaks } from "./breaks-platform.ts";
import { sourceBreaks } from "./breaks-sources.ts";
import { workBreaks } from "./breaks-work.ts";
import { type Outcome, Project } from "./cli.ts";
import { FIXTURES, resource, withCompanion } from "./fixtures.ts";
import { type Sent, urnOf } from "./pack.ts";

const REMEDIATED = rules.filter(({ level }) => level === "remediate").map(({ name }) => name);
const nameOf = (urn: string): string => urn.split("::").pop()!;

/** One bad program a rule: its first way to break it. */
const FIRST = [
  ...Map.groupBy(
    [...dataBreaks, ...workBreaks, ...sourceBreaks, ...computeBreaks, ...accountBreaks, ...platformBreaks],
    ({ rule }) => rule,
  ).values(),
].map(([first]) => first!);
const kindOf = ({ rule }: Break): string => rules.find(({ name }) => name === rule)!.kind;

/** Names that must not be given twice in a program. */
const withOwnName = (props: Sent["props"], prefix: string): Sent["props"] =>
  Object.fromEntries(
    Object.entries(props).map(([key, value]) =>
      /^(name|clusterName|instancePoolName)$/.test(key) && typeof value === "string" && /^[a-z]+$/.test(value)
        ? [key, `${prefix}_${value}`.replaceAll("-", "_").toLowerCase()]
        : [key, value],
    ),
  );

/** Resources under names of their own, so that several programs fit one preview. */
function renamed(all: readonly Sent[], prefix: string): Sent[] {
  const urns = new Map(all.map((sent) => [urnOf(sent), urnOf({ ...sent, name: `${prefix}-${sent.name}` })]));
  return all.map((sent) => ({
    ...sent,
    name: `${prefix}-${sent.name}`,
    props: withOwnName(sent.props, prefix),
    dependencies: Object.fromEntries(
      Object.entries(sent.dependencies ?? {}).map(([property, from]) => [property, from.map((urn) => urns.get(urn)!)]),
    ),
  }));
}

function assertViolations(outcome: Outcome, expected: readonly string[]): void {
  const found = outcome.violations.map(({ policyName, resourceUrn }) => `${policyName} ${nameOf(resourceUrn)}`);
  assert.deepEqual(found.sort(), [...expected].sort(), outcome.errors.join("\n"));
  assert.deepEqual(outcome.errors, []);
}

describe("the policy pack in pulumi preview and up", () => {
  let workspace: LocalWorkspace;
  const projects: Project[] = [];
  const project = async (...resources: Sent[]): Promise<Project> => {
    const made = new Project(workspace);
    projects.push(made);
    await made.init();
    made.resources(resources);
    return made;
  };

  before(async () => {
    workspace = await LocalWorkspace.start({ engine: false });
  });
  after(async () => {
    for (const made of projects) made.remove();
    await workspace?.remove();
  });

  it("lets a program pass that keeps to the rules, with production's configuration", async () => {
    const good = Object.keys(FIXTURES).flatMap((type) => renamed(withCompanion(resource(type)), type));
    const outcome = await (await project(...good)).preview("prod");
    assertViolations(outcome, []);
    assert.equal(outcome.code, 0, outcome.text.slice(-2000));
  });

  it("fails on a catalogue of bad programs, one for each rule, with exactly the violation of that rule", async () => {
    const bad = FIRST.filter((one) => kindOf(one) === "resource");
    // Each Grants is of a catalog of its own: two for one would be another violation.
    const own = (sent: Sent, rule: string): Sent =>
      sent.type === "Grants" ? { ...sent, props: { ...sent.props, catalog: rule } } : sent;
    const made = await project(
      ...bad.flatMap(({ rule, resources }) => renamed(withCompanion(own(resources[0]!, rule)), rule)),
      // Beside the bad ones: rules on the whole stack find the IP list enforced.
      resource("WorkspaceConf", {}, "good"),
    );
    const outcome = await made.preview("prod");
    assert.notEqual(outcome.code, 0, "the preview went well");
    const violations = bad.filter(({ rule }) => !REMEDIATED.includes(rule));
    assertViolations(
      outcome,
      violations.map(({ rule, resources }) => `${rule} ${rule}-${resources[0]!.name}`),
    );
    const report = reportOf("bad", "test", outcome.text.split("\n"));
    for (const { rule, message } of report.violations) assert.match(message, /^'[^']+': \S+ .*\.$/, rule);
    assert.deepEqual([report.violations.length, report.exemptions, report.errors], [outcome.violations.length, [], []]);
    const [{ results }] = JSON.parse(render("sarif", report)).runs as [{ results: { ruleId: string }[] }];
    assert.deepEqual(
      results.map(({ ruleId }) => ruleId).sort(),
      outcome.violations.map(({ policyName }) => policyName).sort(),
    );
    for (const { policyName, enforcementLevel } of outcome.violations) {
      const { level } = rules.find(({ name }) => name === policyName)!;
      assert.equal(enforcementLevel, level === "advisory" ? "advisory" : "mandatory", policyName);
    }
  });

  for (const one of FIRST.filter((each) => kindOf(each) === "stack")) {
    it(`sees the whole stack: ${one.rule}, ${one.what}`, async () => {
      const outcome = await (await project(...one.resources)).preview("prod");
      assertViolations(
        outcome,
        [...new Set(outcome.violations.map(({ resourceUrn }) => nameOf(resourceUrn)))].map(
          (name) => `${one.rule} ${name}`,
        ),
      );
      assert.ok(outcome.violations.length > 0, "nothing was reported");
      const mandatory = outcome.violations.some(({ enforcementLevel }) => enforcementLevel === "mandatory");
      assert.equal(outcome.code !== 0, mandatory);
    });
  }

  it("deploys nothing when a mandatory rule is broken", async () => {
    const made = await project({ ...resource("Catalog", { name: "forbidden", comment: undefined }), protect: false });
    const { code, text } = await made.up("prod");
    assert.notEqual(code, 0);
    assert.match(text, /uc-require-comment/);
    const { catalogs } = await workspace.api.get<{ catalogs: { name: string }[] }>("/api/2.1/unity-catalog/catalogs");
    assert.ok(!catalogs.some(({ name }) => name === "forbidden"));
  });

  it("deploys what a remediation made of the program's input", async () => {
    const set = { name: "slow", serverless: false, photon: false, clusters: [{ policyId: "p", numWorkers: 1 }] };
    const { rootPath: _, libraries: __, runAs: ___, ...props } = FIXTURES.Pipeline!;
    const libraries = [{ notebook: { path: "/apps/sales/etl" } }];
    const pipeline = {
      ...resource("Pipeline"),
      protect: false,
      props: { ...props, ...set, libraries, catalog: "main" },
    };
    const made = await project(pipeline);
    const { code, text } = await made.up("local");
    assert.equal(code, 0, text);
    assert.match(text, /pipeline-enable-photon/);
    const { statuses } = await workspace.api.get<{ statuses: { pipeline_id: string; name: string }[] }>(
      "/api/2.0/pipelines",
    );
    const id = statuses.find(({ name }) => name === "slow")!.pipeline_id;
    const { spec } = await workspace.api.get<{ spec: { photon?: boolean } }>(`/api/2.0/pipelines/${id}`);
    assert.equal(spec.photon, true);
  });

  it("refuses a configuration that a rule cannot use, instead of passing everything", async () => {
    const made = await project(resource("Catalog"));
    const file = join(made.dir, "config.json");
    for (const [config, message] of [
      [{ "uc-require-comment": { minLength: "long" } }, /minLength/],
      [{ "uc-name-convention": { pattern: "[" } }, /'pattern' is no regular expression/],
      [{ "uc-name-convention": { patern: "x" } }, /there is no setting 'patern'/],
    ] as const) {
      writeFileSync(file, JSON.stringify(config));
      const { code, text } = await made.run(["preview", "--non-interactive", ...made.pack(file)]);
      assert.notEqual(code, 0, text);
      assert.match(text, message);
    }
  });
});
