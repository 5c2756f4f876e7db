/**
 * What a security reviewer refuses in types and properties that the rules do not name first, and what only resembles it. The former is caught by
 * the rule that is named, the latter by none.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isUserMap } from "databricks-governance/secrets";
import { ROOT } from "./cli.ts";
import { resource } from "./fixtures.ts";
import { type Sent, UNKNOWN, urnOf } from "./pack.ts";
import { findings } from "./pure.ts";

type Way = readonly [rule: string, type: string, props: Record<string, unknown>];
const SECRET = "forbid-secret-literals";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const file = (text: string): object => ({ path: "/apps/sales/x", contentBase64: base64(text) });
const plain = (type: string, props: object): Sent => ({ type, name: "x", protect: true, props: { ...props } });
const model = (externalModel: object): object => ({
  config: { servedEntities: [{ externalModel: { name: "m", provider: "x", task: "llm/v1/chat", ...externalModel } }] },
});
const dbt = (command: string): object => ({
  tasks: [{ taskKey: "a", maxRetries: 1, dbtTask: { projectDirectory: "/apps/d", commands: [command] } }],
});
const levels = { accessControls: [{ groupName: "data-engineers", permissionLevel: "CAN_VIEW" }] };
const KEY = "Zx8Q2mPq7Lw9Kd3Rt5Vb";

/** Caught although everything is marked as a secret. */
const REFUSED: readonly Way[] = [
  [SECRET, "WorkspaceFile", file("DB_HOST=x\nDB_PASSWORD=S3cr3tPw1\n") as Record<string, unknown>],
  [SECRET, "WorkspaceFile", file("db:\n  host: x\n  password: S3cr3tPw1\n") as Record<string, unknown>],
  [SECRET, "Query", { queryText: "CREATE CONNECTION c TYPE postgresql OPTIONS (host 'h', password 'S3cr3tPw')" }],
  [SECRET, "Query", { queryText: "SELECT * FROM remote_query('c', password => 'hunter2Hunter2')" }],
  [SECRET, "SqlTable", { viewDefinition: `SELECT http_get('https://x.example/?api_key=${KEY}')` }],
  [SECRET, "Job", dbt("dbt run --vars '{password: hunter2}'") as Record<string, unknown>],
  [SECRET, "FeatureEngineeringKafkaConfig", { extraOptions: { "kafka.ssl.truststore.password": "hunter2" } }],
  [SECRET, "ModelServing", model({ openaiConfig: { openaiApiKey: "mysecretkey1" } }) as Record<string, unknown>],
  [
    SECRET,
    "ModelServing",
    model({ customProviderConfig: { bearerTokenAuth: { token: "x1" } } }) as Record<string, unknown>,
  ],
  ["external-location-safe", "StorageCredential", { skipValidation: true }],
  ["external-location-safe", "Credential", { skipValidation: "true" }],
  ["forbid-hive-metastore", "Table", { catalogName: "hive_metastore" }],
  ["forbid-hive-metastore", "LakehouseMonitor", { tableName: "hive_metastore.a.b" }],
  ["owner-require-group", "Table", { owner: "someone@example.com" }],
  ["grant-forbid-credential-use", "Table", { storageCredentialName: "c" }],
  ["uc-forbid-force-destroy", "DatabaseInstance", { purgeOnDelete: true }],
  ["uc-forbid-force-destroy", "Directory", { deleteRecursive: "true" }],
  ["source-require-root", "Library", { whl: "/Workspace/Users/a@example.com/x.whl" }],
  ["source-require-root", "Cluster", { libraries: [{ jar: "/Workspace/Users/a@example.com/x.jar" }] }],
  ["source-require-root", "Cluster", { initScripts: [{ workspace: { destination: "/Users/a@example.com/x.sh" } }] }],
  ["source-forbid-open-folder", "ClusterPolicy", { libraries: [{ whl: "/Workspace/Shared/x.whl" }] }],
  ["source-require-root", "LakehouseMonitor", { assetsDir: "/Workspace/Users/a@example.com/x" }],
  ["federation-bounded", "ServicePrincipalFederationPolicy", { oidcPolicy: { subject: "repo:acme/etl:pull_request" } }],
  [
    "transport-require-encryption",
    "MlflowWebhook",
    { httpUrlSpec: { url: "https://x", enableSslVerification: false } },
  ],
  ["admin-limit-number", "WorkspaceIamWorkspaceAssignmentV2", { entitlements: ["WORKSPACE_ADMIN"] }],
];

/** Right when the program marks them as secrets, and refused when it does not. */
const TO_BE_MARKED: readonly (readonly [type: string, props: object])[] = [
  ["Secret", { scope: "s", key: "k", stringValue: "hunter2" }],
  ["SecretUc", { catalogName: "c", schemaName: "s", name: "n", value: "hunter2" }],
  ["GitCredential", { gitProvider: "gitHub", personalAccessToken: "hunter2" }],
  ["MetastoreProvider", { name: "p", authenticationType: "TOKEN", recipientProfileStr: "{}x" }],
];

