/** What a team writes next with the components (tests/unit/wishes/): it compiles, and becomes these resources. */
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { forget, type Made, made, settle } from "./mocks.ts";

/** What Pulumi is asked for beside a resource's inputs. */
interface Options {
  protect: boolean;
  retainOnDelete: boolean;
  ignoreChanges: string[];
  aliases: unknown[];
}

// biome-ignore lint/suspicious/noExplicitAny: the part of Pulumi's request that the wishes are about
type Request = any;
const options = new Map<string, Options>();

/** Records the options, of which Pulumi's mocks tell only the import. */
function watchOptions(): void {
  const monitor = pulumi.runtime.getMonitor() as { registerResource(request: Request, done: unknown): void };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request: Request, done: unknown): void => {
    options.set(`${request.getType().split(":").at(-1)} ${request.getName()}`, {
      protect: request.getProtect(),
      retainOnDelete: request.getRetainondelete(),
      ignoreChanges: request.getIgnorechangesList(),
      aliases: request.getAliasesList().map((alias: Request) => alias.toObject().spec?.name),
    });
    register(request, done);
  };
}

/** Not the component of that name. */
const isOf = (type: string, one: Made): boolean =>
  one.type.endsWith(`:${type}`) && !one.type.startsWith("databricks-lakehouse:index:");
const of = (type: string, name: string): Made =>
  made.find((one) => isOf(type, one) && one.name === name) ??
  assert.fail(`no ${type} ${name}; there are ${made.filter((one) => isOf(type, one)).map((one) => one.name)}`);
/** The inputs have at least these properties. */
const has = (type: string, name: string, inputs: object) => (): void =>
  assert.partialDeepStrictEqual(of(type, name).inputs, inputs);
const opts = (type: string, name: string, expected: Partial<Options>) => (): void => {
  of(type, name);
  assert.partialDeepStrictEqual(options.get(`${type} ${name}`), expected);
};
const imports = (type: string, name: string, id: string) => (): void => assert.equal(of(type, name).id, id);
const grants = (name: string, ...expected: [principal: string, ...privileges: string[]][]) =>
  has("Grants", name, { grants: expected.map(([principal, ...privileges]) => ({ principal, privileges })) });
const permits =
  (name: string, key: string, ...accessControls: object[]) =>
  (): void => {
    const found = made.filter((one) => one.type.endsWith(":Permissions") && one.name === name && key in one.inputs);
    assert.deepEqual(found[0]?.inputs.accessControls, accessControls);
  };
const task = (key: string, expected: object) => (): void => {
  const { tasks } = of("Job", "nightly").inputs;
  assert.partialDeepStrictEqual(
    (tasks as { taskKey: string }[]).find(({ taskKey }) => taskKey === key),
    expected,
  );
};
const both =
  (...checks: (() => void)[]) =>
  (): void => {
    for (const check of checks) check();
  };

const RUNNER = "application-id";
const GOLD = "sales_lakehouse_test_sales.gold_v2";
const LANDING = "/Volumes/sales_lakehouse_test_sales/raw/landing";
const FOLDER = `/Users/${RUNNER}/sales`;

