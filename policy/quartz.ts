/**
 * Reads a Quartz cron expression: `seconds minutes hours day-of-month month day-of-week [year]`. Fields and forms are those of the Quartz
 * Scheduler's CronTrigger tutorial and CronExpression reference; Databricks' jobs take them as they are.
 *
 * The same file is in components/, policy/ and packages/local-workspace, none of which may import another (docs/decisions.md); a test compares
 * them. Errors hold no word of the expression, which may be a secret.
 */
interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
  /** Quartz refuses a range of years that ends before it begins; other ranges go round. */
  readonly goesRound: boolean;
  readonly all: readonly number[];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const field = (name: string, min: number, max: number, names: readonly string[] = [], goesRound = true): Field => ({
  ...{ name, min, max, names, goesRound },
  all: Array.from({ length: max - min + 1 }, (_, at) => min + at),
});
const SECOND = field("seconds", 0, 59);
const MINUTE = field("minutes", 0, 59);
const HOUR = field("hours", 0, 23);
const DAY_OF_MONTH = field("day of month", 1, 31);
const MONTH = field("month", 1, 12, MONTHS);
const DAY_OF_WEEK = field("day of week", 1, 7, DAYS);
const YEAR = field("year", 1970, 2099, [], false);

export type DayOfMonth =
  | { readonly form: "any" }
  | { readonly form: "days"; readonly days: readonly number[] }
  /** So many days before the month's last. */
  | { readonly form: "last"; readonly before: number }
  | { readonly form: "last weekday" }
  | { readonly form: "nearest weekday"; readonly to: number };

/** Sunday is 1. */
export type DayOfWeek =
  | { readonly form: "any" }
  | { readonly form: "days"; readonly days: readonly number[] }
  | { readonly form: "last"; readonly day: number }
  | { readonly form: "nth"; readonly day: number; readonly nth: number };

export interface Quartz {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly dayOfMonth: DayOfMonth;
  readonly months: readonly number[];
  readonly dayOfWeek: DayOfWeek;
  readonly years: readonly number[];
}

export class QuartzError extends Error {}

function numberOf(text: string, { name, min, max, names }: Field): number {
  const named = names.indexOf(text.toUpperCase());
  const value = named >= 0 ? named + min : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const allowed = names.length > 0 ? ` or ${names[0]} to ${names.at(-1)}` : "";
  throw new QuartzError(`a value of ${name} is not a number from ${min} to ${max}${allowed}`);
}

/** Values of one part between commas: `*`, `5`, `1-5`, and each with a step. */
function valuesOfPart(part: string, field: Field): number[] {
  const { name, min, max } = field;
  const [, range, step] = /^([^/]*)(?:\/([^/]*))?$/.exec(part) ?? [];
  if (range === undefined || (range === "" && step === undefined))
    throw new QuartzError(`${name} has a malformed part`);
  const every = step === undefined ? 1 : /^\d{1,4}$/.test(step) ? Number(step) : 0;
  if (every < 1 || every > max) throw new QuartzError(`a step of ${name} is not a number from 1 to ${max}`);
  let [from, to] = [min, max];
  if (range !== "*" && range !== "") {
    const bounds = range.split("-");
    if (bounds.length > 2) throw new QuartzError(`${name} has a malformed range`);
    from = numberOf(bounds[0]!, field);
    // "5/15" runs from 5 to the end of the field, a plain "5" is that value alone.
    to = bounds[1] !== undefined ? numberOf(bounds[1], field) : step === undefined ? from : max;
  }
  if (to < from && !field.goesRound) throw new QuartzError(`a range of ${name} ends before it begins`);
  const size = max - min + 1;
  const end = to < from ? to + size : to;
  return Array.from(
    { length: Math.floor((end - from) / every) + 1 },
    (_, at) => ((from + at * every - min) % size) + min,
  );
}