const ACCEPTED: readonly (readonly [type: string, props: object])[] = [
  [
    "Notebook",
    file(
      'password = dbutils.secrets.get("erp", "pw")\nurl = f"jdbc:x://h/db?user=u&password={password}"\npassword: str\npassword = settings.password\n',
    ),
  ],
  ["WorkspaceFile", file("DB_PASSWORD=${ERP_PASSWORD}\nAPI_KEY=\nPASSWORD_FILE=/run/secrets/pw\nMAX_PASSWORD=12\n")],
  ["WorkspaceFile", file("db:\n  password: {{ secrets/erp/pw }}\n  password: null\n  secret_name: erp\n")],
  [
    "WorkspaceFile",
    file('def f(password: str):\n    password = get()\n    g(password=password)\n    d = {"password": p}\n'),
  ],
  [
    "Query",
    { queryText: "SELECT 1 FROM a.b.c WHERE event = 'password reset' AND field = 'password' AND k IN ('token','x')" },
  ],
  ["Query", { queryText: "CREATE CONNECTION c OPTIONS (user secret('s','u'), password secret('s','p'))" }],
  ["Query", { queryText: "SELECT CASE WHEN password_hash = '' THEN 'none' ELSE 'set' END FROM a.b.c" }],
  ["Pipeline", { configuration: { api: "https://api.example.com/orders?page_token=&limit=100&sort_key=created" } }],
  ["Pipeline", { configuration: { url: "jdbc:x://h/d?user={{secrets/e/u}}&password={{secrets/e/p}}" } }],
  ["ClusterPolicy", { definition: JSON.stringify({ "ssh_public_keys.*": { type: "forbidden" } }) }],
  ["ClusterPolicy", { definition: JSON.stringify({ autotermination_minutes: { type: "range", minValue: 0 } }) }],
  ["ClusterPolicy", { definition: "no JSON" }],
  ["Library", { whl: "/Volumes/sales/ops/libs/acme-1.0-py3-none-any.whl" }],
  ["Cluster", { initScripts: [{ volumes: { destination: "/Volumes/sales/ops/i.sh" } }] }],
  ["AccountFederationPolicy", { oidcPolicy: { issuer: "https://gitlab.example.com" } }],
  ["CustomAppIntegration", { redirectUrls: ["http://127.0.0.1:8020/x", "http://localhost"] }],
  ["SqlGlobalConfig", { securityPolicy: undefined }],
  ["Directory", { deleteRecursive: false }],
  [
    "Pipeline",
    { environment: { dependencies: ["acme==1  # see http://docs.example.com", "git+https://git.example.com/acme"] } },
  ],
  ["Pipeline", { configuration: { url: "jdbc:postgresql://db.example.com/erp?sslmode=verify-full" } }],
  ["Connection", { options: { host: "db.example.com", trustServerCertificate: "false" } }],
  [
    "SqlTable",
    { properties: { "delta.deletedFileRetentionDuration": "interval 2 weeks", "delta.logRetentionDuration": "soon" } },
  ],
  ["Grants", { grants: [{ principal: "platform-admins", privileges: ["EXTERNAL_USE_SCHEMA"] }] }],
];

const caught = (sent: Sent, marked: boolean): string[] => findings([sent], {}, marked).map(({ rule }) => rule);

describe("what a reviewer refuses", () => {
  for (const [rule, type, props] of REFUSED) {
    it(`is caught by ${rule}: ${type} ${JSON.stringify(props).slice(0, 90)}`, () => {
      const sent = resource(type, props);
      if (rule !== "admin-limit-number") return assert.ok(caught(sent, true).includes(rule), `${caught(sent, true)}`);
      const many = ["a", "b", "c"].map((name) => resource(type, props, name));
      assert.ok(findings(many, {}, true).some((finding) => finding.rule === rule));
    });
  }
  for (const [type, props] of TO_BE_MARKED) {
    it(`is a ${type} whose secret the program does not mark`, () => {
      assert.deepEqual(caught(plain(type, props), false), [SECRET]);
      assert.deepEqual(caught(plain(type, props), true), []);
    });
  }
  for (const [type, props] of ACCEPTED) {
    it(`is not: ${type} ${JSON.stringify(props).slice(0, 90)}`, () => {
      assert.deepEqual(findings([resource(type, props as Record<string, unknown>)], {}, true), []);
    });
  }

  it("is not two lists of permissions for objects that only share a source, a path or nothing", () => {
    const list = (name: string, on: object, from?: string): Sent => ({
      ...resource("Permissions", { jobId: undefined, ...levels, ...on }, name),
      ...(from ? { dependencies: { clusterId: [from], sqlEndpointId: [from] } } : {}),
    });
    const folder = urnOf(resource("Directory"));
    for (const pair of [
      [list("a", { clusterId: "1" }), list("b", { clusterId: "2" })],
      [list("a", { clusterId: "1" }), list("b", { sqlEndpointId: "1" })],
      [list("a", { clusterId: UNKNOWN }, folder), list("b", { clusterId: UNKNOWN }, folder)],
      [list("a", { directoryPath: "/apps/sales" }), list("b", { directoryPath: "/apps/sales" })],
    ])
      assert.deepEqual(findings(pair, {}, true), []);
  });

  it("stands in any map of texts that the provider takes", () => {
    const sdk = join(ROOT, "node_modules", "@pulumi", "databricks");
    const sources = [
      join("types", "input.d.ts"),
      ...readdirSync(sdk).filter((name) => /^[a-z]\w*\.d\.ts$/.test(name) && !/^(get|index|utilities)/.test(name)),
    ].map((name) => readFileSync(join(sdk, name), "utf8"));
    const maps = sources.flatMap((text) =>
      [...text.matchAll(/^ {4}(\w+)\??: pulumi\.Input<\{\n\s+\[key: string\]: pulumi\.Input<string>/gm)].map(
        ([, name]) => name!,
      ),
    );
    assert.ok(new Set(maps).size > 15, `${new Set(maps).size}`);
    assert.deepEqual(
      [...new Set(maps)].filter((name) => !isUserMap(name)),
      [],
    );
  });
});
