/** The shortest interval of cron expressions, against going through every second of two days. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { coveredPercent } from "../../policy/networks.ts";
import { shortestInterval } from "../../policy/quartz.ts";

const DAY = 24 * 60 * 60;

/** A field as text, with the values that it stands for by definition. */
const field = (max: number): fc.Arbitrary<{ text: string; holds: (at: number) => boolean }> => {
  const value = fc.integer({ min: 0, max });
  const part = fc.oneof(
    value.map((n) => ({ text: `${n}`, holds: (at: number) => at === n })),
    fc.constant({ text: "*", holds: () => true }),
    fc.tuple(value, value).map(([from, to]) => ({
      text: `${from}-${to}`,
      holds: (at: number) => (from <= to ? at >= from && at <= to : at >= from || at <= to),
    })),
    fc.tuple(value, fc.integer({ min: 1, max })).map(([from, step]) => ({
      text: `${from}/${step}`,
      holds: (at: number) => at >= from && (at - from) % step === 0,
    })),
    fc.integer({ min: 1, max }).map((step) => ({ text: `*/${step}`, holds: (at: number) => at % step === 0 })),
  );
  return fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => ({
    text: parts.map(({ text }) => text).join(","),
    holds: (at: number) => parts.some(({ holds }) => holds(at)),
  }));
};

describe("the shortest interval of a quartz expression", () => {
  it("is what going through the day second by second finds", () => {
    fc.assert(
      fc.property(field(59), field(59), field(23), (second, minute, hour) => {
        let shortest = DAY;
        let last: number | undefined;
        let first: number | undefined;
        for (let hours = 0; hours < 24; hours += 1) {
          if (!hour.holds(hours)) continue;
          for (let minutes = 0; minutes < 60; minutes += 1) {
            if (!minute.holds(minutes)) continue;
            for (let seconds = 0; seconds < 60; seconds += 1) {
              if (!second.holds(seconds)) continue;
              const at = hours * 3600 + minutes * 60 + seconds;
              first ??= at;
              if (last !== undefined) shortest = Math.min(shortest, at - last);
              last = at;
            }
          }
        }
        shortest = Math.min(shortest, first! + DAY - last!);
        assert.equal(shortestInterval(`${second.text} ${minute.text} ${hour.text} ? * MON-FRI 2030-2040`), shortest);
      }),
      { numRuns: 300 },
    );
  });

  for (const expression of [
    "",
    "0 0 5 * *",
    "0 0 5 * * ? 2030 x",
    "60 * * * * ?",
    "0 0 24 * * ?",
    "a * * * * ?",
    "0 */0 * * * ?",
    "0 , * * * ?",
  ]) {
    it(`is not guessed for '${expression}'`, () => assert.throws(() => shortestInterval(expression)));
  }
});

describe("the share of addresses that networks cover", () => {
  it("is the same however a network is split", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 1, max: 31 }), (address, length) => {
        const text = (n: number): string => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join(".");
        const start = Number((BigInt(address) >> BigInt(32 - length)) << BigInt(32 - length));
        const halves = [text(start), text(start + 2 ** (31 - length))].map((half) => `${half}/${length + 1}`);
        const whole = coveredPercent([`${text(address)}/${length}`]);
        assert.equal(coveredPercent(halves), whole);
        assert.equal(coveredPercent([...halves, ...halves]), whole);
        assert.ok(Math.abs(whole - 100 / 2 ** length) < 1e-5);
      }),
    );
  });

  it("leaves out what is no network", () => {
    assert.equal(coveredPercent(["", "10.0.0.0/33", "10.0.0/8", "x::y/0", "300.0.0.0/1", "1.2.3.4/"]), 0);
  });
});
