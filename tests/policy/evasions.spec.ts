/** Ways around the rules: indirection, spelling, nested JSON, other resource types, defaults, what is not known yet. Each is caught. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { resource } from "./fixtures.ts";
import { type Sent, UNKNOWN, urnOf } from "./pack.ts";
import { findings } from "./pure.ts";

const TOKEN = `dapi${"0123456789abcdef".repeat(2)}`;
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const task = (kind: object): object => ({ tasks: [{ taskKey: "a", maxRetries: 1, ...kind }] });
const inLoop = (kind: object): object =>
  task({ forEachTask: { inputs: "[1]", task: { taskKey: "b", maxRetries: 1, ...kind } } });
const cluster = (set: object): object => ({
  policyId: "p",
  numWorkers: 1,
  dataSecurityMode: "SINGLE_USER",
  enableLocalDiskEncryption: true,
  ...set,
});
const grants = (principal: unknown, ...privileges: string[]): object => ({ grants: [{ principal, privileges }] });
const permissions = (who: object, level: string, on: object = {}): object => ({
  jobId: undefined,
  ...on,
  accessControls: [{ ...who, permissionLevel: level }],
});
const way = (rule: string, what: string, type: string, set: object): [string, string, Sent[]] => [
  rule,
  what,
  [resource(type, set as Record<string, unknown>)],
];

const WAYS: [rule: string, what: string, program: Sent[]][] = [
  // secrets
  way(
    "forbid-secret-literals",
    "in a for-each task",
    "Job",
    inLoop({ notebookTask: { notebookPath: "/apps/a", baseParameters: { password: "hunter2" } } }),
  ),
  way(
    "forbid-secret-literals",
    "in parameters of a run-job task",
    "Job",
    task({ runJobTask: { jobId: 1, jobParameters: { api_key: "hunter2" } } }),
  ),
  way(
    "forbid-secret-literals",
    "in a wheel's named parameters",
    "Job",
    task({ pythonWheelTask: { namedParameters: { "db-password": "hunter2" } } }),
  ),
  way(
    "forbid-secret-literals",
    "in a task's cluster",
    "Job",
    task({ newCluster: cluster({ sparkEnvVars: { DB_PASSWORD: "hunter2" } }) }),
  ),
  way("forbid-secret-literals", "in a job's cluster", "Job", {
    jobClusters: [{ newCluster: cluster({ sparkConf: { "a.password": "hunter2" } }) }],
  }),
  way("forbid-secret-literals", "in a pipeline's cluster", "Pipeline", {
    clusters: [cluster({ sparkConf: { "a.password": "hunter2" } })],
  }),
  way("forbid-secret-literals", "in a pool's image", "InstancePool", {
    preloadedDockerImages: [{ url: "x", basicAuth: { username: "u", password: "hunter2" } }],
  }),
  way("forbid-secret-literals", "in an old served model", "ModelServing", {
    config: { servedModels: [{ modelName: "a.b.c", environmentVars: { TOKEN } }] },
  }),
  way("forbid-secret-literals", "in a cluster policy's default", "ClusterPolicy", {
    definition: JSON.stringify({ "spark_env_vars.DB_PASSWORD": { type: "unlimited", defaultValue: "hunter2" } }),
  }),
  way("forbid-secret-literals", "in overrides of a policy family", "ClusterPolicy", {
    policyFamilyDefinitionOverrides: JSON.stringify({ "spark_conf.x.password": { type: "fixed", value: "hunter2" } }),
  }),
  way("forbid-secret-literals", "in a dashboard's JSON", "Dashboard", {
    serializedDashboard: JSON.stringify({ datasets: [{ query: `-- ${TOKEN}` }] }),
  }),
  way("forbid-secret-literals", "in a query", "Query", { queryText: `SELECT secret_call('${TOKEN}')` }),
  way("forbid-secret-literals", "in a script's base64", "GlobalInitScript", {
    contentBase64: base64(`curl -H "Authorization: Bearer ${TOKEN}"`),
  }),
  way("forbid-secret-literals", "in base64 in a setting", "Pipeline", {
    configuration: { x: base64(`{"t":"${TOKEN}"}`) },
  }),
  way("forbid-secret-literals", "in a tag's value", "Cluster", {
    customTags: { environment: "prod", owner: "team-a", cost_center: "1", note: TOKEN },
  }),
  way("forbid-secret-literals", "in a comment", "Catalog", { comment: `Orders of the shop, token ${TOKEN}` }),
  way("forbid-secret-literals", "in properties of a table", "SqlTable", { properties: { password: "hunter2" } }),
  way("forbid-secret-literals", "in a URL of Git", "Job", {
    gitSource: { url: "https://me:hunter2@git.example.com/acme/etl" },
  }),
  way("forbid-secret-literals", "in warehouses' parameters", "SqlGlobalConfig", {
    sqlConfigParams: { "x.api.key": "hunter2" },
  }),
  way("forbid-secret-literals", "under a name with invisible characters", "Pipeline", {
    configuration: { "pass\u200bword": "hunter2" },
  }),
  way("forbid-secret-literals", "under a name in full-width letters", "Pipeline", {
    configuration: { ｐａｓｓｗｏｒｄ: "hunter2" },
  }),
  way("forbid-secret-literals", "a storage key of a pipeline", "Pipeline", {
    configuration: { "fs.azure.account.key.x.dfs.core.windows.net": "abc" },
  }),
  // grants
  way("grant-forbid-everyone", "in quotes of another kind", "Grants", grants('"account users"', "SELECT")),
  way("grant-forbid-everyone", "in full-width letters", "Grants", grants("ａccount users", "SELECT")),
  way("grant-forbid-everyone", "with a no-break space", "Grants", grants("account\u00a0users", "SELECT")),
  way("grant-forbid-everyone", "by legacy permissions", "SqlPermissions", {
    privilegeAssignments: [{ principal: "users", privileges: ["SELECT"] }],
  }),
  way("grant-forbid-everyone", "by a policy that grants", "PolicyInfo", {
    policyType: "POLICY_TYPE_GRANT",
    grant: { privileges: ["SELECT"] },
    toPrincipals: ["account users"],
  }),
  way("grant-forbid-all-privileges", "by a policy that grants", "PolicyInfo", {
    grant: { privileges: ["ALL PRIVILEGES"] },
    toPrincipals: ["analysts"],
  }),
  way("grant-restrict-manage", "by a policy that grants", "PolicyInfo", {
    grant: { privileges: ["MANAGE"] },
    toPrincipals: ["analysts"],
  }),
  way("grant-restrict-sharing", "on the metastore, among others", "Grants", {
    catalog: undefined,
    metastore: "m",
    ...grants("analysts", "CREATE CATALOG, CREATE SHARE"),
  }),
  way("grant-require-groups", "a person in full-width letters", "Grants", grants("someone＠example.com", "SELECT")),
  // everybody, elsewhere
  way("secret-scope-acl", "the account's users", "SecretAcl", { principal: "account users", permission: "READ" }),
  way("secret-scope-acl", "the users of a workspace", "SecretScope", {
    initialManagePrincipal: "_workspace_users_workspace_1",
  }),
  way(
    "permissions-forbid-everyone",
    "editing a dashboard",
    "Permissions",
    permissions({ groupName: "account users" }, "CAN_EDIT", { dashboardId: "d" }),
  ),
  way(
    "permissions-forbid-everyone",
    "attaching to a cluster",
    "Permissions",
    permissions({ groupName: "users" }, "CAN_ATTACH_TO", { clusterId: "c" }),
  ),
  way(
    "permissions-forbid-everyone",
    "running what a repository holds",
    "Permissions",
    permissions({ groupName: "users" }, "CAN_RUN", { repoPath: "/apps/r" }),
  ),
  way(
    "permissions-forbid-everyone",
    "using passwords",
    "Permissions",
    permissions({ groupName: "users" }, "CAN_USE", { authorization: "passwords" }),
  ),
  way("principal-use-bounded", "the account's users", "AccessControlRuleSet", {
    grantRules: [{ principals: ["groups/account users"], role: "roles/servicePrincipal.manager" }],
  }),
  way("owner-require-group", "a share", "Share", { owner: "someone@example.com" }),
  way("owner-require-group", "a connection", "Connection", { owner: "`someone@example.com`" }),
  way("owner-require-group", "a query", "Query", { ownerUserName: "someone@example.com" }),
  // places
  way("source-require-root", "by dots", "Notebook", { path: "/apps/./../Users/a@example.com/etl" }),
  way("source-require-root", "a folder", "Directory", { path: "/Workspace/Users/a@example.com/etl" }),
  way("source-require-root", "a clone", "Repo", { path: "/Repos/a@example.com/etl" }),
  way(
    "source-require-root",
    "a for-each task",
    "Job",
    inLoop({ sparkPythonTask: { pythonFile: "/Workspace/Users/a@example.com/x.py" } }),
  ),
  way("source-require-root", "an environment's file", "EnvironmentsWorkspaceBaseEnvironment", {
    filepath: "/Workspace/Users/a@example.com/env.yml",
  }),
  way("source-require-root", "a folder that looks like a service principal's", "Notebook", {
    path: "/Users/00000000-0000-4000-8000-00000000000a@example.com/x",
  }),
  way(
    "source-forbid-open-folder",
    "a wheel",
    "Job",
    task({ notebookTask: { notebookPath: "/apps/a" }, libraries: [{ whl: "/Workspace/Shared/x.whl" }] }),
  ),
  way("source-forbid-open-folder", "an init script", "Pipeline", {
    clusters: [cluster({ initScripts: [{ workspace: { destination: "/Shared/i.sh" } }] })],
  }),
  way("source-forbid-open-folder", "an app", "App", { sourceCodePath: "/Workspace/Shared/app" }),
  [
    "source-forbid-open-folder",
    "a folder that the program opens to everybody",
    [
      resource("Directory"),
      resource("Notebook", { path: "/apps/sales/generate" }),
      {
        ...resource(
          "Permissions",
          permissions({ groupName: "users" }, "CAN_MANAGE", { directoryId: UNKNOWN }) as Record<string, unknown>,
        ),
        dependencies: { directoryId: [urnOf(resource("Directory"))] },
      },
    ],
  ],
  way("forbid-dbfs", "a for-each task", "Job", inLoop({ sparkPythonTask: { pythonFile: "dbfs:/x.py" } })),
  way("forbid-dbfs", "a catalog's root", "Catalog", { storageRoot: "dbfs:/mnt/lake" }),
  way("forbid-dbfs", "a volume", "Volume", { volumeType: "EXTERNAL", storageLocation: "dbfs:/mnt/x" }),
  way("forbid-dbfs", "a model's files", "RegisteredModel", { storageLocation: "wasbs://c@a.blob.core.windows.net/m" }),
  way("external-location-narrow", "with a port-like account", "ExternalLocation", {
    url: "abfss://c@a.dfs.core.windows.net",
  }),
  way(
    "forbid-hive-metastore",
    "in dbt",
    "Job",
    task({ dbtTask: { commands: ["dbt run"], projectDirectory: "/apps/d", catalog: "hive_metastore" } }),
  ),
  way("forbid-hive-metastore", "a monitored table", "QualityMonitor", { tableName: "`hive_metastore`.default.t" }),
  // compute
  way(
    "compute-require-access-mode",
    "in a for-each task",
    "Job",
    inLoop({ notebookTask: { notebookPath: "/apps/a" }, newCluster: cluster({ dataSecurityMode: "NONE" }) }),
  ),
  way("compute-forbid-old-runtime", "preloaded in a pool", "InstancePool", {
    preloadedSparkVersions: ["10.4.x-scala2.12"],
  }),
  way("compute-forbid-old-runtime", "of a machine-learning runtime", "Cluster", {
    sparkVersion: "12.2.x-cpu-ml-scala2.12",
  }),
  way(
    "compute-bound-size",
    "as text",
    "Job",
    task({ newCluster: cluster({ autoscale: { minWorkers: "1", maxWorkers: "500" } }) }),
  ),
  way(
    "compute-forbid-ssh",
    "in a for-each task",
    "Job",
    inLoop({ notebookTask: { notebookPath: "/apps/a" }, newCluster: cluster({ sshPublicKeys: ["x"] }) }),
  ),
  way("cluster-require-policy", "hours before it stops", "Cluster", { autoterminationMinutes: "6000" }),
  way("warehouse-bound-cost", "the largest size", "SqlEndpoint", { clusterSize: " 5x-large " }),
  // account and settings
  way("setting-disable-legacy", "by name, in the account", "AccountSettingV2", {
    name: "disable_legacy_access",
    booleanVal: { value: "False" },
  }),
  way("workspace-conf-forbid-export", "in other case", "WorkspaceConf", {
    customConfig: { ENABLERESULTSDOWNLOADING: "True" },
  }),
  way("workspace-conf-enforce-access", "as a boolean", "WorkspaceConf", {
    customConfig: { enableIpAccessLists: false },
  }),
  way("workspace-conf-token-lifetime", "a negative number", "WorkspaceConf", {
    customConfig: { maxTokenLifetimeDays: "-1" },
  }),
  way("token-bound-lifetime", "a float as text", "Token", { lifetimeSeconds: "99999999.0" }),
  way("recipient-bounded", "a token's own end", "Recipient", {
    expirationTime: undefined,
    tokens: [{ expirationTime: Date.now() + 1e12 }],
  }),
  way("ip-list-bounded", "many parts of everything", "IpAccessList", {
    ipAddresses: Array.from({ length: 256 }, (_, at) => `${at}.0.0.0/8`),
  }),
  way("identity-forbid-compute", "a user", "User", { userName: "a@example.com", allowClusterCreate: "T" }),
  way("uc-require-comment", "words that say nothing", "Volume", { comment: "to be done later, please fill in" }),
  way("require-tags", "invisible characters", "Job", {
    tags: { environment: "prod", owner: "\u200b\u200b", cost_center: "1000" },
  }),
  way("schedule-require-quartz", "both days free", "Job", {
    schedule: { quartzCronExpression: "0 0 5 ? * ?", timezoneId: "UTC" },
  }),
];

describe("ways around the rules", () => {
  it("are at least 60, each once", () => {
    assert.ok(WAYS.length >= 60, `${WAYS.length}`);
    assert.equal(new Set(WAYS.map(([rule, what]) => `${rule}: ${what}`)).size, WAYS.length);
  });
  for (const [rule, what, program] of WAYS) {
    it(`are caught by ${rule}: ${what}`, () => {
      const found = findings(program);
      assert.ok(
        found.some((finding) => finding.rule === rule),
        JSON.stringify(found),
      );
    });
  }
});
