/** When a Quartz cron expression starts something next, field by field in the schedule's own time zone. */
import type { DayOfMonth, DayOfWeek, Quartz } from "./quartz.ts";

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
/** Sunday is 1. */
const weekdayOf = (year: number, month: number, day: number): number =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;

/** The weekday nearest to `day` inside its month (LW: nearest to the last). */
function nearestWeekday(year: number, month: number, day: number): number {
  const last = daysIn(year, month);
  const target = Math.min(day, last);
  const weekday = weekdayOf(year, month, target);
  if (weekday === 7) return target === 1 ? 3 : target - 1;
  if (weekday === 1) return target === last ? target - 2 : target + 1;
  return target;
}

function isDayOfMonth(rule: DayOfMonth, year: number, month: number, day: number): boolean {
  switch (rule.form) {
    case "any":
      return true;
    case "days":
      return rule.days.includes(day);
    case "last":
      return day === daysIn(year, month) - rule.before;
    case "last weekday":
      return day === nearestWeekday(year, month, 31);
    case "nearest weekday":
      return day === nearestWeekday(year, month, rule.to);
  }
}

function isDayOfWeek(rule: DayOfWeek, year: number, month: number, day: number): boolean {
  if (rule.form === "any") return true;
  const weekday = weekdayOf(year, month, day);
  if (rule.form === "days") return rule.days.includes(weekday);
  if (weekday !== rule.day) return false;
  return rule.form === "last" ? day + 7 > daysIn(year, month) : Math.ceil(day / 7) === rule.nth;
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
    if (isDayOfMonth(quartz.dayOfMonth, year, month, date) && isDayOfWeek(quartz.dayOfWeek, year, month, date)) {
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
