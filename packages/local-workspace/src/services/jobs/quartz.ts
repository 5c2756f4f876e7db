/**
 * Quartz cron expressions: `seconds minutes hours day-of-month month day-of-week [year]`, Sunday is 1.
 * Parsed to sets of numbers, so that the next time is found field by field in the schedule's own time zone.
 */
interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const FIELDS: readonly Field[] = [
  { name: "seconds", min: 0, max: 59 },
  { name: "minutes", min: 0, max: 59 },
  { name: "hours", min: 0, max: 23 },
  { name: "day of month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: MONTHS },
  { name: "day of week", min: 1, max: 7, names: DAYS },
  { name: "year", min: 1970, max: 2099 },
];

type DayRule = (year: number, month: number, day: number) => boolean;

export interface Quartz {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: readonly number[];
  readonly years: readonly number[];
  readonly matchesDay: DayRule;
}

export class QuartzError extends Error {}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
/** Sunday is 1. */
const weekdayOf = (year: number, month: number, day: number): number =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;

function number(text: string, field: Field): number {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  const value = named >= 0 ? named + field.min : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || value < field.min || value > field.max) {
    throw new QuartzError(`${field.name} must be from ${field.min} to ${field.max}, got '${text}'`);
  }
  return value;
}

function values(text: string, field: Field): number[] {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [range = "", step, ...more] = part.split("/");
    if (more.length > 0 || part === "") throw new QuartzError(`${field.name} has the malformed part '${part}'`);
    const every = step === undefined ? 1 : /^[1-9]\d*$/.test(step) ? Number(step) : Number.NaN;
    if (Number.isNaN(every)) throw new QuartzError(`${field.name} has the step '${step}', which is not a number`);
    let from = field.min;
    let to = field.max;
    if (range !== "*" && !(range === "" && step !== undefined)) {
      const [low = "", high, ...rest] = range.split("-");
      if (rest.length > 0) throw new QuartzError(`${field.name} has the malformed range '${range}'`);
      from = number(low, field);
      to = high !== undefined ? number(high, field) : step !== undefined ? field.max : from;
    }
    const span = to < from ? to + (field.max - field.min + 1) : to; // FRI-MON goes round
    for (let value = from; value <= span; value += every) {
      found.add(value > field.max ? value - (field.max - field.min + 1) : value);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** The weekday nearest to `day` inside its month (LW: nearest to the last). */
function nearestWeekday(year: number, month: number, day: number): number {
  const last = daysIn(year, month);
  const target = Math.min(day, last);
  const weekday = weekdayOf(year, month, target);
  if (weekday === 7) return target === 1 ? 3 : target - 1;
  if (weekday === 1) return target === last ? target - 2 : target + 1;
  return target;
}

function dayOfMonth(text: string): DayRule {
  const upper = text.toUpperCase();
  if (upper === "LW") return (year, month, day) => day === nearestWeekday(year, month, 31);
  const fromEnd = /^L(?:-(\d{1,2}))?$/.exec(upper);
  if (fromEnd) return (year, month, day) => day === daysIn(year, month) - Number(fromEnd[1] ?? 0);
  const weekday = /^(\d{1,2})W$/.exec(upper);
  if (weekday) {
    const wanted = number(weekday[1]!, FIELDS[3]!);
    return (year, month, day) => day === nearestWeekday(year, month, wanted);
  }
  const days = new Set(values(text, FIELDS[3]!));
  return (_year, _month, day) => days.has(day);
}

function dayOfWeek(text: string): DayRule {
  const field = FIELDS[5]!;
  const upper = text.toUpperCase();
  if (upper === "L") return (year, month, day) => weekdayOf(year, month, day) === 7;
  const last = /^(\w+)L$/.exec(upper);
  if (last && !DAYS.includes(upper)) {
    const wanted = number(last[1]!, field);
    return (year, month, day) => weekdayOf(year, month, day) === wanted && day + 7 > daysIn(year, month);
  }
  const nth = /^(\w+)#(\d)$/.exec(upper);
  if (nth) {
    const wanted = number(nth[1]!, field);
    const which = Number(nth[2]);
    if (which < 1 || which > 5)
      throw new QuartzError(`day of week has '#${which}'; a month has at most 5 of a weekday`);
    return (year, month, day) => weekdayOf(year, month, day) === wanted && Math.ceil(day / 7) === which;
  }
  const days = new Set(values(text, field));
  return (year, month, day) => days.has(weekdayOf(year, month, day));
}

/** @throws QuartzError that names the field */
export function parseQuartz(expression: string): Quartz {
  const parts = expression.trim().split(/\s+/);
  if (parts.length < 6 || parts.length > 7) {
    throw new QuartzError(`it has ${expression.trim() ? parts.length : 0} fields; Quartz has 6, or 7 with the year`);
  }
  const [seconds, minutes, hours, monthDay, month, weekday, year = "*"] = parts as [
    string,
    string,
    string,
    string,
    string,
    string,
    string?,
  ];
  if ((monthDay === "?") === (weekday === "?")) {
    throw new QuartzError("exactly one of day of month and day of week must be '?'");
  }
  return {
    seconds: values(seconds, FIELDS[0]!),
    minutes: values(minutes, FIELDS[1]!),
    hours: values(hours, FIELDS[2]!),
    months: values(month, FIELDS[4]!),
    years: values(year, FIELDS[6]!),
    matchesDay: weekday === "?" ? dayOfMonth(monthDay) : dayOfWeek(weekday),
  };
}

/** Milliseconds that the zone is ahead of UTC at that moment. */
function offsetAt(at: number, zone: Intl.DateTimeFormat): number {
  const parts = Object.fromEntries(zone.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const local = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour! % 24, parts.minute!, parts.second!);
  return local - Math.floor(at / 1000) * 1000;
}

/** @throws RangeError when there is no such time zone */
export function timeZone(name: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
}

/** The first time after `after` (ms) that the expression names, or undefined when there is none. */
export function nextTime(quartz: Quartz, zoneName: string, after: number): number | undefined {
  const zone = timeZone(zoneName);
  const start = new Date(after + offsetAt(after, zone));
  const day = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate()));
  const lastYear = quartz.years.at(-1)!;
  while (day.getUTCFullYear() <= lastYear) {
    const [year, month, date] = [day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate()];
    if (!quartz.years.includes(year)) {
      day.setUTCFullYear(year + 1, 0, 1);
      continue;
    }
    if (!quartz.months.includes(month)) {
      day.setUTCMonth(month, 1);
      continue;
    }
    if (quartz.matchesDay(year, month, date)) {
      for (const hour of quartz.hours)
        for (const minute of quartz.minutes)
          for (const second of quartz.seconds) {
            const local = Date.UTC(year, month - 1, date, hour, minute, second);
            const at = local - offsetAt(local - offsetAt(local, zone), zone);
            // a local time that the change to summer time leaves out does not occur that day
            if (at > after && at + offsetAt(at, zone) === local) return at;
          }
    }
    day.setUTCDate(date + 1);
  }
  return undefined;
}
