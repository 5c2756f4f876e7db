import { strict as assert } from "node:assert";
import { nextTime } from "../../../src/core/next-time.ts";
import { parseQuartz, QuartzError } from "../../../src/core/quartz.ts";

const next = (expression: string, after: string, zone = "UTC"): string | undefined => {
  const at = nextTime(parseQuartz(expression), zone, Date.parse(after));
  return at === undefined ? undefined : new Date(at).toISOString();
};

describe("quartz cron", () => {
  for (const [expression, after, expected] of [
    ["0 0 6 * * ?", "2026-03-01T05:59:59Z", "2026-03-01T06:00:00.000Z"],
    ["0 0 6 * * ?", "2026-03-01T06:00:00Z", "2026-03-02T06:00:00.000Z"],
    ["0 0/15 * * * ?", "2026-03-01T05:16:00Z", "2026-03-01T05:30:00.000Z"],
    ["0 30 8 ? * MON-FRI", "2026-02-28T00:00:00Z", "2026-03-02T08:30:00.000Z"],
    ["0 0 0 ? * 1", "2026-03-02T00:00:00Z", "2026-03-08T00:00:00.000Z"],
    ["0 0 12 L * ?", "2026-02-10T00:00:00Z", "2026-02-28T12:00:00.000Z"],
    ["0 0 12 LW * ?", "2026-02-10T00:00:00Z", "2026-02-27T12:00:00.000Z"],
    ["0 0 12 1W * ?", "2026-02-10T00:00:00Z", "2026-03-02T12:00:00.000Z"],
    ["0 0 12 ? * 6L", "2026-02-10T00:00:00Z", "2026-02-27T12:00:00.000Z"],
    ["0 0 12 ? * TUE#2", "2026-03-01T00:00:00Z", "2026-03-10T12:00:00.000Z"],
    ["0 0 0 29 2 ? ", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00.000Z"],
    ["0 0 0 1 1 ? 2030-2031", "2026-03-01T00:00:00Z", "2030-01-01T00:00:00.000Z"],
  ] as const) {
    it(`${expression} after ${after} is ${expected}`, () => assert.equal(next(expression, after), expected));
  }

  it("follows the time zone over the change to summer time", () => {
    assert.equal(next("0 0 6 * * ?", "2026-03-28T12:00:00Z", "Europe/Lisbon"), "2026-03-29T05:00:00.000Z");
    assert.equal(next("0 0 6 * * ?", "2026-03-27T12:00:00Z", "Europe/Lisbon"), "2026-03-28T06:00:00.000Z");
    // 01:30 does not occur on the day of the change
    assert.equal(next("0 30 1 * * ?", "2026-03-28T12:00:00Z", "Europe/Lisbon"), "2026-03-30T00:30:00.000Z");
  });

  it("is over when its years are", () => assert.equal(next("0 0 0 1 1 ? 2020", "2026-01-01T00:00:00Z"), undefined));

  for (const [expression, why] of [
    ["* * * * *", /5 fields/],
    ["0 0 6 * * *", /only one/],
    ["0 0 6 ? * ?", /only one/],
    ["0 61 6 * * ?", /minutes is not a number from 0 to 59/],
    ["0 0 6 ? * 8", /day of week/],
    ["0 0 6 ? * MON#6", /from 1 to 5/],
    ["0 0/x 6 * * ?", /not a number/],
    ["", /0 fields/],
  ] as const) {
    it(`'${expression}' is refused with the field`, () =>
      assert.throws(
        () => parseQuartz(expression),
        (error: Error) => error instanceof QuartzError && why.test(error.message),
      ));
  }
});
