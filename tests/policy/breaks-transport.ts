/** Ways to break the rules on what goes over the network and on the history of data. */
import { Buffer } from "node:buffer";
import { type Break, breaks } from "./break.ts";

const options = (set: object): Record<string, unknown> => ({ options: { host: "db.example.com", ...set } });
export const served = (set: object): Record<string, unknown> => ({
  config: { servedEntities: [{ entityName: "sales.ml.churn", entityVersion: "1", ...set }] },
});

export const transportBreaks: readonly Break[] = [
  ...(
    [
      ["sslmode", "disable"],
      ["sslMode", "PREFER"],
      ["ssl_mode", "disabled"],
      ["trustServerCertificate", "true"],
      ["trust_server_certificate", "1"],
      ["encrypt", "false"],
      ["encrypt", "optional"],
      ["ssl", "false"],
      ["useSSL", "no"],
      ["requireSSL", false],
      ["ssl_enabled", "off"],
      ["verifyServerCertificate", "false"],
      ["sslVerify", "none"],
      ["insecure", "true"],
      ["rejectUnauthorized", "false"],
      ["verify_ssl_cert", "false"],
      ["ssl_verification_mode", "none"],
      ["sslmode", "no-verify"],
      ["trustAll", "true"],
      ["encryption_protocol", "NONE"],
      ["host", "http://api.example.com"],
      ["url", "postgresql://db/x?sslmode=disable"],
      ["security.protocol", "SASL_PLAINTEXT"],
      ["oracle.net.encryption_client", "REJECTED"],
    ] as const
  ).flatMap(([key, value]) =>
    breaks("transport-require-encryption", `options.${key}`, [
      [`a connection with ${key} ${value}`, "Connection", options({ [key]: value })],
    ]),
  ),
  ...breaks("transport-require-encryption", "configuration", [
    ["a broker", "Pipeline", { configuration: { "orders.kafka.security.protocol": "PLAINTEXT" } }],
    ["a database", "Pipeline", { configuration: { "erp.sslmode": "disable" } }],
  ]),
  ...breaks("transport-require-encryption", "sparkEnvVars", [
    ["Python unchecked", "Cluster", { sparkEnvVars: { PYTHONHTTPSVERIFY: "0" } }],
  ]),
  ...breaks("transport-require-encryption", "customProviderUrl", [
    [
      "a model of one's own",
      "ModelServing",
      {
        aiGateway: { rateLimits: [{ calls: 60, renewalPeriod: "minute" }] },
        ...served({
          entityName: undefined,
          externalModel: { customProviderConfig: { customProviderUrl: "http://llm.example.com" } },
        }),
      },
    ],
  ]),
  ...breaks("data-keep-history", "queryText", [
    ["VACUUM", "Query", { queryText: "VACUUM sales.silver.orders RETAIN 0 HOURS" }],
  ]),
  ...breaks("data-keep-history", "contentBase64", [
    [
      "VACUUM in a notebook",
      "Notebook",
      { contentBase64: Buffer.from('spark.sql(f"vacuum {t} retain 1 hours")').toString("base64") },
    ],
  ]),
  ...breaks("data-keep-history", "sparkConf", [
    [
      "by default",
      "Cluster",
      {
        sparkConf: { "spark.databricks.delta.properties.defaults.deletedFileRetentionDuration": "interval 0 hours" },
      },
    ],
  ]),
  ...breaks("data-keep-history", "properties", [
    ["minutes", "SqlTable", { properties: { "delta.logRetentionDuration": "interval 30 minutes" } }],
  ]),
  ...breaks("data-keep-history", "retentionWindowInDays", [
    ["of a database", "DatabaseInstance", { retentionWindowInDays: 2 }],
  ]),
  ...breaks("data-keep-history", "spec.historyRetentionDuration", [
    ["of a project", "PostgresProject", { spec: { historyRetentionDuration: "3600s" } }],
  ]),
];
