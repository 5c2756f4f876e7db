/** Ways to break the rules on pipelines, jobs and their compute. */
import { type Break, breaks, stackBreak } from "./break.ts";
import { FIXTURES, resource } from "./fixtures.ts";
import { UNKNOWN, urnOf } from "./pack.ts";

const TAGS = FIXTURES.Job!.tags as Record<string, string>;
const CLASSIC = { serverless: false, budgetPolicyId: undefined, photon: true };
const classic = (cluster: Record<string, unknown>): Record<string, unknown> => ({
  ...CLASSIC,
  clusters: [{ enableLocalDiskEncryption: true, ...cluster }],
});
const task = (kind: Record<string, unknown>, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  tasks: [{ taskKey: "a", maxRetries: 1, ...kind, ...more }],
});
const NOTEBOOK = { notebookTask: { notebookPath: "/apps/sales/generate" } };
const cron = (quartzCronExpression: string): Record<string, unknown> => ({
  schedule: { quartzCronExpression, timezoneId: "UTC" },
});
const job = resource("Job");

export const workBreaks: readonly Break[] = [
  ...breaks("pipeline-require-bounded-compute", "clusters", [
    ["a cluster without a policy", "Pipeline", classic({ numWorkers: 2 })],
    ["too many workers", "Pipeline", classic({ policyId: "p", numWorkers: 9 })],
    ["too wide an autoscale", "Pipeline", classic({ policyId: "p", autoscale: { minWorkers: 1, maxWorkers: 99 } })],
    ["no limit of workers", "Pipeline", classic({ policyId: "p" })],
    ["no cluster on classic compute", "Pipeline", CLASSIC],
    ["a cluster for maintenance alone", "Pipeline", classic({ label: "maintenance", policyId: UNKNOWN })],
    [
      "a cluster although serverless",
      "Pipeline",
      { clusters: [{ numWorkers: "100", enableLocalDiskEncryption: true }] },
    ],
  ]),
  ...breaks("pipeline-forbid-development", "development", [
    ["development mode", "Pipeline", { development: true }],
    ["as text", "Pipeline", { development: "true" }],
  ]),
  ...breaks("pipeline-require-current-channel", "channel", [
    ["the preview channel", "Pipeline", { channel: "PREVIEW" }],
  ]),
  ...breaks("pipeline-enable-photon", "photon", [
    ["photon off", "Pipeline", { ...classic({ policyId: "p", numWorkers: 2 }), photon: false }],
    ["photon left out", "Pipeline", { ...classic({ policyId: "p", numWorkers: 2 }), photon: undefined }],
  ]),
  ...breaks("pipeline-require-unity-catalog", "catalog", [
    ["no catalog", "Pipeline", { catalog: undefined }],
    ["the Hive metastore", "Pipeline", { catalog: "`Hive_Metastore`" }],
    ["the Hive metastore as Spark names it", "Pipeline", { catalog: "spark_catalog" }],
  ]),
  ...breaks("pipeline-require-unity-catalog", "schema", [["no schema", "Pipeline", { schema: "" }]]),
  ...breaks("pipeline-require-unity-catalog", "storage", [["a storage path", "Pipeline", { storage: "s3://lake/x" }]]),
  ...breaks("pipeline-require-unity-catalog", "target", [["a target", "Pipeline", { target: "silver" }]]),
  ...["pipeline-require-run-as", "job-require-run-as"].flatMap((rule) => {
    const type = rule.startsWith("job") ? "Job" : "Pipeline";
    return [
      ...breaks(rule, "runAs.servicePrincipalName", [
        ["whoever deploys", type, { runAs: undefined }],
        ["a person as a service principal", type, { runAs: { servicePrincipalName: "someone@example.com" } }],
      ]),
      ...breaks(rule, "runAs.userName", [["a person", type, { runAs: { userName: "someone@example.com" } }]]),
    ];
  }),
  ...breaks("pipeline-require-failure-alert", "notifications", [
    ["no notification", "Pipeline", { notifications: undefined }],
    [
      "of success",
      "Pipeline",
      { notifications: [{ alerts: ["on-update-success"], emailRecipients: ["a@example.com"] }] },
    ],
    ["to nobody", "Pipeline", { notifications: [{ alerts: ["on-update-failure"], emailRecipients: [] }] }],
  ]),
  ...breaks("require-tags", "tags", [
    ["no tags", "Pipeline", { tags: undefined }],
    ["a tag missing", "Job", { tags: { environment: "prod", owner: "x" } }],
    ["an empty tag", "Job", { tags: { ...TAGS, owner: " " } }],
    ["a warehouse's tag", "SqlEndpoint", { tags: { customTags: [{ key: "owner", value: "x" }] } }],
  ]),
  ...breaks("require-tags", "customTags", [["a cluster's tags", "Cluster", { customTags: {} }]]),
  ...breaks(
    "serverless-budget-policy",
    "budgetPolicyId",
    [["a serverless pipeline", "Pipeline", { budgetPolicyId: undefined }]],
    ["serverless"],
  ),
  ...breaks(
    "serverless-budget-policy",
    "budgetPolicyId",
    [["a serverless job", "Job", { budgetPolicyId: "" }]],
    ["tasks"],
  ),
  ...breaks("job-require-timeout", "timeoutSeconds", [
    ["no timeout", "Job", { ...task(NOTEBOOK), timeoutSeconds: undefined }],
    ["zero, which is none", "Job", { ...task(NOTEBOOK), timeoutSeconds: 0 }],
    ["a day", "Job", { timeoutSeconds: 86400 }],
    ["a task of a day", "Job", { ...task(NOTEBOOK, { timeoutSeconds: 86400 }), timeoutSeconds: undefined }],
  ]),
  ...breaks("job-require-retries", "maxRetries", [
    ["no retry", "Job", task(NOTEBOOK, { maxRetries: undefined })],
    ["without end", "Job", task(NOTEBOOK, { maxRetries: -1 })],
    ["too many", "Job", task(NOTEBOOK, { maxRetries: 6 })],
    ["of a task that runs a job", "Job", task({ runJobTask: { jobId: 1 } }, { maxRetries: undefined })],
    ["inside a for-each task", "Job", task({ forEachTask: { inputs: "[1]", task: { taskKey: "i", ...NOTEBOOK } } })],
  ]),
  ...breaks("job-require-failure-alert", "emailNotifications.onFailures", [
    ["no notification", "Job", { emailNotifications: undefined }],
    ["of success", "Job", { emailNotifications: { onSuccesses: ["a@example.com"] } }],
    ["to nobody", "Job", { emailNotifications: { onFailures: [] } }],
  ]),
  ...breaks("job-limit-concurrency", "maxConcurrentRuns", [
    ["two runs", "Job", { maxConcurrentRuns: 2 }],
    ["as text", "Job", { maxConcurrentRuns: "10" }],
  ]),
  ...breaks("job-limit-concurrency", "queue.enabled", [
    ["no queue", "Job", { queue: undefined }],
    ["the queue off", "Job", { queue: { enabled: false } }],
  ]),
  ...breaks("schedule-require-quartz", "quartzCronExpression", [
    ["a word", "Job", cron("daily")],
    ["a Unix expression", "Job", cron("0 3 * * *")],
    ["both days", "Job", cron("0 0 5 * * *")],
    ["neither day", "Job", cron("0 0 5 ? * ?")],
    ["an hour that no day has", "Job", cron("0 0 25 * * ?")],
    ["a month that no year has", "Job", cron("0 0 5 1 13 ?")],
    ["a step of zero", "Job", cron("0 0/0 5 * * ?")],
    ["eight fields", "Job", cron("0 0 5 * * ? 2026 *")],
    ["a monitor's", "QualityMonitor", cron("30 6 * * *")],
  ]),
  ...breaks("schedule-require-quartz", "quartzCronSchedule", [
    ["an alert's", "AlertV2", { schedule: { quartzCronSchedule: "*/5 * * * *", timezoneId: "UTC" } }],
  ]),
  ...breaks("job-limit-schedule", "schedule.quartzCronExpression", [
    ["every minute", "Job", cron("0 * * * * ?")],
    ["every second by a field too many", "Job", cron("* 0 5 * * ?")],
    ["a list", "Job", cron("0 0,5,30 * * * ?")],
    ["a range with a step", "Job", cron("0 0-30/10 * ? * MON-FRI")],
    ["a start and a step", "Job", cron("30 3/10 2 L * ? 2030")],
    ["around the hour", "Job", cron("0 0,55 * * * ?")],
  ]),
  ...breaks("job-limit-schedule", "trigger.periodic", [
    ["a short period", "Job", { schedule: undefined, trigger: { periodic: { interval: 5, unit: "MINUTES" } } }],
  ]),
  ...breaks("job-limit-schedule", "continuous", [
    ["a run after the other", "Job", { schedule: undefined, continuous: { pauseStatus: "UNPAUSED" } }],
  ]),
  ...breaks("job-sort-tasks", "tasks", [
    [
      "tasks out of order",
      "Job",
      {
        tasks: [
          { taskKey: "b", maxRetries: 1, ...NOTEBOOK },
          { taskKey: "a", maxRetries: 1, ...NOTEBOOK },
        ],
      },
    ],
  ]),
  ...breaks("job-sort-tasks", "has a key at 0 that sorts after the one at 2", [
    [
      "tasks out of order around one that is not known yet",
      "Job",
      { tasks: ["b", UNKNOWN, "a"].map((taskKey) => ({ taskKey, maxRetries: 1, ...NOTEBOOK })) },
    ],
  ]),
  ...breaks("job-sort-tasks", "tasks[0].dependsOns", [
    ["dependencies out of order", "Job", task(NOTEBOOK, { dependsOns: [{ taskKey: "z" }, { taskKey: "y" }] })],
  ]),
  ...breaks("job-forbid-all-purpose", "existingClusterId", [
    ["a shared cluster", "Job", task(NOTEBOOK, { existingClusterId: "1234-567890-abcdefgh" })],
    ["one that is not known yet", "Job", task(NOTEBOOK, { existingClusterId: UNKNOWN })],
  ]),
  ...breaks("job-forbid-all-purpose", "sparkSubmitTask", [
    ["spark-submit", "Job", task({ sparkSubmitTask: { parameters: ["--class", "x"] } })],
  ]),
  stackBreak("job-require-acl", "a job without permissions", "its permissions", [job]),
  stackBreak("job-require-acl", "a job with two lists of permissions", "its permissions", [
    job,
    ...["one", "two"].map((name) => ({
      ...resource("Permissions", { jobId: UNKNOWN }, name),
      dependencies: { jobId: [urnOf(job)] },
    })),
  ]),
  stackBreak("job-require-acl", "a team that manages a job", "accessControls[0]", [
    job,
    {
      ...resource("Permissions", { accessControls: [{ groupName: "analysts", permissionLevel: "CAN_MANAGE" }] }),
      dependencies: { jobId: [urnOf(job)] },
    },
  ]),
  ...breaks("cluster-require-policy", "policyId", [["no policy", "Cluster", { policyId: undefined }]]),
  ...breaks("cluster-require-policy", "autoterminationMinutes", [
    ["never stops", "Cluster", { autoterminationMinutes: 0 }],
    ["not set", "Cluster", { autoterminationMinutes: undefined }],
    ["stops late", "Cluster", { autoterminationMinutes: 121 }],
  ]),
  ...breaks("warehouse-bound-cost", "autoStopMins", [
    ["never stops", "SqlEndpoint", { autoStopMins: 0 }],
    ["not set", "SqlEndpoint", { autoStopMins: undefined }],
    ["stops late", "SqlEndpoint", { autoStopMins: 90 }],
  ]),
  ...breaks("warehouse-bound-cost", "maxNumClusters", [["too many clusters", "SqlEndpoint", { maxNumClusters: 5 }]]),
];
