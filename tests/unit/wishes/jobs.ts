/** What a team writes next about its jobs: every kind of task, start, place of code and notification. */
import * as pulumi from "@pulumi/pulumi";
import { LakehouseJob } from "../../../components/index.ts";
import { code, serverless } from "./code.ts";
import { runner, sales } from "./data.ts";
import { alert, dashboard, warehouse } from "./people.ts";

const { warehouseId } = warehouse;

export const nightly = new LakehouseJob("nightly", {
  description: "Everything that a job can do",
  root: code,
  tasks: {
    clean: { notebook: { notebookPath: "etl/clean", baseParameters: { path: sales.volumePath("raw.landing") } } },
    refine: { dependsOn: ["clean"], pipeline: serverless },
    again: {
      dependsOn: ["refine"],
      pipeline: { pipelineId: serverless.pipelineId, fullRefresh: true },
      disabled: true,
    },
    sql: {
      dependsOn: ["refine"],
      sql: {
        warehouseId,
        file: { path: "/Workspace/sales/marts.sql" },
        parameters: { day: "{{job.start_time.iso_date}}" },
      },
    },
    script: {
      environment: "tools",
      pythonScript: { pythonFile: pulumi.interpolate`${code.path}/etl/rules.py`, parameters: ["--all"] },
    },
    wheel: {
      cluster: "small",
      pythonWheel: { packageName: "sales", entryPoint: "main" },
      libraries: [{ whl: pulumi.interpolate`${sales.volumePath("raw.landing")}/sales.whl` }],
    },
    jar: { newCluster: { sparkVersion: "17.3.x-scala2.13", numWorkers: 1 }, jar: { mainClassName: "io.acme.Main" } },
    dbt: {
      environment: "tools",
      dbt: { commands: ["dbt deps", "dbt build"], warehouseId, catalog: "sales", schema: "gold" },
    },
    full: { condition: { left: "{{job.parameters.full}}", op: "EQUAL_TO", right: "true" } },
    rebuild: { dependsOn: [{ task: "full", outcome: "true" }], runJob: { jobId: 7, jobParameters: { day: "all" } } },
    each: {
      dependsOn: ["sql"],
      forEach: {
        inputs: '["emea","apac"]',
        concurrency: 2,
        task: { notebook: { notebookPath: "jobs/report", baseParameters: { region: "{{input}}" } } },
      },
    },
    publish: {
      dependsOn: ["each"],
      dashboard: {
        dashboardId: dashboard.dashboard.id,
        warehouseId,
        subscription: { subscribers: [{ userName: "ceo@acme.io" }] },
      },
    },
    quality: { dependsOn: ["publish"], alert: { alertId: alert.alert.id, warehouseId } },
    clear: {
      dependsOn: ["quality", "script"],
      runIf: "ALL_DONE",
      existingClusterId: pulumi.output("cluster"),
      notebook: { notebookPath: "/Shared/clear" },
      retries: { max: pulumi.output(3), waitSeconds: 60, onTimeout: true },
      timeoutMinutes: pulumi.output(15),
      emails: { onFailure: ["ops@acme.io"] },
      webhooks: { onStart: ["hook"] },
      health: [{ metric: "RUN_DURATION_SECONDS", greaterThan: 600 }],
    },
  },
  parameters: { full: "false", landing: sales.volumePath("raw.landing") },
  schedule: { cron: "0 30 4 ? * MON-FRI", timezone: "Europe/Berlin", paused: pulumi.output(false) },
  environments: { tools: { environmentVersion: "4", dependencies: ["dbt-databricks==1.11.0"] } },
  clusters: {
    small: { sparkVersion: "17.3.x-scala2.13", nodeTypeId: "i3.xlarge", autoscale: { minWorkers: 1, maxWorkers: 2 } },
  },
  emails: { onStart: ["ops@acme.io"], onDurationWarning: ["ops@acme.io"] },
  webhooks: { onFailure: [pulumi.output("pager")] },
  health: [{ metric: "STREAMING_BACKLOG_SECONDS", greaterThan: pulumi.output(300) }],
  queue: false,
  maxConcurrentRuns: 3,
  timeoutMinutes: 600,
  performanceTarget: "PERFORMANCE_OPTIMIZED",
  runAs: runner.applicationId,
  access: [{ servicePrincipal: runner.applicationId, level: "CAN_MANAGE_RUN" }],
  transform: {
    job: (_args, opts) => {
      opts.aliases = [{ name: "orders", parent: pulumi.rootStackResource }];
      opts.protect = true;
    },
  },
});

const load = { load: { notebook: { notebookPath: "/Workspace/sales/load" } } };

export const onArrival = new LakehouseJob("on-arrival", {
  tasks: load,
  trigger: {
    fileArrival: { url: pulumi.interpolate`${sales.volumePath("raw.landing")}/`, waitAfterLastChangeSeconds: 60 },
  },
});
export const onTable = new LakehouseJob("on-table", {
  tasks: load,
  trigger: { tableUpdate: { tableNames: ["sales.gold_v2.rates"], condition: "ANY_UPDATED" } },
});
export const hourly = new LakehouseJob("hourly", {
  tasks: load,
  trigger: { periodic: { interval: 1, unit: "HOURS" } },
});
export const always = new LakehouseJob("always", { tasks: load, continuous: { taskRetries: "ON_FAILURE" } });
export const fromGit = new LakehouseJob("from-git", {
  gitSource: { url: "https://github.com/acme/sales", provider: "gitHub", tag: pulumi.output("v1.2.0") },
  tasks: {
    load: { notebook: { notebookPath: "jobs/load" } },
    dbt: { dbt: { commands: ["dbt build"] }, environment: "dbt" },
  },
  environments: { dbt: { environmentVersion: "4", dependencies: ["dbt-databricks"] } },
  inOrder: true,
});
