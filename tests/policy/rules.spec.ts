/** Each rule through the analyzer protocol: what it accepts, each way to break it, unknown values, secrets, foreign types. */
import assert from "node:assert/strict";
import { EVERY_TYPE } from "databricks-governance/rule";
import { rules } from "databricks-governance/rules";
import type { Break } from "./break.ts";
import { accountBreaks } from "./breaks-account.ts";
import { computeBreaks } from "./breaks-compute.ts";
import { dataBreaks } from "./breaks-data.ts";
import { platformBreaks } from "./breaks-platform.ts";
import { sourceBreaks } from "./breaks-sources.ts";
import { workBreaks } from "./breaks-work.ts";
import { FIXTURES, resource, withCompanion } from "./fixtures.ts";
import { type Diagnostic, Pack, type Sent, secret, UNKNOWN, urnOf } from "./pack.ts";
import { findings } from "./pure.ts";

const BREAKS: readonly Break[] = [
  ...dataBreaks,
  ...workBreaks,
  ...sourceBreaks,
  ...computeBreaks,
  ...accountBreaks,
  ...platformBreaks,
];
/** Nothing of a resource's own text may come back in a message. */
const PLANTED = "pl4nted-s3cret";

const mapTexts = (value: unknown, change: (text: string) => unknown): unknown => {
  if (typeof value === "string") return value === UNKNOWN ? value : change(value);
  if (Array.isArray(value)) return value.map((element) => mapTexts(element, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, mapTexts(child, change)]));
};
const changeTexts = (sent: Sent, change: (text: string) => unknown): Sent => ({
  ...sent,
  props: mapTexts(sent.props, change) as Record<string, unknown>,
});
const list = (found: readonly Diagnostic[]): string =>
  found.map(({ policy, message }) => `${policy}: ${message}`).join("\n");

const sentBy = ({ rule, resources, wholeStack }: Break): Sent[] =>
  rules.find(({ name }) => name === rule)!.kind === "resource" && !wholeStack
    ? withCompanion(resources[0]!)
    : resources.map((sent) => ({ ...sent }));

