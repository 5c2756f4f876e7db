/** Configuration of the rules, levels, remediation, and what distinguishes a violation from what only looks like one. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EXEMPT } from "databricks-governance/configuration";
import { EXEMPTIONS_POLICY, UNUSED_POLICY } from "databricks-governance/register";
import { rules } from "databricks-governance/rules";
import { resource } from "./fixtures.ts";
import { Pack, type Sent, secret, UNKNOWN } from "./pack.ts";

const CONFIG_DIR = join(import.meta.dirname, "..", "..", "policy", "config");
const configOf = (stack: string): Record<string, string | { enforcementLevel?: string }> =>
  JSON.parse(readFileSync(join(CONFIG_DIR, `${stack}.json`), "utf8"));

describe("configuration of the policy pack", () => {
  let pack: Pack;
  before(async () => {
    pack = await Pack.start();
  });
  after(() => pack?.stop());
  afterEach(() => pack.configure());

  const policies = async (...sent: Sent[]): Promise<string[]> => (await pack.preview(sent)).map(({ policy }) => policy);

  it("is described to the engine: title, severity, fix, link and a schema with defaults for each limit", async () => {
    const { policiesList } = await pack.info();
    assert.deepEqual(
      policiesList.map(({ name }) => name).sort(),
      [...rules.map(({ name }) => name), EXEMPTIONS_POLICY, UNUSED_POLICY].sort(),
    );
    assert.equal(new Set(policiesList.map(({ name }) => name)).size, policiesList.length, "two rules share a name");
    for (const policy of policiesList) {
      if ([EXEMPTIONS_POLICY, UNUSED_POLICY].includes(policy.name)) continue;
      const rule = rules.find(({ name }) => name === policy.name)!;
      assert.match(policy.url, /^https:\/\//);
      assert.ok(policy.displayname && policy.description.includes(rule.why) && policy.remediationSteps, policy.name);
      assert.ok(policy.severity > 0, policy.name);
      const properties = policy.configschema?.properties?.fieldsMap.map(([key]) => key) ?? [];
      assert.deepEqual(properties.sort(), [EXEMPT, ...Object.keys(rule.limits ?? {})].sort());
    }
  });

  it("makes what matters in production mandatory in prod.json, and leaves no rule of it advisory", () => {
    const prod = configOf("prod");
    const left = rules.filter(({ level, name }) => level === "production" && prod[name] !== "mandatory");
    assert.deepEqual(
      left.map(({ name }) => name),
      [],
    );
  });

  for (const stack of ["local", "dev", "pr", "prod"]) {
    it(`names only rules of the pack in ${stack}.json`, () => {
      const names = rules.map(({ name }) => name);
      assert.deepEqual(
        Object.keys(configOf(stack)).filter((name) => !names.includes(name)),
        [],
      );
    });
  }

  it("wins over a rule's own level and limits", async () => {
    const pipeline = resource("Pipeline", {
      ...{ serverless: false, budgetPolicyId: undefined, photon: true },
      clusters: [{ policyId: "p", numWorkers: 20, enableLocalDiskEncryption: true }],
    });
    assert.deepEqual(await policies(pipeline), ["pipeline-require-bounded-compute"]);
    await pack.configure({ "pipeline-require-bounded-compute": { maxWorkers: 20 } });
    assert.deepEqual(await policies(pipeline), []);
    await pack.configure({ "pipeline-require-bounded-compute": { level: "advisory" } });
    assert.equal((await pack.analyze(pipeline))[0]!.level, "advisory");
    await pack.configure({ "pipeline-require-bounded-compute": { level: "disabled" } });
    assert.deepEqual(await policies(pipeline), []);
  });

  const settings: [what: string, rule: string, setting: Record<string, unknown>, sent: Sent][] = [
    ["another pattern of names", "uc-name-convention", { pattern: "^[A-Z]+$" }, resource("Catalog", { name: "SALES" })],
    ["a shorter comment", "uc-require-comment", { minLength: 3 }, resource("Schema", { comment: "raw" })],
    [
      "a root for external volumes",
      "volume-prefer-managed",
      { allowedExternalRoots: ["s3://lake/files"] },
      resource("Volume", { volumeType: "EXTERNAL", storageLocation: "s3://lake/files/in" }),
    ],
    ["more admins", "grant-restrict-manage", { admins: ["analysts"] }, resource("Grant", { privileges: ["MANAGE"] })],
    [
      "a service principal",
      "grant-require-groups",
      { servicePrincipals: ["00000000-0000-4000-8000-00000000000a"] },
      resource("Grant", { principal: "00000000-0000-4000-8000-00000000000A" }),
    ],
    [
      "a folder that is open elsewhere",
      "source-forbid-open-folder",
      { open: [] },
      resource("Notebook", { path: "/Shared/x" }),
    ],
    [
      "another privilege for everyone",
      "grant-forbid-everyone",
      { privileges: ["BROWSE", "EXECUTE"] },
      resource("Grant", { principal: "account users", privileges: ["execute"] }),
    ],
    [
      "a larger warehouse",
      "warehouse-bound-cost",
      { largest: "2X-Large" },
      resource("SqlEndpoint", { clusterSize: "X-Large" }),
    ],
    [
      "an older runtime",
      "compute-forbid-old-runtime",
      { oldest: "13.3" },
      resource("Cluster", { sparkVersion: "13.3.x-scala2.12" }),
    ],
    ["a longer timeout", "job-require-timeout", { maxMinutes: 1440 }, resource("Job", { timeoutSeconds: 86400 })],
    ["more runs", "job-limit-concurrency", { maxConcurrentRuns: 3 }, resource("Job", { maxConcurrentRuns: 3 })],
    [
      "a shorter interval",
      "job-limit-schedule",
      { minMinutes: 1 },
      resource("Job", { schedule: { quartzCronExpression: "0 * * * * ?" } }),
    ],
    ["other tags", "require-tags", { tags: ["team"] }, resource("Job", { tags: { team: "sales" } })],
    ["a longer token", "token-bound-lifetime", { maxDays: 365 }, resource("Token", { lifetimeSeconds: 365 * 86400 })],
    [
      "a wider network",
      "ip-list-bounded",
      { maxPercent: 50 },
      resource("IpAccessList", { ipAddresses: ["0.0.0.0/1"] }),
    ],
  ];
  for (const [what, rule, setting, sent] of settings) {
    it(`allows ${what} when ${rule} says so`, async () => {
      assert.ok((await policies(sent)).includes(rule));
      await pack.configure({ [rule]: setting });
      assert.ok(!(await policies(sent)).includes(rule));
    });
  }

  it("looks for code under the configured roots alone, beside a service principal's folder", async () => {
    const found = (path: string): Promise<string[]> => policies(resource("Notebook", { path }));
    const elsewhere = "/Workspace/elsewhere/etl";
    assert.deepEqual(await found(elsewhere), []);
    await pack.configure({ "source-require-root": { roots: ["/Workspace/apps", "/Shared/etl"] } });
    assert.deepEqual(await found(elsewhere), ["source-require-root"]);
    assert.deepEqual(await found("/appsish/etl"), ["source-require-root"]);
    assert.deepEqual(await found("/apps/etl"), []);
    assert.deepEqual(await found("/Workspace/Users/00000000-0000-4000-8000-00000000000a/etl"), []);
    assert.deepEqual(await found("/Users/someone@example.com/etl"), ["source-require-root"]);
    // A configured root does not make a folder that everybody may write to a safe one.
    assert.deepEqual(await found("/Shared/etl/a"), ["source-forbid-open-folder"]);
  });

  it("takes a folder beside an allowed external root for what it is", async () => {
    await pack.configure({ "volume-prefer-managed": { allowedExternalRoots: ["s3://lake/files"] } });
    for (const storageLocation of ["s3://lake/files2", "s3://lake/files/../secret", "gs://lake/files/x"]) {
      const found = await policies(resource("Volume", { volumeType: "EXTERNAL", storageLocation }));
      assert.deepEqual(found, ["volume-prefer-managed"], storageLocation);
    }
  });

  const bad: [rule: string, setting: Record<string, unknown>, message: RegExp][] = [
    ["uc-name-convention", { pattern: "[" }, /'uc-name-convention': 'pattern' is no regular expression/],
    ["uc-name-convention", { patern: "x" }, /there is no setting 'patern'; there are: pattern/],
    ["uc-require-comment", { minLength: "long" }, /'minLength' must be a whole number from 1/],
    ["uc-require-comment", { minLength: 0 }, /'minLength' must be a whole number from 1/],
    ["uc-name-convention", { pattern: 3 }, /'pattern' must be text/],
    ["uc-name-convention", { constructor: "x" }, /there is no setting 'constructor'/],
    ["source-require-root", { roots: ["Shared"] }, /'source-require-root': 'roots' must hold absolute paths/],
    ["source-require-root", { roots: ["/apps", ""] }, /'roots' must hold absolute paths/],
    [
      "catalog-require-isolation",
      { mode: "x" },
      /'catalog-require-isolation': there is no setting 'mode'; there are: exempt/,
    ],
  ];
  for (const [rule, setting, message] of bad) {
    it(`refuses ${JSON.stringify(setting)} for ${rule} instead of checking with it`, async () => {
      await pack.configure({ [rule]: setting });
      await assert.rejects(pack.analyze(resource("Catalog")), message);
    });
  }

  it("is refused for a program without a resource that the rule looks at", async () => {
    await pack.configure({ "token-bound-lifetime": { days: 1 } });
    await assert.rejects(
      pack.analyze({ type: "pulumi:pulumi:Stack", name: "s", props: {} }),
      /'token-bound-lifetime': there is no setting 'days'/,
    );
  });

  describe("remediation", () => {
    const classic = (set: Record<string, unknown>): Sent =>
      resource("Pipeline", { serverless: false, clusters: [{ policyId: "p", numWorkers: 1 }], ...set });

    it("turns photon on and leaves the rest, secrets and unknown values included", async () => {
      const sent = classic({ catalog: UNKNOWN, configuration: { x: secret("hidden") }, name: secret("medallion") });
      const [{ policy, props, diagnostic }, ...others] = (await pack.remediate(sent)) as [
        { policy: string; props: Record<string, unknown>; diagnostic: string },
      ];
      assert.deepEqual([policy, diagnostic, others], ["pipeline-enable-photon", "", []]);
      assert.deepEqual(props, JSON.parse(JSON.stringify({ ...sent.props, photon: true })));
    });

    for (const [what, set] of Object.entries({
      "photon is on": { photon: true },
      "photon is not known yet": { photon: UNKNOWN },
      "serverless is not known yet": { serverless: UNKNOWN },
      "the pipeline is serverless": { serverless: true },
      "the pipeline is serverless, as a secret": { serverless: secret(true) },
    })) {
      it(`does nothing when ${what}`, async () => {
        assert.deepEqual(await pack.remediate(classic(set)), []);
      });
    }

    it("does nothing to another type, and nothing when the rule is only mandatory", async () => {
      assert.deepEqual(await pack.remediate({ ...classic({}), type: "Job" }), []);
      await pack.configure({ "pipeline-enable-photon": { level: "mandatory" } });
      assert.deepEqual(await pack.remediate(classic({})), []);
    });
  });
});
