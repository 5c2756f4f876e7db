/** Good programs of other kinds: in every configuration, nothing is found that a reviewer would not defend. */
import assert from "node:assert/strict";
import { configurationOf, ENVIRONMENTS } from "databricks-governance";
import { FIXTURES, resource, withCompanion } from "./fixtures.ts";
import { type Sent, UNKNOWN, urnOf } from "./pack.ts";
import { type Config, findings } from "./pure.ts";

const TAGS = FIXTURES.Job!.tags as Record<string, string>;
const tagList = Object.entries(TAGS).map(([key, value]) => ({ key, value }));
const named = (type: string, name: string, set: Record<string, unknown> = {}): Sent => resource(type, set, name);
const RUN_AS = { runAs: { servicePrincipalName: "00000000-0000-4000-8000-000000000001" } };

const servicePrincipal = named("ServicePrincipal", "etl", { applicationId: UNKNOWN, displayName: "platform-admins" });
const group = named("Group", "team");
const grantTo = (of: Sent, privileges: string[]): Sent => ({
  ...named("Grants", `for-${of.name}`, { catalog: "main", grants: [{ principal: UNKNOWN, privileges }] }),
  dependencies: { grants: [urnOf(of)] },
});

const PROGRAMS: Readonly<Record<string, readonly Sent[]>> = {
  "settings of a workspace": [
    ...["DisableLegacyAccessSetting", "DisableLegacyDbfsSetting", "RestrictWorkspaceAdminsSetting"].map((type) =>
      resource(type),
    ),
    ...["AutomaticClusterUpdateWorkspaceSetting", "DefaultNamespaceSetting", "WorkspaceConf", "IpAccessList"].map(
      (type) => resource(type),
    ),
    named("IpAccessList", "blocked", { listType: "BLOCK", ipAddresses: ["198.51.100.7"] }),
  ],
  "an account with a workspace": [
    ...["Metastore", "MwsWorkspaces", "MwsPrivateAccessSettings", "MwsLogDelivery", "AccountNetworkPolicy"].map(
      (type) => resource(type),
    ),
    ...["SystemSchema", "PermissionAssignment", "AccountSettingV2"].map((type) => resource(type)),
    named("MetastoreAssignment", "assignment", { metastoreId: UNKNOWN, workspaceId: 1, defaultCatalogName: "main" }),
  ],
  "external locations with their credential": [
    resource("StorageCredential"),
    ...["orders", "events"].map((folder) =>
      named("ExternalLocation", folder, {
        name: folder,
        url: `s3://acme-lake/${folder}`,
        comment: `Files of ${folder} as they came`,
        readOnly: true,
      }),
    ),
  ],
  "warehouses of three sizes": ["Small", "Medium", "Large"].map((clusterSize) =>
    named("SqlEndpoint", clusterSize, {
      name: clusterSize,
      clusterSize,
      autoStopMins: 15,
      enableServerlessCompute: true,
      maxNumClusters: 2,
    }),
  ),
  "a served model": [resource("RegisteredModel"), resource("ModelServing")],
  "another provider's model behind the gateway": [
    named("ModelServing", "chat", {
      tags: tagList,
      aiGateway: { rateLimits: [{ calls: 60, renewalPeriod: "minute", key: "user" }] },
      config: {
        servedEntities: [
          {
            externalModel: {
              name: "gpt",
              provider: "openai",
              task: "llm/v1/chat",
              openaiConfig: { openaiApiKey: "{{secrets/ml/openai}}" },
            },
          },
        ],
      },
    }),
  ],
  "a job with its code in Git": withCompanion(
    named("Job", "the-job", {
      gitSource: { url: "https://github.com/acme/etl", provider: "gitHub", branch: "main" },
      tasks: [
        { taskKey: "a", maxRetries: 1, notebookTask: { notebookPath: "notebooks/a", source: "GIT" } },
        {
          taskKey: "b",
          dependsOns: [{ taskKey: "a" }],
          maxRetries: 1,
          sparkPythonTask: { pythonFile: "src/b.py", source: "GIT" },
        },
      ],
    }),
  ),
  "a job on clusters of its own": withCompanion(
    named("Job", "the-job", {
      jobClusters: [
        {
          jobClusterKey: "k",
          newCluster: {
            policyId: UNKNOWN,
            sparkVersion: "17.3.x-scala2.13",
            dataSecurityMode: "SINGLE_USER",
            enableLocalDiskEncryption: true,
            autoscale: { minWorkers: 1, maxWorkers: 6 },
            awsAttributes: { availability: "SPOT_WITH_FALLBACK", firstOnDemand: 1, zoneId: "auto" },
          },
        },
      ],
      tasks: [
        {
          taskKey: "a",
          jobClusterKey: "k",
          maxRetries: 2,
          pythonWheelTask: { packageName: "etl", entryPoint: "main" },
        },
      ],
    }),
  ),
  "a job of SQL and dbt": withCompanion(
    named("Job", "the-job", {
      tasks: [
        {
          taskKey: "dbt",
          maxRetries: 1,
          dbtTask: {
            commands: ["dbt run"],
            projectDirectory: "/Workspace/apps/dbt",
            warehouseId: "w",
            catalog: "main",
          },
        },
        { taskKey: "sql", maxRetries: 1, sqlTask: { warehouseId: "w", file: { path: "/Workspace/apps/sql/a.sql" } } },
      ],
    }),
  ),
  "sharing with a partner": [
    resource("Share"),
    resource("Recipient"),
    named("Recipient", "ours", {
      authenticationType: "DATABRICKS",
      expirationTime: undefined,
      ipAccessList: undefined,
    }),
    named("Grants", "share", {
      catalog: undefined,
      share: "partners",
      grants: [{ principal: "partner", privileges: ["SELECT"] }],
    }),
  ],
  "a service principal with its grants and secret": [
    servicePrincipal,
    grantTo(servicePrincipal, ["USE_CATALOG", "MANAGE"]),
    named("ServicePrincipalSecret", "secret"),
    resource("ServicePrincipalFederationPolicy"),
    resource("AccessControlRuleSet"),
  ],
  "a group with its grants": [group, grantTo(group, ["USE_CATALOG", "SELECT"]), resource("Entitlements")],
  "a catalog that everybody may browse": [
    resource("Catalog"),
    named("Grants", "browse", { catalog: "sales", grants: [{ principal: "account users", privileges: ["BROWSE"] }] }),
  ],
  "secrets and who reads them": [
    resource("SecretScope"),
    resource("SecretAcl"),
    named("Secret", "erp", { scope: "ingest", key: "erp-password", stringValue: "hunter2" }),
  ],
  "a federated database": [
    resource("Connection"),
    named("Catalog", "erp", {
      name: "erp",
      comment: "The ERP's tables, read where they are",
      connectionName: "erp",
      options: { database: "erp" },
    }),
  ],
  "dashboards, queries and alerts": [
    resource("Dashboard"),
    resource("Query"),
    resource("AlertV2"),
    resource("NotificationDestination"),
  ],
  "a pool with a cluster policy": [
    resource("InstancePool"),
    named("ClusterPolicy", "etl", {
      definition: JSON.stringify({
        spark_version: { type: "unlimited", defaultValue: "auto:latest-lts" },
        data_security_mode: { type: "fixed", value: "SINGLE_USER" },
        autotermination_minutes: { type: "range", maxValue: 60 },
        "custom_tags.cost_center": { type: "fixed", value: "1000" },
      }),
    }),
    named("Permissions", "use", {
      jobId: undefined,
      clusterPolicyId: UNKNOWN,
      accessControls: [{ groupName: "data-engineers", permissionLevel: "CAN_USE" }],
    }),
  ],
  "a warehouse that everybody uses": [
    resource("SqlEndpoint"),
    named("Permissions", "use", {
      jobId: undefined,
      sqlEndpointId: UNKNOWN,
      accessControls: [{ groupName: "users", permissionLevel: "CAN_USE" }],
    }),
  ],
  "a classic pipeline": [
    named("Pipeline", "classic", {
      serverless: false,
      budgetPolicyId: undefined,
      photon: true,
      clusters: [
        {
          label: "default",
          policyId: "p",
          enableLocalDiskEncryption: true,
          autoscale: { minWorkers: 1, maxWorkers: 4 },
        },
      ],
      ...RUN_AS,
    }),
  ],
};

/** Levels do not matter here: a finding is a finding. */
const settingsOf = (environment: (typeof ENVIRONMENTS)[number]): Config =>
  Object.fromEntries(
    Object.entries(configurationOf(environment)).flatMap(([rule, value]) =>
      value === "disabled" ? [[rule, "disabled"]] : [],
    ),
  ) as Config;

describe("good programs of other kinds", () => {
  for (const [what, program] of Object.entries(PROGRAMS)) {
    it(`pass in every configuration: ${what}`, () => {
      for (const environment of ENVIRONMENTS)
        assert.deepEqual(findings(program, settingsOf(environment), true), [], environment);
    });
  }
});
