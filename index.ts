/** The lakehouse of one stack: catalog, grants, notebooks, pipelines and the job, in the order they depend on each other. */
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
  LakehouseCatalog,
  LakehouseGrants,
  LakehousePipeline,
  NotebookFolder,
  names,
  OrchestrationJob,
} from "./components/index.ts";
import { parseSettings } from "./settings.ts";

// Pulumi's contract with a language host: the keys of the stack's secrets, whose values an error must not show.
const secretKeys: readonly string[] = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]");
const settings = parseSettings({
  project: pulumi.getProject(),
  stack: pulumi.getStack(),
  values: pulumi.runtime.allConfig(),
  isSecret: (key) => secretKeys.includes(key),
});
const production = settings.environment === "prod";
const name = names({ project: "olist", environment: settings.environment, suffix: settings.suffix });
const tags = { environment: settings.environment, owner: settings.tags.owner, cost_center: settings.tags.costCenter };

const lakehouse = new LakehouseCatalog("lakehouse", {
  name: name.catalog,
  comment: `Olist e-commerce lakehouse, environment ${settings.environment}`,
  protectData: production,
  workspaceIds: settings.workspaceIds,
  storageRoot: settings.storageRoot,
  schemas: [
    {
      name: "raw",
      comment: "Files as delivered: landing and change files",
      volumes: [
        { name: "landing", comment: "Initial and incremental files, one folder per entity" },
        { name: "changes", comment: "Change data capture files, one folder per entity" },
      ],
    },
    { name: "bronze", comment: "Every delivered row as text, with its file and time of arrival" },
    { name: "silver", comment: "Typed and cleaned, one row per business key" },
    { name: "gold", comment: "Measures for analysts, reconciled to silver" },
    { name: "cdc", comment: "Current state and history of customers, products and sellers" },
    { name: "ops", comment: "Quarantine, reconciliation and pipeline event logs" },
  ],
});

const grants = new LakehouseGrants("grants", {
  lakehouse,
  principals: { ...settings.roles, pipelines: settings.runAs },
});

const notebooks = new NotebookFolder("notebooks", {
  source: join(import.meta.dirname, "notebooks"),
  target: name.workspaceRoot,
});

const landing = pulumi.interpolate`/Volumes/${lakehouse.catalogName}/raw/${lakehouse.volumes["raw.landing"]!.name}`;
const changes = pulumi.interpolate`/Volumes/${lakehouse.catalogName}/raw/${lakehouse.volumes["raw.changes"]!.name}`;
const access = [
  ...(settings.roles.platformAdmins ? [{ group: settings.roles.platformAdmins, level: "CAN_MANAGE" as const }] : []),
  ...(settings.roles.dataEngineers ? [{ group: settings.roles.dataEngineers, level: "CAN_VIEW" as const }] : []),
];
const common = {
  catalog: lakehouse.catalogName,
  root: notebooks.path,
  configuration: { "olist.landing_path": landing, "olist.changes_path": changes },
  tags,
  compute: settings.compute,
  alerts: settings.alerts,
  runAs: settings.runAs,
  development: settings.environment === "dev",
  access,
};
// A pipeline's principal must hold its grants before the pipeline is made, and no output says when it does.
const afterGrants = { dependsOn: [grants] };

const medallion = new LakehousePipeline(
  "medallion",
  {
    ...common,
    name: name.display("medallion"),
    schema: lakehouse.schemas.silver!.name,
    sources: [{ folder: "medallion" }],
    eventLog: { schema: lakehouse.schemas.ops!.name, name: "event_log_medallion" },
  },
  afterGrants,
);

const cdc = new LakehousePipeline(
  "cdc",
  {
    ...common,
    name: name.display("cdc"),
    schema: lakehouse.schemas.cdc!.name,
    sources: [{ folder: "cdc" }],
    eventLog: { schema: lakehouse.schemas.ops!.name, name: "event_log_cdc" },
  },
  afterGrants,
);

const job = new OrchestrationJob("orchestration", {
  name: name.display("orchestration"),
  description: "Generates the next batch, refines it, applies the changes",
  generatorNotebook: notebooks.pathOf("generator/generate"),
  // The run names its batch, so that a retry after the batch was written does not write the next one.
  generatorParameters: { landing_path: landing, changes_path: changes, run: "{{job.run_id}}" },
  medallionPipelineId: medallion.pipelineId,
  cdcPipelineId: cdc.pipelineId,
  parameters: {
    scale: String(settings.generator.scale),
    seed: String(settings.generator.seed),
    bad_share: String(settings.generator.badShare),
    batch: "next",
  },
  schedule: settings.schedule,
  tags,
  alerts: settings.alerts,
  runAs: settings.runAs,
  budgetPolicyId: settings.compute.kind === "serverless" ? settings.compute.budgetPolicyId : undefined,
  access: access.map(({ group, level }) => ({
    group,
    level: level === "CAN_VIEW" ? ("CAN_MANAGE_RUN" as const) : level,
  })),
});

export const catalogName = lakehouse.catalogName;
export const workspaceFolder = notebooks.path;
export const landingPath = landing;
export const changesPath = changes;
export const medallionPipelineId = medallion.pipelineId;
export const cdcPipelineId = cdc.pipelineId;
export const jobId = job.jobId;
