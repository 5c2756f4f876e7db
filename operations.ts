/** Jobs that a person starts: quarantined rows mended and delivered again, and the erasure of a person. */
import type * as pulumi from "@pulumi/pulumi";
import {
  type AccessRule,
  LakehouseJob,
  type LakehousePipeline,
  type Naming,
  type NotebookFolder,
} from "./components/index.ts";
import type { Settings } from "./settings.ts";

export interface OperationsArgs {
  settings: Settings;
  naming: Naming;
  catalog: pulumi.Output<string>;
  notebooks: NotebookFolder;
  landing: pulumi.Output<string>;
  changes: pulumi.Output<string>;
  medallion: LakehousePipeline;
  cdc: LakehousePipeline;
  tags: Readonly<Record<string, string>>;
  platformAdmins: pulumi.Input<string> | undefined;
  dataStewards: pulumi.Input<string> | undefined;
  budgetPolicyId: pulumi.Input<string> | undefined;
}

export function operations(args: OperationsArgs): void {
  const { settings, naming, catalog, notebooks, landing, changes, medallion, cdc, tags } = args;
  const { platformAdmins, dataStewards, budgetPolicyId } = args;
  // They run as the pipelines do, who see everything, and their parameters are SQL: so not for engineers.
  const access: AccessRule<"CAN_MANAGE" | "CAN_MANAGE_RUN">[] = [
    ...(platformAdmins ? [{ group: platformAdmins, level: "CAN_MANAGE" as const }] : []),
    ...(dataStewards ? [{ group: dataStewards, level: "CAN_MANAGE_RUN" as const }] : []),
  ];
  const { alerts, runAs } = settings;
  const common = { naming, tags, alerts, runAs, budgetPolicyId, access };
  // Their notebooks import modules that no output of the notebook names.
  const afterCode = { dependsOn: [notebooks] };
  const retries = { max: 1, waitSeconds: 10 };
  const of = (...keys: string[]): Record<string, string> =>
    Object.fromEntries(keys.map((key) => [key, `{{job.parameters.${key}}}`]));
  const updates = <First extends string>(first: First) => ({
    medallion: { dependsOn: [first] as const, pipeline: { pipelineId: medallion.pipelineId } },
    cdc: { dependsOn: ["medallion"] as const, pipeline: { pipelineId: cdc.pipelineId } },
  });

  new LakehouseJob(
    "replay",
    {
      ...common,
      description: "Mends quarantined rows and delivers them again",
      parameters: { entity: "", where: "", mend: "{}" },
      tasks: {
        replay: {
          // The run names its rows, so that a retry finishes what was begun.
          retries,
          notebook: {
            notebookPath: notebooks.pathOf("operations/replay"),
            baseParameters: { catalog, landing_path: landing, run: "{{job.run_id}}", ...of("entity", "where", "mend") },
          },
        },
        ...updates("replay"),
      },
    },
    afterCode,
  );
  const erase = {
    notebookPath: notebooks.pathOf("operations/erase"),
    baseParameters: { catalog, landing_path: landing, changes_path: changes, ...of("customer_unique_id") },
  };
  new LakehouseJob(
    "erasure",
    {
      ...common,
      description: "Erases a person from files and tables",
      parameters: { customer_unique_id: "" },
      tasks: {
        erase: { retries, notebook: erase },
        ...updates("erase"),
        again: {
          description: "What an update that goes on where one failed reads as it was before",
          dependsOn: ["cdc"],
          retries,
          notebook: { ...erase, baseParameters: { ...erase.baseParameters, again: "true" } },
        },
      },
    },
    afterCode,
  );
}
