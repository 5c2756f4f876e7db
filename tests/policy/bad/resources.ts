/** What the bad programs are made of: resources that keep to the rules but for what is set. */
import * as d from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";

/** A program with one fault, as the SDK expresses it, and the rule that has to find it. */
export type BadProgram = readonly [rule: string, what: string, program: () => void];

export const TAGS = { environment: "prod", owner: "data-platform", cost_center: "1000" };
export const PRINCIPAL = "00000000-0000-4000-8000-000000000001";
const PASSWORD = pulumi.secret("vK3q9Zt7Lw2xBn8R");
export const base64 = (text: string): string => Buffer.from(text).toString("base64");
export const protect = { protect: true };

/** A cluster that keeps to the rules but for what is set. */
export const cluster = (set: Partial<d.ClusterArgs>): d.Cluster =>
  new d.Cluster("lab", {
    clusterName: "lab",
    sparkVersion: "16.4.x-scala2.12",
    policyId: "ABC123",
    autoterminationMinutes: 30,
    numWorkers: 2,
    dataSecurityMode: "USER_ISOLATION",
    enableLocalDiskEncryption: true,
    customTags: TAGS,
    ...set,
  });
export const job = (set: Partial<d.JobArgs>): d.Job =>
  new d.Job("nightly", {
    name: "nightly",
    maxConcurrentRuns: 1,
    queue: { enabled: true },
    timeoutSeconds: 3600,
    runAs: { servicePrincipalName: PRINCIPAL },
    emailNotifications: { onFailures: ["on-call@acme.io"] },
    tags: TAGS,
    budgetPolicyId: "b",
    tasks: [{ taskKey: "a", maxRetries: 1, notebookTask: { notebookPath: "/apps/a" } }],
    ...set,
  });
export const pipeline = (set: Partial<d.PipelineArgs>): d.Pipeline =>
  new d.Pipeline(
    "medallion",
    {
      name: "medallion",
      serverless: true,
      budgetPolicyId: "b",
      catalog: "sales",
      schema: "silver",
      libraries: [{ notebook: { path: "/apps/a" } }],
      notifications: [{ alerts: ["on-update-failure"], emailRecipients: ["on-call@acme.io"] }],
      runAs: { servicePrincipalName: PRINCIPAL },
      tags: TAGS,
      ...set,
    },
    protect,
  );
export const jobCluster = {
  policyId: "p",
  sparkVersion: "16.4.x-scala2.12",
  numWorkers: 2,
  dataSecurityMode: "SINGLE_USER",
};
export const connection = (connectionType: string, options: Record<string, pulumi.Input<string>>): d.Connection =>
  new d.Connection("erp", {
    name: "erp",
    connectionType,
    comment: "The ERP's reporting database",
    options: { host: "db.acme.io", user: "reader", password: PASSWORD, ...options },
  });
export const permissions = (set: Partial<d.PermissionsArgs>): d.Permissions =>
  new d.Permissions("who", { accessControls: [], ...set });
export const group = (displayName: string): d.Group => new d.Group(displayName, { displayName });

export function mask(set: Partial<d.PolicyInfoArgs>): void {
  new d.PolicyInfo("mask", {
    name: "mask",
    policyType: "POLICY_TYPE_COLUMN_MASK",
    forSecurableType: "TABLE",
    onSecurableType: "CATALOG",
    onSecurableFullname: "sales",
    toPrincipals: ["account users"],
    matchColumns: [{ alias: "c", condition: "has_tag('pii')" }],
    columnMask: { functionName: "sales.ops.mask", onColumn: "c" },
    ...set,
  });
}

type Entity = NonNullable<pulumi.Unwrap<d.ModelServingArgs["config"]>>["servedEntities"] extends
  | (infer One)[]
  | undefined
  ? One
  : never;
export function served(entity: Partial<Entity>): d.ModelServing {
  return new d.ModelServing("m", {
    name: "m",
    tags: Object.entries(TAGS).map(([key, value]) => ({ key, value })),
    config: {
      servedEntities: [
        {
          entityName: "sales.ml.churn",
          entityVersion: "1",
          workloadSize: "Small",
          scaleToZeroEnabled: true,
          ...entity,
        },
      ],
    },
  });
}

/** A model of another provider, through an endpoint here. */
export const servedElsewhere = (
  openaiConfig: NonNullable<NonNullable<pulumi.Unwrap<Entity["externalModel"]>>["openaiConfig"]>,
): d.ModelServing =>
  served({
    entityName: undefined,
    externalModel: { name: "gpt", provider: "openai", task: "llm/v1/chat", openaiConfig },
  });
