// A program of someone else: most resources of the provider that the workspace keeps, in two versions of their settings.
import databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";

const { interpolate } = pulumi;
const VERSION = Number(process.env.VERSION ?? 1);
/** The first setting or the second. */
const v = (one, two) => (VERSION === 1 ? one : two);
const text = (value) => Buffer.from(value).toString("base64");
const make = (type, name, args, options) => new databricks[type](name, args, options);
/** The provider replaces these in place: the new one has the old one's id. */
const inPlace = { deleteBeforeReplace: true };

// identity
const group = make("Group", "group", { displayName: v("data-eng", "data-engineers"), allowClusterCreate: true });
const user = make("User", "user", {
  userName: "ann@example.com",
  displayName: v("Ann", "Ann B"),
  workspaceAccess: true,
});
const robot = make("ServicePrincipal", "robot", { displayName: v("robot", "robot 2") });
const other = make("ServicePrincipal", "other", { displayName: "other" }, { ignoreChanges: ["databricksSqlAccess"] });
make("GroupMember", "member", { groupId: group.id, memberId: user.id });
make("Entitlements", "entitlements", { servicePrincipalId: other.id, databricksSqlAccess: v(true, false) });
make("UserRole", "role", { userId: user.id, role: "arn:aws:iam::123456789012:instance-profile/x" });
make("ServicePrincipalSecret", "secret-of-robot", { servicePrincipalId: robot.id });
make("Token", "token", { comment: "c", lifetimeSeconds: 86_400 });
make("OboToken", "obo", { applicationId: robot.applicationId, comment: "x", lifetimeSeconds: 3600 });
make("AccessControlRuleSet", "rules", {
  name: interpolate`accounts/00000000-0000-0000-0000-000000000000/servicePrincipals/${robot.applicationId}/ruleSets/default`,
  grantRules: [{ principals: [interpolate`users/${user.userName}`], role: "roles/servicePrincipal.user" }],
});

// Unity Catalog
const catalog = make("Catalog", "catalog", {
  name: "foreign",
  comment: v("one", "two"),
  properties: { purpose: "testing" },
  forceDestroy: true,
});
const schema = make("Schema", "schema", {
  catalogName: catalog.name,
  name: "things",
  comment: v("one", "two"),
  properties: { kind: "various" },
});
const within = { catalogName: catalog.name, schemaName: schema.name };
const volume = make("Volume", "volume", { ...within, name: "files", volumeType: "MANAGED", comment: v("one", "two") });
const model = make("RegisteredModel", "model", { ...within, name: "model", comment: v("one", "two") });
make("File", "file", {
  path: interpolate`/Volumes/${catalog.name}/${schema.name}/${volume.name}/x.txt`,
  contentBase64: text(v("a", "b")),
});
const grantsOf = (name, securable, ...privileges) =>
  make("Grants", name, { ...securable, grants: [{ principal: "users", privileges }] });
grantsOf("catalog", { catalog: catalog.name }, "USE_CATALOG", ...v([], ["USE_SCHEMA"]));
grantsOf("volume", { volume: volume.id }, "READ_VOLUME");
grantsOf("model", { model: model.id }, "EXECUTE");
make("Grant", "schema", {
  schema: schema.id,
  principal: robot.applicationId,
  privileges: v(["USE_SCHEMA", "SELECT"], ["USE_SCHEMA"]),
});
make("EntityTagAssignment", "tag", {
  ...{ entityType: "schemas", entityName: schema.id, tagKey: "team", tagValue: v("a", "b") },
});
const credential = make("StorageCredential", "credential", {
  name: "foreign-credential",
  awsIamRole: { roleArn: "arn:aws:iam::123456789012:role/x" },
  comment: v("one", "two"),
  skipValidation: true,
});
const location = make("ExternalLocation", "location", {
  name: "foreign-location",
  url: "s3://bucket/path",
  credentialName: credential.id,
  comment: v("one", "two"),
  skipValidation: true,
});
grantsOf("location", { externalLocation: location.id }, "READ_FILES");

// workspace objects and secrets
const folder = make("Directory", "folder", { path: "/Shared/foreign", deleteRecursive: true });
const notebook = make("Notebook", "notebook", {
  ...{ path: interpolate`${folder.path}/nb`, language: "PYTHON", contentBase64: text(v("print(1)", "print(2)")) },
});
const source = make("WorkspaceFile", "source", {
  ...{ path: interpolate`${folder.path}/module.py`, contentBase64: text(v("x = 1", "x = 2")) },
});
const scope = make("SecretScope", "scope", { name: "foreign-scope" });
make("Secret", "secret", { scope: scope.id, key: "k", stringValue: v("one", "two") }, inPlace);
make("SecretAcl", "acl", { scope: scope.name, principal: "users", permission: v("READ", "WRITE") }, inPlace);

