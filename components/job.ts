/** A job: tasks by name, what starts it, who runs it and who hears of it. */
import type * as databricks from "@pulumi/databricks";
import type * as pulumi from "@pulumi/pulumi";
import { type AccessRule, permissions, type RunAs, runAsArgs } from "./access.ts";
import { Component, given, make, pauseStatus, plain, quartzProblem, type Transform, Violations } from "./component.ts";
import { sdk } from "./databricks.ts";
import {
  type CodePlace,
  checkMinutes,
  checkTasks,
  type HealthRule,
  healthArgs,
  inOrder,
  knownTasks,
  planTasks,
  type Recipients,
  recipients,
  seconds,
  type TaskOrPipeline,
  type Tasks,
} from "./job-plan.ts";
import { type Naming, stackNaming } from "./names.ts";
import { NotebookFolder } from "./notebooks.ts";

export interface LakehouseJobArgs<Key extends string> {
  /** Display name. Default: made by `naming`. */
  name?: pulumi.Input<string>;
  /** Makes the display name. Default: Pulumi's project and stack. */
  naming?: Naming;
  description?: pulumi.Input<string>;
  /**
   * Folder of the notebooks that tasks name by a relative path. The job waits for all uploads of a `NotebookFolder`, so for
   * the modules that a notebook imports, too.
   */
  root?: NotebookFolder | pulumi.Input<string>;
  /** By task key; a pipeline alone is a task that updates it, and a task that is undefined is left out. */
  tasks: Readonly<Record<Key, TaskOrPipeline<NoInfer<Key>> | undefined>>;
  /** Each task waits for the one before it, unless it has `dependsOn` of its own. Default false. */
  inOrder?: boolean;
  /** Job parameters and their defaults; a run may override them. */
  parameters?: Readonly<Record<string, pulumi.Input<string>>>;
  /** What starts the job; at most one. Absent: only a person, another job or a program. */
  schedule?: { cron: pulumi.Input<string>; timezone: pulumi.Input<string>; paused?: pulumi.Input<boolean> };
  /** Arrival of files, updates of tables, or a period. */
  trigger?: databricks.types.input.JobTrigger;
  /** Runs again as soon as a run ends. */
  continuous?: { paused?: pulumi.Input<boolean>; taskRetries?: pulumi.Input<"NEVER" | "ON_FAILURE"> };
  /** Notebooks, scripts and dbt projects come from this repository unless a task says otherwise. */
  gitSource?: databricks.types.input.JobGitSource;
  /** Serverless environments by key. */
  environments?: Readonly<Record<string, databricks.types.input.JobEnvironmentSpec>>;
  /** Clusters that live as long as a run, by key. */
  clusters?: Readonly<Record<string, databricks.types.input.JobJobClusterNewCluster>>;
  tags?: Readonly<Record<string, pulumi.Input<string>>>;
  /** E-mail addresses that hear of failed runs. */
  alerts?: readonly pulumi.Input<string>[];
  /** E-mail addresses by event. */
  emails?: Recipients;
  /** Ids of notification destinations by event. */
  webhooks?: Recipients;
  /** What counts as unhealthy: a long run, a backlog. */
  health?: readonly HealthRule[];
  /** Application id of the service principal that runs it, or a user; the deployer when absent. */
  runAs?: RunAs;
  /** Serverless usage policy. */
  budgetPolicyId?: pulumi.Input<string> | undefined;
  /** Serverless compute: cheap, or quick to start. */
  performanceTarget?: pulumi.Input<"STANDARD" | "PERFORMANCE_OPTIMIZED">;
  /** Limit of a whole run in minutes. Default 120; none for a continuous job. */
  timeoutMinutes?: pulumi.Input<number>;
  /** Default 1. */
  maxConcurrentRuns?: pulumi.Input<number>;
  /** Runs above the limit wait instead of being skipped. Default true. */
  queue?: pulumi.Input<boolean>;
  /** Who may do what with the job; the deployer owns it. */
  access?: readonly AccessRule<"CAN_VIEW" | "CAN_MANAGE_RUN" | "CAN_MANAGE">[];
  transform?: { job?: Transform<databricks.JobArgs>; permissions?: Transform<databricks.PermissionsArgs> };
}

export class LakehouseJob<const Key extends string> extends Component {
  readonly job: databricks.Job;
  /** Known when the job exists. */
  readonly jobId: pulumi.Output<string>;

