/** Jobs that a person starts: quarantined rows mended and delivered again, and the erasure of a person. */
import type * as pulumi from "@pulumi/pulumi";
import { type AccessRule, LakehouseJob, type LakehouseJobArgs, type LakehousePipeline } from "./components/index.ts";

export interface OperationsArgs {
  /** What the jobs share with the orchestration: where the notebooks are, who runs them, who hears of it. */
  jobs: Pick<LakehouseJobArgs<string>, "naming" | "root" | "tags" | "alerts" | "runAs" | "budgetPolicyId">;
  catalog: pulumi.Output<string>;
  landing: pulumi.Output<string>;
  changes: pulumi.Output<string>;
  medallion: LakehousePipeline;
  cdc: LakehousePipeline;
  platformAdmins: pulumi.Input<string> | undefined;
  dataStewards: pulumi.Input<string> | undefined;
}

/** Reads the job's parameters of the same names. */
const of = (...keys: string[]): Record<string, string> =>
  Object.fromEntries(keys.map((key) => [key, `{{job.parameters.${key}}}`]));

export function operations(args: OperationsArgs): void {
  const { catalog, landing, changes, medallion, cdc, platformAdmins, dataStewards } = args;
  // They run as the pipelines do, who see everything, and their parameters are SQL: so not for engineers.
  const access: AccessRule<"CAN_MANAGE" | "CAN_MANAGE_RUN">[] = [
    ...(platformAdmins ? [{ group: platformAdmins, level: "CAN_MANAGE" as const }] : []),
    ...(dataStewards ? [{ group: dataStewards, level: "CAN_MANAGE_RUN" as const }] : []),
  ];
  const common = { ...args.jobs, access, inOrder: true };
  const retries = { max: 1, waitSeconds: 10 };
  const updates = { medallion, cdc };

  const replay = {
    notebookPath: "operations/replay",
    // The run names its rows, so that a retry finishes what was begun.
    baseParameters: { catalog, landing_path: landing, run: "{{job.run_id}}", ...of("entity", "where", "mend") },
  };
  new LakehouseJob("replay", {
    ...common,
    description: "Mends quarantined rows and delivers them again",
    parameters: { entity: "", where: "", mend: "{}" },
    tasks: { replay: { retries, notebook: replay }, ...updates },
  });

  const erase = {
    notebookPath: "operations/erase",
    baseParameters: { catalog, landing_path: landing, changes_path: changes, ...of("customer_unique_id") },
  };
  new LakehouseJob("erasure", {
    ...common,
    description: "Erases a person from files and tables",
    parameters: { customer_unique_id: "" },
    tasks: {
      erase: { retries, notebook: erase },
      ...updates,
      again: {
        description: "What an update that goes on where one failed reads as it was before",
        retries,
        notebook: { ...erase, baseParameters: { ...erase.baseParameters, again: "true" } },
      },
    },
  });
}
