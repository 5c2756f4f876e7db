/** Ways to break the rules on where code comes from, on legacy storage paths, and on secrets in clear. */
import { Buffer } from "node:buffer";
import { type Break, breaks } from "./break.ts";
import { FIXTURES } from "./fixtures.ts";
import { UNKNOWN } from "./pack.ts";

const TAGS = FIXTURES.Job!.tags as Record<string, string>;
const NOTEBOOK = { notebookTask: { notebookPath: "/apps/sales/generate" } };
const task = (kind: Record<string, unknown>): Record<string, unknown> => ({
  tasks: [{ taskKey: "a", maxRetries: 1, ...kind }],
});
const notebook = (notebookPath: string): Record<string, unknown> => task({ notebookTask: { notebookPath } });
/** A cluster that other rules accept. */
const CLUSTER = { policyId: "p", numWorkers: 1, dataSecurityMode: "SINGLE_USER", enableLocalDiskEncryption: true };
const classic = (cluster: Record<string, unknown>): Record<string, unknown> => ({
  clusters: [{ policyId: "p", numWorkers: 1, enableLocalDiskEncryption: true, ...cluster }],
});
const configuration = (key: string, value: string): Record<string, unknown> => ({ configuration: { [key]: value } });
/** Has the form of a token and is none. */
const TOKEN = `dapi${"0123456789abcdef".repeat(2)}`;

const base64 = (text: string): string => Buffer.from(text).toString("base64");

