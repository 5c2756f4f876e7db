/** The orchestrating job: generate → medallion → CDC, one run at a time. */
import * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";

export interface OrchestrationJobArgs {
  /** Display name of the job. */
  name: string;
  description: string;
  /** Workspace path of the generator notebook. */
  generatorNotebook: pulumi.Input<string>;
  /** Parameters that only the generator reads: where it writes. */
  generatorParameters: Record<string, pulumi.Input<string>>;
  medallionPipelineId: pulumi.Input<string>;
  cdcPipelineId: pulumi.Input<string>;
  /** Job parameters and their defaults; a run may override them. */
  parameters: Record<string, string>;
  schedule: { cron: string; timezone: string; paused: boolean };
  tags: Record<string, string>;
  /** Who hears of a failed run. */
  alerts?: string[];
  /** Application id of the service principal that runs it; the deployer when absent. */
  runAs?: string | undefined;
  budgetPolicyId?: string | undefined;
  /** Limit of a whole run in minutes. Default 120. */
  timeoutMinutes?: number;
  /** Who may do what with the job; the deployer owns it. */
  access?: { group: string; level: "CAN_VIEW" | "CAN_MANAGE_RUN" | "CAN_MANAGE" }[];
  transform?: { job?: (args: databricks.JobArgs) => databricks.JobArgs };
}

/** Retries of the generator: it writes a batch whole or not at all, so running it again is safe. */
const GENERATOR_RETRIES = 2;
const MINUTE = 60;

export class OrchestrationJob extends pulumi.ComponentResource {
  readonly job: databricks.Job;
  readonly jobId: pulumi.Output<string>;

  constructor(name: string, args: OrchestrationJobArgs, opts?: pulumi.ComponentResourceOptions) {
    super("olist:lakehouse:Job", name, {}, opts);
    const { alerts = [], access = [], timeoutMinutes = 120 } = args;
    const jobArgs: databricks.JobArgs = {
      name: args.name,
      description: args.description,
      maxConcurrentRuns: 1,
      queue: { enabled: true },
      timeoutSeconds: timeoutMinutes * MINUTE,
      parameters: Object.entries(args.parameters)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([parameter, value]) => ({ name: parameter, default: value })),
      tasks: tasks(args, timeoutMinutes),
      schedule: {
        quartzCronExpression: args.schedule.cron,
        timezoneId: args.schedule.timezone,
        pauseStatus: args.schedule.paused ? "PAUSED" : "UNPAUSED",
      },
      tags: args.tags,
      emailNotifications: { onFailures: alerts, noAlertForSkippedRuns: true },
      ...(args.budgetPolicyId === undefined ? {} : { budgetPolicyId: args.budgetPolicyId }),
      ...(args.runAs === undefined ? {} : { runAs: { servicePrincipalName: args.runAs } }),
    };
    this.job = new databricks.Job(name, args.transform?.job?.(jobArgs) ?? jobArgs, { parent: this });
    this.jobId = this.job.id;
    if (access.length > 0) {
      new databricks.Permissions(
        name,
        {
          jobId: this.jobId,
          accessControls: access.map(({ group, level }) => ({ groupName: group, permissionLevel: level })),
        },
        { parent: this },
      );
    }
    this.registerOutputs({ jobId: this.jobId });
  }
}

/** Sorted by key, as the provider sends them: any other order shows as a change in every preview. */
function tasks(args: OrchestrationJobArgs, timeoutMinutes: number): databricks.types.input.JobTask[] {
  const timeoutSeconds = timeoutMinutes * MINUTE;
  return [
    {
      taskKey: "cdc",
      description: "Current state and history of customers, products and sellers",
      dependsOns: [{ taskKey: "medallion" }],
      pipelineTask: { pipelineId: args.cdcPipelineId, fullRefresh: false },
      timeoutSeconds,
    },
    {
      taskKey: "generate",
      description: "Writes the next batch of files into the landing volumes",
      notebookTask: {
        notebookPath: args.generatorNotebook,
        baseParameters: args.generatorParameters,
        source: "WORKSPACE",
      },
      maxRetries: GENERATOR_RETRIES,
      minRetryIntervalMillis: 30_000,
      retryOnTimeout: false,
      timeoutSeconds,
    },
    {
      taskKey: "medallion",
      description: "Bronze, silver and gold",
      dependsOns: [{ taskKey: "generate" }],
      pipelineTask: { pipelineId: args.medallionPipelineId, fullRefresh: false },
      timeoutSeconds,
    },
  ];
}
