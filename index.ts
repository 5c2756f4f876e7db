/** The lakehouse of one stack: catalog, grants, notebooks, pipelines and the job, in the order they depend on each other. */
import * as pulumi from "@pulumi/pulumi";
import { CATALOG, SCHEMAS } from "./access.ts";
import { analysis } from "./analysis.ts";
import { sdk } from "./components/databricks.ts";
import {
  AccessGrants,
  LakehouseCatalog,
  LakehouseJob,
  LakehousePipeline,
  LakehouseSecretScope,
  NotebookFolder,
  names,
  SqlWarehouse,
} from "./components/index.ts";
import { generateTask, generatorParameters } from "./generator.ts";
import { identities } from "./identities.ts";
import { operations } from "./operations.ts";
import { personalData, protectTask } from "./personal-data.ts";
import { parseSettings } from "./settings.ts";

// Pulumi's contract with a language host: the keys of the stack's secrets, whose values an error must not show.
const secretKeys: readonly string[] = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]");
const settings = parseSettings({
  project: pulumi.getProject(),
  stack: pulumi.getStack(),
  values: pulumi.runtime.allConfig(),
  others: { databricks: Object.keys(sdk.config) },
  isSecret: (key) => secretKeys.includes(key),
});
const protectData = settings.environment === "prod";
const { environment, suffix, codeRoot, runAs, alerts } = settings;
const naming = names({ project: "olist", environment, suffix, codeRoot });
const tags = { environment, owner: settings.tags.owner, cost_center: settings.tags.costCenter };
const { roles, compute, made } = identities(settings, naming, tags);

const { existingCatalog } = settings;
const own = {
  name: naming.catalog(),
  comment: `Olist e-commerce lakehouse, environment ${environment}`,
  workspaces: Object.fromEntries(settings.workspaceIds.map((id) => [id, {}])),
  storageRoot: settings.storageRoot,
};
const lakehouse = new LakehouseCatalog("lakehouse", {
  ...(existingCatalog === undefined ? own : { name: existingCatalog, existing: true }),
  protectData,
  schemas: {
    raw: {
      comment: "Files as delivered: landing and change files",
      volumes: {
        landing: { comment: "Initial and incremental files, one folder per entity" },
        changes: { comment: "Change data capture files, one folder per entity" },
      },
    },
    bronze: { comment: "Every delivered row as text, with its file and time of arrival" },
    silver: { comment: "Typed and cleaned, one row per business key" },
    gold: { comment: "Measures for analysts, reconciled to silver" },
    cdc: { comment: "Current state and history of customers, products and sellers" },
    ops: { comment: "Quarantine, reconciliation and pipeline event logs" },
  },
});

const { platformAdmins, dataEngineers, analysts, auditors, dataStewards } = roles;
const grants = new AccessGrants("grants", {
  lakehouse,
  roles: { ...{ platformAdmins, dataEngineers, analysts, auditors, dataStewards }, pipelines: runAs },
  ...(existingCatalog === undefined ? { catalog: CATALOG } : {}),
  schemas: SCHEMAS,
});

/** Admins manage, engineers get `level`. */
const access = <Level extends string>(level: Level) => [
  ...(platformAdmins ? [{ group: platformAdmins, level: "CAN_MANAGE" as const }] : []),
  ...(dataEngineers ? [{ group: dataEngineers, level }] : []),
];

const queriers = [
  ...[analysts, auditors, dataStewards].flatMap((group) => (group ? [{ group, level: "CAN_USE" as const }] : [])),
  // The alerts' queries run as this principal.
  ...(runAs && settings.quality ? [{ servicePrincipal: runAs, level: "CAN_USE" as const }] : []),
];
const warehouse =
  settings.warehouse &&
  new SqlWarehouse("warehouse", { ...settings.warehouse, naming, tags, access: [...access("CAN_USE"), ...queriers] });