  constructor(name: string, args: LakehouseJobArgs<Key>, opts?: pulumi.ComponentResourceOptions) {
    super("LakehouseJob", name, opts);
    const tasks = knownTasks(args.tasks);
    const known: LakehouseJobArgs<string> = { ...args, tasks: args.inOrder ? inOrder(tasks) : tasks };
    checkArgs(name, known);
    const jobArgs = planJob(name, known);
    const uploads = args.root instanceof NotebookFolder ? { dependsOn: [args.root] } : {};
    this.job = make(sdk.Job, name, jobArgs, { parent: this, ...uploads }, args.transform?.job);
    this.jobId = this.job.id;
    permissions(name, { jobId: this.jobId }, args.access ?? [], { parent: this }, args.transform?.permissions);
    this.registerOutputs({ jobId: this.jobId });
  }
}

const byKey = <T>(all: Readonly<Record<string, T>> = {}): [string, T][] =>
  Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));

const codePlace = ({ root, gitSource }: LakehouseJobArgs<string>): CodePlace => ({
  root,
  git: gitSource !== undefined,
});

function planJob(name: string, args: LakehouseJobArgs<string>): databricks.JobArgs {
  const { schedule, continuous, alerts = [], emails = {}, webhooks } = args;
  const timeoutMinutes = args.timeoutMinutes ?? (continuous === undefined ? 120 : 0);
  const failures = [...alerts, ...(emails.onFailure ?? [])];
  return given({
    name: args.name ?? (args.naming ?? stackNaming()).display(name),
    description: args.description,
    maxConcurrentRuns: args.maxConcurrentRuns ?? 1,
    // Always sent: the provider does not see the removal of a queue or of notifications.
    queue: { enabled: args.queue ?? true },
    emailNotifications: {
      ...recipients({ ...emails, onFailure: failures }, (email) => email),
      noAlertForSkippedRuns: true,
    },
    webhookNotifications: webhooks === undefined ? undefined : recipients(webhooks, (id) => ({ id })),
    timeoutSeconds: seconds(timeoutMinutes),
    parameters: byKey(args.parameters).map(([parameter, value]) => ({ name: parameter, default: value })),
    tasks: planTasks(args.tasks as Tasks, codePlace(args)),
    ...(schedule === undefined
      ? {}
      : {
          schedule: {
            quartzCronExpression: schedule.cron,
            timezoneId: schedule.timezone,
            pauseStatus: pauseStatus(schedule.paused),
          },
        }),
    trigger: args.trigger,
    continuous:
      continuous === undefined
        ? undefined
        : given({ pauseStatus: pauseStatus(continuous.paused), taskRetryMode: continuous.taskRetries }),
    gitSource: args.gitSource,
    environments:
      args.environments && byKey(args.environments).map(([environmentKey, spec]) => ({ environmentKey, spec })),
    jobClusters:
      args.clusters && byKey(args.clusters).map(([jobClusterKey, newCluster]) => ({ jobClusterKey, newCluster })),
    tags: { ...args.tags },
    health: healthArgs(args.health),
    budgetPolicyId: args.budgetPolicyId,
    performanceTarget: args.performanceTarget,
    ...runAsArgs(args.runAs),
  });
}

function checkArgs(name: string, args: LakehouseJobArgs<string>): void {
  const violations = new Violations();
  const starts = (["schedule", "trigger", "continuous"] as const).filter((key) => args[key] !== undefined);
  if (starts.length > 1)
    violations.add(starts[1]!, `cannot be combined with ${starts[0]}: a job has one way to start by itself`);
  checkMinutes("timeoutMinutes", args.timeoutMinutes, violations);
  const most = plain(args.maxConcurrentRuns);
  if (most !== undefined && (!Number.isInteger(most) || most < 1)) {
    violations.add("maxConcurrentRuns", `${most} must be a whole number from 1`);
  }
  if (args.continuous !== undefined && most !== undefined && most > 1) {
    violations.add("maxConcurrentRuns", "must be 1 for a continuous job");
  }
  const cron = quartzProblem(args.schedule?.cron);
  if (cron !== undefined) violations.add("schedule.cron", cron);
  // JavaScript puts such keys before all others, whatever the program says.
  const numbers = args.inOrder ? Object.keys(args.tasks).filter((key) => /^\d+$/.test(key)) : [];
  for (const key of numbers) violations.add(`tasks.${key}`, "must not be a number, whose place `inOrder` cannot know");
  const known = {
    ...codePlace(args),
    environments: Object.keys(args.environments ?? {}),
    clusters: Object.keys(args.clusters ?? {}),
  };
  checkTasks(args.tasks as Tasks, known, violations);
  violations.check("LakehouseJob", name);
}
