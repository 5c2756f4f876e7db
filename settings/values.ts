/** Kinds of settings. Messages never hold the value, which may be a secret: `describe.ts` adds it where it may be shown. */
import { z } from "zod";
import { neverStarts, parseQuartz, QuartzError, shortestSeconds } from "../components/quartz.ts";
import { isTimeZone } from "./time-zones.ts";

/** What docs/settings.md says of a setting beside its default. */
export interface About {
  description: string;
  /** What is allowed, in words. Also all that an error says of a secret value. */
  allowed: string;
  unit?: string;
  example: string | number | boolean;
}

/**
 * Text. A whole number is taken as its digits: `pulumi config set --path` writes digits as a number.
 * One that is larger than 2^53 has lost digits on its way here, so it is refused.
 */
export const text = (about: About, check: (value: string) => string | undefined) =>
  z
    .preprocess(
      (value) => (Number.isSafeInteger(value) ? String(value) : value),
      z.string({ error: ({ input }) => notText(input) }).superRefine((value, issue) => {
        const problem = check(value);
        if (problem !== undefined) issue.addIssue({ code: "custom", message: problem });
      }),
    )
    .meta({ ...about });

const notText = (input: unknown): string =>
  input === undefined
    ? "text is expected"
    : typeof input === "number" || typeof input === "boolean"
      ? "it is a number or a switch in YAML, so put it in quotes"
      : "must be text";

export const matching = (about: About, pattern: RegExp) =>
  text(about, (value) => (pattern.test(value) ? undefined : `must be ${about.allowed}`));

/** A number, also as text: `pulumi config set --path` writes 0.5 as text. */
export const number = (about: About, { min, max, whole }: { min: number; max: number; whole: boolean }) =>
  z
    .preprocess(
      (value) => (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value),
      z
        .number({ error: `must be ${about.allowed}` })
        .refine(
          (value) => value >= min && value <= max && (!whole || Number.isInteger(value)),
          `must be ${about.allowed}`,
        ),
    )
    .meta({ ...about });

export const flag = (about: About) =>
  z
    .preprocess(
      (value) => (value === "true" ? true : value === "false" ? false : value),
      z.boolean({ error: "must be true or false" }),
    )
    .meta({ ...about });

/** A list without repetitions. */
export const list = <T extends z.ZodType<string>>(item: T) =>
  z.array(item, { error: "must be a list" }).superRefine((values, issue) => {
    values.forEach((value, at) => {
      if (values.indexOf(value) < at) issue.addIssue({ code: "custom", path: [at], message: "is in the list twice" });
    });
  });

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const isUuid = (value: string): boolean => UUID.test(value);

/** Least time between two runs: the limit `minMinutes` of the policy job-limit-schedule. */
export const LEAST_MINUTES_BETWEEN_RUNS = 15;

export const cron = (about: About) =>
  text(about, (value) => {
    try {
      const quartz = parseQuartz(value);
      const never = neverStarts(quartz);
      if (never !== undefined) return `must be ${about.allowed}: ${never}`;
      const seconds = shortestSeconds(quartz);
      return seconds < LEAST_MINUTES_BETWEEN_RUNS * 60
        ? `runs must be at least ${LEAST_MINUTES_BETWEEN_RUNS} minutes apart, and these are ${seconds < 60 ? "seconds" : `${Math.floor(seconds / 60)} minutes`} apart`
        : undefined;
    } catch (error) {
      if (error instanceof QuartzError) return `must be ${about.allowed}: ${error.message}`;
      throw error;
    }
  });

export const timeZone = (about: About) =>
  text(about, (value) => (isTimeZone(value) ? undefined : `must be ${about.allowed}`));

/** Groups that Unity Catalog has no grants for, or that hold everyone. */
const NOT_A_ROLE: Readonly<Record<string, string>> = {
  users: "'users' holds everyone; name the group that needs it",
  "account users": "'account users' holds everyone; name the group that needs it",
  admins: "'admins' belongs to one workspace; Unity Catalog grants to groups of the account",
};
const MOST_CHARACTERS = 255;

/** A group of the account. */
export const groupName = (about: Omit<About, "allowed">) =>
  text({ ...about, allowed: `the name of a group of the account, at most ${MOST_CHARACTERS} characters` }, (value) => {
    if (value === "" || value.trim() !== value) return "must be a name without spaces around it";
    if (value.length > MOST_CHARACTERS) return `must have at most ${MOST_CHARACTERS} characters`;
    if (/[\p{Cc}`"\\]/u.test(value))
      return "must not hold quotes, backslashes, line breaks or other control characters";
    if (value.includes("@")) return "must be a group, not a person";
    if (isUuid(value)) return "must be a group; put the service principal into one";
    return NOT_A_ROLE[value.toLowerCase()];
  });

/** Characters that tags of all three clouds and of Databricks' usage tables take. */
export const tag = (about: Omit<About, "allowed">) =>
  matching(
    {
      ...about,
      allowed: `1 to ${MOST_CHARACTERS} of letters, digits, spaces and _ . : / = + - @, without spaces around them`,
    },
    /^(?! )[A-Za-z0-9 _.:/=+@-]{1,255}(?<! )$/,
  );

export const email = (about: Omit<About, "allowed">) =>
  text({ ...about, allowed: "an e-mail address" }, (value) =>
    z.email().safeParse(value).success && value.length <= MOST_CHARACTERS ? undefined : "must be an e-mail address",
  );

const STORAGE_URL =
  "s3://<bucket>/<path>, gs://<bucket>/<path> or abfss://<container>@<account>.dfs.core.windows.net/<path>";
const STORAGE = [
  /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?$/,
  /^gs:\/\/[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](\/.*)?$/,
  /^abfss:\/\/[a-z0-9](?:-?[a-z0-9]){2,62}@[a-z0-9]{3,24}\.dfs\.core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)(\/.*)?$/,
];

export const storageUrl = (about: Omit<About, "allowed">) =>
  text({ ...about, allowed: STORAGE_URL }, (value) => {
    const known = STORAGE.map((form) => form.exec(value)).find((found) => found !== null);
    if (!known) return `must be ${STORAGE_URL}`;
    // "/" alone and a closing slash are fine; "//", "." and ".." are parts that storage takes for names.
    const parts = (known[1] ?? "").replace(/\/$/, "").split("/").slice(1);
    return parts.every((part) => /^[\w.=+@:-]+$/.test(part) && !/^\.{1,2}$/.test(part))
      ? undefined
      : "must have a path of plain names: letters, digits and _ . = + @ : -";
  });
