/** The program that is measured: `copies` lakehouses of the size of the project's own, made with its components. */
import * as pulumi from "@pulumi/pulumi";
import { CATALOG, SCHEMAS } from "../../access.ts";
import {
  AccessGrants,
  LakehouseCatalog,
  LakehouseJob,
  LakehousePipeline,
  NotebookFolder,
  names,
} from "../../components/index.ts";

const copies = new pulumi.Config().requireNumber("copies");
const roles = {
  platformAdmins: "platform-admins",
  dataEngineers: "data-engineers",
  analysts: "analysts",
  auditors: "auditors",
  dataStewards: "data-stewards",
  pipelines: undefined,
};
const tags = { environment: "dev", owner: "bench", cost_center: "0" };
const protectData = false;

for (let copy = 0; copy < copies; copy += 1) {
  const naming = names({ project: "bench", environment: "dev", suffix: `c${copy}` });
  const named = (name: string): string => `${name}-${copy}`;
  const comment = "Measured";
  const lakehouse = new LakehouseCatalog(named("lakehouse"), {
    name: naming.catalog(),
    comment,
    protectData,
    schemas: {
      raw: { comment, volumes: { landing: { comment }, changes: { comment } } },
      bronze: { comment },
      silver: { comment },
      gold: { comment },
      cdc: { comment },
      ops: { comment },
    },
  });
  const grants = new AccessGrants(named("grants"), { lakehouse, roles, catalog: CATALOG, schemas: SCHEMAS });
  const root = new NotebookFolder(
    named("notebooks"),
    { source: "../../notebooks", naming, protectData, access: [{ group: roles.dataEngineers, level: "CAN_READ" }] },
    { dependsOn: [lakehouse.catalog] },
  );
  const common = {
    naming,
    root,
    tags,
    protectData,
    catalog: lakehouse.catalogName,
    access: [{ group: roles.dataEngineers, level: "CAN_VIEW" }] as const,
  };
  const pipelines = (["medallion", "cdc"] as const).map(
    (key) =>
      new LakehousePipeline(
        named(key),
        { ...common, schema: lakehouse.schemas.silver.name, sources: [{ folder: key }] },
        { dependsOn: [grants] },
      ),
  );
  new LakehouseJob(named("orchestration"), {
    naming,
    tags,
    tasks: {
      medallion: { pipeline: { pipelineId: pipelines[0]!.pipelineId } },
      cdc: { dependsOn: ["medallion"], pipeline: { pipelineId: pipelines[1]!.pipelineId } },
    },
    access: [{ group: roles.dataEngineers, level: "CAN_VIEW" }],
  });
}