const WISHES: Readonly<Record<string, () => void>> = {
  "a storage root of its own": has("Catalog", "sales", { storageRoot: "s3://acme-lake/sales/managed" }),
  "an owner and properties": has("Catalog", "sales", { owner: "platform-admins", properties: { domain: "sales" } }),
  "any property of the provider's": has("Catalog", "sales", { enablePredictiveOptimization: "ENABLE" }),
  "several workspaces with modes": both(
    has("Catalog", "sales", { isolationMode: "ISOLATED" }),
    has("WorkspaceBinding", "sales-1111", { workspaceId: "1111", bindingType: "BINDING_TYPE_READ_WRITE" }),
    has("WorkspaceBinding", "sales-analysis", { workspaceId: "2222", bindingType: "BINDING_TYPE_READ_ONLY" }),
  ),
  "tags on a catalog, a schema and a volume": both(
    has("EntityTagAssignment", "sales-tag-cost_center", { entityType: "catalogs", tagValue: "42" }),
    has("EntityTagAssignment", "sales-gold-tag-tier", { entityType: "schemas", entityName: GOLD }),
    has("EntityTagAssignment", "sales-raw-landing-tag-retention", { entityType: "volumes", tagValue: "30d" }),
  ),
  "managed and external volumes": both(
    has("Volume", "sales-raw-landing", { volumeType: "MANAGED", owner: "data-engineers" }),
    has("Volume", "sales-raw-archive", { volumeType: "EXTERNAL", storageLocation: "s3://acme-lake/sales/archive" }),
  ),
  "a schema with name, owner, storage root and properties": has("Schema", "sales-gold", {
    ...{ name: "gold_v2", owner: RUNNER, storageRoot: "s3://acme-lake/sales/gold", properties: { quality: "gold" } },
  }),
  "aliases of one schema": opts("Schema", "sales-gold", { aliases: ["gold"] }),
  "changes of one schema ignored": opts("Schema", "sales-raw", { ignoreChanges: ["comment"], protect: true }),
  "one volume changed and not protected": both(
    has("Volume", "sales-raw-archive", { comment: "Kept" }),
    opts("Volume", "sales-raw-archive", { protect: false }),
    opts("Volume", "sales-raw-landing", { protect: true, retainOnDelete: true }),
  ),
  "bindings protected": opts("WorkspaceBinding", "sales-1111", { protect: true }),
  "tags that stay": opts("EntityTagAssignment", "sales-gold-tag-tier", { retainOnDelete: true }),
  "schemas in another team's catalog": both(
    has("Schema", "lab-experiments", { catalogName: "science", forceDestroy: true }),
    imports("Catalog", "lab", "science"),
  ),
  "a catalog that exists, with all that is in it": both(
    imports("Catalog", "legacy", "legacy"),
    imports("Schema", "legacy-orders", "legacy.orders"),
    imports("Volume", "legacy-orders-files", "legacy.orders.files"),
  ),
  "one object adopted by its id": both(imports("Schema", "single-old", "sales_lakehouse_test_single.old"), () =>
    assert.equal(of("Schema", "single-fresh").id, undefined),
  ),
  "several principals of a role, one an output": grants(
    "grants-raw-landing",
    ["ada@acme.io", "READ_VOLUME"],
    [RUNNER, "READ_VOLUME", "WRITE_VOLUME"],
    ["data-engineers", "READ_VOLUME"],
  ),
  "BROWSE for account users": grants(
    "grants-catalog",
    ["account users", "BROWSE"],
    ["ada@acme.io", "USE_CATALOG"],
    ["analysts", "USE_CATALOG"],
    ["data-engineers", "USE_CATALOG"],
  ),
  "grants to a service principal of the same program": grants(
    "grants-gold",
    ["analysts", "SELECT", "USE_SCHEMA"],
    [RUNNER, "CREATE_MATERIALIZED_VIEW", "CREATE_TABLE", "USE_SCHEMA"],
  ),
  "grants on an external location": has("Grants", "grants-lake", { externalLocation: "lake" }),
  "grants on a model that exist already": both(
    has("Grants", "grants-churn", {
      model: "sales.ml.churn",
      grants: [{ principal: RUNNER, privileges: ["EXECUTE"] }],
    }),
    imports("Grants", "grants-churn", "model/sales.ml.churn"),
  ),
  "grants on a function": has("Grants", "grants-tax", { function: `${GOLD}.tax` }),
  "grants on a table": has("Grants", "grants-rates", { table: "sales.gold_v2.rates" }),
  "grants on a connection and a credential": both(
    has("Grants", "grants-warehouse", { foreignConnection: "erp" }),
    has("Grants", "grants-uploads", { storageCredential: "lake" }),
  ),
  "masks by kind of data, with SQL of its own": both(
    has("SqlFunction", "personal-mask_salary", { parameters: "value DECIMAL(10,2)", comment: "Mask", body: "NULL" }),
    has("PolicyInfo", "personal-mask_email", {
      exceptPrincipals: ["data-stewards", RUNNER],
      comment: "Agreed with legal",
    }),
    opts("SqlFunction", "personal-mask_email", { protect: false }),
  ),
  "a row filter": has("PolicyInfo", "personal-filter_own_region", { policyType: "POLICY_TYPE_ROW_FILTER" }),
  "code in the folder of a service principal of the same program": has("Directory", "code", { path: FOLDER }),
  "Jupyter notebooks, and tests left out": both(
    has("Notebook", "code/jobs/report", { format: "JUPYTER", language: "PYTHON" }),
    () => assert.ok(!made.some(({ name }) => name.includes("test_rules"))),
  ),
  "a renamed notebook": opts("Notebook", "code/etl/clean", { aliases: ["code/etl/wash"] }),
  "folder permissions for all kinds of principals, then left alone": both(
    permits(
      "code",
      "directoryPath",
      { groupName: "data-engineers", permissionLevel: "CAN_READ" },
      { userName: "ada@acme.io", permissionLevel: "CAN_EDIT" },
      { servicePrincipalName: RUNNER, permissionLevel: "CAN_MANAGE" },
    ),
    opts("Permissions", "code", { ignoreChanges: ["accessControls"] }),
  ),
  "a check of what is in the workspace": has("FolderContent", "code-content", { root: FOLDER }),
  "sources: notebook, file, glob, folder, absolute": has("Pipeline", "serverless", {
    libraries: [
      { notebook: { path: `${FOLDER}/etl/clean` } },
      { file: { path: `${FOLDER}/etl/rules.py` } },
      { glob: { include: `${FOLDER}/etl/**` } },
      { glob: { include: `${FOLDER}/jobs/**` } },
      { notebook: { path: "/Shared/lib/common" } },
    ],
  }),
  "dependencies of the environment": has("Pipeline", "serverless", {
    environment: { dependencies: ["holidays==0.80", `${LANDING}/lib.whl`] },
  }),
  "a budget policy of the same program": both(
    has("Pipeline", "serverless", { budgetPolicyId: "usage-policy", serverless: true }),
    has("BudgetPolicy", "usage", { bindingWorkspaceIds: [1111] }),
  ),
  "a pipeline that runs as a service principal of the same program": has("Pipeline", "serverless", {
    runAs: { servicePrincipalName: RUNNER },
  }),
  "channel, development and event log": has("Pipeline", "serverless", {
    ...{ channel: "PREVIEW", development: true },
    eventLog: { catalog: "sales_lakehouse_test_sales", schema: "raw", name: "events" },
  }),
  "no full refresh": has("Pipeline", "serverless", {
    configuration: { landing: LANDING, "pipelines.reset.allowed": "false" },
  }),
  "notifications of success and of failure": has("Pipeline", "serverless", {
    notifications: [
      {
        alerts: ["on-update-failure", "on-update-fatal-failure", "on-flow-failure"],
        emailRecipients: ["data@acme.io"],
      },
      { alerts: ["on-update-success"], emailRecipients: ["ops@acme.io"] },
    ],
  }),
  "names of its own": has("Pipeline", "serverless", { name: "Sales: serverless" }),
  "a continuous pipeline that runs as a user": has("Pipeline", "classic", {
    ...{ continuous: true, runAs: { userName: "ada@acme.io" }, name: "sales streaming", edition: "PRO" },
  }),
  "classic compute with node types, a policy and autoscaling": has("Pipeline", "classic", {
    ...{ serverless: false, photon: false },
    clusters: [
      {
        ...{ policyId: "policy", nodeTypeId: "i3.xlarge", driverNodeTypeId: "i3.2xlarge" },
        autoscale: { minWorkers: 2, maxWorkers: 5, mode: "LEGACY" },
        sparkConf: { "spark.sql.shuffle.partitions": "8" },
      },
    ],
  }),
  "a notebook task": task("clean", {
    notebookTask: { notebookPath: `${FOLDER}/etl/clean`, baseParameters: { path: LANDING } },
  }),
  "a pipeline task, and one with a full refresh that is disabled": both(
    task("refine", { dependsOns: [{ taskKey: "clean" }], pipelineTask: { pipelineId: "serverless-id" } }),
    task("again", { disabled: true, pipelineTask: { fullRefresh: true } }),
  ),
  "a SQL task": task("sql", { sqlTask: { warehouseId: "warehouse-id", file: { path: "/Workspace/sales/marts.sql" } } }),
  "a Python script in an environment": task("script", {
    ...{ environmentKey: "tools", sparkPythonTask: { pythonFile: `${FOLDER}/etl/rules.py`, parameters: ["--all"] } },
  }),
  "a Python wheel on a job cluster": task("wheel", {
    ...{
      jobClusterKey: "small",
      pythonWheelTask: { entryPoint: "main" },
      libraries: [{ whl: `${LANDING}/sales.whl` }],
    },
  }),
  "a jar on a cluster of its own": task("jar", {
    newCluster: { numWorkers: 1 },
    sparkJarTask: { mainClassName: "io.acme.Main" },
  }),
  "a dbt task": task("dbt", { dbtTask: { commands: ["dbt deps", "dbt build"], schema: "gold" } }),
  "a condition with a branch that runs another job": both(
    task("full", { conditionTask: { left: "{{job.parameters.full}}", op: "EQUAL_TO", right: "true" } }),
    task("rebuild", { dependsOns: [{ taskKey: "full", outcome: "true" }], runJobTask: { jobId: 7 } }),
  ),
  "a loop": task("each", {
    forEachTask: { concurrency: 2, task: { notebookTask: { notebookPath: `${FOLDER}/jobs/report` } } },
  }),
  "a dashboard sent to subscribers": task("publish", {
    dashboardTask: { dashboardId: "kpis-id", subscription: { subscribers: [{ userName: "ceo@acme.io" }] } },
  }),
  "an alert as a task": task("quality", { alertTask: { alertId: "fresh-id" } }),
  "retries, a time limit, mails, webhooks and health of one task": task("clear", {
    ...{ runIf: "ALL_DONE", maxRetries: 3, minRetryIntervalMillis: 60_000, retryOnTimeout: true, timeoutSeconds: 900 },
    ...{ existingClusterId: "cluster", emailNotifications: { onFailures: ["ops@acme.io"] } },
    ...{ webhookNotifications: { onStarts: [{ id: "hook" }] } },
    health: { rules: [{ metric: "RUN_DURATION_SECONDS", op: "GREATER_THAN", value: 600 }] },
  }),
  "parameters as outputs": has("Job", "nightly", {
    parameters: [
      { name: "full", default: "false" },
      { name: "landing", default: LANDING },
    ],
  }),
  "a schedule in a time zone": has("Job", "nightly", {
    schedule: { quartzCronExpression: "0 30 4 ? * MON-FRI", timezoneId: "Europe/Berlin", pauseStatus: "UNPAUSED" },
  }),
  "job clusters and environments": has("Job", "nightly", {
    jobClusters: [{ jobClusterKey: "small", newCluster: { autoscale: { maxWorkers: 2 } } }],
    environments: [{ environmentKey: "tools", spec: { environmentVersion: "4" } }],
  }),
  "mails, webhooks and health of a job": has("Job", "nightly", {
    emailNotifications: { onStarts: ["ops@acme.io"], onDurationWarningThresholdExceededs: ["ops@acme.io"] },
    webhookNotifications: { onFailures: [{ id: "pager" }] },
    health: { rules: [{ metric: "STREAMING_BACKLOG_SECONDS", value: 300 }] },
  }),
  "no queue, several runs at a time, a long limit, quick compute": has("Job", "nightly", {
    ...{ queue: { enabled: false }, maxConcurrentRuns: 3, timeoutSeconds: 36_000 },
    performanceTarget: "PERFORMANCE_OPTIMIZED",
  }),
  "a job that ran before under another name": opts("Job", "nightly", { aliases: ["orders"], protect: true }),
  "a start by files, by tables and by a period": both(
    has("Job", "on-arrival", { trigger: { fileArrival: { url: `${LANDING}/`, waitAfterLastChangeSeconds: 60 } } }),
    has("Job", "on-table", { trigger: { tableUpdate: { tableNames: ["sales.gold_v2.rates"] } } }),
    has("Job", "hourly", { trigger: { periodic: { interval: 1, unit: "HOURS" } } }),
  ),
  "a continuous job": has("Job", "always", { continuous: { taskRetryMode: "ON_FAILURE" }, timeoutSeconds: 0 }),
  "code from a git repository": has("Job", "from-git", {
    gitSource: { provider: "gitHub", tag: "v1.2.0" },
    tasks: [
      { taskKey: "dbt", dependsOns: [{ taskKey: "load" }] },
      { taskKey: "load", notebookTask: { source: "GIT", notebookPath: "jobs/load" } },
    ],
  }),
  "a warehouse with a size, a limit, tags and permissions": both(
    has("SqlEndpoint", "warehouse", { clusterSize: "Medium", maxNumClusters: 4, autoStopMins: 5 }),
    has("SqlEndpoint", "warehouse", { channel: { name: "CHANNEL_NAME_PREVIEW" } }),
  ),
  "a dashboard that readers see": both(
    has("Dashboard", "kpis", { displayName: "Sales figures", embedCredentials: true }),
    permits("kpis", "dashboardId", { groupName: "analysts", permissionLevel: "CAN_READ" }),
  ),
  "an alert that readers see and one person edits": both(
    has("AlertV2", "fresh", { runAs: { servicePrincipalName: RUNNER }, schedule: { pauseStatus: "PAUSED" } }),
    permits(
      "fresh",
      "alertV2Id",
      { groupName: "analysts", permissionLevel: "CAN_READ" },
      { userName: "ada@acme.io", permissionLevel: "CAN_EDIT" },
    ),
  ),
  "a secret scope for a service principal of the same program": has("SecretAcl", "secrets-runner", {
    ...{ principal: RUNNER, permission: "READ" },
  }),
  "groups with members of the same program": has("GroupMember", "groups-sales-runs-0", { memberId: "runner-id" }),
  "the identity of another CI system": has("ServicePrincipalFederationPolicy", "ci-0", {
    oidcPolicy: { issuer: "https://gitlab.com", subject: "project_path:acme/sales:ref_type:branch:ref:main" },
  }),
};

describe("the wish list of a team", () => {
  let misuse: unknown[];
  before(async () => {
    forget();
    watchOptions();
    await import("./wishes/jobs.ts");
    ({ misuse } = await import("./wishes/misuse.ts"));
    await settle();
  });

  for (const [wish, check] of Object.entries(WISHES)) it(`has ${wish}`, check);

  it("is longer than the 42 that did not compile at first, and so is the list of what must not", () => {
    assert.ok(Object.keys(WISHES).length > 42);
    assert.ok(misuse.length >= 30, `${misuse.length} mistakes`);
  });
});
