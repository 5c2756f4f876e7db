/** Each rule through the analyzer protocol: what it accepts, each way to break it, unknown values, secrets, foreign types. */
import assert from "node:assert/strict";
import { EVERY_TYPE } from "../../policy/rule.ts";
import { rules } from "../../policy/rules/index.ts";
import type { Break } from "./break.ts";
import { dataBreaks } from "./breaks-data.ts";
import { sourceBreaks } from "./breaks-sources.ts";
import { workBreaks } from "./breaks-work.ts";
import { FIXTURES, resource, withCompanion } from "./fixtures.ts";
import { type Diagnostic, Pack, type Sent, secret, UNKNOWN, urnOf } from "./pack.ts";

const BREAKS: readonly Break[] = [...dataBreaks, ...workBreaks, ...sourceBreaks];
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

  for (const { rule: name, what, property, resources, literal } of BREAKS) {
    const rule = rules.find((one) => one.name === name)!;
    const all = (): Sent[] =>
      rule.kind === "resource" ? withCompanion(resources[0]!) : resources.map((sent) => ({ ...sent }));

    describe(`${name}: ${what}`, () => {
      it("is caught, by this rule alone, and the message names resource, property and fix", async () => {
        const found = await pack.preview(all());
        assert.ok(found.length > 0, "nothing was reported");
        assert.deepEqual([...new Set(found.map(({ policy }) => policy))], [name], list(found));
        for (const { message, urn, level } of found) {
          const about = resources.find((sent) => urnOf(sent) === urn);
          assert.ok(about, `the URN ${urn} is none of the resources`);
          assert.ok(message.includes(`'${about.name}'`), message);
          assert.ok(message.includes(property), message);
          assert.ok(message.includes(rule.fix), message);
          const reported = { production: "advisory", remediate: "mandatory" } as Record<string, string>;
          assert.equal(level, reported[rule.level] ?? rule.level);
        }
      });

      it("keeps text of the resource out of every message", async () => {
        for (const change of [
          (text: string) => `${text}${PLANTED}`,
          (text: string) => `${PLANTED}${text}`,
          (text: string) => secret(`${text} ${PLANTED}`),
          () => PLANTED,
        ]) {
          const found = await pack.preview(all().map((sent) => changeTexts(sent, change)));
          assert.ok(!list(found).includes(PLANTED), list(found));
        }
      });

      it("is caught when the text is a secret", async () => {
        const found = await pack.preview(all().map((sent) => changeTexts(sent, secret)));
        assert.ok(
          found.some(({ policy }) => policy === name),
          list(found),
        );
      });

      if (rule.kind !== "resource") return;
      it("is caught while the other properties are not known yet", async () => {
        const [sent] = all() as [Sent];
        const props = Object.entries(sent.props).map(([key, value]) => [key, literal?.includes(key) ? value : UNKNOWN]);
        const found = await pack.analyze({ ...sent, props: Object.fromEntries(props) });
        const own = found.filter(({ policy }) => policy === name);
        assert.ok(own.length > 0, "nothing was reported");
        for (const { message, level } of own) {
          assert.ok(message.includes(rule.fix), message);
          if (rule.level === "mandatory") assert.equal(level, "mandatory");
        }
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
