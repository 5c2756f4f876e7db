/** A Lakeflow declarative pipeline on Unity Catalog. */
import type * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import { type AccessRule, permissions, type RunAs, runAsArgs } from "./access.ts";
import { Component, given, make, plain, type Transform, Violations } from "./component.ts";
import { sdk } from "./databricks.ts";
import { type Naming, stackNaming } from "./names.ts";
import { NotebookFolder } from "./notebooks.ts";

/** Serverless, or classic clusters that `maxWorkers` (and a cluster policy) bound. */
export type PipelineCompute =
  | { kind: "serverless"; budgetPolicyId?: pulumi.Input<string> | undefined }
  | {
      kind: "classic";
      clusterPolicyId?: pulumi.Input<string>;
      nodeTypeId?: pulumi.Input<string>;
      driverNodeTypeId?: pulumi.Input<string>;
      /** Default 1. */
      minWorkers?: pulumi.Input<number>;
      maxWorkers: pulumi.Input<number>;
      /** Default ENHANCED. */
      autoscale?: pulumi.Input<"ENHANCED" | "LEGACY">;
      /** Default true. */
      photon?: pulumi.Input<boolean>;
      /** Encrypts the local disks of the machines. Default true; Google Cloud does it by itself. */
      encryptDisks?: pulumi.Input<boolean>;
      sparkConf?: Readonly<Record<string, pulumi.Input<string>>>;
    };

/** Source code, relative to `root` or an absolute workspace path. */
export type PipelineSource =
  /** A folder with everything below it. */
  | { readonly folder: pulumi.Input<string> }
  /** Databricks takes one kind of glob: a folder's path that ends in `/**`. */
  | { readonly glob: pulumi.Input<string> }
  | { readonly notebook: pulumi.Input<string> }
  | { readonly file: pulumi.Input<string> };

export type PipelineEvent = "on-update-success" | "on-update-failure" | "on-update-fatal-failure" | "on-flow-failure";

export interface LakehousePipelineArgs {
  /** Display name, unique in the workspace. Default: made by `naming`. */
  name?: pulumi.Input<string>;
  /** Makes the display name. Default: Pulumi's project and stack. */
  naming?: Naming;
  /** Catalog and default schema of its datasets. */
  catalog: pulumi.Input<string>;
  /** Default schema of what the sources define. */
  schema: pulumi.Input<string>;
  /** Folder on Python's path, which holds `sources`. The pipeline waits for all uploads of a `NotebookFolder`. */
  root: NotebookFolder | pulumi.Input<string>;
  /** At least one. */
  sources: readonly PipelineSource[];
  /** Read in the sources by spark.conf.get and `${…}`. */
  configuration?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Python packages of serverless compute, as pip takes them. */
  dependencies?: readonly pulumi.Input<string>[];
  tags?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Default serverless. */
  compute?: PipelineCompute;
  /** Table of the same catalog that the event log is published to. Absent: the log stays with the pipeline. */
  eventLog?: { schema: pulumi.Input<string>; name: pulumi.Input<string> };
  /** E-mail addresses that hear of failed updates and flows. */
  alerts?: readonly pulumi.Input<string>[];
  /** Further notifications. */
  notifications?: readonly { on: readonly pulumi.Input<PipelineEvent>[]; emails: readonly pulumi.Input<string>[] }[];
  /** Application id of the service principal that runs it, or a user; the deployer when absent. */
  runAs?: RunAs;
  /** Development mode keeps compute and stops retries. Default false. */
  development?: pulumi.Input<boolean>;
  /** Runs until it is stopped. Default false: each update processes what is there. */
  continuous?: pulumi.Input<boolean>;
  /** Default CURRENT. */
  channel?: pulumi.Input<"CURRENT" | "PREVIEW">;
  /** Default ADVANCED, which expectations need on classic compute. */
  edition?: pulumi.Input<"CORE" | "PRO" | "ADVANCED">;
  /** Who may do what with the pipeline; the deployer owns it. */
  access?: readonly AccessRule<"CAN_VIEW" | "CAN_RUN" | "CAN_MANAGE">[];
  /**
   * Keeps the pipeline when the stack is destroyed by mistake: protect and retainOnDelete. Databricks drops a pipeline's
   * tables with it. Default true.
   */
  protectData?: boolean;
  transform?: { pipeline?: Transform<databricks.PipelineArgs>; permissions?: Transform<databricks.PermissionsArgs> };
}

const FAILURES: readonly PipelineEvent[] = ["on-update-failure", "on-update-fatal-failure", "on-flow-failure"];

export class LakehousePipeline extends Component {
  readonly pipeline: databricks.Pipeline;
  /** Known when the pipeline exists. */
  readonly pipelineId: pulumi.Output<string>;

