/** Ways to break the rules on admins, apps, images, identities of the cloud, sharing, databases and names. */
import { type Break, breaks, stackBreak } from "./break.ts";
import { served, transportBreaks } from "./breaks-transport.ts";
import { resource } from "./fixtures.ts";
import { type Sent, UNKNOWN, urnOf } from "./pack.ts";

const PROFILE = "arn:aws:iam::123456789012:instance-profile/etl";
const from = (sent: Sent, dependencies: Record<string, Sent>): Sent => ({
  ...sent,
  dependencies: Object.fromEntries(Object.entries(dependencies).map(([key, of]) => [key, [urnOf(of)]])),
});
const admins = resource("Group", { displayName: "admins", workspaceAccess: undefined }, "admins");
const engineers = resource("Group", { displayName: "data-engineers" }, "engineers");
const siteAdmins = resource("Group", { displayName: "site-admins" }, "site-admins");
const user = resource("User", { userName: "a@example.com" }, "a");
const member = (group: Sent, one: Sent, type = "GroupMember"): Sent =>
  from(resource(type, { groupId: UNKNOWN, [type === "GroupMember" ? "memberId" : "principalId"]: UNKNOWN }), {
    groupId: group,
    [type === "GroupMember" ? "memberId" : "principalId"]: one,
  });