describe("rules of the policy pack", () => {
  let pack: Pack;
  before(async () => {
    pack = await Pack.start();
  });
  after(() => pack?.stop());

  for (const type of Object.keys(FIXTURES)) {
    it(`accepts a ${type} that keeps to all rules`, async () => {
      assert.equal(list(await pack.preview(withCompanion(resource(type)))), "");
    });
    it(`says nothing about a ${type} of which nothing is known yet`, async () => {
      const sent = resource(type);
      sent.props = Object.fromEntries(Object.keys(sent.props).map((key) => [key, UNKNOWN]));
      const found = (await pack.preview(withCompanion(sent))).filter(({ policy }) => policy !== "pii-require-mask");
      assert.equal(list(found), "");
    });
  }

  it("asks no retries of a continuous job, which cannot have any", async () => {
    const sent = resource("Job", { continuous: { pauseStatus: "UNPAUSED" }, schedule: undefined });
    const tasks = (sent.props.tasks as Record<string, unknown>[]).map(({ maxRetries: _, ...task }) => task);
    const of = async (props: object): Promise<string[]> =>
      (await pack.analyze({ ...sent, props: { ...sent.props, ...props } })).map(({ policy }) => policy);
    assert.ok((await of({ tasks, continuous: undefined })).includes("job-require-retries"));
    assert.ok(!(await of({ tasks })).includes("job-require-retries"));
  });

  it("has a fixture and a way to break it for every rule", () => {
    const broken = new Set(BREAKS.map(({ rule }) => rule));
    assert.deepEqual(
      rules.map(({ name }) => name).filter((name) => !broken.has(name)),
      [],
    );
  });

  for (const one of BREAKS) {
    it(`catches ${one.rule}: ${one.what}`, () => {
      const { rule: name, property, resources, literal } = one;
      const rule = rules.find((each) => each.name === name)!;
      const all = sentBy(one);
      const found = findings(all);
      assert.deepEqual([...new Set(found.map((finding) => finding.rule))], [name], JSON.stringify(found));
      for (const finding of found) {
        assert.ok(resources.some((sent) => sent.name === finding.name));
        assert.ok(`${finding.property} ${finding.problem}`.includes(property), JSON.stringify(finding));
      }
      for (const change of [
        (text: string) => `${text}${PLANTED}`,
        (text: string) => `${PLANTED}${text}`,
        () => PLANTED,
      ]) {
        const texts = findings(all.map((sent) => changeTexts(sent, change))).map((finding) =>
          Object.values({ ...finding, name: "" }).join(" "),
        );
        assert.ok(!texts.join().includes(PLANTED), "a message has text of the resource");
      }
      if (rule.kind !== "resource" || one.wholeStack) return;
      const [sent] = all as [Sent];
      const props = Object.entries(sent.props).map(([key, value]) => [key, literal?.includes(key) ? value : UNKNOWN]);
      const alone = findings([{ ...sent, props: Object.fromEntries(props) }]);
      assert.ok(
        alone.some((finding) => finding.rule === name),
        "not while the other properties are not known yet",
      );
    });
  }

  // The rest of the way is the same for every break of a rule.
  for (const one of [...Map.groupBy(BREAKS, ({ rule }) => rule).values()].map(([first]) => first!)) {
    const { rule: name, property, resources, literal } = one;
    const rule = rules.find((each) => each.name === name)!;
    const ofResource = rule.kind === "resource" && !one.wholeStack;

    describe(`${name}, through the analyzer protocol`, () => {
      it("is reported by this rule alone, with resource, property, fix and level", async () => {
        const found = await pack.preview(sentBy(one));
        assert.ok(found.length > 0, "nothing was reported");
        assert.deepEqual([...new Set(found.map(({ policy }) => policy))], [name], list(found));
        for (const { message, urn, level } of found) {
          const about = resources.find((sent) => urnOf(sent) === urn);
          assert.ok(about, `the URN ${urn} is none of the resources`);
          for (const part of [`'${about.name}'`, property, rule.fix]) assert.ok(message.includes(part), message);
          const reported = { production: "advisory", remediate: "mandatory" } as Record<string, string>;
          assert.equal(level, reported[rule.level] ?? rule.level);
        }
      });

      it("is reported when the text is a secret, without the text", async () => {
        const whole = await pack.preview(sentBy(one).map((sent) => changeTexts(sent, secret)));
        assert.ok(
          whole.some(({ policy }) => policy === name),
          list(whole),
        );
        const planted = await pack.preview(
          sentBy(one).map((sent) => changeTexts(sent, (text) => secret(`${text} ${PLANTED}`))),
        );
        assert.ok(!list(planted).includes(PLANTED), list(planted));
      });

      if (!ofResource) return;
      it("is mandatory while the other properties are not known yet", async () => {
        const [sent] = sentBy(one) as [Sent];
        const props = Object.entries(sent.props).map(([key, value]) => [key, literal?.includes(key) ? value : UNKNOWN]);
        const found = await pack.analyze({ ...sent, props: Object.fromEntries(props) });
        const own = found.filter(({ policy }) => policy === name);
        assert.ok(own.length > 0, "nothing was reported");
        if (rule.level === "mandatory") assert.ok(own.every(({ level }) => level === "mandatory"));
      });

      it("is nothing to the rule in a resource of another provider or type", async () => {
        const { type, ...sent } = resources[0]!;
        for (const foreign of [
          `aws:index/x:${type}`,
          `other:index/x:${type}`,
          ...(rule.types[0] === EVERY_TYPE ? [] : [`databricks:index/other${type}:Other${type}`]),
        ]) {
          assert.deepEqual(await pack.preview([{ ...sent, type: foreign }]), []);
        }
      });
    });
  }

  it("answers at once for a text that would make a careless pattern slow", async () => {
    const started = performance.now();
    for (const text of [
      "=".repeat(50_000),
      "/..".repeat(20_000),
      "a:".repeat(30_000),
      " ".repeat(50_000),
      "[".repeat(5000),
    ]) {
      await pack.analyze(resource("Pipeline", { configuration: { x: text, password: text }, catalog: text }));
    }
    assert.ok(performance.now() - started < 5000);
  });
});