  constructor(name: string, args: LakehousePipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("LakehousePipeline", name, opts);
    const { access = [], protectData = true, transform = {}, root } = args;
    checkArgs(name, args);
    const uploads = root instanceof NotebookFolder ? { dependsOn: [root] } : {};
    this.pipeline = make(
      sdk.Pipeline,
      name,
      pipelineArgs(name, args),
      { parent: this, protect: protectData, retainOnDelete: protectData, ...uploads },
      transform.pipeline,
    );
    this.pipelineId = this.pipeline.id;
    permissions(name, { pipelineId: this.pipelineId }, access, { parent: this }, transform.permissions);
    this.registerOutputs({ pipelineId: this.pipelineId });
  }
}

function pipelineArgs(name: string, args: LakehousePipelineArgs): databricks.PipelineArgs {
  const { alerts = [], notifications = [], compute = { kind: "serverless" }, tags = {}, dependencies = [] } = args;
  const rootPath = args.root instanceof NotebookFolder ? args.root.path : args.root;
  const mails = [...(alerts.length > 0 ? [{ on: FAILURES, emails: alerts }] : []), ...notifications];
  return {
    name: args.name ?? (args.naming ?? stackNaming()).display(name),
    catalog: args.catalog,
    schema: args.schema,
    channel: args.channel ?? "CURRENT",
    edition: args.edition ?? "ADVANCED",
    development: args.development ?? false,
    continuous: args.continuous ?? false,
    rootPath,
    libraries: args.sources.map((source) => library(source, rootPath)),
    configuration: { ...args.configuration },
    tags: { ...tags },
    ...(args.eventLog === undefined ? {} : { eventLog: { catalog: args.catalog, ...args.eventLog } }),
    ...(dependencies.length === 0 ? {} : { environment: { dependencies: [...dependencies] } }),
    ...computeArgs(compute, tags),
    ...runAsArgs(args.runAs),
    ...(mails.length === 0
      ? {}
      : { notifications: mails.map(({ on, emails }) => ({ alerts: [...on], emailRecipients: [...emails] })) }),
  };
}

function library(source: PipelineSource, root: pulumi.Input<string>): databricks.types.input.PipelineLibrary {
  const absolute = (path: pulumi.Input<string>): pulumi.Output<string> =>
    pulumi.all([root, path]).apply(([folder, file]) => (file.startsWith("/") ? file : `${folder}/${file}`));
  if ("folder" in source) return { glob: { include: pulumi.interpolate`${absolute(source.folder)}/**` } };
  if ("glob" in source) return { glob: { include: absolute(source.glob) } };
  if ("notebook" in source) return { notebook: { path: absolute(source.notebook) } };
  return { file: { path: absolute(source.file) } };
}

function computeArgs(
  compute: PipelineCompute,
  tags: Readonly<Record<string, pulumi.Input<string>>>,
): Partial<databricks.PipelineArgs> {
  if (compute.kind === "serverless") return given({ serverless: true, budgetPolicyId: compute.budgetPolicyId });
  const { clusterPolicyId, nodeTypeId, driverNodeTypeId, sparkConf } = compute;
  const cluster: databricks.types.input.PipelineCluster = given({
    label: "default",
    policyId: clusterPolicyId,
    applyPolicyDefaultValues: clusterPolicyId === undefined ? undefined : true,
    nodeTypeId,
    driverNodeTypeId,
    sparkConf,
    enableLocalDiskEncryption: compute.encryptDisks ?? true,
    customTags: { ...tags },
    autoscale: {
      minWorkers: compute.minWorkers ?? 1,
      maxWorkers: compute.maxWorkers,
      mode: compute.autoscale ?? "ENHANCED",
    },
  });
  return { serverless: false, photon: compute.photon ?? true, clusters: [cluster] };
}

function checkArgs(name: string, args: LakehousePipelineArgs): void {
  const violations = new Violations();
  if (args.sources.length === 0) violations.add("sources", "must have at least one source");
  args.sources.forEach((source, at) => {
    const glob = "glob" in source ? plain(source.glob) : undefined;
    if (glob !== undefined && !/^[^*?[\]]*\/\*\*$/.test(glob)) {
      violations.add(
        `sources[${at}].glob`,
        `'${glob}' must be a folder's path that ends in /**, the one glob that Databricks takes`,
      );
    }
  });
  const { compute, dependencies = [] } = args;
  if (compute?.kind === "classic") {
    const [least, most] = [plain(compute.minWorkers) ?? 1, plain(compute.maxWorkers)];
    if (most !== undefined && (!Number.isInteger(most) || most < 1)) {
      violations.add("compute.maxWorkers", `${most} must be a whole number from 1`);
    }
    if (most !== undefined && least > most) {
      violations.add("compute.minWorkers", `${least} must be at most maxWorkers, ${most}`);
    }
    if (dependencies.length > 0) {
      violations.add(
        "dependencies",
        "need serverless compute; on classic compute use an init script or the cluster policy",
      );
    }
  }
  violations.check("LakehousePipeline", name);
}