const policy = (definition: object): Record<string, unknown> => ({ definition: JSON.stringify(definition) });
const app = (used: object): Record<string, unknown> => ({ resources: [{ name: "x", ...used }] });
const users = (level: string, on: object): Record<string, unknown> => ({
  jobId: undefined,
  ...on,
  accessControls: [{ groupName: "users", permissionLevel: level }],
});
export const platformBreaks: readonly Break[] = [
  stackBreak("account-admin-restrict", "a group", "role", [
    engineers,
    from(resource("GroupRole", { groupId: UNKNOWN, role: "account_admin" }), { groupId: engineers }),
  ]),
  stackBreak("account-admin-restrict", "a group by its id", "role", [
    resource("GroupRole", { groupId: "123", role: "ACCOUNT_ADMIN" }),
  ]),
  stackBreak("account-admin-restrict", "a service principal", "role", [
    resource("ServicePrincipalRole", { servicePrincipalId: "123", role: "account_admin" }),
  ]),
  stackBreak("admins-forbid-nesting", "a group in the one that the program makes admin", "memberId", [
    siteAdmins,
    engineers,
    from(resource("PermissionAssignment", { groupName: undefined, principalId: UNKNOWN }), { principalId: siteAdmins }),
    member(siteAdmins, engineers),
  ]),
  stackBreak("admins-forbid-nesting", "a group, by the second version", "principalId", [
    resource("WorkspaceIamGroupV2", { groupName: "admins" }, "admins"),
    engineers,
    member(resource("WorkspaceIamGroupV2", {}, "admins"), engineers, "WorkspaceIamDirectGroupMemberV2"),
  ]),
  stackBreak("group-forbid-foreign-nesting", "a group by its id", "groupId", [
    engineers,
    from(resource("GroupMember", { groupId: "123", memberId: UNKNOWN }), { memberId: engineers }),
  ]),
  stackBreak("admins-forbid-nesting", "a group", "memberId", [admins, engineers, member(admins, engineers)]),
  stackBreak("admins-forbid-nesting", "a person", "memberId", [admins, user, member(admins, user)]),
  stackBreak("admins-forbid-nesting", "by numbers", "principalId", [
    { ...admins, props: { ...admins.props, id: "7" } },
    resource("WorkspaceIamDirectGroupMemberV2", { groupId: 7, principalId: "9" }),
  ]),
  stackBreak("admin-limit-number", "a person by a role of the marketplace", "role", [
    resource("UserRole", { userId: "1", role: "marketplace.admin" }),
  ]),
  ...breaks("access-require-groups", "accessControls[0]", [
    ["a person", "Permissions", { accessControls: [{ userName: "a@example.com", permissionLevel: "CAN_VIEW" }] }],
  ]),
  ...breaks("access-require-groups", "principal", [
    ["a person's secrets", "SecretAcl", { principal: "a@example.com" }],
  ]),
  ...breaks("access-require-groups", "grantRules[0].principals[0]", [
    [
      "a person as a service principal",
      "AccessControlRuleSet",
      { grantRules: [{ principals: ["users/a@example.com"], role: "roles/servicePrincipal.user" }] },
    ],
  ]),
  ...breaks("access-require-groups", "userId", [["a role", "UserRole", { userId: "1", role: "reviewer" }]]),
  ...breaks("app-restrict-secrets", "resources[0].secret.permission", [
    ["a scope of secrets", "App", app({ secret: { scope: "a", key: "b", permission: "MANAGE" } })],
    ["writing secrets", "AppSpace", app({ secret: { scope: "a", key: "b", permission: "write" } })],
  ]),
  ...breaks("app-prefer-use", "resources[0].job.permission", [
    ["a job", "App", app({ job: { id: "1", permission: "CAN_MANAGE" } })],
  ]),
  ...breaks("app-prefer-use", "resources[0].servingEndpoint.permission", [
    ["an endpoint", "App", app({ servingEndpoint: { name: "x", permission: "CAN_MANAGE" } })],
  ]),
  ...breaks("oauth-limit-scopes", "scopes[1]", [
    ["an integration", "CustomAppIntegration", { scopes: ["offline_access", "all-apis"] }],
  ]),
  ...breaks("oauth-limit-scopes", "userApiScopes[0]", [["an app", "App", { userApiScopes: ["All-APIs"] }]]),
  ...breaks("compute-allowed-images", "dockerImage.url", [
    ["of Docker Hub", "Cluster", { dockerImage: { url: "acme/etl:latest" } }],
    ["of another host", "Cluster", { dockerImage: { url: "ghcr.io/acme/etl@sha256:00" } }],
    ["in a task", "Job", jobOn({ dockerImage: { url: "docker.io/databricksruntime/standard" } })],
  ]),
  ...breaks("compute-allowed-images", "preloadedDockerImages[0].url", [
    ["of a pool", "InstancePool", { preloadedDockerImages: [{ url: "quay.io/acme/etl" }] }],
  ]),
  ...breaks("compute-allowed-images", "docker_image.url", [
    ["of a policy", "ClusterPolicy", policy({ "docker_image.url": { type: "fixed", value: "acme/etl" } })],
  ]),
  ...breaks("compute-forbid-cloud-identity", "awsAttributes.instanceProfileArn", [
    ["of a cluster", "Cluster", { awsAttributes: { instanceProfileArn: PROFILE } }],
    ["of a list of one", "Cluster", { awsAttributes: [{ instanceProfileArn: PROFILE }] }],
    ["of a job's", "Job", jobOn({ awsAttributes: { instanceProfileArn: PROFILE } })],
    ["of a pool's", "InstancePool", { awsAttributes: { instanceProfileArn: PROFILE } }],
  ]),
  ...breaks("compute-forbid-cloud-identity", "instanceProfileArn", [
    ["of a warehouse", "SqlEndpoint", { instanceProfileArn: PROFILE }],
    ["of all warehouses", "SqlGlobalConfig", { instanceProfileArn: PROFILE }],
    ["of a served model", "ModelServing", served({ instanceProfileArn: PROFILE })],
    ["of a workspace", "InstanceProfile", { instanceProfileArn: PROFILE }],
  ]),
  ...breaks("compute-forbid-cloud-identity", "role", [["of a group", "GroupRole", { groupId: "1", role: PROFILE }]]),
  ...breaks("compute-forbid-cloud-identity", "gcpAttributes.googleServiceAccount", [
    ["a service account", "Cluster", { gcpAttributes: { googleServiceAccount: "etl@acme.iam.gserviceaccount.com" } }],
  ]),
  ...breaks("compute-forbid-cloud-identity", "sparkConf", [
    [
      "an assumed role",
      "Cluster",
      { sparkConf: { "spark.hadoop.fs.s3a.stsAssumeRole.arn": "arn:aws:iam::123456789012:role/x" } },
    ],
  ]),
  ...breaks("compute-forbid-cloud-identity", "definition", [
    [
      "of a policy",
      "ClusterPolicy",
      policy({ "aws_attributes.instance_profile_arn": { type: "fixed", value: PROFILE } }),
    ],
  ]),
  ...breaks("instance-profile-safe", "isMetaInstanceProfile", [
    ["for passthrough", "InstanceProfile", { instanceProfileArn: PROFILE, isMetaInstanceProfile: "true" }],
  ]),
  ...breaks("instance-profile-safe", "skipValidation", [["unchecked", "InstanceProfile", { skipValidation: true }]]),
  ...breaks("compute-require-access-mode", "configuration", [
    ["old table ACLs of a pipeline", "Pipeline", { configuration: { "spark.databricks.acl.dfAclsEnabled": "true" } }],
  ]),
  ...breaks("compute-require-access-mode", "sparkConf", [
    ["old table ACLs off", "Cluster", { sparkConf: { "spark.databricks.acl.dfAclsEnabled": "false" } }],
    ["SQL alone", "Cluster", { sparkConf: { "spark.databricks.acl.sqlOnly": true } }],
  ]),
  ...breaks("compute-require-access-mode", "definition", [
    [
      "of a policy",
      "ClusterPolicy",
      policy({ "spark_conf.spark.databricks.acl.dfAclsEnabled": { type: "fixed", value: "true" } }),
    ],
  ]),
  ...breaks("cluster-policy-safe", "definition", [
    ["nothing", "ClusterPolicy", policy({})],
    ["nothing but defaults", "ClusterPolicy", policy({ num_workers: { type: "unlimited", defaultValue: 2 } })],
  ]),
  ...breaks("forbid-hive-metastore", "sparkConf", [
    ["Glue", "Cluster", { sparkConf: { "spark.databricks.hive.metastore.glueCatalog.enabled": "true" } }],
  ]),
  ...breaks("share-narrow", "objects[0].dataObjectType", [
    ["a schema", "Share", { objects: [{ name: "sales.gold", dataObjectType: "SCHEMA" }] }],
    ["a catalog", "Share", { objects: [{ name: "sales", dataObjectType: "catalog" }] }],
  ]),
  ...breaks("metastore-restrict-external-access", "externalAccessEnabled", [
    ["on", "Metastore", { externalAccessEnabled: true }],
  ]),
  ...breaks(
    "abac-policy-effective",
    "exceptPrincipals[1]",
    [
      ["excepts everyone", "PolicyInfo", { exceptPrincipals: ["auditors", "`Account  Users`"] }],
      [
        "a filter",
        "PolicyInfo",
        { policyType: "POLICY_TYPE_ROW_FILTER", columnMask: undefined, exceptPrincipals: ["auditors", "users"] },
      ],
    ],
    ["policyType"],
  ),
  ...breaks(
    "abac-policy-effective",
    "toPrincipals",
    [
      ["for nobody", "PolicyInfo", { toPrincipals: [] }],
      ["for blanks", "PolicyInfo", { toPrincipals: [" "] }],
    ],
    ["policyType"],
  ),
  ...breaks(
    "abac-policy-effective",
    "exceptPrincipals",
    [
      [
        "all of whom it names",
        "PolicyInfo",
        { toPrincipals: ["analysts"], exceptPrincipals: ["Analysts", "auditors"] },
      ],
    ],
    ["policyType"],
  ),
  ...breaks(
    "abac-policy-effective",
    "whenCondition",
    [["never", "PolicyInfo", { whenCondition: "FALSE" }]],
    ["policyType"],
  ),
  ...breaks("serverless-bound-cost", "capacity", [
    ["a large database", "DatabaseInstance", { capacity: "CU_8" }],
    ["a large store", "OnlineStore", { name: "x", capacity: "cu_4" }],
  ]),
  ...breaks("serverless-bound-cost", "spec", [
    ["that grows", "PostgresEndpoint", { spec: { endpointType: "READ_WRITE", autoscalingLimitMaxCu: 32 } }],
    ["by default", "PostgresProject", { spec: { defaultEndpointSettings: { autoscalingLimitMaxCu: 32 } } }],
  ]),
  ...breaks("serverless-bound-cost", "scalingInfo.requestedTargetQps", [
    ["a large search", "VectorSearchEndpoint", { scalingInfo: { requestedTargetQps: 5000 } }],
  ]),
  ...breaks("serverless-bound-cost", "replicaCount", [["many replicas", "AiSearchEndpoint", { replicaCount: 12 }]]),
  ...breaks("serverless-bound-cost", "computeSize", [["a large app", "App", { computeSize: "LARGE" }]]),
  ...breaks("serverless-bound-cost", "config.servedEntities[0].workloadType", [
    ["many GPUs", "ModelServing", served({ workloadType: "MULTIGPU_MEDIUM" })],
  ]),
  ...breaks("database-restrict-access", "spec.membershipRoles[0]", [
    ["a superuser", "PostgresRole", { spec: { identityType: "GROUP", membershipRoles: ["DATABRICKS_SUPERUSER"] } }],
  ]),
  ...breaks("database-restrict-access", "spec.attributes.bypassrls", [
    ["past row-level security", "PostgresRole", { spec: { attributes: { bypassrls: true } } }],
  ]),
  ...breaks("database-restrict-access", "spec.serverCorsAllowedOrigins[0]", [
    ["every origin", "PostgresDataApi", { spec: { serverCorsAllowedOrigins: ["*"] } }],
  ]),
  ...breaks(
    "grant-restrict-files",
    "privileges",
    [
      ["files", "Grant", { schema: undefined, externalLocation: "l", privileges: ["READ_FILES", "write files"] }],
      ["tables", "Grant", { schema: undefined, externalLocation: "l", privileges: ["CREATE_EXTERNAL_TABLE"] }],
    ],
    ["principal"],
  ),
  ...breaks(
    "grant-restrict-tags",
    "privileges",
    [["of a catalog", "Grant", { schema: undefined, catalog: "sales", privileges: ["apply tag"] }]],
    ["principal"],
  ),
  ...breaks("cluster-logs-private", "clusterLogConf.s3.cannedAcl", [
    ["for everybody", "Cluster", { clusterLogConf: { s3: { destination: "s3://logs/x", cannedAcl: "public-read" } } }],
  ]),
  ...breaks("pipeline-require-current-channel", "channel.name", [
    ["of a warehouse", "SqlEndpoint", { channel: { name: "CHANNEL_NAME_PREVIEW" } }],
  ]),
  stackBreak("admin-limit-number", "everybody", "permissions", [
    resource("PermissionAssignment", { groupName: "users", permissions: ["ADMIN"] }),
  ]),
  stackBreak("names-unique", "two jobs", "name", [
    ...["one", "two"].map((name) => resource("Job", {}, name)),
    ...["one", "two"].map((name) => ({
      ...resource("Permissions", { jobId: UNKNOWN }, name),
      dependencies: { jobId: [urnOf(resource("Job", {}, name))] },
    })),
  ]),
  stackBreak("names-unique", "two pipelines", "name", [
    resource("Pipeline", { allowDuplicateNames: true }, "one"),
    resource("Pipeline", { name: " medallion" }, "two"),
  ]),
  ...breaks("serving-restrict-query", "accessControls[0]", [
    ["an endpoint", "Permissions", users("CAN_QUERY", { servingEndpointId: "e" })],
    [
      "an agent",
      "Permissions",
      {
        ...users("", { supervisorAgentId: "e" }),
        accessControls: [{ groupName: "account users", permissionLevel: "can_query" }],
      },
    ],
  ]),
  ...breaks("serving-limit-rate", "config.rateLimits", [
    [
      "a provider's service",
      "AiGatewayModelProviderService",
      { modelProviderServiceId: "x", parent: "p", config: { openai: {} } },
    ],
  ]),
  ...breaks("storage-prefer-isolation", "isolationMode", [
    ["a credential", "StorageCredential", { isolationMode: undefined }],
    ["open on purpose", "Credential", { isolationMode: "ISOLATION_MODE_OPEN" }],
    ["a location", "ExternalLocation", { isolationMode: "" }],
  ]),
  ...breaks("uc-forbid-force-destroy", "forceDeleteHomeDir", [
    ["a person's folder", "User", { userName: "a@example.com", forceDeleteHomeDir: true }],
  ]),
  ...breaks("workspace-conf-forbid-shells", "customConfig", [
    ["a terminal", "WorkspaceConf", { customConfig: { enableWebTerminal: "true" } }],
    ["images", "WorkspaceConf", { customConfig: { enableDcs: "true" } }],
  ]),
  ...breaks("workspace-conf-enforce-access", "customConfig", [
    ["framing", "WorkspaceConf", { customConfig: { "enable-X-Frame-Options": "false" } }],
  ]),
  ...breaks("setting-restrict-personal-compute", "personalCompute.value", [
    ["on", "AccountSettingV2", { name: "personal_compute", booleanVal: undefined, personalCompute: { value: "ON" } }],
  ]),
  ...breaks("job-require-run-as", "runAs.userName", [
    ["an alert", "AlertV2", { runAs: { userName: "a@example.com" } }],
  ]),
  ...transportBreaks,
];

function jobOn(cluster: object): Record<string, unknown> {
  return {
    tasks: [
      {
        taskKey: "a",
        maxRetries: 1,
        notebookTask: { notebookPath: "/apps/a" },
        newCluster: {
          ...{ policyId: "p", numWorkers: 1, dataSecurityMode: "SINGLE_USER", enableLocalDiskEncryption: true },
          ...cluster,
        },
      },
    ],
  };
}