// compute
const node = { sparkVersion: "17.3.x-scala2.13", nodeTypeId: "i3.xlarge", numWorkers: 1 };
const pool = make("InstancePool", "pool", {
  ...{ instancePoolName: v("pool", "pool 2"), nodeTypeId: "i3.xlarge", idleInstanceAutoterminationMinutes: 10 },
});
const policy = make("ClusterPolicy", "policy", {
  ...{ name: v("policy", "policy 2"), definition: JSON.stringify({ num_workers: { type: "fixed", value: 1 } }) },
});
const cluster = make("Cluster", "cluster", {
  ...node,
  clusterName: v("cluster", "cluster 2"),
  autoterminationMinutes: 20,
  customTags: { a: "b" },
  sparkConf: { "spark.x": "y" },
  libraries: [{ pypi: { package: "x" } }],
});
const warehouse = make("SqlEndpoint", "warehouse", {
  ...{ name: v("warehouse", "warehouse 2"), clusterSize: v("Small", "Medium"), maxNumClusters: 1, autoStopMins: 10 },
  tags: { customTags: [{ key: "a", value: "b" }] },
});

// pipelines and jobs
const pipeline = make("Pipeline", "pipeline", {
  name: v("pipeline", "pipeline 2"),
  ...{ catalog: catalog.name, schema: schema.name, serverless: true, channel: "CURRENT", rootPath: folder.path },
  development: v(true, false),
  configuration: { a: v("1", "2") },
  libraries: [{ notebook: { path: notebook.path } }, { file: { path: source.path } }],
  notifications: [{ emailRecipients: ["a@example.com"], alerts: ["on-update-failure", "on-flow-failure"] }],
  environment: { dependencies: ["x"] },
  eventLog: { name: "events", catalog: catalog.name, schema: schema.name },
  tags: { k: "v" },
  runAs: { servicePrincipalName: robot.applicationId },
});
make("Pipeline", "classic", {
  ...{ name: "classic", catalog: catalog.name, target: schema.name },
  clusters: [
    { label: "default", numWorkers: 2, customTags: { cluster_type: "default" } },
    { label: "maintenance", numWorkers: 1 },
  ],
  libraries: [{ glob: { include: interpolate`${folder.path}/**` } }],
  filters: { includes: ["com.databricks.include"], excludes: ["com.databricks.exclude"] },
});
const query = make("Query", "query", {
  ...{ displayName: v("query", "query 2"), queryText: v("SELECT 1", "SELECT 2"), warehouseId: warehouse.id },
  ...{ parentPath: folder.path, tags: ["t"] },
});
const alert = make("Alert", "alert", {
  ...{ displayName: v("alert", "alert 2"), queryId: query.id, parentPath: folder.path },
  condition: { op: "GREATER_THAN", operand: { column: { name: "n" } }, threshold: { value: { doubleValue: v(1, 2) } } },
});
const dashboard = make("Dashboard", "dashboard", {
  ...{ displayName: v("dashboard", "dashboard 2"), warehouseId: warehouse.id, parentPath: folder.path },
  serializedDashboard: v('{"pages":[]}', '{"pages":[{}]}'),
});
const runs = { notebookTask: { notebookPath: notebook.path } };
const job = make("Job", "job", {
  name: v("job", "job 2"),
  ...{ description: "all task types", maxConcurrentRuns: v(1, 2), timeoutSeconds: 3600, tags: { a: "b" } },
  queue: { enabled: true },
  parameters: [{ name: "p", default: v("1", "2") }],
  runAs: { servicePrincipalName: robot.applicationId },
  schedule: { quartzCronExpression: "0 0 6 * * ?", timezoneId: "UTC", pauseStatus: "PAUSED" },
  emailNotifications: { onFailures: ["a@example.com"], noAlertForSkippedRuns: true },
  notificationSettings: { noAlertForSkippedRuns: true },
  health: { rules: [{ metric: "RUN_DURATION_SECONDS", op: "GREATER_THAN", value: 100 }] },
  environments: [{ environmentKey: "env", spec: { environmentVersion: "2", dependencies: ["x"] } }],
  jobClusters: [{ jobClusterKey: "shared", newCluster: node }],
  tasks: [
    {
      taskKey: "a-notebook",
      notebookTask: { notebookPath: notebook.path, baseParameters: { x: "1" } },
      ...{ maxRetries: 2, minRetryIntervalMillis: 1000, retryOnTimeout: true, timeoutSeconds: 60 },
      jobClusterKey: "shared",
      emailNotifications: { onFailures: ["b@example.com"] },
    },
    {
      ...{ taskKey: "b-python", environmentKey: "env", dependsOns: [{ taskKey: "a-notebook" }] },
      sparkPythonTask: { pythonFile: source.path, parameters: ["a"] },
    },
    { taskKey: "c-pipeline", pipelineTask: { pipelineId: pipeline.id, fullRefresh: false } },
    { taskKey: "d-query", sqlTask: { warehouseId: warehouse.id, query: { queryId: query.id } } },
    {
      taskKey: "e-file",
      sqlTask: { warehouseId: warehouse.id, file: { path: "/Shared/foreign/q.sql", source: "WORKSPACE" } },
    },
    { taskKey: "f-condition", conditionTask: { op: "EQUAL_TO", left: "{{job.parameters.p}}", right: "1" } },
    {
      ...{ taskKey: "g-each", dependsOns: [{ taskKey: "f-condition", outcome: "true" }] },
      forEachTask: { inputs: "[1, 2]", concurrency: 2, task: { taskKey: "g-inner", ...runs } },
    },
    {
      ...{ taskKey: "h-wheel", environmentKey: "env" },
      pythonWheelTask: { packageName: "p", entryPoint: "main", namedParameters: { a: "b" } },
    },
    {
      ...{ taskKey: "i-jar", newCluster: node, libraries: [{ jar: "/Volumes/a/b/c/x.jar" }], runIf: "ALL_DONE" },
      ...{ sparkJarTask: { mainClassName: "x.Y" }, dependsOns: [{ taskKey: "b-python" }] },
    },
  ],
});
const watched = interpolate`/Volumes/${catalog.name}/${schema.name}/${volume.name}/in/`;
const jobWith = (name, more) => make("Job", name, { name, tasks: [{ taskKey: "x", ...runs }], ...more });
jobWith("on-files", { trigger: { fileArrival: { url: watched, minTimeBetweenTriggersSeconds: 60 } } });
jobWith("periodic", { trigger: { periodic: { interval: 1, unit: "DAYS" } } });
jobWith("on-tables", { trigger: { tableUpdate: { tableNames: ["main.default.x"], condition: "ANY_UPDATED" } } });
jobWith("continuous", { continuous: { pauseStatus: "PAUSED" } });
jobWith("of-a-job", { tasks: [{ taskKey: "x", runJobTask: { jobId: job.id.apply(Number) } }] });

