/** Rules on jobs and their tasks, nested ones included. */
import { neverStarts, parseQuartz, type Quartz, QuartzError, shortestSeconds } from "../quartz.ts";
import { tasksOf } from "../read/tasks.ts";
import { type Finding, type Rule, resourceRule, stackRule } from "../rule.ts";
import {
  asNumber,
  type Fields,
  hasUnknown,
  isBlank,
  isTrue,
  objects,
  principalName,
  texts,
  UNKNOWN,
  type Value,
} from "../values.ts";
import { checkRunAs } from "./pipelines.ts";

const PRODUCTION = "https://docs.databricks.com/aws/en/jobs/production";
const JOBS = "https://docs.databricks.com/aws/en/jobs/";
const SAT = "https://github.com/databricks-industry-solutions/security-analysis-tool";
const types = ["Job"];

/** Kinds of tasks that retry on their own or have nothing to retry; of a for-each task, the task within it is looked at. */
const NOT_RETRIED = ["pipelineTask", "conditionTask", "forEachTask"];

const set = (value: Value): boolean => value !== undefined && value !== null;

export const jobRules: readonly Rule[] = [
  resourceRule({
    name: "job-require-run-as",
    title: "Jobs and alerts run as a service principal",
    level: "production",
    severity: "high",
    why: "A job that runs as a person has the person's rights and stops when the person leaves.",
    fix: "Set `runAs.servicePrincipalName` to an application id.",
    source: "Security Analysis Tool, production job guidance",
    url: PRODUCTION,
    ids: { sat: ["GOV-42"] },
    types: ["Job", "AlertV2"],
    check: ({ type, props }) => {
      if (type === "Job") return checkRunAs(props);
      // Without it an alert runs as its owner, whom an update may change.
      const { runAs, runAsUserName } = props;
      return [
        ...(isBlank(runAs) ? [] : checkRunAs(props)),
        ...(typeof runAsUserName === "string" && runAsUserName.includes("@")
          ? [{ property: "runAsUserName", problem: "makes it run as a person" }]
          : []),
      ];
    },
  }),
  resourceRule({
    name: "job-require-timeout",
    title: "Jobs end",
    level: "mandatory",
    severity: "medium",
    why: "A hanging task without a timeout runs, and costs, until somebody looks.",
    fix: "Set `timeoutSeconds` on the job or on every task.",
    source: "own",
    url: JOBS,
    types,
    limits: { maxMinutes: { type: "integer", default: 720, minimum: 1, description: "Longest timeout in minutes" } },
    check: ({ props }, { maxMinutes }) => {
      const state = (value: Value): "good" | "missing" | "long" => {
        if (value === UNKNOWN) return "good";
        const seconds = asNumber(value) ?? 0;
        return seconds <= 0 ? "missing" : seconds > maxMinutes * 60 ? "long" : "good";
      };
      const long = (property: string, value: Value): Finding => ({
        property,
        problem: `is ${asNumber(value)}, more than ${maxMinutes} minutes`,
      });
      const ofJob = state(props.timeoutSeconds);
      if (ofJob === "good") return [];
      if (ofJob === "long") return [long("timeoutSeconds", props.timeoutSeconds)];
      const tasks = tasksOf(props).filter(({ path }) => path !== "the job");
      if (tasks.length === 0)
        return hasUnknown(props.tasks) ? [] : [{ property: "timeoutSeconds", problem: "is not set" }];
      return tasks.flatMap(({ path, task }) => {
        const property = `${path}.timeoutSeconds`;
        const found = state(task.timeoutSeconds);
        if (found === "good" || (found === "missing" && /forEachTask/.test(path))) return [];
        return [
          found === "long"
            ? long(property, task.timeoutSeconds)
            : { property, problem: "is not set, nor is the job's" },
        ];
      });
    },
  }),
  resourceRule({
    name: "job-require-retries",
    title: "Tasks are tried again",
    level: "advisory",
    severity: "low",
    why: "Most failures of a night are gone at the second try.",
    fix: "Set `maxRetries`; a task must then be safe to run twice.",
    source: "own",
    url: PRODUCTION,
    types,
    limits: { maxRetries: { type: "integer", default: 5, minimum: 1, description: "Most retries of a task" } },
    check: ({ props }, { maxRetries }) =>
      tasksOf(props).flatMap(({ path, task }) => {
        // a continuous job starts anew by itself, and takes no retry policy
        if (objects(props.continuous).length > 0) return [];
        if (NOT_RETRIED.some((kind) => set(task[kind])) || task.maxRetries === UNKNOWN) return [];
        const retries = asNumber(task.maxRetries) ?? 0;
        if (retries >= 1 && retries <= maxRetries) return [];
        const problem =
          retries === 0 ? "is not set" : retries < 0 ? "is unlimited" : `is ${retries}, more than ${maxRetries}`;
        return [{ property: `${path}.maxRetries`, problem }];
      }),
  }),
  resourceRule({
    name: "job-require-failure-alert",
    title: "Somebody hears of a failed run",
    level: "production",
    severity: "medium",
    why: "A job that fails in silence is found by its consumers.",
    fix: "Set `emailNotifications.onFailures` or `webhookNotifications.onFailures`.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/jobs/notifications",
    types,
    check: ({ props }) => {
      const { emailNotifications, webhookNotifications } = props;
      const heard =
        [emailNotifications, webhookNotifications].includes(UNKNOWN) ||
        objects(emailNotifications).some(
          ({ onFailures }) => hasUnknown(onFailures) || texts(onFailures).some((address) => address.trim() !== ""),
        ) ||
        objects(webhookNotifications).some(
          ({ onFailures }) => hasUnknown(onFailures) || objects(onFailures).some(({ id }) => !isBlank(id)),
        );
      return heard
        ? []
        : [{ property: "emailNotifications.onFailures", problem: "has no recipient, and no webhook is set" }];
    },
  }),
  resourceRule({
    name: "job-limit-concurrency",
    title: "One run at a time, the others queue",
    level: "mandatory",
    severity: "medium",
    why: "Two runs that write the same tables conflict; a run that is skipped is lost.",
    fix: "Set `maxConcurrentRuns: 1` and `queue: { enabled: true }`.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/jobs/advanced",
    types,
    limits: {
      maxConcurrentRuns: { type: "integer", default: 1, minimum: 1, description: "Most runs at the same time" },
    },
    check: ({ props }, { maxConcurrentRuns }) => {
      const runs = asNumber(props.maxConcurrentRuns);
      const queue = objects(props.queue)[0];
      return [
        ...(runs !== undefined && runs > maxConcurrentRuns
          ? [{ property: "maxConcurrentRuns", problem: `is ${runs}, more than ${maxConcurrentRuns}` }]
          : []),
        ...(props.queue !== UNKNOWN && queue?.enabled !== UNKNOWN && !isTrue(queue?.enabled)
          ? [{ property: "queue.enabled", problem: "is not true" }]
          : []),
      ];
    },
  }),
  resourceRule({
    name: "schedule-require-quartz",
    title: "Schedules are Quartz expressions",
    level: "mandatory",
    severity: "medium",
    why: "Databricks refuses others, at the update and not in the preview.",
    fix: "Write seconds, minutes, hours, day of month, month and day of week, with ? in one of the two days: 0 0 5 * * ?.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/jobs/scheduled",
    types: ["Job", "Pipeline", "AlertV2", "QualityMonitor", "LakehouseMonitor"],
    check: ({ props }) =>
      schedules(props).flatMap(({ property, expression }) => {
        const quartz = readQuartz(expression);
        const problem = typeof quartz === "string" ? quartz : neverStarts(quartz);
        if (problem === undefined) return [];
        if (typeof quartz !== "string")
          return [{ property, problem: `never starts: ${problem}`, fix: "Choose days that come." }];
        const unix = expression.trim().split(/\s+/).length === 5;
        return [
          {
            property,
            problem: `is no Quartz expression: ${problem}`,
            ...(unix
              ? {
                  fix: "It looks like a Unix expression: put the seconds (0) in front, and ? for one of the two days: 0 0 3 * * ?.",
                }
              : {}),
          },
        ];
      }),
  }),
  resourceRule({
    name: "job-limit-schedule",
    title: "Schedules leave time between runs",
    level: "advisory",
    severity: "low",
    why: "A field too many in a cron expression turns an hour into a second.",
    fix: "Choose a longer interval, or a lower `minMinutes` in the pack's configuration.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/jobs/scheduled",
    types,
    limits: { minMinutes: { type: "integer", default: 15, minimum: 1, description: "Least minutes between two runs" } },
    check: ({ props }, { minMinutes }) => [
      ...objects(props.schedule).flatMap(({ quartzCronExpression }) => {
        if (typeof quartzCronExpression !== "string") return [];
        const property = "schedule.quartzCronExpression";
        const quartz = readQuartz(quartzCronExpression);
        if (typeof quartz === "string") return []; // schedule-require-quartz says what is wrong
        const seconds = shortestSeconds(quartz);
        return seconds >= minMinutes * 60
          ? []
          : [{ property, problem: `runs again after ${seconds} s, sooner than ${minMinutes} minutes` }];
      }),
      ...objects(props.trigger)
        .flatMap(({ periodic }) => objects(periodic))
        .flatMap(({ interval, unit }) => {
          const every = asNumber(interval);
          const minutes = { HOURS: 60, DAYS: 1440, WEEKS: 10080 }[String(unit).toUpperCase()] ?? 1;
          return every !== undefined && typeof unit === "string" && every * minutes < minMinutes
            ? [
                {
                  property: "trigger.periodic",
                  problem: `runs every ${every * minutes} minutes, sooner than ${minMinutes}`,
                },
              ]
            : [];
        }),
      ...(objects(props.continuous).length > 0
        ? [{ property: "continuous", problem: "starts a run as soon as one ends" }]
        : []),
    ],
  }),
  resourceRule({
    name: "job-sort-tasks",
    title: "Tasks are sorted by key",
    level: "mandatory",
    severity: "medium",
    why: "The provider reads tasks back sorted, so an unsorted list shows as a change in every preview.",
    fix: "Sort `tasks` by `taskKey`, and each `dependsOns`, too.",
    source: "provider issue",
    url: "https://github.com/databricks/terraform-provider-databricks/issues/3126",
    types,
    check: ({ props }) => [
      ...unsorted("tasks", props.tasks),
      ...tasksOf(props).flatMap(({ path, task }) => unsorted(`${path}.dependsOns`, task.dependsOns)),
    ],
  }),
  resourceRule({
    name: "job-forbid-all-purpose",
    title: "Jobs bring their own compute",
    level: "production",
    severity: "medium",
    why: "An all-purpose cluster costs more and is shared with whoever is on it; spark-submit escapes Unity Catalog.",
    fix: "Use serverless compute or a job cluster, and a task type instead of spark-submit.",
    source: "production job guidance, KICS",
    url: PRODUCTION,
    ids: { kics: ["375cdab9-3f94-4ae0-b1e3-8fbdf9cdf4d7"] },
    types,
    check: ({ props }) => {
      const places = [{ path: "", task: props }, ...tasksOf(props).filter(({ path }) => path !== "the job")];
      return places.flatMap(({ path, task }) =>
        (
          [
            ["existingClusterId", "names an all-purpose cluster"],
            ["sparkSubmitTask", "uses spark-submit"],
          ] as const
        )
          .filter(([key]) => !isBlank(task[key]))
          .map(([key, problem]) => ({ property: path === "" ? key : `${path}.${key}`, problem })),
      );
    },
  }),
  stackRule({
    name: "job-require-acl",
    title: "Every job has one list of permissions",
    level: "advisory",
    severity: "low",
    why: "Without one only its creator can look into a failed run; with two, each update undoes the other.",
    fix: "Give each job one Permissions resource, with CAN_MANAGE for admins only.",
    source: "Security Analysis Tool",
    url: SAT,
    ids: { sat: ["GOV-45"], kics: ["a4edb7e1-c0e0-4f7f-9d7c-d1b603e81ad5"] },
    types: ["Job", "Permissions"],
    limits: {
      admins: { type: "array", default: ["platform-admins", "admins"], description: "Groups that may hold CAN_MANAGE" },
    },
    check: (resources, { admins }) => {
      const lists = resources.filter(({ type, props }) => type === "Permissions" && set(props.jobId));
      const jobs = resources.filter(({ type }) => type === "Job");
      // By the job's URN, and by its id where that is known: what the id is computed from need not be the job.
      const byJob = Map.groupBy(
        lists.flatMap((list) => {
          const { jobId } = list.props;
          const known = typeof jobId === "string" || typeof jobId === "number" ? [String(jobId)] : [];
          return [...(list.propertyDependencies.jobId ?? []), ...known].map((job) => ({ job, list }));
        }),
        ({ job }) => job,
      );
      return [
        ...jobs.flatMap((job) => {
          const own = [
            ...new Set(
              [job.urn, String(job.props.id)].flatMap((key) => (byJob.get(key) ?? []).map(({ list }) => list)),
            ),
          ];
          if (own.length === 1) return [];
          const problem =
            own.length === 0
              ? "are missing"
              : `are in ${own.length} resources: ${own.map(({ name }) => `'${name}'`).join(", ")}`;
          return [{ urn: job.urn, name: job.name, property: "its permissions", problem }];
        }),
        ...lists.flatMap(({ urn, name, props }) =>
          objects(props.accessControls).flatMap((entry, at) => {
            const who = texts([entry.groupName, entry.userName, entry.servicePrincipalName])[0];
            const manages =
              typeof entry.permissionLevel === "string" && /^CAN_MANAGE$/i.test(entry.permissionLevel.trim());
            return manages && who !== undefined && !admins.map(principalName).includes(principalName(who))
              ? [
                  {
                    urn,
                    name,
                    property: `accessControls[${at}]`,
                    problem: "gives CAN_MANAGE to a principal that is no admin",
                  },
                ]
              : [];
          }),
        ),
      ];
    },
  }),
];

