/** Quartz expressions, their shortest interval against going through every second of a day, and the share of addresses that networks cover. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { coveredPercent } from "../../policy/networks.ts";
import { neverStarts, parseQuartz, shortestSeconds } from "../../policy/quartz.ts";
import { ROOT } from "./cli.ts";

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
        const quartz = parseQuartz(`${second.text} ${minute.text} ${hour.text} ? * MON-FRI 2030-2040`);
        assert.equal(shortestSeconds(quartz), shortest);
      }),
      { numRuns: 300 },
    );
  });
});

/** Expressions with the seconds between their closest starts. */
const GOOD: readonly (readonly [expression: string, seconds: number])[] = [
  ["0 0 5 * * ?", 86400],
  [" 0  0 5 ? * MON-FRI ", 86400],
  ["0 0/15 * * * ?", 900],
  ["0,30 0 5 * * ?", 30],
  ["0 0 22-2 ? * fri#3", 3600],
  ["0 15 10 ? * 6L 2027-2030", 86400],
  ["0 0 0 L-3 * ?", 86400],
  ["0 0 0 LW * ?", 86400],
  ["0 0 0 15W JAN,jul ?", 86400],
  ["0 0 0 ? * FRI-MON *", 86400],
  ["59 59 23,0 ? * L", 3600],
];
const BAD = [
  ...[
    "",
    "0 0 5 * *",
    "0 3 * * *",
    "0 0 5 * * ? 2030 x",
    "60 * * * * ?",
    "0 0 24 * * ?",
    "a * * * * ?",
    "0 */0 * * * ?",
  ],
  ...["0 , * * * ?", "0 0 5 * * *", "0 0 5 ? * ?", "0 0 5 ? * 8", "0 0 5 ? * 0", "0 0 5 32 * ?", "0 0 5 0 * ?"],
  ...["0 0 5 ? 13 1", "0 0 5 ? * MON#6", "0 0 5 ? * MON,WED#2", "0 0 5 L-31 * ?", "0 0 5 32W * ?", "0 0 5 1W,2 * ?"],
  ...["0 0 5 * * ? 1969", "0 0 5 * * ? 2030-2027", "0 1-2-3 5 * * ?", "0 0 5 ? * MONDAY", "@daily", "0 0 5 * * ?;"],
];
/** Read well, and over or without a day. */
const NEVER = ["0 0 5 30 2 ?", "0 0 5 31 4,6 ?", "0 0 5 31W FEB ?", "0 0 5 * * ? 2020"];

describe("Quartz expressions", () => {
  it("are read by the program, the pack and the local workspace with the same text", () => {
    const [program, pack, workspace] = ["components", "policy", "packages/local-workspace/src/core"].map((folder) =>
      readFileSync(join(ROOT, folder, "quartz.ts"), "utf8"),
    );
    assert.equal(pack, program);
    assert.equal(workspace, program);
  });
  for (const [expression, seconds] of GOOD) {
    it(`are read: '${expression}'`, () => {
      const quartz = parseQuartz(expression);
      assert.deepEqual([shortestSeconds(quartz), neverStarts(quartz)], [seconds, undefined]);
    });
  }
  for (const expression of BAD) {
    it(`are refused without a word of them: '${expression}'`, () =>
      assert.throws(() => parseQuartz(expression), { message: /field|value|step|range|part|'\?'|'#'|30 days/ }));
  }
  for (const expression of NEVER) {
    it(`are read and never start anything: '${expression}'`, () =>
      assert.match(neverStarts(parseQuartz(expression), new Date("2026-11-29")) ?? "", /years are over|no|none/));
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
