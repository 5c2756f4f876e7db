/** Exemptions from a rule: by URN, with a reason and a last day, shown while they hold and over when they end. */
import assert from "node:assert/strict";
import { problemsOf } from "databricks-governance";
import { configured, exemptionOf, today } from "databricks-governance/configuration";
import { EXEMPTIONS_POLICY, UNUSED_POLICY } from "databricks-governance/register";
import { rules } from "databricks-governance/rules";
import { resource } from "./fixtures.ts";
import { type Diagnostic, Pack, urnOf } from "./pack.ts";

const DAY = 24 * 60 * 60 * 1000;
const NOW = Date.now();
const tomorrow = today(NOW + DAY);
const yesterday = today(NOW - DAY);
const REASON = "Moved to the new catalog in January";
const rule = rules.find(({ name }) => name === "uc-require-comment")!;
const read = (exempt: unknown): unknown => configured(rule, { exempt }, NOW);

describe("exemptions from a rule", () => {
  let pack: Pack;
  before(async () => {
    pack = await Pack.start();
  });
  after(() => pack?.stop());
  afterEach(() => pack.configure());

  const bad = resource("Catalog", { comment: undefined }, "old");
  const exempt = (urn: string, until: string): Record<string, Record<string, unknown>> => ({
    "uc-require-comment": { exempt: [{ urn, reason: REASON, until }] },
  });

  for (const pattern of [urnOf(bad), "*:Catalog::old", "*Catalog::o*"]) {
    it(`let the resource pass that ${pattern} names, and show it with reason and last day`, async () => {
      await pack.configure(exempt(pattern, tomorrow));
      const [shown, ...others] = await pack.preview([bad]);
      assert.deepEqual(others, []);
      assert.equal(shown!.policy, EXEMPTIONS_POLICY);
      assert.equal(shown!.level, "advisory");
      for (const part of ["'old'", "uc-require-comment", tomorrow, REASON])
        assert.ok(shown!.message.includes(part), part);
      // Not shown again for what comes later.
      assert.deepEqual(await pack.analyze(resource("Schema")), []);
    });
  }

  it("let no other resource pass", async () => {
    await pack.configure(exempt("*Catalog::old", tomorrow));
    const found = await pack.preview([{ ...bad, name: "older" }]);
    assert.deepEqual(
      found.map(({ policy }) => policy),
      ["uc-require-comment", UNUSED_POLICY],
    );
  });

  it("are over after their last day: the violation is back and says so", async () => {
    await pack.configure(exempt(urnOf(bad), yesterday));
    const [{ policy, message }] = (await pack.preview([bad])) as [Diagnostic];
    assert.equal(policy, "uc-require-comment");
    assert.ok(message.includes(`The exemption ended on ${yesterday}`), message);
    await pack.configure(exempt(urnOf(bad), today(NOW)));
    assert.equal((await pack.preview([bad]))[0]!.policy, EXEMPTIONS_POLICY);
  });

  it("work for rules that see the whole stack, and for remediations", async () => {
    const job = resource("Job");
    await pack.configure({ "job-require-acl": { exempt: [{ urn: "*Job::*", reason: REASON, until: tomorrow }] } });
    assert.deepEqual(
      (await pack.preview([job])).map(({ policy }) => policy),
      [EXEMPTIONS_POLICY],
    );
    await pack.configure({
      "pipeline-enable-photon": {
        level: "remediate",
        exempt: [{ urn: "*::classic", reason: REASON, until: tomorrow }],
      },
    });
    const classic = resource(
      "Pipeline",
      { serverless: false, clusters: [{ policyId: "p", numWorkers: 1 }] },
      "classic",
    );
    assert.deepEqual(await pack.remediate(classic), []);
    assert.equal((await pack.remediate({ ...classic, name: "another" })).length, 1);
  });

  it("of no resource are shown, with the rule and the place in its configuration", async () => {
    const one = { reason: REASON, until: tomorrow };
    await pack.configure({
      "uc-require-comment": {
        exempt: [
          { ...one, urn: urnOf(bad) },
          { ...one, urn: "*:Catalog::oldd" },
        ],
      },
      "job-require-acl": { exempt: [{ ...one, urn: "*:Job::none" }] },
    });
    const shown = (await pack.preview([bad])).filter(({ policy }) => policy === UNUSED_POLICY);
    assert.deepEqual(
      shown.map(({ level, message }) => [level, /^(\S+ \S+),/.exec(message.split("\n").at(-1)!)?.[1]]),
      [
        ["advisory", "uc-require-comment: exempt[1]"],
        ["advisory", "job-require-acl: exempt[0]"],
      ],
    );
  });

  it("that ended, and rules that do not exist, are refused where a configuration is made", () => {
    const ended = { urn: "*::a", reason: REASON, until: yesterday };
    const problems = problemsOf({
      "uc-require-comment": { exempt: [ended, { ...ended, until: tomorrow }] },
      "uc-require-coment": { exempt: [] },
      "job-require-timeout": { maxMinutes: "60" },
      "require-tags": "strict",
      "job-require-run-as": ["mandatory"],
    });
    assert.deepEqual(
      problems.map((one) => one.replace(/; .*/, "")),
      [
        `'uc-require-comment' has an exemption that ended on ${yesterday} (${REASON})`,
        "There is no rule 'uc-require-coment'",
        "Configuration of policy 'job-require-timeout': 'maxMinutes' must be a whole number from 1",
        "'require-tags' has the level 'strict'",
        "'job-require-run-as' must be a level or an object of settings",
      ],
    );
  });

  it("of several that match, one that still holds counts", () => {
    const { exemptions } = configured(
      rule,
      {
        exempt: [
          { urn: "*::a", reason: REASON, until: yesterday },
          { urn: "*::a", reason: REASON, until: tomorrow },
        ],
      },
      NOW,
    );
    assert.equal(exemptionOf("urn:x::a", exemptions, NOW)?.holds, true);
    assert.equal(exemptionOf("urn:x::b", exemptions, NOW), undefined);
  });

  const good = { urn: "*::a", reason: REASON, until: tomorrow };
  const malformed: [what: string, exempt: unknown, message: RegExp][] = [
    ["no list", { urn: "x" }, /'exempt' must be a list/],
    ["no object", ["*::a"], /'exempt\[0\]' must be \{ urn, reason, until \}/],
    ["another key", [{ ...good, owner: "x" }], /'exempt\[0\]' has a key 'owner'; there are: urn, reason, until/],
    ["no reason", [good, { ...good, reason: " " }], /'exempt\[1\]\.reason' must be text/],
    ["a reason that says nothing", [{ ...good, reason: "TODO TODO TODO" }], /'exempt\[0\]\.reason' must say why/],
    ["a short reason", [{ ...good, reason: "legacy" }], /'exempt\[0\]\.reason' must say why/],
    ["no day", [{ ...good, until: undefined }], /'exempt\[0\]\.until' must be text/],
    ["a word for a day", [{ ...good, until: "never" }], /'exempt\[0\]\.until' must be a day as YYYY-MM-DD/],
    ["a day that no month has", [{ ...good, until: "2027-02-30" }], /'exempt\[0\]\.until' must be a day as YYYY-MM-DD/],
    ["a day in another order", [{ ...good, until: "31.12.2026" }], /must be a day as YYYY-MM-DD/],
    ["a day far away", [{ ...good, until: today(NOW + 400 * DAY) }], /must be within 366 days/],
    ["everything", [{ ...good, urn: "**" }], /matches every resource/],
    ["everything, in other words", [{ ...good, urn: "urn:pulumi:*::*" }], /matches every resource/],
  ];
  for (const [what, exempt, message] of malformed) {
    it(`are refused with ${what}`, () => {
      assert.throws(
        () => read(exempt),
        (error: Error) => message.test(error.message) && error.message.includes(rule.name),
      );
    });
  }
});