/** An expression as read, or what is wrong with it. */
function readQuartz(expression: string): Quartz | string {
  try {
    return parseQuartz(expression);
  } catch (error) {
    if (error instanceof QuartzError) return error.message;
    throw error;
  }
}

/** Cron expressions wherever a resource has them. */
function schedules(props: Fields): { property: string; expression: string }[] {
  const inBlock = (property: string, block: Value, key: string): { property: string; expression: string }[] =>
    objects(block).flatMap((schedule) => {
      const expression = schedule[key];
      return typeof expression === "string" ? [{ property: `${property}.${key}`, expression }] : [];
    });
  const triggers = [...objects(props.trigger), ...objects(props.triggers)];
  return [
    ...inBlock("schedule", props.schedule, "quartzCronExpression"),
    ...inBlock("schedule", props.schedule, "quartzCronSchedule"),
    ...triggers.flatMap(({ schedule }) => inBlock("trigger.schedule", schedule, "quartzCronExpression")),
    ...triggers.flatMap(({ cron }) => inBlock("trigger.cron", cron, "quartzCronSchedule")),
  ];
}

function unsorted(property: string, list: Value): Finding[] {
  // What is not known yet says nothing; its neighbours have to be in order without it.
  const known = objects(list).flatMap(({ taskKey }, at) => (typeof taskKey === "string" ? [{ taskKey, at }] : []));
  const index = known.findIndex(({ taskKey }, at) => taskKey > (known[at + 1]?.taskKey ?? taskKey));
  if (index < 0) return [];
  const problem = `has a key at ${known[index]!.at} that sorts after the one at ${known[index + 1]!.at}`;
  return [{ property, problem }];
}
