/** Registers remote components, which is what the SDK of another language does: the plugin of the package makes them. */
import * as pulumi from "@pulumi/pulumi";

class Remote extends pulumi.ComponentResource {
  constructor(type, name, args, outputs, opts) {
    const unknown = Object.fromEntries(outputs.map((output) => [output, undefined]));
    super(`databricks-lakehouse:index:${type}`, name, { ...unknown, ...args }, opts, true);
  }
}

const settings = new pulumi.Config();
const water = new Remote(
  "LakehouseCatalog",
  "water",
  {
    comment: "Water meters of one town",
    protectData: false,
    schemas: {
      inbox: { comment: "Files of the meters", volumes: { readings: { comment: "One file a day" } } },
      usage: { comment: "Usage by household" },
    },
  },
  ["catalogName"],
);
const grants = new Remote(
  "AccessGrants",
  "grants",
  {
    roles: { readers: ["traders"] },
    securables: {
      usage: {
        kind: "schema",
        name: pulumi.interpolate`${water.catalogName}.usage`,
        grants: { readers: ["USE_SCHEMA", "SELECT"] },
      },
    },
  },
  [],
);
const code = new Remote("NotebookFolder", "code", { source: "./code", protectData: false }, ["path"], {
  dependsOn: [water],
});
const readings = new Remote(
  "LakehousePipeline",
  "readings",
  {
    catalog: water.catalogName,
    schema: "usage",
    root: code.path,
    sources: [{ folder: "readings" }],
    configuration: { inbox: pulumi.interpolate`/Volumes/${water.catalogName}/inbox/readings` },
    protectData: false,
  },
  ["pipelineId"],
  { dependsOn: [code, grants] },
);
const job = new Remote(
  "LakehouseJob",
  "nightly",
  {
    tasks: { readings: { pipeline: { pipelineId: readings.pipelineId } } },
    schedule: { cron: settings.get("cron") ?? "0 0 3 * * ?", timezone: "UTC" },
    ...settings.getObject("more"),
  },
  ["jobId"],
);

export const { jobId } = job;
