/** Meter readings and invoices of a utility: two catalogs, five pipelines, own roles, a job with branches and a loop. */
import * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import {
  AccessGrants,
  LakehouseCatalog,
  LakehouseJob,
  LakehousePipeline,
  NotebookFolder,
  names,
} from "databricks-lakehouse";

const naming = names({ project: "energy", environment: "test" });
const tags = { environment: "test", owner: "grid", cost_center: "42" };
const protectData = false;
const settlement = new databricks.ServicePrincipal("settlement", { displayName: "energy settlement" });

const grid = new LakehouseCatalog("grid", {
  naming,
  comment: "Measurements of the grid",
  protectData,
  properties: { domain: "grid" },
  schemas: {
    inbox: {
      comment: "Files as delivered",
      volumes: { meters: { comment: "Readings of meters" }, weather: { comment: "Forecast files" } },
    },
    measured: { comment: "Readings by meter and hour" },
    modelled: { comment: "Demand as forecast" },
  },
});
const billing = new LakehouseCatalog("billing", {
  naming,
  comment: "Tariffs and invoices",
  protectData,
  schemas: {
    tariffs: { comment: "Prices by tariff and hour" },
    invoices: { comment: "Invoices by customer and month" },
  },
});

const roles = {
  operators: ["grid-operators", "grid-engineers"],
  traders: "traders",
  regulators: "regulators",
  settlement: settlement.applicationId,
};
const BUILDS = ["USE_SCHEMA", "SELECT", "MODIFY", "CREATE_TABLE", "CREATE_MATERIALIZED_VIEW"] as const;
const READS = ["USE_SCHEMA", "SELECT"] as const;
const grants = [
  new AccessGrants("grid-access", {
    lakehouse: grid,
    roles,
    catalog: { operators: ["USE_CATALOG", "BROWSE"], traders: ["USE_CATALOG"], settlement: ["USE_CATALOG"] },
    schemas: {
      measured: { operators: READS, settlement: BUILDS },
      modelled: { operators: READS, traders: READS, settlement: BUILDS },
      inbox: { settlement: ["USE_SCHEMA"] },
    },
    volumes: {
      "inbox.meters": { operators: ["WRITE_VOLUME"], settlement: ["READ_VOLUME"] },
      "inbox.weather": { settlement: ["READ_VOLUME"] },
    },
  }),
  new AccessGrants("billing-access", {
    lakehouse: billing,
    roles,
    catalog: { regulators: ["USE_CATALOG"], settlement: ["USE_CATALOG"] },
    schemas: { invoices: { regulators: READS, settlement: BUILDS }, tariffs: { settlement: BUILDS } },
  }),
];

const code = new NotebookFolder(
  "code",
  {
    source: "./code",
    naming,
    protectData,
    verifyContent: true,
    access: [{ group: "grid-engineers", level: "CAN_READ" }],
  },
  { dependsOn: [grid, billing] },
);

const shared = {
  naming,
  root: code,
  tags,
  protectData,
  access: [{ group: "grid-operators", level: "CAN_VIEW" }] as const,
};
const onGrid = { ...shared, catalog: grid.catalogName };
const onBilling = { ...shared, catalog: billing.catalogName };
const opts = { dependsOn: grants };
const { measured, modelled } = grid.schemas;
const meters = new LakehousePipeline(
  "meters",
  {
    ...onGrid,
    schema: measured.name,
    sources: [{ notebook: "meters/meters" }],
    configuration: { inbox: grid.volumePath("inbox.meters") },
  },
  opts,
);
const weather = new LakehousePipeline(
  "weather",
  {
    ...onGrid,
    schema: measured.name,
    sources: [{ folder: "weather" }],
    configuration: { inbox: grid.volumePath("inbox.weather") },
  },
  opts,
);
const forecast = new LakehousePipeline(
  "forecast",
  {
    ...onGrid,
    schema: modelled.name,
    sources: [{ glob: "forecast/**" }],
    dependencies: [pulumi.interpolate`--editable /Workspace${code.path}/calendar`],
  },
  opts,
);
const tariffs = new LakehousePipeline(
  "tariffs",
  { ...onBilling, schema: billing.schemas.tariffs.name, sources: [{ folder: "tariffs" }] },
  opts,
);
const invoices = new LakehousePipeline(
  "invoices",
  {
    ...onBilling,
    schema: billing.schemas.invoices.name,
    sources: [{ file: "invoices/invoices.sql" }],
    eventLog: { schema: billing.schemas.invoices.name, name: "event_log" },
    compute: { kind: "classic", nodeTypeId: "i3.xlarge", maxWorkers: 2 },
  },
  opts,
);

new LakehouseJob("settlement", {
  naming,
  tags,
  description: "Measures, forecasts and settles",
  tasks: {
    meters: { pipeline: { pipelineId: meters.pipelineId } },
    weather: { pipeline: { pipelineId: weather.pipelineId } },
    tariffs: { pipeline: { pipelineId: tariffs.pipelineId } },
    forecast: { dependsOn: ["meters", "weather"], pipeline: { pipelineId: forecast.pipelineId } },
    month_end: {
      dependsOn: ["forecast", "tariffs"],
      condition: { left: "{{job.parameters.settle}}", op: "EQUAL_TO", right: "true" },
    },
    regions: {
      dependsOn: [{ task: "month_end", outcome: "true" }],
      notebook: { notebookPath: code.pathOf("tools/regions") },
    },
    settle: {
      dependsOn: ["regions"],
      forEach: {
        inputs: "{{tasks.regions.values.regions}}",
        concurrency: 2,
        task: { notebook: { notebookPath: code.pathOf("tools/settle"), baseParameters: { region: "{{input}}" } } },
      },
    },
    invoices: { dependsOn: ["settle"], pipeline: { pipelineId: invoices.pipelineId } },
    export: {
      dependsOn: ["invoices"],
      runIf: "ALL_DONE",
      environment: "export",
      pythonScript: { pythonFile: code.pathOf("tools/export.py") },
    },
  },
  parameters: { settle: "true" },
  environments: { export: { environmentVersion: "2" } },
  trigger: { fileArrival: { url: grid.volumePath("inbox.meters").apply((path) => `${path}/`) }, pauseStatus: "PAUSED" },
  health: [{ metric: "RUN_DURATION_SECONDS", greaterThan: 3600 }],
  emails: { onFailure: ["grid@example.com"], onDurationWarning: ["grid@example.com"] },
});

export const catalogs = [grid.catalogName, billing.catalogName];
