/** Ways to break the rules on pipelines, jobs, their sources and their compute. */
import { type Break, breaks, stackBreak } from "./break.ts";
import { FIXTURES, resource } from "./fixtures.ts";
import { UNKNOWN, urnOf } from "./pack.ts";

const TAGS = FIXTURES.Job!.tags as Record<string, string>;
const CLASSIC = { serverless: false, budgetPolicyId: undefined, photon: true };
const classic = (cluster: Record<string, unknown>): Record<string, unknown> => ({ ...CLASSIC, clusters: [cluster] });
const task = (kind: Record<string, unknown>, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  tasks: [{ taskKey: "a", maxRetries: 1, ...kind, ...more }],
});
const NOTEBOOK = { notebookTask: { notebookPath: "/Shared/sales/generate" } };
const notebook = (notebookPath: string): Record<string, unknown> => task({ notebookTask: { notebookPath } });
const cron = (quartzCronExpression: string): Record<string, unknown> => ({
  schedule: { quartzCronExpression, timezoneId: "UTC" },
});
const configuration = (key: string, value: string): Record<string, unknown> => ({ configuration: { [key]: value } });
/** Has the form of a token and is none. */
const TOKEN = `dapi${"0123456789abcdef".repeat(2)}`;
const job = resource("Job");

export const workBreaks: readonly Break[] = [
  ...breaks("pipeline-require-bounded-compute", "clusters", [
    ["a cluster without a policy", "Pipeline", classic({ numWorkers: 2 })],
    ["too many workers", "Pipeline", classic({ policyId: "p", numWorkers: 9 })],
    ["too wide an autoscale", "Pipeline", classic({ policyId: "p", autoscale: { minWorkers: 1, maxWorkers: 99 } })],
    ["no limit of workers", "Pipeline", classic({ policyId: "p" })],
    ["no cluster on classic compute", "Pipeline", CLASSIC],
    ["a cluster although serverless", "Pipeline", { clusters: [{ numWorkers: "100" }] }],
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
  ...breaks("source-require-root", "notebookPath", [
    ["a person's notebook", "Job", notebook("/Users/someone@example.com/etl")],
    ["with /Workspace in front", "Job", notebook("/Workspace/Users/someone@example.com/etl")],
    ["by a detour", "Job", notebook("/Shared/../Users/someone@example.com/etl")],
    ["in a repository folder of a person", "Job", notebook("//Repos/someone@example.com/etl")],
    ["elsewhere", "Job", notebook("/Sharedish/etl")],
    ["a relative path without git", "Job", notebook("etl")],
    [
      "inside a for-each task",
      "Job",
      task({
        forEachTask: {
          inputs: "[1]",
          task: { taskKey: "i", notebookTask: { notebookPath: "/Users/a/etl" }, maxRetries: 1 },
        },
      }),
    ],
  ]),
  ...breaks("source-require-root", "path", [
    ["a notebook", "Notebook", { path: "/Users/someone@example.com/etl" }],
    ["a file", "WorkspaceFile", { path: "/Workspace/Repos/someone/names.py" }],
  ]),
  ...breaks("source-require-root", "rootPath", [["a pipeline's root", "Pipeline", { rootPath: "/Users/a/pipeline" }]]),
  ...breaks("source-require-root", "libraries[0].file.path", [
    ["a pipeline's file", "Pipeline", { libraries: [{ file: { path: "/Users/a/etl.py" } }] }],
  ]),
  ...breaks("source-require-root", "libraries[0].glob.include", [
    ["a pipeline's glob", "Pipeline", { libraries: [{ glob: { include: "/Workspace/Users/a/**" } }] }],
  ]),
  ...breaks("source-require-root", "dependencies", [
    ["a wheel of a person", "Pipeline", { environment: { dependencies: ["requests", "/Workspace/Users/a/x.whl"] } }],
    ["requirements of a person", "Job", { environments: [{ spec: { dependencies: ["-r /Users/a/r.txt"] } }] }],
  ]),
  ...breaks("forbid-dbfs", "configuration", [
    ["a DBFS path", "Pipeline", configuration("in", "dbfs:/tmp/in")],
    ["through the local file system", "Pipeline", configuration("in", "file:/dbfs/tmp/in")],
    ["a mount", "Pipeline", configuration("in", "/mnt/lake")],
    ["a mount by a detour", "Pipeline", configuration("in", "/./mnt/lake")],
    ["in other case", "Pipeline", configuration("in", "DBFS:/FileStore/x")],
    ["in JSON", "Pipeline", configuration("in", '{"path": "\\/mnt/lake"}')],
  ]),
  ...breaks("forbid-dbfs", "parameters[0]", [
    [
      "an argument of a script",
      "Job",
      task({ sparkPythonTask: { pythonFile: "/Shared/sales/a.py", parameters: ["--in=/dbfs/x"] } }),
    ],
  ]),
  ...breaks("forbid-dbfs", "clusterLogConf.dbfs", [
    ["a log folder", "Cluster", { clusterLogConf: { dbfs: { destination: UNKNOWN } } }],
  ]),
  ...breaks("forbid-dbfs", "jar", [["a library", "Library", { pypi: undefined, jar: "dbfs:/jars/x.jar" }]]),
  ...breaks("forbid-secret-literals", "configuration", [
    ["a token", "Pipeline", configuration("endpoint", TOKEN)],
    ["a literal under a secret's name", "Pipeline", configuration("db.password", "hunter2-and-more")],
    ["a literal under an API key's name", "Pipeline", configuration("API Key ", "hunter2-and-more")],
    ["a storage key", "Pipeline", configuration("fs.azure.account.key.x.dfs.core.windows.net", "abc")],
    ["a password in a URL", "Pipeline", configuration("url", "jdbc:postgresql://me:hunter2@db/x")],
    ["a secret's name with half a reference", "Pipeline", configuration("token", "{{secrets/a/b}}x")],
    ["a private key", "Pipeline", configuration("pem", "-----BEGIN RSA PRIVATE KEY-----\nabc")],
    ["inside JSON", "Pipeline", configuration("options", '{"auth": {"client_secret": "hunter2"}}')],
  ]),
  ...breaks("forbid-secret-literals", "baseParameters", [
    [
      "a task's parameter",
      "Job",
      task({ notebookTask: { notebookPath: "/Shared/a", baseParameters: { password: "hunter2" } } }),
    ],
  ]),
  ...breaks("forbid-secret-literals", "parameters[0].default", [
    ["a job's parameter", "Job", { parameters: [{ name: "api_key", default: "hunter2" }] }],
  ]),
  ...breaks("forbid-secret-literals", "sparkPythonTask.parameters[0]", [
    [
      "an argument",
      "Job",
      task({ sparkPythonTask: { pythonFile: "/Shared/a.py", parameters: ["--password=hunter2"] } }),
    ],
  ]),
  ...breaks("forbid-secret-literals", "sparkEnvVars", [
    ["an environment variable", "Cluster", { sparkEnvVars: { DB_PASSWORD: "hunter2" } }],
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
  ...breaks("job-limit-schedule", "schedule.quartzCronExpression", [
    ["every minute", "Job", cron("0 * * * * ?")],
    ["every second by a field too many", "Job", cron("* 0 5 * * ?")],
    ["a list", "Job", cron("0 0,5,30 * * * ?")],
    ["a range with a step", "Job", cron("0 0-30/10 * ? * MON-FRI")],
    ["a start and a step", "Job", cron("30 3/10 2 L * ? 2030")],
    ["around the hour", "Job", cron("0 0,55 * * * ?")],
    ["what no cron expression is", "Job", cron("hourly")],
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
