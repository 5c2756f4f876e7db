/**
 * The shortest interval of a quartz cron expression, in seconds.
 * Field order and forms: Quartz Scheduler's CronTrigger documentation (seconds, minutes, hours, day of month, month, day of week, year).
 */

const DAY = 24 * 60 * 60;

/** Values that a numeric field stands for, sorted. @throws Error naming the part that is not understood */
function fieldValues(field: string, min: number, max: number): number[] {
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const [, range = "", step] = /^([^/]*)(?:\/(\d+))?$/.exec(part.trim()) ?? [];
    const bounds = /^(\d+)(?:-(\d+))?$/.exec(range);
    if (range !== "*" && range !== "" && range !== "?" && !bounds)
      throw new Error("a field of seconds, minutes or hours holds something else than numbers, *, ?, -, / and commas");
    if (range === "" && step === undefined) throw new Error("a cron field is empty");
    const from = bounds ? Number(bounds[1]) : min;
    const every = step === undefined ? 1 : Number(step);
    // In quartz "5/15" runs from 5 to the end of the field, while a plain "5" is that value alone.
    const to = bounds?.[2] !== undefined ? Number(bounds[2]) : bounds && step === undefined ? from : max;
    if (every === 0 || from < min || from > max || to > max) throw new Error(`a value is outside of ${min}-${max}`);
    if (from <= to) for (let at = from; at <= to; at += every) values.add(at);
    else for (let at = from; at <= to + (max - min + 1); at += every) values.add(at > max ? at - (max - min + 1) : at);
  }
  return [...values].sort((a, b) => a - b);
}

/**
 * @param expression six or seven fields
 * @returns seconds between the two closest fire times; between days, the pessimistic case of fires on consecutive days
 * @throws Error when the expression is not understood
 */
export function shortestInterval(expression: string): number {
  const fields = expression.trim().split(/\s+/);
  if (fields.length < 6 || fields.length > 7)
    throw new Error(`it has ${fields.length} fields, a quartz expression has 6 or 7`);
  const seconds = fieldValues(fields[0]!, 0, 59);
  const minutes = fieldValues(fields[1]!, 0, 59);
  const hours = fieldValues(fields[2]!, 0, 23);
  // Gaps repeat: within a minute, from minute to minute, from hour to hour; looking at each level is enough.
  const fires = hours.flatMap((hour) => minutes.map((minute) => hour * 3600 + minute * 60));
  let shortest = DAY;
  for (let at = 1; at < seconds.length; at += 1) shortest = Math.min(shortest, seconds[at]! - seconds[at - 1]!);
  const spread = seconds[seconds.length - 1]! - seconds[0]!;
  for (let at = 1; at < fires.length; at += 1) shortest = Math.min(shortest, fires[at]! - fires[at - 1]! - spread);
  return Math.min(shortest, fires[0]! + DAY - fires[fires.length - 1]! - spread);
}

const MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC";
const DAYS = "SUN|MON|TUE|WED|THU|FRI|SAT";
/** One of a list in a field: a value, a range, a step. */
const part = (value: string): string => `(\\*|(${value})(-(${value}))?)(/\\d+)?`;
const list = (value: string, more = ""): RegExp =>
  new RegExp(`^(${part(value)}${more})(,(${part(value)}${more}))*$`, "i");
const NUMBER = "\\d{1,2}";
const FIELDS: readonly (readonly [name: string, form: RegExp, min: number, max: number])[] = [
  ["seconds", list(NUMBER), 0, 59],
  ["minutes", list(NUMBER), 0, 59],
  ["hours", list(NUMBER), 0, 23],
  ["day of month", list(NUMBER, `|L(-\\d{1,2})?|LW|\\d{1,2}W|\\?`), 1, 31],
  ["month", list(`${NUMBER}|${MONTHS}`), 1, 12],
  ["day of week", list(`[1-7]|${DAYS}`, `|L|([1-7]|${DAYS})L|([1-7]|${DAYS})#[1-5]|\\?`), 1, 7],
  ["year", list("\\d{4}"), 1970, 2199],
];

/** What is wrong with a Quartz expression; undefined for a good one. The text itself is not repeated. */
export function quartzProblem(expression: string): string | undefined {
  const fields = expression.trim().split(/\s+/);
  if (fields.length < 6 || fields.length > 7) return `it has ${fields.length} fields, not 6 or 7`;
  for (const [at, field] of fields.entries()) {
    const [name, form, min, max] = FIELDS[at]!;
    if (!form.test(field)) return `the field of the ${name} is not understood`;
    const numbers = field
      .replace(/\/\d+|#\d|L-\d+/g, "")
      .match(/\d+/g)
      ?.map(Number);
    if (numbers?.some((number) => number < min || number > max)) return `the ${name} are outside of ${min} to ${max}`;
    if (/\/0+(,|$)/.test(field)) return `the field of the ${name} has steps of zero`;
  }
  if ((fields[3] === "?") === (fields[5] === "?")) return "exactly one of day of month and day of week must be ?";
  return undefined;
}