// permissions
const allow = (name, object, level) =>
  make("Permissions", name, {
    ...object,
    accessControls: [{ servicePrincipalName: other.applicationId, permissionLevel: level }],
  });
allow("folder", { directoryPath: folder.path }, v("CAN_READ", "CAN_RUN"));
allow("notebook", { notebookPath: notebook.path }, "CAN_RUN");
allow("cluster", { clusterId: cluster.id }, v("CAN_ATTACH_TO", "CAN_RESTART"));
allow("policy", { clusterPolicyId: policy.id }, "CAN_USE");
allow("pool", { instancePoolId: pool.id }, "CAN_ATTACH_TO");
allow("warehouse", { sqlEndpointId: warehouse.id }, v("CAN_USE", "CAN_MONITOR"));
allow("pipeline", { pipelineId: pipeline.id }, v("CAN_VIEW", "CAN_RUN"));
allow("job", { jobId: job.id }, v("CAN_VIEW", "CAN_MANAGE_RUN"));
allow("query", { sqlQueryId: query.id }, "CAN_RUN");
allow("alert", { sqlAlertId: alert.id }, "CAN_RUN");
allow("dashboard", { dashboardId: dashboard.id }, v("CAN_READ", "CAN_EDIT"));

// settings
make("IpAccessList", "list", {
  label: v("a", "b"),
  listType: "ALLOW",
  ipAddresses: v(["192.0.2.0/24"], ["192.0.2.7"]),
});
make("GlobalInitScript", "script", { name: v("a", "b"), contentBase64: text("echo"), enabled: true });
make("GitCredential", "git", { gitUsername: v("a", "b"), gitProvider: "gitHub", personalAccessToken: "x" });
make("WorkspaceConf", "conf", { customConfig: { enableIpAccessLists: v("true", "false") } });
make("DefaultNamespaceSetting", "namespace", { namespace: { value: v("main", "system") } });
make("RestrictWorkspaceAdminsSetting", "admins", {
  restrictWorkspaceAdmins: { status: v("ALLOW_ALL", "RESTRICT_TOKENS_AND_JOB_RUN_AS") },
});
make("NotificationDestination", "mail", {
  displayName: v("a", "b"),
  config: { email: { addresses: ["a@example.com"] } },
});
make("SqlGlobalConfig", "sql", { securityPolicy: "DATA_ACCESS_CONTROL" });
make("TagPolicy", "cost", { tagKey: "foreign_cost", description: v("one", "two"), values: [{ name: "a" }] });