export const sourceBreaks: readonly Break[] = [
  ...breaks("source-require-root", "notebookPath", [
    ["a person's notebook", "Job", notebook("/Users/someone@example.com/etl")],
    ["with /Workspace in front", "Job", notebook("/Workspace/Users/someone@example.com/etl")],
    ["by a detour", "Job", notebook("/apps/../Users/someone@example.com/etl")],
    ["in a repository folder of a person", "Job", notebook("//Repos/someone@example.com/etl")],
    ["a relative path without git", "Job", notebook("etl")],
    [
      "inside a for-each task",
      "Job",
      task({
        forEachTask: {
          inputs: "[1]",
          task: { taskKey: "i", notebookTask: { notebookPath: "/Users/a/etl" }, maxRetries: 1 },
        },
      }),
    ],
  ]),
  ...breaks("source-require-root", "notebookPath", [
    [
      "an absolute path while it is not known whether the code is in git",
      "Job",
      { ...notebook("/Users/a/etl"), gitSource: UNKNOWN },
    ],
  ]),
  ...breaks("source-require-root", "sparkPythonTask.pythonFile", [
    ["a file's URL", "Job", task({ sparkPythonTask: { pythonFile: "file:/Workspace/Users/a/etl.py" } })],
    [
      "a file's URL with three slashes",
      "Job",
      task({ sparkPythonTask: { pythonFile: "FILE:///Workspace/Users/a/x.py" } }),
    ],
  ]),
  ...breaks("source-require-root", "initScripts[0]", [
    [
      "an init script of a pipeline",
      "Pipeline",
      classic({ initScripts: [{ workspace: { destination: "/Users/a/i.sh" } }] }),
    ],
    [
      "an init script of a job's cluster",
      "Job",
      { jobClusters: [{ newCluster: { ...CLUSTER, initScripts: [{ workspace: { destination: "/Users/a/i.sh" } }] } }] },
    ],
    [
      "an init script of a task's cluster, as a file's URL",
      "Job",
      task({
        ...NOTEBOOK,
        newCluster: { ...CLUSTER, initScripts: [{ file: { destination: "file:/Workspace/Users/a/i.sh" } }] },
      }),
    ],
  ]),
  ...breaks("source-require-root", "profilesDirectory", [
    ["dbt's profiles", "Job", task({ dbtTask: { projectDirectory: "/apps/dbt", profilesDirectory: "/Users/a/dbt" } })],
  ]),
  ...breaks("source-require-root", "alertTask.workspacePath", [
    ["an alert", "Job", task({ alertTask: { workspacePath: "/Users/a/alert" } })],
  ]),
  ...breaks("source-require-root", "trainingScriptPath", [
    ["a training script", "Job", task({ genAiComputeTask: { trainingScriptPath: "/Users/a/train.py" } })],
  ]),
  ...breaks("source-require-root", "spec.baseEnvironment", [
    ["a base environment", "Job", { environments: [{ spec: { baseEnvironment: "/Workspace/Users/a/env.yml" } }] }],
  ]),
  ...breaks("source-require-root", "spec.javaDependencies", [
    ["a person's jar", "Job", { environments: [{ spec: { javaDependencies: ["/Workspace/Users/a/x.jar"] } }] }],
  ]),
  ...breaks("source-require-root", "path", [
    ["a notebook", "Notebook", { path: "/Users/someone@example.com/etl" }],
    ["a file", "WorkspaceFile", { path: "/Workspace/Repos/someone/names.py" }],
  ]),
  ...breaks("source-require-root", "rootPath", [["a pipeline's root", "Pipeline", { rootPath: "/Users/a/pipeline" }]]),
  ...breaks("source-require-root", "libraries[0].file.path", [
    ["a pipeline's file", "Pipeline", { libraries: [{ file: { path: "/Users/a/etl.py" } }] }],
  ]),
  ...breaks("source-require-root", "libraries[0].glob.include", [
    ["a pipeline's glob", "Pipeline", { libraries: [{ glob: { include: "/Workspace/Users/a/**" } }] }],
  ]),
  ...breaks("source-require-root", "dependencies", [
    ["a wheel of a person", "Pipeline", { environment: { dependencies: ["requests", "/Workspace/Users/a/x.whl"] } }],
    ["a wheel by name", "Pipeline", { environment: { dependencies: ["olist @ file:///Workspace/Users/a/x.whl"] } }],
    ["constraints of a person", "Pipeline", { environment: { dependencies: ["--constraint=/Users/a/c.txt"] } }],
    ["requirements of a person", "Job", { environments: [{ spec: { dependencies: ["-r /Users/a/r.txt"] } }] }],
  ]),
  ...breaks("source-require-root", "parentPath", [
    ["a dashboard", "Dashboard", { parentPath: "/Users/someone@example.com" }],
    ["a query", "Query", { parentPath: "/Workspace/Users/someone@example.com/queries" }],
    ["an alert of its own", "AlertV2", { parentPath: "/Users/someone@example.com" }],
  ]),
  ...breaks("source-require-root", "sourceCodePath", [
    ["an app", "App", { sourceCodePath: "/Workspace/Users/someone@example.com/app" }],
  ]),
  ...breaks("source-require-root", "assetsDir", [
    ["what a monitor makes", "QualityMonitor", { assetsDir: "/Workspace/Users/someone@example.com/m" }],
  ]),
  ...breaks("source-require-root", "name", [
    ["an experiment", "MlflowExperiment", { name: "/Users/someone@example.com/churn" }],
  ]),
  ...breaks("source-forbid-open-folder", "path", [
    ["a notebook for everybody", "Notebook", { path: "/Shared/etl/a" }],
    ["with /Workspace in front", "WorkspaceFile", { path: "/Workspace/Shared/etl/a.py" }],
    ["in other case", "Notebook", { path: "/workspace/shared/etl/a" }],
    ["by a detour", "Notebook", { path: "/apps/../Shared/etl/a" }],
  ]),
  ...breaks("source-forbid-open-folder", "rootPath", [
    ["a pipeline's root", "Pipeline", { rootPath: "/Workspace/Shared/x" }],
  ]),
  ...breaks("source-forbid-open-folder", "notebookPath", [["a job's notebook", "Job", notebook("/Shared/etl/a")]]),
  ...breaks("forbid-dbfs", "storageLocation", [
    ["a table's files", "SqlTable", { tableType: "EXTERNAL", storageLocation: "dbfs:/mnt/lake/t" }],
    [
      "over the old driver",
      "SqlTable",
      { tableType: "EXTERNAL", storageLocation: "wasbs://c@a.blob.core.windows.net/t" },
    ],
  ]),
  ...breaks("forbid-dbfs", "artifactLocation", [
    ["an experiment's files", "MlflowExperiment", { artifactLocation: "dbfs:/FileStore/churn" }],
    ["in FileStore", "MlflowExperiment", { artifactLocation: "/FileStore/churn" }],
  ]),
  ...breaks("forbid-dbfs", "url", [["a location", "ExternalLocation", { url: "dbfs:/mnt/lake/x" }]]),
  ...breaks("forbid-dbfs", "configuration", [
    ["a DBFS path", "Pipeline", configuration("in", "dbfs:/tmp/in")],
    ["through the local file system", "Pipeline", configuration("in", "file:/dbfs/tmp/in")],
    ["a mount", "Pipeline", configuration("in", "/mnt/lake")],
    ["a mount by a detour", "Pipeline", configuration("in", "/./mnt/lake")],
    ["a mount by two detours", "Pipeline", configuration("in", "/Volumes/sales/../../mnt/lake")],
    ["in other case", "Pipeline", configuration("in", "DBFS:/FileStore/x")],
    ["in JSON", "Pipeline", configuration("in", '{"path": "\\/mnt/lake"}')],
  ]),
  ...breaks("forbid-dbfs", "parameters[0]", [
    [
      "an argument of a script",
      "Job",
      task({ sparkPythonTask: { pythonFile: "/apps/sales/a.py", parameters: ["--in=/dbfs/x"] } }),
    ],
  ]),
  ...breaks("forbid-dbfs", "clusterLogConf.dbfs", [
    ["a log folder", "Cluster", { clusterLogConf: { dbfs: { destination: UNKNOWN } } }],
  ]),
  ...breaks("forbid-dbfs", "jar", [["a library", "Library", { pypi: undefined, jar: "dbfs:/jars/x.jar" }]]),
  ...breaks("forbid-secret-literals", "configuration", [
    ["a token", "Pipeline", configuration("endpoint", TOKEN)],
    ["a literal under a secret's name", "Pipeline", configuration("db.password", "hunter2-and-more")],
    ["a literal under an API key's name", "Pipeline", configuration("API Key ", "hunter2-and-more")],
    ["a storage key", "Pipeline", configuration("x.fs.azure.account.key.x.dfs.core.windows.net", "abc")],
    ["a password in a URL", "Pipeline", configuration("url", "jdbc:postgresql://me:hunter2@db/x")],
    ["a secret's name with half a reference", "Pipeline", configuration("token", "{{secrets/a/b}}x")],
    ["a private key", "Pipeline", configuration("pem", "-----BEGIN RSA PRIVATE KEY-----\nabc")],
    ["inside JSON", "Pipeline", configuration("options", '{"auth": {"client_secret": "hunter2"}}')],
    ["inside JSON in JSON", "Pipeline", configuration("options", JSON.stringify({ a: '{"password": "hunter2"}' }))],
    ["a pair inside JSON", "Pipeline", configuration("options", '[{"key": "password", "value": "hunter2"}]')],
    ["a number", "Pipeline", { configuration: { password: 123456 } }],
    ["a name in camel case", "Pipeline", configuration("dbPass", "hunter2")],
    ["a password in a URL without a user", "Pipeline", configuration("url", "redis://:hunter2@cache:6379")],
    ["a password in Oracle's URL", "Pipeline", configuration("url", "jdbc:oracle:thin:scott/tiger@db:1521/x")],
    [
      "a quoted password of a login module",
      "Pipeline",
      configuration("jaas", 'x required username="u" password="hunter2";'),
    ],
    ["a header", "Pipeline", configuration("header", `Bearer ${"abcdef0123456789".repeat(2)}`)],
    ["a webhook", "Pipeline", configuration("to", "https://hooks.slack.com/services/T00000000/B00000000/abcdefgh")],
    ...Object.entries({
      "GitLab's token": `glpat-${"abcdefghij".repeat(2)}`,
      "Hugging Face's token": `hf_${"abcdefghij".repeat(3)}`,
      "npm's token": `npm_${"abcdefghij01".repeat(3)}`,
      "a model provider's key": `sk-proj-${"abcdefghij".repeat(3)}`,
      "a PGP key": "-----BEGIN PGP PRIVATE KEY BLOCK-----",
    }).map(([what, text]) => [what, "Pipeline", configuration("x", text)] as const),
  ]),
  ...breaks("forbid-secret-literals", "baseParameters", [
    [
      "a task's parameter",
      "Job",
      task({ notebookTask: { notebookPath: "/apps/a", baseParameters: { password: "hunter2" } } }),
    ],
  ]),
  ...breaks("forbid-secret-literals", "parameters[0].default", [
    ["a job's parameter", "Job", { parameters: [{ name: "api_key", default: "hunter2" }] }],
  ]),
  ...breaks("forbid-secret-literals", "sparkPythonTask.parameters[0]", [
    ["an argument", "Job", task({ sparkPythonTask: { pythonFile: "/apps/a.py", parameters: ["--password=hunter2"] } })],
  ]),
  ...breaks("forbid-secret-literals", "sparkPythonTask.parameters[1]", [
    [
      "an argument after its name",
      "Job",
      task({ sparkPythonTask: { pythonFile: "/apps/a.py", parameters: ["--password", "hunter2"] } }),
    ],
  ]),
  ...breaks("forbid-secret-literals", "sparkPythonTask.parameters[0]", [
    [
      "a setting in an argument",
      "Job",
      task({ sparkPythonTask: { pythonFile: "/apps/a.py", parameters: ["--conf=spark.x.password=hunter2"] } }),
    ],
  ]),
  ...breaks("forbid-secret-literals", "sparkConf", [
    [
      "an option of Java",
      "Cluster",
      { sparkConf: { "spark.driver.extraJavaOptions": "-Dx=1 -Djavax.net.ssl.keyStorePassword=hunter2" } },
    ],
  ]),
  ...breaks("forbid-secret-literals", "dockerImage.basicAuth.password", [
    [
      "the password of an image",
      "Cluster",
      { dockerImage: { url: "acme.azurecr.io/etl:1", basicAuth: { username: "u", password: "hunter2" } } },
    ],
  ]),
  ...breaks("forbid-secret-literals", "logAnalyticsPrimaryKey", [
    [
      "the key of a log",
      "Job",
      {
        jobClusters: [
          {
            jobClusterKey: "k",
            newCluster: { ...CLUSTER, azureAttributes: { logAnalyticsInfo: { logAnalyticsPrimaryKey: "x" } } },
          },
        ],
      },
    ],
  ]),
  ...breaks("forbid-secret-literals", "tags", [["a tag", "Job", { tags: { ...TAGS, db_password: "hunter2" } }]]),
  ...breaks("forbid-secret-literals", "environmentVars", [
    [
      "a served model's variable",
      "ModelServing",
      { config: { servedEntities: [{ entityName: "a.b.c", environmentVars: { API_KEY: "hunter2-and-more" } }] } },
    ],
  ]),
  ...breaks("forbid-secret-literals", "openaiApiKeyPlaintext", [
    [
      "a provider's key in clear",
      "ModelServing",
      {
        aiGateway: { rateLimits: [{ calls: 1, renewalPeriod: "minute" }] },
        config: {
          servedEntities: [
            { externalModel: { name: "m", provider: "openai", openaiConfig: { openaiApiKeyPlaintext: "x-1" } } },
          ],
        },
      },
    ],
  ]),
  ...breaks("forbid-secret-literals", "definition", [
    [
      "a cluster policy's value",
      "ClusterPolicy",
      { definition: JSON.stringify({ "spark_conf.db.password": { type: "fixed", value: "hunter2" } }) },
    ],
  ]),
  ...breaks("forbid-secret-literals", "contentBase64", [
    ["a notebook's code", "Notebook", { contentBase64: base64(`token = "${TOKEN}"`) }],
    ["a password in a notebook", "Notebook", { contentBase64: base64('db_password = "Summer2026!"') }],
    ["a script for all clusters", "GlobalInitScript", { contentBase64: base64(`export X=${TOKEN}`) }],
    ["a file", "WorkspaceFile", { contentBase64: base64(`{"token": "${TOKEN}"}`) }],
  ]),
  ...breaks("forbid-secret-literals", "dataAccessConfig", [
    ["the warehouses' configuration", "SqlGlobalConfig", { dataAccessConfig: { "spark.db.password": "hunter2" } }],
  ]),
  ...breaks("forbid-secret-literals", "options", [
    ["a connection's made-up password", "Connection", { options: { user: "u", password: "hunter2" } }],
  ]),
  ...breaks("forbid-secret-literals", "clientSecret", [
    [
      "a credential's secret that is not marked as one",
      "StorageCredential",
      { awsIamRole: undefined, azureServicePrincipal: { applicationId: "a", directoryId: "d", clientSecret: "x-1-y" } },
    ],
  ]),
  ...breaks("forbid-secret-literals", "config.slack.oauthToken", [
    ["a destination's token", "NotificationDestination", { config: { slack: { oauthToken: "x-1-y" } } }],
  ]),
  ...breaks("forbid-secret-literals", "configuration", [
    ["a token in base64", "Pipeline", configuration("x", base64(TOKEN))],
  ]),
  ...breaks("forbid-secret-literals", "sparkEnvVars", [
    ["an environment variable", "Cluster", { sparkEnvVars: { DB_PASSWORD: "hunter2" } }],
  ]),
];
