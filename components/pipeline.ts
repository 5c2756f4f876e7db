/** A Lakeflow declarative pipeline on Unity Catalog with bounded compute, tags, an event log table and failure alerts. */
import * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";

/** Serverless, or classic clusters that a cluster policy and `maxWorkers` bound. */
export type PipelineCompute =
  | { kind: "serverless"; budgetPolicyId?: string | undefined }
  | { kind: "classic"; clusterPolicyId: string; maxWorkers: number };

export interface LakehousePipelineArgs {
  /** Display name, unique in the workspace. */
  name: string;
  /** Catalog and default schema of its datasets. */
  catalog: pulumi.Input<string>;
  schema: pulumi.Input<string>;
  /** Workspace folder on Python's path, which holds `sources`. */
  root: pulumi.Input<string>;
  /** Folders and notebooks under `root`; a folder takes everything below it. */
  sources: { folder: string }[];
  /** Read in the sources by spark.conf.get and `${…}`. */
  configuration: Record<string, pulumi.Input<string>>;
  tags: Record<string, string>;
  compute: PipelineCompute;
  /** Table `schema.name` of the same catalog that the event log is published to. */
  eventLog: { schema: pulumi.Input<string>; name: string };
  /** Who hears of a failed update. */
  alerts?: string[];
  /** Application id of the service principal that runs it; the deployer when absent. */
  runAs?: string | undefined;
  /** Development mode keeps compute and stops retries. Default false. */
  development?: boolean;
  /** Who may do what with the pipeline; the deployer owns it. */
  access?: { group: string; level: "CAN_VIEW" | "CAN_RUN" | "CAN_MANAGE" }[];
  transform?: { pipeline?: (args: databricks.PipelineArgs) => databricks.PipelineArgs };
}

export class LakehousePipeline extends pulumi.ComponentResource {
  readonly pipeline: databricks.Pipeline;
  readonly pipelineId: pulumi.Output<string>;

  constructor(name: string, args: LakehousePipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("olist:lakehouse:Pipeline", name, {}, opts);
    const { alerts = [], development = false, access = [] } = args;
    const pipelineArgs: databricks.PipelineArgs = {
      name: args.name,
      catalog: args.catalog,
      schema: args.schema,
      channel: "CURRENT",
      edition: "ADVANCED",
      development,
      continuous: false,
      rootPath: args.root,
      libraries: args.sources.map(({ folder }) => ({
        glob: { include: pulumi.interpolate`${args.root}/${folder}/**` },
      })),
      configuration: args.configuration,
      tags: args.tags,
      eventLog: { catalog: args.catalog, schema: args.eventLog.schema, name: args.eventLog.name },
      ...computeArgs(args.compute, args.tags),
      ...(args.runAs === undefined ? {} : { runAs: { servicePrincipalName: args.runAs } }),
      ...(alerts.length === 0
        ? {}
        : {
            notifications: [
              { alerts: ["on-update-failure", "on-update-fatal-failure", "on-flow-failure"], emailRecipients: alerts },
            ],
          }),
    };
    this.pipeline = new databricks.Pipeline(name, args.transform?.pipeline?.(pipelineArgs) ?? pipelineArgs, {
      parent: this,
    });
    this.pipelineId = this.pipeline.id;
    if (access.length > 0) {
      new databricks.Permissions(
        name,
        {
          pipelineId: this.pipelineId,
          accessControls: access.map(({ group, level }) => ({ groupName: group, permissionLevel: level })),
        },
        { parent: this },
      );
    }
    this.registerOutputs({ pipelineId: this.pipelineId });
  }
}

function computeArgs(compute: PipelineCompute, tags: Record<string, string>): Partial<databricks.PipelineArgs> {
  if (compute.kind === "serverless") {
    return {
      serverless: true,
      ...(compute.budgetPolicyId === undefined ? {} : { budgetPolicyId: compute.budgetPolicyId }),
    };
  }
  return {
    serverless: false,
    photon: true,
    clusters: [
      {
        label: "default",
        policyId: compute.clusterPolicyId,
        applyPolicyDefaultValues: true,
        customTags: tags,
        autoscale: { minWorkers: 1, maxWorkers: compute.maxWorkers, mode: "ENHANCED" },
      },
    ],
  };
}
