/** Rules on what keeps earlier versions of data: a full refresh and a short retention lose them without an error. */
import { Buffer } from "node:buffer";
import { CONF_TYPES, confsOf } from "../read/confs.ts";
import { tasksOf } from "../read/tasks.ts";
import { type Finding, type Rule, resourceRule } from "../rule.ts";
import { asNumber, type Fields, isFalseValue, isFields, isTrue, objects, type Value } from "../values.ts";

const RETENTION = /(^|\.)(deletedFileRetentionDuration|logRetentionDuration)$/;
const CHECK = /^spark\.databricks\.delta\.retentionDurationCheck\.enabled$/i;
const DAYS: Readonly<Record<string, number>> = {
  second: 1 / 86_400,
  minute: 1 / 1440,
  hour: 1 / 24,
  day: 1,
  week: 7,
  month: 30,
  year: 365,
};
const PART = /(\d+)\s*(second|minute|hour|day|week|month|year)s?\b/gi;
/** In SQL, in a notebook and in what a task runs; a dry run removes nothing. */
const VACUUM = /\bvacuum\b[^;]{0,300}?\bretain\s+(\d+(?:\.\d+)?)\s*hours?\b(?!\s+dry\s+run)/gi;
/** Delta's own function for it: `DeltaTable.vacuum(0)`, in hours. */
const VACUUM_CALL = /\.vacuum\(\s*(?:retentionHours\s*=\s*)?(\d+(?:\.\d+)?)\s*\)/gi;
const CODE = ["queryText", "viewDefinition"] as const;
const MOST_CONTENT = 1_000_000;

/** Days of an interval as Delta takes it (`interval 1 week 2 days`); undefined for what is none. */
function daysOf(value: Value): number | undefined {
  if (typeof value !== "string" || value.length > 200) return undefined;
  const parts = [...value.matchAll(PART)];
  return parts.length === 0
    ? undefined
    : parts.reduce((sum, [, number, unit]) => sum + Number(number) * DAYS[unit!.toLowerCase()]!, 0);
}

const shortProperties = (property: string, settings: Value, minDays: number): Finding[] =>
  isFields(settings)
    ? Object.entries(settings)
        .filter(([key, value]) => RETENTION.test(key.trim()) && (daysOf(value) ?? minDays) < minDays)
        .map(([key]) => ({ property: `${property}["${key}"]`, problem: `is less than ${minDays} days` }))
    : [];

/** Hours of a period as the database's API takes it ("172800s"); undefined for what is none. */
const hoursOf = (period: Value): number | undefined => {
  const seconds = typeof period === "string" ? /^\s*(\d+)(\.\d+)?s\s*$/.exec(period)?.[1] : undefined;
  return seconds === undefined ? undefined : Number(seconds) / 3600;
};

/** Code of a resource as text: SQL, and what is uploaded in base64. */
function codeOf(props: Fields): { property: string; text: string }[] {
  const content = props.contentBase64;
  return [
    ...CODE.flatMap((property) =>
      typeof props[property] === "string" ? [{ property, text: props[property] as string }] : [],
    ),
    ...(typeof content === "string" && content.length <= MOST_CONTENT
      ? [{ property: "contentBase64", text: Buffer.from(content, "base64").toString("utf8") }]
      : []),
  ];
}

/** Without lines that are a comment; "# MAGIC" is how a notebook's file has other languages. */
const withoutComments = (text: string): string => text.replace(/^\s*(#(?!\s*MAGIC\b)|--).*$/gm, "");

const vacuums = (props: Fields, minDays: number): Finding[] =>
  codeOf(props).flatMap(({ property, text }) =>
    [VACUUM, VACUUM_CALL]
      .flatMap((form) => [...withoutComments(text).matchAll(form)])
      .filter(([, hours]) => Number(hours) < minDays * 24)
      .slice(0, 1)
      .map(() => ({ property, problem: `removes files of fewer than ${minDays} days (VACUUM)` })),
  );

const inDatabases = ({ retentionWindowInDays, spec, customMaxRetentionHours }: Fields, minDays: number): Finding[] => [
  ...((asNumber(retentionWindowInDays) ?? minDays) < minDays
    ? [{ property: "retentionWindowInDays", problem: `is less than ${minDays} days` }]
    : []),
  ...objects(spec)
    .filter(({ historyRetentionDuration }) => (hoursOf(historyRetentionDuration) ?? minDays * 24) < minDays * 24)
    .map(() => ({ property: "spec.historyRetentionDuration", problem: `is less than ${minDays} days` })),
  ...((asNumber(customMaxRetentionHours) ?? minDays * 24) < minDays * 24
    ? [{ property: "customMaxRetentionHours", problem: `is less than ${minDays} days` }]
    : []),
];

export const historyRules: readonly Rule[] = [
  resourceRule({
    name: "data-keep-history",
    title: "Runs and tables keep the history of data",
    level: "production",
    severity: "high",
    why: "A full refresh in every run empties streaming tables whose sources are gone, and VACUUM with a short retention breaks time travel and recovery.",
    fix: "Leave `fullRefresh` to a person, the check of retention on, and retention at a week or more.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/delta/history",
    types: [
      ...new Set([...CONF_TYPES, "Job"]),
      ...["SqlTable", "Catalog", "Schema", "DatabaseInstance", "PostgresProject"],
      ...["Query", "AlertV2", "Notebook", "WorkspaceFile"],
    ],
    limits: {
      minDays: {
        type: "integer",
        default: 7,
        minimum: 1,
        description: "Fewest days that removed files and the log are kept",
      },
    },
    check: ({ type, props }, { minDays }) => {
      const confs = confsOf(type, props);
      return [
        ...(type === "Job" ? tasksOf(props) : []).flatMap(({ path, task }) =>
          objects(task.pipelineTask)
            .filter(({ fullRefresh }) => isTrue(fullRefresh))
            .map(() => ({ property: `${path}.pipelineTask.fullRefresh`, problem: "is true" })),
        ),
        ...confs
          .filter(({ key, value }) => CHECK.test(key) && isFalseValue(value))
          .map(({ property }) => ({ property, problem: "is false" })),
        ...confs
          .filter(({ key, value }) => RETENTION.test(key) && (daysOf(value) ?? minDays) < minDays)
          .map(({ property }) => ({ property, problem: `is less than ${minDays} days` })),
        ...shortProperties("properties", props.properties, minDays),
        ...inDatabases(props, minDays),
        ...vacuums(props, minDays),
      ];
    },
  }),
];
