/** Programs that a careful team writes, as the SDK expresses them: with production's configuration nothing is found. */
import assert from "node:assert/strict";
import * as d from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import { configurationOf } from "databricks-governance";
import {
  base64,
  cluster,
  connection,
  group,
  job,
  mask,
  PRINCIPAL,
  permissions,
  pipeline,
  protect,
  served,
  TAGS,
} from "./bad/resources.ts";
import { type Config, findings } from "./pure.ts";
import { registered } from "./registered.ts";

const ROLE = "arn:aws:iam::123456789012:role/lake";
const isolated = { isolationMode: "ISOLATION_MODE_ISOLATED" };

const PROGRAMS: Readonly<Record<string, () => void>> = {
  "storage for two domains, bound to a workspace": () => {
    const credential = new d.StorageCredential(
      "lake",
      { name: "lake", awsIamRole: { roleArn: ROLE }, ...isolated },
      protect,
    );
    new d.WorkspaceBinding("lake", {
      securableName: credential.id,
      securableType: "storage_credential",
      workspaceId: "1",
    });
    for (const domain of ["orders", "clicks"])
      new d.ExternalLocation(
        domain,
        {
          name: domain,
          url: `s3://acme-lake/${domain}`,
          credentialName: credential.id,
          comment: `Files of ${domain}, as delivered`,
          readOnly: true,
          ...isolated,
        },
        protect,
      );
  },
  "grants on a location to engineers and a service principal": () => {
    const etl = new d.ServicePrincipal("etl", { displayName: "etl" });
    new d.Grants("l", {
      externalLocation: "orders",
      grants: [
        { principal: group("data-engineers").displayName, privileges: ["READ_FILES", "WRITE_FILES"] },
        { principal: "small-sales-engineers", privileges: ["WRITE_FILES"] },
        { principal: "internal-etl", privileges: ["WRITE_FILES"] },
        { principal: etl.applicationId, privileges: ["CREATE_EXTERNAL_TABLE", "READ_FILES"] },
      ],
    });
  },
  "a gold schema for analysts": () => {
    new d.Grants("g", {
      schema: "sales.gold",
      grants: [
        { principal: "analysts", privileges: ["USE_SCHEMA", "SELECT", "EXECUTE"] },
        { principal: "data-engineers", privileges: ["USE_SCHEMA", "SELECT", "MODIFY", "CREATE_TABLE"] },
      ],
    });
  },
  "a group with members from the program": () => {
    const team = group("data-engineers");
    const ci = new d.ServicePrincipal("ci", { displayName: "ci" });
    new d.GroupMember("ci", { groupId: team.id, memberId: ci.id });
    new d.GroupMember("a", { groupId: "123", memberId: new d.User("a", { userName: "a@acme.io" }).id });
    new d.GroupMember("leads", { groupId: team.id, memberId: group("leads").id });
  },
  "the admins of three workspaces": () => {
    const admins = group("platform-admins");
    for (const workspaceId of ["1", "2", "3"])
      new d.MwsPermissionAssignment(workspaceId, { workspaceId, principalId: admins.id, permissions: ["ADMIN"] });
    new d.GroupRole("account", { groupId: admins.id, role: "account_admin" });
  },
  "users of a workspace": () => {
    new d.PermissionAssignment("p", { principalId: group("analysts").id, permissions: ["USER"] });
    new d.Entitlements("e", { groupId: group("lab").id, workspaceAccess: true, databricksSqlAccess: true });
  },
  "an app with a warehouse, a model and a secret": () => {
    new d.App("a", {
      name: "orders",
      sourceCodePath: "/Workspace/apps/orders",
      userApiScopes: ["sql", "files.files"],
      resources: [
        { name: "w", sqlWarehouse: { id: "w", permission: "CAN_USE" } },
        { name: "m", servingEndpoint: { name: served({}).name, permission: "CAN_QUERY" } },
        { name: "s", secret: { scope: "app", key: "token", permission: "READ" } },
        { name: "j", job: { id: job({}).id.apply(String), permission: "CAN_MANAGE_RUN" } },
        { name: "v", ucSecurable: { securableFullName: "a.b.c", securableType: "VOLUME", permission: "WRITE_VOLUME" } },
      ],
    });
    permissions({ appName: "orders", accessControls: [{ groupName: "users", permissionLevel: "CAN_USE" }] });
    new d.Permissions("job", {
      jobId: "nightly-id",
      accessControls: [{ groupName: "data-engineers", permissionLevel: "CAN_VIEW" }],
    });
  },
  "an application with few scopes": () => {
    new d.CustomAppIntegration("bi", {
      name: "bi",
      redirectUrls: ["https://bi.acme.io/callback"],
      scopes: ["sql", "offline_access"],
      tokenAccessPolicy: { accessTokenTtlInMinutes: 60, refreshTokenTtlInMinutes: 1440 },
    });
  },
  "clusters with an image of the company's registry": () => {
    cluster({ dockerImage: { url: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/etl:3" } });
  },
  "a cluster of one node": () => {
    cluster({
      numWorkers: 0,
      sparkConf: { "spark.databricks.cluster.profile": "singleNode", "spark.master": "local[*]" },
      dataSecurityMode: "SINGLE_USER",
    });
  },
  "a cluster with settings for speed": () => {
    cluster({
      sparkConf: {
        "spark.sql.shuffle.partitions": "auto",
        "spark.databricks.delta.optimizeWrite.enabled": "false",
        "spark.databricks.io.cache.enabled": "true",
        "spark.databricks.delta.properties.defaults.deletedFileRetentionDuration": "interval 14 days",
      },
      awsAttributes: { availability: "SPOT_WITH_FALLBACK", firstOnDemand: 1, zoneId: "auto" },
    });
  },
  "a policy for jobs": () => {
    new d.ClusterPolicy("p", {
      name: "jobs",
      definition: JSON.stringify({
        cluster_type: { type: "fixed", value: "job" },
        num_workers: { type: "range", maxValue: 8 },
        spark_version: { type: "regex", pattern: "auto:latest-lts" },
        "aws_attributes.availability": { type: "fixed", value: "SPOT_WITH_FALLBACK" },
      }),
    });
  },
  "a policy of a family": () => {
    new d.ClusterPolicy("p", {
      name: "personal",
      policyFamilyId: "personal-vm",
      policyFamilyDefinitionOverrides: JSON.stringify({ autotermination_minutes: { type: "fixed", value: 30 } }),
    });
  },
  "databases with encryption": () => {
    connection("POSTGRESQL", { port: "5432", sslmode: "require" });
    for (const [type, options] of [
      ["MYSQL", { useSSL: "true" }],
      ["SQLSERVER", { trustServerCertificate: "false", encrypt: "true" }],
      ["SNOWFLAKE", { sfWarehouse: "wh" }],
      ["ORACLE", { encryption_protocol: "NATIVE_NETWORK_ENCRYPTION" }],
    ] as const)
      new d.Connection(type, {
        name: type.toLowerCase(),
        connectionType: type,
        comment: "A database of the back office",
        options: { host: "db.acme.io", user: "reader", password: pulumi.secret("vK3q9Zt7Lw2xBn8R"), ...options },
      });
  },
  "masks for all but the stewards": () => {
    mask({ exceptPrincipals: ["data-stewards", PRINCIPAL] });
    new d.PolicyInfo("rows", {
      name: "rows",
      policyType: "POLICY_TYPE_ROW_FILTER",
      forSecurableType: "TABLE",
      onSecurableType: "SCHEMA",
      onSecurableFullname: "sales.gold",
      toPrincipals: ["analysts"],
      exceptPrincipals: ["auditors"],
      whenCondition: "has_tag('regional')",
      matchColumns: [{ alias: "r", condition: "has_tag('region')" }],
      rowFilter: { functionName: "sales.ops.in_region", usings: [{ alias: "r" }] },
    });
  },
  "a share of three tables": () => {
    new d.Share("s", {
      name: "partner",
      comment: "Aggregates for our partner",
      objects: ["a", "b", "c"].map((table) => ({ name: `sales.gold.${table}`, dataObjectType: "TABLE" })),
    });
    new d.Recipient("r", {
      name: "partner",
      authenticationType: "DATABRICKS",
      dataRecipientGlobalMetastoreId: "aws:eu:1",
    });
  },
  "two jobs and two pipelines": () => {
    job({});
    job2("weekly");
    pipeline({});
    new d.Pipeline(
      "clicks",
      {
        name: "clicks",
        serverless: true,
        usagePolicyId: "b",
        catalog: "clicks",
        schema: "silver",
        notifications: [{ alerts: ["on-update-failure"], emailRecipients: ["on-call@acme.io"] }],
        runAs: { servicePrincipalName: PRINCIPAL },
        tags: TAGS,
      },
      protect,
    );
  },
  "small databases": () => {
    new d.DatabaseInstance("d", { name: "d", capacity: "CU_1", retentionWindowInDays: 14 }, protect);
    new d.PostgresProject(
      "p",
      {
        projectId: "p",
        spec: { displayName: "p", pgVersion: 17, historyRetentionDuration: "1209600s" },
      },
      protect,
    );
    new d.PostgresRole("r", {
      parent: "projects/p/branches/main",
      spec: { identityType: "SERVICE_PRINCIPAL", postgresRole: PRINCIPAL, membershipRoles: ["DATABRICKS_SUPERUSER"] },
    });
    new d.VectorSearchEndpoint("v", { name: "v", endpointType: "STANDARD" });
  },
  "a model that a team queries": () => {
    permissions({
      servingEndpointId: served({}).servingEndpointId,
      accessControls: [{ groupName: "support-agents", permissionLevel: "CAN_QUERY" }],
    });
  },
  "a dashboard, a query and an alert": () => {
    new d.Dashboard("d", {
      displayName: "Orders",
      parentPath: "/Workspace/apps/sales",
      warehouseId: "w",
      embedCredentials: false,
    });
    new d.Query("q", {
      displayName: "Vacuum",
      parentPath: "/Workspace/apps/sales",
      warehouseId: "w",
      queryText: "VACUUM sales.silver.orders RETAIN 336 HOURS",
    });
    new d.AlertV2("a", {
      displayName: "late",
      parentPath: "/Workspace/apps/sales",
      warehouseId: "w",
      queryText: "SELECT 1",
      evaluation: { comparisonOperator: "GREATER_THAN", source: { name: "late" } },
      schedule: { quartzCronSchedule: "0 0 6 * * ?", timezoneId: "UTC" },
      runAs: { servicePrincipalName: PRINCIPAL },
    });
  },
  "a scope of secrets": () => {
    const scope = new d.SecretScope("s", { name: "erp" });
    new d.Secret("p", { scope: scope.name, key: "password", stringValue: pulumi.secret("vK3q9Zt7Lw2xBn8R") });
    new d.SecretAcl("a", { scope: scope.name, principal: "data-engineers", permission: "READ" });
  },
  "a notebook that cleans up": () => {
    new d.Notebook("n", {
      path: "/apps/clean",
      language: "PYTHON",
      contentBase64: base64(
        "# VACUUM with RETAIN 0 HOURS would lose history\nspark.sql('VACUUM sales.silver.orders')\n",
      ),
    });
  },
  "settings of a workspace": () => {
    new d.WorkspaceConf("w", {
      customConfig: { enableWebTerminal: "false", maxTokenLifetimeDays: "30", enableIpAccessLists: "true" },
    });
    new d.IpAccessList("i", { label: "office", listType: "ALLOW", ipAddresses: ["203.0.113.0/24"] });
  },
  "a gateway with limits": () => {
    new d.AiGatewayModelProviderService("m", {
      modelProviderServiceId: "m",
      parent: "p",
      config: {
        rateLimits: [{ key: "user", renewalPeriod: "minute", requests: 10 }],
        openai: { direct: { apiKey: { plaintext: pulumi.secret("sk-mine-and-nobodys") } } },
      },
    });
  },
};

function job2(name: string): void {
  const made = new d.Job(name, {
    name,
    maxConcurrentRuns: 1,
    queue: { enabled: true },
    timeoutSeconds: 3600,
    usagePolicyId: "b",
    runAs: { servicePrincipalName: PRINCIPAL },
    emailNotifications: { onFailures: ["on-call@acme.io"] },
    tags: TAGS,
    tasks: [{ taskKey: "a", maxRetries: 1, notebookTask: { notebookPath: "/apps/a" } }],
  });
  new d.Permissions(name, {
    jobId: made.id,
    accessControls: [{ groupName: "data-engineers", permissionLevel: "CAN_VIEW" }],
  });
}

const CONFIG = Object.fromEntries(
  Object.entries(configurationOf("prod")).filter(([, value]) => value === "disabled"),
) as Config;

describe("programs that a careful team writes", () => {
  for (const [what, program] of Object.entries(PROGRAMS))
    it(`pass: ${what}`, async () => {
      for (const preview of [true, false]) {
        const sent = await registered(program, { project: "good", stack: "prod", preview });
        const found = findings(sent, CONFIG, true);
        assert.deepEqual(
          found.filter(({ rule }) => rule !== "job-require-acl"),
          [],
          preview ? "preview" : "update",
        );
      }
    });
});
