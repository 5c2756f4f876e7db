/** Data: grants, storage, masks, shares, history and connections. */
import * as d from "@pulumi/databricks";
import { type BadProgram, base64, cluster, connection, group, job, mask, pipeline, protect } from "./resources.ts";

export const DATA: readonly BadProgram[] = [
  [
    "grant-restrict-files",
    "analysts write files",
    () =>
      void new d.Grants("g", {
        externalLocation: "landing",
        grants: [{ principal: "analysts", privileges: ["READ_FILES", "WRITE_FILES"] }],
      }),
  ],
  [
    "grant-restrict-files",
    "a group that the program makes writes files",
    () =>
      void new d.Grant("g", {
        externalLocation: "landing",
        principal: group("business-users").displayName,
        privileges: ["CREATE_EXTERNAL_TABLE"],
      }),
  ],
  [
    "grant-forbid-everyone",
    "everybody makes tables in a location",
    () =>
      void new d.Grants("g", {
        externalLocation: "landing",
        grants: [{ principal: "account users", privileges: ["CREATE_EXTERNAL_TABLE"] }],
      }),
  ],
  [
    "grant-restrict-files",
    "analysts make connections",
    () =>
      void new d.Grants("g", {
        metastore: "m",
        grants: [{ principal: "all-analysts", privileges: ["CREATE_CONNECTION"] }],
      }),
  ],
  ...["all-employees", "BI", "interns", "sales_team"].map(
    (principal): BadProgram => [
      "grant-restrict-files",
      `${principal} write files`,
      () => void new d.Grant("g", { externalLocation: "landing", principal, privileges: ["WRITE_FILES"] }),
    ],
  ),
  [
    "grant-restrict-external-use",
    "another engine reads a schema",
    () => void new d.Grant("g", { schema: "sales.gold", principal: "analysts", privileges: ["EXTERNAL_USE_SCHEMA"] }),
  ],
  [
    "storage-prefer-isolation",
    "an open credential",
    () =>
      void new d.StorageCredential(
        "c",
        { name: "lake", awsIamRole: { roleArn: "arn:aws:iam::123456789012:role/lake" } },
        protect,
      ),
  ],
  [
    "storage-prefer-isolation",
    "an open service credential",
    () =>
      void new d.Credential("c", {
        name: "bedrock",
        purpose: "SERVICE",
        isolationMode: "ISOLATION_MODE_OPEN",
        awsIamRole: { roleArn: "arn:aws:iam::123456789012:role/bedrock" },
      }),
  ],
  [
    "external-location-safe",
    "an unchecked location",
    () =>
      void new d.ExternalLocation(
        "l",
        {
          name: "lake",
          url: "s3://lake/x",
          credentialName: "c",
          comment: "Files of the partners",
          isolationMode: "ISOLATION_MODE_ISOLATED",
          skipValidation: true,
        },
        protect,
      ),
  ],
  [
    "external-location-safe",
    "an unchecked credential of the metastore",
    () =>
      void new d.MetastoreDataAccess("m", {
        metastoreId: "m",
        isolationMode: "ISOLATION_MODE_ISOLATED",
        skipValidation: true,
      }),
  ],
  [
    "abac-policy-effective",
    "a mask that excepts everybody",
    () => mask({ toPrincipals: ["account users"], exceptPrincipals: ["account users"] }),
  ],
  ["abac-policy-effective", "a mask for nobody", () => mask({ toPrincipals: [] })],
  [
    "abac-policy-effective",
    "a filter of rows that excepts the workspace's users",
    () =>
      mask({
        policyType: "POLICY_TYPE_ROW_FILTER",
        columnMask: undefined,
        rowFilter: { functionName: "sales.ops.mine", usings: [{ alias: "c" }] },
        exceptPrincipals: ["_workspace_users_workspace_123"],
      }),
  ],
  [
    "share-narrow",
    "a whole schema to a partner",
    () =>
      void new d.Share("s", {
        name: "partner",
        comment: "Aggregates for our partner",
        objects: [{ name: "sales.gold", dataObjectType: "SCHEMA" }],
      }),
  ],
  [
    "recipient-bounded",
    "a link that anybody reads with",
    () => void new d.Recipient("r", { name: "partner", authenticationType: "TOKEN" }),
  ],
  [
    "recipient-bounded",
    "a list of the whole internet",
    () =>
      void new d.Recipient("r", {
        name: "partner",
        authenticationType: "TOKEN",
        expirationTime: Date.now() + 1e9,
        ipAccessList: { allowedIpAddresses: ["0.0.0.0/1", "128.0.0.0/1"] },
      }),
  ],
  [
    "data-keep-history",
    "VACUUM at once",
    () =>
      void new d.Query("q", {
        displayName: "clean",
        parentPath: "/Workspace/apps",
        warehouseId: "w",
        queryText: "VACUUM sales.silver.orders RETAIN 0 HOURS",
      }),
  ],
  [
    "data-keep-history",
    "a notebook that removes all old files",
    () =>
      void new d.Notebook("n", {
        path: "/apps/clean",
        language: "PYTHON",
        contentBase64: base64("DeltaTable.forName(spark, t).vacuum(0)"),
      }),
  ],
  [
    "data-keep-history",
    "no history of a table",
    () =>
      void new d.SqlTable(
        "t",
        {
          catalogName: "sales",
          schemaName: "gold",
          name: "t",
          tableType: "MANAGED",
          properties: { "delta.deletedFileRetentionDuration": "interval 0 hours" },
        },
        protect,
      ),
  ],
  [
    "data-keep-history",
    "a full refresh every night",
    () => job({ tasks: [{ taskKey: "a", pipelineTask: { pipelineId: "p", fullRefresh: true } }] }),
  ],
  [
    "uc-forbid-force-destroy",
    "a schema with all tables",
    () =>
      void new d.Schema(
        "s",
        { catalogName: "sales", name: "silver", comment: "Cleaned orders of the shop", forceDestroy: true },
        protect,
      ),
  ],
  [
    "owner-require-group",
    "a person's catalog",
    () =>
      void new d.Catalog(
        "c",
        { name: "sales", comment: "Orders of the shop", isolationMode: "ISOLATED", owner: "a@acme.io" },
        protect,
      ),
  ],
  [
    "forbid-hive-metastore",
    "tables in Glue",
    () => cluster({ sparkConf: { "spark.databricks.hive.metastore.glueCatalog.enabled": "true" } }),
  ],
  [
    "forbid-hive-metastore",
    "a metastore of one's own on warehouses",
    () =>
      void new d.SqlGlobalConfig("g", {
        securityPolicy: "DATA_ACCESS_CONTROL",
        dataAccessConfig: { "spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:mysql://db.acme.io/hive" },
      }),
  ],
  [
    "metastore-restrict-external-access",
    "engines of others on the metastore",
    () => void new d.Metastore("m", { name: "main", owner: "metastore-admins", externalAccessEnabled: true }, protect),
  ],
  ["transport-require-encryption", "PostgreSQL in clear", () => connection("POSTGRESQL", { sslmode: "disable" })],
  [
    "transport-require-encryption",
    "SQL Server without a check",
    () => connection("SQLSERVER", { trustServerCertificate: "true" }),
  ],
  ["transport-require-encryption", "MySQL in clear", () => connection("MYSQL", { useSSL: "false" })],
  ["transport-require-encryption", "SQL Server in clear", () => connection("SQLSERVER", { encrypt: "false" })],
  [
    "transport-require-encryption",
    "Kafka in clear",
    () => pipeline({ configuration: { "orders.kafka.security.protocol": "PLAINTEXT" } }),
  ],
];
