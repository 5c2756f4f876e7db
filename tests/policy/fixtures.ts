/** For each resource type that a rule looks at, inputs that every rule accepts. A test breaks them in one way. */
import { type Sent, UNKNOWN, urnOf } from "./pack.ts";

const TAGS = { environment: "prod", owner: "data-platform", cost_center: "1000" };
const PRINCIPAL = "00000000-0000-4000-8000-000000000001";

export const FIXTURES: Readonly<Record<string, Record<string, unknown>>> = {
  Catalog: { name: "sales", comment: "Orders and their payments", isolationMode: "ISOLATED" },
  Schema: { catalogName: "sales", name: "bronze", comment: "Raw records as they came" },
  Volume: {
    catalogName: "sales",
    schemaName: "bronze",
    name: "landing",
    comment: "Files of the last thirty days",
    volumeType: "MANAGED",
  },
  RegisteredModel: {
    catalogName: "sales",
    schemaName: "ml",
    name: "churn",
    comment: "Predicts who does not come back",
  },
  ExternalLocation: { name: "landing", url: "s3://landing/in", credentialName: "reader", readOnly: true },
  StorageCredential: { name: "reader", awsIamRole: { roleArn: "arn:aws:iam::123456789012:role/reader" } },
  Credential: { name: "reader", purpose: "STORAGE", awsIamRole: { roleArn: "arn:aws:iam::123456789012:role/reader" } },
  Grant: { schema: "sales.silver", principal: "analysts", privileges: ["USE_SCHEMA", "SELECT"] },
  Grants: {
    catalog: "sales",
    grants: [
      { principal: "platform-admins", privileges: ["MANAGE", "USE_CATALOG"] },
      { principal: "analysts", privileges: ["USE_CATALOG"] },
    ],
  },
  Pipeline: {
    name: "medallion",
    serverless: true,
    budgetPolicyId: "00000000-0000-4000-8000-000000000002",
    catalog: "sales",
    schema: "silver",
    channel: "CURRENT",
    development: false,
    rootPath: "/Workspace/Shared/sales",
    libraries: [{ glob: { include: "/Workspace/Shared/sales/medallion/**" } }],
    configuration: { "sales.landing": "/Volumes/sales/bronze/landing" },
    notifications: [{ alerts: ["on-update-failure"], emailRecipients: ["data-platform@example.com"] }],
    runAs: { servicePrincipalName: PRINCIPAL },
    tags: TAGS,
  },
  Job: {
    name: "nightly",
    budgetPolicyId: "00000000-0000-4000-8000-000000000002",
    maxConcurrentRuns: 1,
    queue: { enabled: true },
    timeoutSeconds: 3600,
    runAs: { servicePrincipalName: PRINCIPAL },
    emailNotifications: { onFailures: ["data-platform@example.com"] },
    schedule: { quartzCronExpression: "0 0 5 * * ?", timezoneId: "UTC" },
    tags: TAGS,
    tasks: [
      { taskKey: "generate", notebookTask: { notebookPath: "/Shared/sales/generate" }, maxRetries: 1 },
      { taskKey: "report", dependsOns: [{ taskKey: "generate" }], pipelineTask: { pipelineId: "1234" } },
    ],
  },
  Notebook: { path: "/Shared/sales/generate", language: "PYTHON", contentBase64: "cHJpbnQoMSk=" },
  WorkspaceFile: { path: "/Shared/sales/names.py", contentBase64: "cHJpbnQoMSk=" },
  Cluster: {
    clusterName: "lab",
    sparkVersion: "16.4.x-scala2.12",
    nodeTypeId: "i3.xlarge",
    policyId: "ABC123",
    autoterminationMinutes: 30,
    numWorkers: 2,
    customTags: TAGS,
  },
  SqlEndpoint: {
    name: "reports",
    clusterSize: "Small",
    autoStopMins: 10,
    maxNumClusters: 2,
    tags: { customTags: Object.entries(TAGS).map(([key, value]) => ({ key, value })) },
  },
  Permissions: { jobId: "77", accessControls: [{ groupName: "data-engineers", permissionLevel: "CAN_MANAGE_RUN" }] },
  Library: { clusterId: "1234-567890-abcdefgh", pypi: { package: "requests" } },
  Token: { comment: "read by the dashboard", lifetimeSeconds: 86400 },
  OboToken: { applicationId: PRINCIPAL, comment: "read by the dashboard", lifetimeSeconds: 86400 },
  SecretScope: { name: "ingest" },
  SecretAcl: { scope: "ingest", principal: "data-engineers", permission: "READ" },
  IpAccessList: { label: "office", listType: "ALLOW", ipAddresses: ["203.0.113.0/24", "2001:db8::/32"] },
  Recipient: {
    name: "partner",
    authenticationType: "TOKEN",
    expirationTime: 1893456000000,
    ipAccessList: { allowedIpAddresses: ["203.0.113.0/24"] },
  },
  EntityTagAssignment: {
    entityType: "columns",
    entityName: "sales.silver.customers.email",
    tagKey: "pii",
    tagValue: "email",
  },
  PolicyInfo: {
    name: "mask",
    policyType: "POLICY_TYPE_COLUMN_MASK",
    forSecurableType: "TABLE",
    onSecurableType: "CATALOG",
    onSecurableFullname: "sales",
    toPrincipals: ["account users"],
    exceptPrincipals: ["auditors"],
    matchColumns: [{ alias: "c", condition: "has_tag('pii')" }],
    columnMask: { functionName: "sales.ops.mask", onColumn: "c" },
  },
};

/** Resources whose stack rules need a companion: a job its permissions, a tagged column its mask. */
const COMPANIONS: Readonly<Record<string, Sent>> = {
  Job: { ...resource("Permissions"), props: { ...FIXTURES.Permissions, jobId: UNKNOWN } },
  EntityTagAssignment: resource("PolicyInfo"),
};

export function resource(type: string, set: Record<string, unknown> = {}, name = `the-${type.toLowerCase()}`): Sent {
  return { type, name, protect: true, props: { ...FIXTURES[type], ...set } };
}

/** A resource with what belongs to it. */
export function withCompanion(main: Sent): Sent[] {
  const companion = COMPANIONS[main.type];
  if (!companion) return [main];
  return [main, main.type === "Job" ? { ...companion, dependencies: { jobId: [urnOf(main)] } } : companion];
}
