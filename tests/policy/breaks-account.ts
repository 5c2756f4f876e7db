/** Ways to break the rules on settings of workspace and account, people, models and sharing. */
import { type Break, breaks, stackBreak } from "./break.ts";
import { resource } from "./fixtures.ts";
import { UNKNOWN, urnOf } from "./pack.ts";

const conf = (key: string, value: unknown): Record<string, unknown> => ({ customConfig: { [key]: value } });
const permissions = (level: string, who: Record<string, unknown>): Record<string, unknown> => ({
  accessControls: [{ permissionLevel: level, ...who }],
});
const users = { groupName: "users" };

export const accountBreaks: readonly Break[] = [
  ...breaks("setting-disable-legacy", "disableLegacyAccess.value", [
    ["legacy access", "DisableLegacyAccessSetting", { disableLegacyAccess: { value: false } }],
  ]),
  ...breaks("setting-disable-legacy", "disableLegacyDbfs.value", [
    ["DBFS, as text", "DisableLegacyDbfsSetting", { disableLegacyDbfs: { value: "false" } }],
  ]),
  ...breaks("setting-disable-legacy", "disableLegacyFeatures.value", [
    ["legacy features", "DisableLegacyFeaturesSetting", { disableLegacyFeatures: { value: false } }],
  ]),
  ...breaks("setting-disable-legacy", "booleanVal.value", [
    ["by name", "AccountSettingV2", { name: "disable_legacy_features", booleanVal: { value: false } }],
    ["of a workspace, by name", "WorkspaceSettingV2", { name: "disable_legacy_dbfs", booleanVal: { value: false } }],
  ]),
  ...breaks("setting-update-clusters", "enabled", [
    ["off", "AutomaticClusterUpdateWorkspaceSetting", { automaticClusterUpdateWorkspace: { enabled: false } }],
    [
      "by name",
      "WorkspaceSettingV2",
      { name: "automatic_cluster_update", booleanVal: undefined, automaticClusterUpdateWorkspace: { enabled: false } },
    ],
  ]),
  ...breaks("setting-keep-compliance", "isEnabled", [
    [
      "the profile off",
      "ComplianceSecurityProfileWorkspaceSetting",
      { complianceSecurityProfileWorkspace: { isEnabled: false, complianceStandards: [] } },
    ],
    [
      "monitoring off",
      "EnhancedSecurityMonitoringWorkspaceSetting",
      { enhancedSecurityMonitoringWorkspace: { isEnabled: false } },
    ],
  ]),
  ...breaks("setting-keep-compliance", "booleanVal.value", [
    [
      "new workspaces without it",
      "AccountSettingV2",
      { name: "shield_csp_enablement_ac", booleanVal: { value: false } },
    ],
  ]),
  ...breaks("setting-forbid-sql-download", "booleanVal.value", [
    ["downloads on", "WorkspaceSettingV2", { name: "sql_results_download", booleanVal: { value: true } }],
    ["as text", "WorkspaceSettingV2", { name: " sql_results_download ", booleanVal: { value: "true" } }],
  ]),
  ...breaks("setting-restrict-admins", "restrictWorkspaceAdmins.status", [
    ["admins may do all", "RestrictWorkspaceAdminsSetting", { restrictWorkspaceAdmins: { status: "ALLOW_ALL" } }],
    [
      "by name",
      "WorkspaceSettingV2",
      { name: "restrict_workspace_admins", booleanVal: undefined, restrictWorkspaceAdmins: { status: "allow_all" } },
    ],
  ]),
  ...breaks("setting-restrict-embedding", "accessPolicyType", [
    [
      "every site",
      "AibiDashboardEmbeddingAccessPolicySetting",
      { aibiDashboardEmbeddingAccessPolicy: { accessPolicyType: "ALLOW_ALL_DOMAINS" } },
    ],
  ]),
  ...breaks("setting-restrict-embedding", "approvedDomains", [
    [
      "a wildcard",
      "AibiDashboardEmbeddingApprovedDomainsSetting",
      { aibiDashboardEmbeddingApprovedDomains: { approvedDomains: ["a.example.com", "*.com"] } },
    ],
  ]),
  ...breaks("forbid-hive-metastore", "namespace.value", [
    ["the default namespace", "DefaultNamespaceSetting", { namespace: { value: "hive_metastore" } }],
  ]),
  ...breaks("forbid-hive-metastore", "catalogName", [
    ["a table", "SqlTable", { catalogName: "`Hive_Metastore`" }],
    ["as Spark names it", "SqlTable", { catalogName: "spark_catalog" }],
  ]),
  ...breaks("forbid-hive-metastore", "queryText", [
    ["a query", "Query", { queryText: "SELECT * FROM hive_metastore.default.orders" }],
    ["a quoted name", "Query", { queryText: "SELECT * FROM `hive_metastore`.`default`.orders" }],
  ]),
  ...breaks("forbid-hive-metastore", "the resource", [
    [
      "rights on its tables",
      "SqlPermissions",
      { database: "default", privilegeAssignments: [{ principal: "analysts", privileges: ["SELECT"] }] },
    ],
  ]),
  ...breaks("workspace-conf-forbid-export", "customConfig", [
    ["downloads", "WorkspaceConf", conf("enableResultsDownloading", "true")],
    ["exports, as a boolean", "WorkspaceConf", conf("enableExportNotebook", true)],
    ["the clipboard, in other case", "WorkspaceConf", conf("EnableNotebookTableClipboard", "TRUE")],
    ["results kept by Databricks", "WorkspaceConf", conf("storeInteractiveNotebookResultsInCustomerAccount", "false")],
  ]),
  ...breaks("workspace-conf-forbid-file-store", "customConfig", [
    ["the browser", "WorkspaceConf", conf("enableDbfsFileBrowser", "true")],
    ["the endpoint", "WorkspaceConf", conf("enableFileStoreEndpoint", "true")],
  ]),
  ...breaks("workspace-conf-audit", "customConfig", [
    ["no audit", "WorkspaceConf", conf("enableVerboseAuditLogs", "false")],
  ]),
  ...breaks("workspace-conf-enforce-access", "customConfig", [
    ["IP lists", "WorkspaceConf", conf("enableIpAccessLists", "false")],
    ["jobs", "WorkspaceConf", conf("enableJobViewAcls", "")],
    ["Git", "WorkspaceConf", conf("enableProjectsAllowList", "false")],
    ["metadata", "WorkspaceConf", conf("enableEnforceImdsV2", "false")],
  ]),
  ...breaks("workspace-conf-token-lifetime", "maxTokenLifetimeDays", [
    ["none", "WorkspaceConf", conf("maxTokenLifetimeDays", "0")],
    ["years", "WorkspaceConf", conf("maxTokenLifetimeDays", "730")],
    ["nothing", "WorkspaceConf", conf("maxTokenLifetimeDays", "")],
  ]),
  stackBreak("ip-list-enforce", "a list that is not enforced", "enableIpAccessLists", [
    resource("IpAccessList"),
    resource("WorkspaceConf", conf("enableVerboseAuditLogs", "true")),
  ]),
  ...breaks("ip-list-bounded", "enabled", [["a list that is off", "IpAccessList", { enabled: false }]]),
  ...breaks("workspace-require-network", "networkId", [["no network", "MwsWorkspaces", { networkId: undefined }]]),
  ...breaks("workspace-require-network", "privateAccessSettingsId", [
    ["no private access", "MwsWorkspaces", { privateAccessSettingsId: "" }],
  ]),
  ...breaks("workspace-require-network", "isNoPublicIpEnabled", [
    ["public addresses", "MwsWorkspaces", { isNoPublicIpEnabled: false }],
  ]),
  ...breaks("workspace-require-network", "publicAccessEnabled", [
    ["public access beside the private one", "MwsPrivateAccessSettings", { publicAccessEnabled: true }],
  ]),
  ...breaks("workspace-require-keys", "storageCustomerManagedKeyId", [
    ["no key for storage", "MwsWorkspaces", { storageCustomerManagedKeyId: undefined }],
  ]),
  ...breaks("token-bound-lifetime", "token.lifetimeSeconds", [
    ["a new workspace's token", "MwsWorkspaces", { token: { comment: "first", lifetimeSeconds: 0 } }],
  ]),
  ...breaks("network-policy-restrict", "restrictionMode", [
    ["full access", "AccountNetworkPolicy", { egress: { networkAccess: { restrictionMode: "FULL_ACCESS" } } }],
    ["open to the internet", "AccountNetworkPolicy", { ingress: { publicAccess: { restrictionMode: "FULL_ACCESS" } } }],
  ]),
  ...breaks("network-policy-restrict", "policyEnforcement", [
    [
      "a policy that is only tried",
      "AccountNetworkPolicy",
      {
        egress: {
          networkAccess: { restrictionMode: "RESTRICTED_ACCESS", policyEnforcement: { enforcementMode: "DRY_RUN" } },
        },
      },
    ],
  ]),
  ...breaks("network-policy-restrict", "egress", [["nothing said", "AccountNetworkPolicy", { egress: undefined }]]),
  ...breaks("audit-keep-delivery", "status", [["delivery off", "MwsLogDelivery", { status: "DISABLED" }]], ["logType"]),
  stackBreak("audit-require-logs", "a metastore without logs", "its audit logs", [
    resource("Metastore"),
    resource("SystemSchema", { schema: "billing" }),
  ]),
  ...breaks(
    "sharing-bound-lifetime",
    "deltaSharingRecipientTokenLifetimeInSeconds",
    [
      ["for ever", "Metastore", { deltaSharingRecipientTokenLifetimeInSeconds: 0 }],
      ["for a year", "Metastore", { deltaSharingRecipientTokenLifetimeInSeconds: 365 * 86400 }],
    ],
    ["deltaSharingScope"],
  ),
  ...breaks(
    "recipient-bounded",
    "expirationTime",
    [["an end in ten years", "Recipient", { expirationTime: Date.now() + 3650 * 86400_000 }]],
    ["authenticationType"],
  ),
  stackBreak("admin-limit-number", "a person as account admin", "role", [
    resource("UserRole", { userId: "1", role: "account_admin" }),
  ]),
  stackBreak("admin-limit-number", "a person as workspace admin", "permissions", [
    resource("PermissionAssignment", { groupName: undefined, userName: "someone@example.com" }),
  ]),
  stackBreak("admin-limit-number", "a person that the program makes", "permissions", [
    resource("User", { userName: "someone@example.com" }),
    {
      ...resource("PermissionAssignment", { groupName: undefined, principalId: UNKNOWN }),
      dependencies: { principalId: [urnOf(resource("User"))] },
    },
  ]),
  stackBreak(
    "admin-limit-number",
    "three groups of admins",
    "permissions",
    ["a", "b", "c"].map((groupName) => resource("PermissionAssignment", { groupName }, groupName)),
  ),
  ...breaks("identity-forbid-compute", "allowClusterCreate", [
    ["an entitlement", "Entitlements", { allowClusterCreate: true }],
    ["of a group", "Group", { allowClusterCreate: "true" }],
  ]),
  ...breaks("identity-forbid-compute", "allowInstancePoolCreate", [
    ["pools", "ServicePrincipal", { allowInstancePoolCreate: true }],
  ]),
  ...breaks("secret-of-principal-bounded", "lifetime", [
    ["the default of two years", "ServicePrincipalSecret", { lifetime: undefined }],
    ["three years", "ServicePrincipalSecret", { lifetime: "94608000s" }],
    ["days instead of seconds", "ServicePrincipalSecret", { lifetime: "90" }],
  ]),
  ...breaks("owner-require-group", "owner", [
    ["a person", "Schema", { owner: "someone@example.com" }],
    ["a person who owns the metastore", "Metastore", { owner: "`Someone@Example.com`" }],
    ["nobody", "Metastore", { owner: "System user" }],
    ["everybody", "Catalog", { owner: "account users" }],
  ]),
  ...breaks("owner-require-group", "accessControls[0]", [
    ["a person who owns a job", "Permissions", permissions("IS_OWNER", { userName: "someone@example.com" })],
  ]),
  ...breaks("permissions-forbid-everyone", "accessControls[0]", [
    ["everybody runs", "Permissions", permissions("CAN_MANAGE_RUN", users)],
    ["everybody restarts", "Permissions", { jobId: undefined, clusterId: "c", ...permissions("can_restart", users) }],
    [
      "the users of a workspace",
      "Permissions",
      {
        jobId: undefined,
        sqlEndpointId: "w",
        ...permissions("CAN_MANAGE", { groupName: "_workspace_users_workspace_123" }),
      },
    ],
    [
      "everybody makes tokens",
      "Permissions",
      { jobId: undefined, authorization: "tokens", ...permissions("CAN_USE", { groupName: " Users " }) },
    ],
  ]),
  ...breaks("principal-use-bounded", "grantRules[0].principals[0]", [
    [
      "everybody acts as the deployer",
      "AccessControlRuleSet",
      { grantRules: [{ principals: ["groups/users"], role: "roles/servicePrincipal.user" }] },
    ],
  ]),
  ...breaks("run-as-viewer", "embedCredentials", [["the publisher's rights", "Dashboard", { embedCredentials: true }]]),
  ...breaks("run-as-viewer", "runAsMode", [["the owner's rights", "Query", { runAsMode: "OWNER" }]]),
  ...breaks("federation-bounded", "oidcPolicy.subject", [
    ["no subject", "ServicePrincipalFederationPolicy", { oidcPolicy: { issuer: "https://x.example" } }],
    [
      "a wildcard",
      "ServicePrincipalFederationPolicy",
      { oidcPolicy: { issuer: "https://x.example", subject: "repo:acme/*" } },
    ],
  ]),
  ...breaks("federation-bounded", "oidcPolicy.issuer", [
    ["an issuer of everybody's", "AccountFederationPolicy", { oidcPolicy: { issuer: "https://gitlab.com" } }],
  ]),
  ...breaks("identity-forbid-compute", "entitlements", [
    ["by an assignment", "WorkspaceIamWorkspaceAssignmentV2", { entitlements: ["ALLOW_CLUSTER_CREATE"] }],
  ]),
  ...breaks("app-integration-bounded", "redirectUrls[0]", [
    ["any host", "CustomAppIntegration", { redirectUrls: ["https://*.example.com/callback"] }],
  ]),
  ...breaks("app-integration-bounded", "tokenAccessPolicy", [
    ["a login for years", "CustomAppIntegration", { tokenAccessPolicy: { refreshTokenTtlInMinutes: 1_000_000 } }],
  ]),
  ...breaks("database-require-oauth", "enablePgNativeLogin", [
    ["passwords of a database's own", "DatabaseInstance", { enablePgNativeLogin: true }],
  ]),
  ...breaks("database-require-oauth", "spec.authMethod", [
    ["a role's password", "PostgresRole", { spec: { postgresRole: "etl", authMethod: "PG_PASSWORD_SCRAM_SHA_256" } }],
  ]),
  ...breaks("permissions-forbid-everyone", "spec.postgresRole", [
    ["everybody in a database", "PostgresRole", { spec: { identityType: "GROUP", postgresRole: "account users" } }],
  ]),
  ...breaks("network-policy-restrict", "allowedInternetDestinations", [
    [
      "every site",
      "AccountNetworkPolicy",
      {
        egress: {
          networkAccess: {
            restrictionMode: "RESTRICTED_ACCESS",
            allowedInternetDestinations: [{ destination: "*.com" }],
          },
        },
      },
    ],
  ]),
  ...breaks("network-policy-restrict", "ingress.publicAccess.allowRules", [
    [
      "from everywhere",
      "AccountNetworkPolicy",
      {
        ingress: {
          publicAccess: {
            restrictionMode: "RESTRICTED_ACCESS",
            allowRules: [{ origin: { includedIpRanges: { ipRanges: ["0.0.0.0/1", "128.0.0.0/1"] } } }],
          },
        },
      },
    ],
  ]),
  ...breaks("model-require-unity-catalog", "the resource", [
    ["a model of the workspace", "MlflowModel", { name: "churn" }],
  ]),
  ...breaks("model-require-unity-catalog", "config.servedModels", [
    ["served from there", "ModelServing", { config: { servedModels: [{ modelName: "churn", modelVersion: "1" }] } }],
  ]),
  ...breaks("model-require-unity-catalog", "config.servedEntities", [
    ["by one name", "ModelServing", { config: { servedEntities: [{ entityName: "churn", entityVersion: "1" }] } }],
  ]),
  ...breaks("serving-limit-rate", "aiGateway.rateLimits", [
    [
      "a model by the token",
      "ModelServing",
      { config: { servedEntities: [{ externalModel: { name: "m", provider: "openai", task: "llm/v1/chat" } }] } },
    ],
  ]),
  // The provider itself refuses http in a job; the rule says so for all types.
  ...breaks("git-allowed-repository", "gitRepo", [
    [
      "a template of apps",
      "AppsSettingsCustomTemplate",
      {
        name: "orders",
        gitProvider: "gitHub",
        gitRepo: "http://git.example.com/acme/app",
        path: "app",
        manifest: { name: "orders", version: 1 },
      },
    ],
  ]),
  ...breaks("git-allowed-repository", "gitSource.url", [
    ["without encryption", "Job", { gitSource: { url: "http://git.example.com/acme/etl" } }],
  ]),
  ...breaks("git-allowed-repository", "url", [["a clone", "Repo", { url: "HTTP://git.example.com/acme/etl" }]]),
];