const masks =
  settings.personalData &&
  warehouse &&
  personalData({
    settings,
    dataStewards,
    catalog: lakehouse.catalogName,
    functions: lakehouse.schemas.ops.id,
    warehouseId: warehouse.warehouseId,
    protectData,
  });

const notebooks = new NotebookFolder(
  "notebooks",
  {
    source: "./notebooks",
    naming,
    protectData,
    access: [...access("CAN_READ"), ...(runAs ? [{ servicePrincipal: runAs, level: "CAN_MANAGE" as const }] : [])],
  },
  // A second stack with this one's names fails at the catalog, or at a schema of somebody else's, before it touches the folder.
  { dependsOn: [existingCatalog === undefined ? lakehouse.catalog : lakehouse] },
);

const landing = lakehouse.volumePath("raw.landing");
const changes = lakehouse.volumePath("raw.changes");
/** What pipelines and jobs share. */
const common = { naming, root: notebooks, tags, alerts, runAs };
const pipelines = {
  ...common,
  catalog: lakehouse.catalogName,
  configuration: { "olist.landing_path": landing, "olist.changes_path": changes },
  compute,
  development: environment === "dev",
  // The job runs as this principal and starts the pipelines.
  access: [...access("CAN_VIEW"), ...(runAs ? [{ servicePrincipal: runAs, level: "CAN_RUN" as const }] : [])],
  protectData,
};
const jobs = { ...common, budgetPolicyId: compute.budgetPolicyId };
// A pipeline's principal must hold its grants before the pipeline is made, and no output says when it does.
const afterGrants = { dependsOn: [grants] };

const medallion = new LakehousePipeline(
  "medallion",
  {
    ...pipelines,
    schema: lakehouse.schemas.silver.name,
    sources: [{ folder: "medallion" }],
    eventLog: { schema: lakehouse.schemas.ops.name, name: "event_log_medallion" },
  },
  afterGrants,
);

const cdc = new LakehousePipeline(
  "cdc",
  {
    ...pipelines,
    schema: lakehouse.schemas.cdc.name,
    sources: [{ folder: "cdc" }],
    eventLog: { schema: lakehouse.schemas.ops.name, name: "event_log_cdc" },
  },
  afterGrants,
);

const job = new LakehouseJob("orchestration", {
  ...jobs,
  description: "Generates the next batch, refines it, applies the changes",
  tasks: {
    generate: generateTask(landing, changes),
    medallion: { description: "Bronze, silver and gold", pipeline: medallion },
    cdc: { description: "Current state and history of customers, products and sellers", pipeline: cdc },
    protect: masks && protectTask(lakehouse.catalogName, ["medallion", "cdc"]),
  },
  inOrder: true,
  parameters: generatorParameters(settings.generator),
  schedule: settings.schedule,
  access: access("CAN_MANAGE_RUN"),
});

operations({ jobs, platformAdmins, dataStewards, landing, changes, medallion, cdc, catalog: lakehouse.catalogName });

// Values are put in by people or CI; the program only says who may read them.
if (settings.secretScope) {
  new LakehouseSecretScope(
    "secrets",
    {
      naming,
      access: {
        ...(settings.roles.platformAdmins ? { [settings.roles.platformAdmins]: "MANAGE" as const } : {}),
        ...(runAs ? { [runAs]: "READ" as const } : {}),
      },
    },
    { dependsOn: made },
  );
}

if (warehouse) {
  const { warehouseId } = warehouse;
  analysis({
    ...{ settings, naming, catalog: lakehouse.catalogName, folder: notebooks.path, warehouseId },
    access: access("CAN_READ"),
    readers: analysts ? [analysts] : [],
  });
}

export const catalogName = lakehouse.catalogName;
export const workspaceFolder = notebooks.path;
export const landingPath = landing;
export const changesPath = changes;
export const medallionPipelineId = medallion.pipelineId;
export const cdcPipelineId = cdc.pipelineId;
export const jobId = job.jobId;
