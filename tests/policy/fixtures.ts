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
  ExternalLocation: {
    name: "landing",
    url: "s3://landing/in",
    credentialName: "reader",
    readOnly: true,
    comment: "Files as the shop delivers them",
    isolationMode: "ISOLATION_MODE_ISOLATED",
  },
  StorageCredential: {
    name: "reader",
    isolationMode: "ISOLATION_MODE_ISOLATED",
    awsIamRole: { roleArn: "arn:aws:iam::123456789012:role/reader" },
  },
  Credential: {
    name: "reader",
    purpose: "STORAGE",
    isolationMode: "ISOLATION_MODE_ISOLATED",
    awsIamRole: { roleArn: "arn:aws:iam::123456789012:role/reader" },
  },
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
    rootPath: "/Workspace/apps/sales",
    libraries: [{ glob: { include: "/Workspace/apps/sales/medallion/**" } }],
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
      { taskKey: "generate", notebookTask: { notebookPath: "/apps/sales/generate" }, maxRetries: 1 },
      { taskKey: "report", dependsOns: [{ taskKey: "generate" }], pipelineTask: { pipelineId: "1234" } },
    ],
  },
  Notebook: { path: "/apps/sales/generate", language: "PYTHON", contentBase64: "cHJpbnQoMSk=" },
  WorkspaceFile: { path: "/apps/sales/names.py", contentBase64: "cHJpbnQoMSk=" },
  Cluster: {
    clusterName: "lab",
    sparkVersion: "16.4.x-scala2.12",
    nodeTypeId: "i3.xlarge",
    policyId: "ABC123",
    autoterminationMinutes: 30,
    numWorkers: 2,
    dataSecurityMode: "USER_ISOLATION",
    enableLocalDiskEncryption: true,
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
  Directory: { path: "/Workspace/apps/sales" },
  Dashboard: { displayName: "Orders", parentPath: "/Workspace/apps/sales", warehouseId: "w", embedCredentials: false },
  Query: { displayName: "Orders", parentPath: "/Workspace/apps/sales", warehouseId: "w", queryText: "SELECT 1" },
  AlertV2: {
    displayName: "Late orders",
    evaluation: { comparisonOperator: "GREATER_THAN", source: { name: "late" } },
    parentPath: "/Workspace/apps/sales",
    warehouseId: "w",
    queryText: "SELECT 1",
    schedule: { quartzCronSchedule: "0 0 6 * * ?", timezoneId: "UTC" },
  },
  App: { name: "orders", sourceCodePath: "/Workspace/apps/sales/orders" },
  Repo: { url: "https://git.example.com/acme/etl", path: "/Workspace/apps/etl", branch: "main" },
  QualityMonitor: {
    tableName: "sales.gold.orders",
    assetsDir: "/Workspace/apps/sales/monitors",
    outputSchemaName: "sales.ops",
    schedule: { quartzCronExpression: "0 30 6 * * ?", timezoneId: "UTC" },
  },
  MlflowExperiment: { name: "/Workspace/apps/sales/churn", artifactLocation: "/Volumes/sales/ml/artifacts" },
  SqlTable: {
    catalogName: "sales",
    schemaName: "gold",
    name: "targets",
    tableType: "MANAGED",
    comment: "Targets of the sales teams, one row a month",
  },
  InstancePool: {
    instancePoolName: "etl",
    nodeTypeId: "i3.xlarge",
    idleInstanceAutoterminationMinutes: 15,
    minIdleInstances: 0,
    maxCapacity: 20,
    preloadedSparkVersions: ["16.4.x-scala2.12"],
    customTags: TAGS,
  },
  ClusterPolicy: {
    name: "etl",
    definition: JSON.stringify({ "spark_conf.spark.app.password": { type: "fixed", value: "{{secrets/ingest/erp}}" } }),
  },
  GlobalInitScript: { name: "certificates", enabled: false, contentBase64: "ZWNobyBoZWxsbwo=" },
  ArtifactAllowlist: {
    artifactType: "LIBRARY_JAR",
    artifactMatchers: [{ artifact: "/Volumes/sales/ops/jars/", matchType: "PREFIX_MATCH" }],
  },
  ModelServing: {
    name: "churn",
    tags: Object.entries(TAGS).map(([key, value]) => ({ key, value })),
    config: {
      servedEntities: [
        {
          entityName: "sales.ml.churn",
          entityVersion: "1",
          workloadSize: "Small",
          scaleToZeroEnabled: true,
          environmentVars: { API_KEY: "{{secrets/ml/api}}" },
        },
      ],
    },
  },
  SqlGlobalConfig: {
    securityPolicy: "DATA_ACCESS_CONTROL",
    dataAccessConfig: { "spark.x.password": "{{secrets/a/b}}" },
  },
  Connection: {
    name: "erp",
    connectionType: "POSTGRESQL",
    comment: "The ERP's reporting database",
    options: { host: "db.example.com", user: "reader", password: "vK3q9Zt7Lw2xBn8R" },
  },
  Share: { name: "partners", comment: "Aggregates for our partners", owner: "sharing-admins" },
  NotificationDestination: { displayName: "on call", config: { email: { addresses: ["on-call@example.com"] } } },
  ServicePrincipal: { displayName: "deployer", applicationId: "00000000-0000-4000-8000-0000000000d1" },
  Group: { displayName: "analysts", workspaceAccess: true },
  Entitlements: { groupId: "1", workspaceAccess: true, allowClusterCreate: false },
  ServicePrincipalSecret: { servicePrincipalId: "1", lifetime: "7776000s" },
  ServicePrincipalFederationPolicy: {
    servicePrincipalId: 1,
    oidcPolicy: {
      issuer: "https://token.actions.githubusercontent.com",
      audiences: ["https://github.com/acme"],
      subject: "repo:acme/etl:environment:prod",
    },
  },
  AccountFederationPolicy: {
    oidcPolicy: { issuer: "https://idp.example.com/oauth2", audiences: ["databricks"], subjectClaim: "email" },
  },
  CustomAppIntegration: {
    name: "reports",
    redirectUrls: ["https://reports.example.com/callback", "http://localhost:8020"],
    scopes: ["sql"],
    tokenAccessPolicy: { accessTokenTtlInMinutes: 60, refreshTokenTtlInMinutes: 10080 },
  },
  LakehouseMonitor: {
    tableName: "sales.gold.orders",
    outputSchemaName: "sales.ops",
    assetsDir: "/Workspace/apps/sales/monitors",
    snapshot: {},
  },
  DatabaseInstance: { name: "orders", capacity: "CU_1" },
  PostgresRole: {
    parent: "projects/orders/branches/main",
    spec: { identityType: "GROUP", postgresRole: "data-engineers", authMethod: "LAKEBASE_OAUTH_V1" },
  },
  AccessControlRuleSet: {
    name: "accounts/a/servicePrincipals/s/ruleSets/default",
    grantRules: [{ principals: ["groups/deployers"], role: "roles/servicePrincipal.user" }],
  },
  PermissionAssignment: { groupName: "platform-admins", permissions: ["ADMIN"] },
  DisableLegacyAccessSetting: { disableLegacyAccess: { value: true } },
  DisableLegacyDbfsSetting: { disableLegacyDbfs: { value: true } },
  DisableLegacyFeaturesSetting: { disableLegacyFeatures: { value: true } },
  RestrictWorkspaceAdminsSetting: { restrictWorkspaceAdmins: { status: "RESTRICT_TOKENS_AND_JOB_RUN_AS" } },
  AutomaticClusterUpdateWorkspaceSetting: { automaticClusterUpdateWorkspace: { enabled: true } },
  ComplianceSecurityProfileWorkspaceSetting: {
    complianceSecurityProfileWorkspace: { isEnabled: true, complianceStandards: ["HIPAA"] },
  },
  EnhancedSecurityMonitoringWorkspaceSetting: { enhancedSecurityMonitoringWorkspace: { isEnabled: true } },
  AibiDashboardEmbeddingAccessPolicySetting: {
    aibiDashboardEmbeddingAccessPolicy: { accessPolicyType: "ALLOW_APPROVED_DOMAINS" },
  },
  AibiDashboardEmbeddingApprovedDomainsSetting: {
    aibiDashboardEmbeddingApprovedDomains: { approvedDomains: ["intranet.example.com"] },
  },
  DefaultNamespaceSetting: { namespace: { value: "sales" } },
  WorkspaceSettingV2: { name: "sql_results_download", booleanVal: { value: false } },
  AccountSettingV2: { name: "disable_legacy_features", booleanVal: { value: true } },
  WorkspaceConf: {
    customConfig: {
      enableIpAccessLists: "true",
      enableResultsDownloading: "false",
      enableDbfsFileBrowser: "false",
      enableVerboseAuditLogs: "true",
      maxTokenLifetimeDays: "90",
    },
  },
  AccountNetworkPolicy: {
    networkPolicyId: "restricted",
    egress: {
      networkAccess: { restrictionMode: "RESTRICTED_ACCESS", policyEnforcement: { enforcementMode: "ENFORCED" } },
    },
    ingress: { publicAccess: { restrictionMode: "RESTRICTED_ACCESS" } },
  },
  MwsWorkspaces: {
    accountId: "a",
    workspaceName: "prod",
    networkId: "n",
    privateAccessSettingsId: "p",
    managedServicesCustomerManagedKeyId: "k",
    storageCustomerManagedKeyId: "k",
  },
  MwsPrivateAccessSettings: { privateAccessSettingsName: "prod", region: "eu-west-1", publicAccessEnabled: false },
  MwsLogDelivery: {
    accountId: "a",
    credentialsId: "c",
    storageConfigurationId: "s",
    logType: "AUDIT_LOGS",
    status: "ENABLED",
    outputFormat: "JSON",
  },
  Metastore: {
    name: "main",
    owner: "metastore-admins",
    deltaSharingScope: "INTERNAL_AND_EXTERNAL",
    deltaSharingRecipientTokenLifetimeInSeconds: 30 * 86400,
  },
  SystemSchema: { schema: "access" },
  Library: {
    clusterId: "1234-567890-abcdefgh",
    pypi: { package: "requests", repo: "https://pypi.example.com/simple" },
  },
  Token: { comment: "read by the dashboard", lifetimeSeconds: 86400 },
  OboToken: { applicationId: PRINCIPAL, comment: "read by the dashboard", lifetimeSeconds: 86400 },
  SecretScope: { name: "ingest" },
  SecretAcl: { scope: "ingest", principal: "data-engineers", permission: "READ" },
  IpAccessList: { label: "office", listType: "ALLOW", ipAddresses: ["203.0.113.0/24", "2001:db8::/32"] },
  Recipient: {
    name: "partner",
    authenticationType: "TOKEN",
    expirationTime: Date.now() + 30 * 24 * 60 * 60 * 1000,
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
  Metastore: resource("SystemSchema"),
  MwsWorkspaces: resource("SystemSchema"),
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