const valuesOf = (text: string, field: Field): readonly number[] =>
  text === "*"
    ? field.all
    : [...new Set(text.split(",").flatMap((part) => valuesOfPart(part, field)))].sort((a, b) => a - b);

function dayOfMonth(text: string): DayOfMonth {
  if (text === "?") return { form: "any" };
  if (/^LW$/i.test(text)) return { form: "last weekday" };
  const fromEnd = /^L(?:-(\d{1,2}))?$/i.exec(text);
  if (fromEnd) {
    const before = Number(fromEnd[1] ?? 0);
    if (before > 30) throw new QuartzError("day of month counts more than 30 days from the last");
    return { form: "last", before };
  }
  const nearest = /^(\d{1,2})W$/i.exec(text);
  if (nearest) return { form: "nearest weekday", to: numberOf(nearest[1]!, DAY_OF_MONTH) };
  return { form: "days", days: valuesOf(text, DAY_OF_MONTH) };
}

function dayOfWeek(text: string): DayOfWeek {
  if (text === "?") return { form: "any" };
  if (/^L$/i.test(text)) return { form: "days", days: [7] };
  const [, name, nth] = /^([^,/-]+?)(?:L|#([^,/-]+))$/i.exec(text) ?? [];
  if (name === undefined) return { form: "days", days: valuesOf(text, DAY_OF_WEEK) };
  const day = numberOf(name, DAY_OF_WEEK);
  if (nth === undefined) return { form: "last", day };
  if (!/^[1-5]$/.test(nth)) throw new QuartzError("day of week has a number after '#' that is not from 1 to 5");
  return { form: "nth", day, nth: Number(nth) };
}

/** @throws QuartzError naming the field that is wrong */
export function parseQuartz(expression: string): Quartz {
  const fields = expression.trim().split(/\s+/);
  if (fields.length < 6 || fields.length > 7) {
    const found = fields[0] === "" ? 0 : fields.length;
    throw new QuartzError(`it has ${found} fields, and Quartz has 6, or 7 with the year`);
  }
  const [second, minute, hour, monthDay, month, weekDay, year = "*"] = fields as [
    ...[string, string, string, string, string, string],
    string?,
  ];
  const quartz = {
    seconds: valuesOf(second, SECOND),
    minutes: valuesOf(minute, MINUTE),
    hours: valuesOf(hour, HOUR),
    dayOfMonth: dayOfMonth(monthDay),
    months: valuesOf(month, MONTH),
    dayOfWeek: dayOfWeek(weekDay),
    years: valuesOf(year, YEAR),
  };
  if ((monthDay === "?") === (weekDay === "?"))
    throw new QuartzError("one of day of month and day of week must be '?', and only one");
  return quartz;
}

const LONGEST_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Why an expression that can be read never starts anything; undefined when it does. */
export function neverStarts({ years, months, dayOfMonth }: Quartz, now = new Date()): string | undefined {
  if (years.at(-1)! < now.getUTCFullYear()) return "its years are over";
  const first =
    dayOfMonth.form === "days" ? dayOfMonth.days[0]! : dayOfMonth.form === "nearest weekday" ? dayOfMonth.to : 1;
  return months.some((month) => LONGEST_MONTH[month - 1]! >= first) ? undefined : "none of its months has such a day";
}

const DAY_SECONDS = 24 * 60 * 60;

/** Seconds between the two closest starts; between days, those of days that follow each other. */
export function shortestSeconds({ seconds, minutes, hours }: Quartz): number {
  // Gaps repeat: within a minute, from minute to minute, from hour to hour; looking at each level is enough.
  const starts = hours.flatMap((hour) => minutes.map((minute) => hour * 3600 + minute * 60));
  const spread = seconds.at(-1)! - seconds[0]!;
  const gaps = starts.map((start, at) => (starts[at + 1] ?? starts[0]! + DAY_SECONDS) - start - spread);
  const within = seconds.slice(1).map((second, at) => second - seconds[at]!);
  return Math.min(...gaps, ...within);
}
