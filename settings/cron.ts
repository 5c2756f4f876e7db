/**
 * Checks a Quartz cron expression and finds its shortest interval. Fields and forms: the CronTrigger tutorial and the
 * CronExpression reference of the Quartz Scheduler; Databricks' jobs take them as they are.
 */

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
  /** Quartz refuses a range of years that ends before it begins; other ranges go round. */
  readonly goesRound: boolean;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const field = (name: string, min: number, max: number, names: readonly string[] = [], goesRound = true): Field => ({
  name,
  min,
  max,
  names,
  goesRound,
});
const SECOND = field("seconds", 0, 59);
const MINUTE = field("minutes", 0, 59);
const HOUR = field("hours", 0, 23);
const DAY_OF_MONTH = field("day of month", 1, 31);
const MONTH = field("month", 1, 12, MONTHS);
const DAY_OF_WEEK = field("day of week", 1, 7, DAYS);
const YEAR = field("year", 1970, 2099, [], false);

const LONGEST_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const MINUTES_A_DAY = 24 * 60;

/** Says what is wrong without a word of the expression, which may be a secret. */
export class CronError extends Error {}

function numberOf(text: string, { name, min, max, names }: Field): number {
  const named = names.indexOf(text.toUpperCase());
  const value = named >= 0 ? named + min : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const allowed = names.length > 0 ? ` or ${names[0]} to ${names.at(-1)}` : "";
  throw new CronError(`a value of ${name} is not a number from ${min} to ${max}${allowed}`);
}

/** Values of one part between commas: `*`, `5`, `1-5`, and each with a step. */
function valuesOfPart(part: string, field: Field): number[] {
  const { name, min, max } = field;
  const [, range, step] = /^([^/]*)(?:\/([^/]*))?$/.exec(part) ?? [];
  if (range === undefined || (range === "" && step === undefined)) throw new CronError(`${name} has a malformed part`);
  const every = step === undefined ? 1 : /^\d{1,4}$/.test(step) ? Number(step) : 0;
  if (every < 1 || every > max) throw new CronError(`a step of ${name} is not a number from 1 to ${max}`);
  let [from, to] = [min, max];
  if (range !== "*" && range !== "") {
    const bounds = range.split("-");
    if (bounds.length > 2) throw new CronError(`${name} has a malformed range`);
    from = numberOf(bounds[0]!, field);
    // "5/15" runs from 5 to the end of the field, a plain "5" is that value alone.
    to = bounds[1] !== undefined ? numberOf(bounds[1], field) : step === undefined ? from : max;
  }
  if (to < from && !field.goesRound) throw new CronError(`a range of ${name} ends before it begins`);
  const size = max - min + 1;
  const end = to < from ? to + size : to;
  return Array.from(
    { length: Math.floor((end - from) / every) + 1 },
    (_, at) => ((from + at * every - min) % size) + min,
  );
}

const valuesOf = (text: string, field: Field): number[] =>
  [...new Set(text.split(",").flatMap((part) => valuesOfPart(part, field)))].sort((a, b) => a - b);

/** Days of the month when they are plain numbers; undefined for forms that each month gives a meaning to. */
function daysOfMonth(text: string): number[] | undefined {
  if (/^(\?|L|LW)$/i.test(text)) return undefined;
  const fromEnd = /^L-(\d{1,2})$/i.exec(text);
  if (fromEnd) {
    if (Number(fromEnd[1]) <= 30) return undefined;
    throw new CronError("day of month counts more than 30 days from the last");
  }
  const nearest = /^(\d{1,2})W$/i.exec(text);
  return nearest ? [numberOf(nearest[1]!, DAY_OF_MONTH)] : valuesOf(text, DAY_OF_MONTH);
}

function checkDayOfWeek(text: string): void {
  if (/^(\?|L)$/i.test(text)) return;
  const special = /^([^,/-]+?)(?:L|#([^,/-]+))$/i.exec(text);
  if (!special) return void valuesOf(text, DAY_OF_WEEK);
  numberOf(special[1]!, DAY_OF_WEEK);
  if (special[2] !== undefined && !/^[1-5]$/.test(special[2]))
    throw new CronError("day of week has a number after '#' that is not from 1 to 5");
}

export interface Cron {
  /** The shortest time between two starts in minutes, on days that follow each other. Below 1 when it is seconds. */
  readonly shortestMinutes: number;
}

/** @throws CronError naming the field that is wrong */
export function parseCron(expression: string, now = new Date()): Cron {
  const fields = expression.trim().split(/\s+/);
  if (fields.length < 6 || fields.length > 7)
    throw new CronError(`it has ${fields[0] === "" ? 0 : fields.length} fields, and Quartz has 6, or 7 with the year`);
  const [second, minute, hour, dayOfMonth, month, dayOfWeek, year = "*"] = fields as [string, ...string[]] as string[];
  const seconds = valuesOf(second!, SECOND);
  const minutes = valuesOf(minute!, MINUTE);
  const hours = valuesOf(hour!, HOUR);
  const days = daysOfMonth(dayOfMonth!);
  const months = valuesOf(month!, MONTH);
  checkDayOfWeek(dayOfWeek!);
  const years = valuesOf(year!, YEAR);
  if ((dayOfMonth === "?") === (dayOfWeek === "?"))
    throw new CronError("one of day of month and day of week must be '?', and only one");
  if (years.at(-1)! < now.getUTCFullYear()) throw new CronError("its years are over");
  if (days && !months.some((at) => LONGEST_MONTH[at - 1]! >= days[0]!))
    throw new CronError("none of its months has such a day");
  if (seconds.length > 1) return { shortestMinutes: 0 };
  const starts = hours.flatMap((at) => minutes.map((past) => at * 60 + past));
  const gaps = starts.map((start, at) => (starts[at + 1] ?? starts[0]! + MINUTES_A_DAY) - start);
  return { shortestMinutes: Math.min(...gaps) };
}
