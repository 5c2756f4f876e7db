/** Rules on settings of a workspace and of the account, by their own resource or by name. */
import { CONF_TYPES, confsOf } from "../read/confs.ts";
import { type Finding, type Ids, type Resource, type Rule, resourceRule } from "../rule.ts";
import { isBlank, isFalseValue, isTrue, objects, type Value } from "../values.ts";

const ADMIN = "https://docs.databricks.com/aws/en/admin/";
/** Settings that are made by name. */
const BY_NAME = ["WorkspaceSettingV2", "AccountSettingV2"];

/** One value of a setting: where it stands in its own resource, and its name in the resources that set any. */
interface Switch {
  readonly type: string;
  readonly block: string;
  readonly field: string;
  readonly name?: string;
  readonly wanted: boolean;
}

/** A switch that is not as it should be; what is not known yet, or not there, says nothing. */
function wrong({ type, props }: Resource, switches: readonly Switch[]): Finding[] {
  return switches.flatMap((one) => {
    const own = type === one.type ? objects(props[one.block]) : [];
    const named =
      BY_NAME.includes(type) && typeof props.name === "string" && props.name.trim() === one.name
        ? objects(props.booleanVal).map(({ value }) => value)
        : [];
    const inBlock = BY_NAME.includes(type) ? objects(props[one.block]) : [];
    const values: [string, Value][] = [
      ...[...own, ...inBlock].map((block): [string, Value] => [`${one.block}.${one.field}`, block[one.field]]),
      ...named.map((value): [string, Value] => ["booleanVal.value", value]),
    ];
    return values
      .filter(([, value]) => (one.wanted ? isFalseValue(value) : isTrue(value)))
      .map(([property]) => ({ property, problem: `is ${!one.wanted}` }));
  });
}

const typesOf = (switches: readonly Switch[]): string[] => [...new Set(switches.map(({ type }) => type)), ...BY_NAME];

interface About {
  readonly name: string;
  readonly title: string;
  readonly severity: "low" | "medium" | "high" | "critical";
  readonly why: string;
  readonly fix: string;
  readonly url: string;
  readonly ids: Ids;
}

const switchRule = (about: About, switches: readonly Switch[]): Rule =>
  resourceRule({
    ...about,
    level: "mandatory",
    source: "Security Analysis Tool",
    types: typesOf(switches),
    check: (resource) => wrong(resource, switches),
  });

const legacy = (what: "Access" | "Dbfs" | "Features", name: string): Switch => ({
  type: `DisableLegacy${what}Setting`,
  block: `disableLegacy${what}`,
  field: "value",
  name,
  wanted: true,
});

export const settingRules: readonly Rule[] = [
  switchRule(
    {
      name: "setting-disable-legacy",
      title: "Legacy access, DBFS and legacy features stay disabled",
      severity: "high",
      why: "They lead around Unity Catalog: the Hive metastore, the DBFS root, mounts, and clusters without isolation.",
      fix: "Set the value to true, or leave the resource out.",
      url: `${ADMIN}account-settings/legacy-features`,
      ids: { sat: ["GOV-37", "DP-10"] },
    },
    [
      legacy("Access", "disable_legacy_access"),
      legacy("Dbfs", "disable_legacy_dbfs"),
      legacy("Features", "disable_legacy_features"),
    ],
  ),
  switchRule(
    {
      name: "setting-update-clusters",
      title: "Clusters are updated automatically",
      severity: "medium",
      why: "A cluster that is never restarted runs without the security patches of months.",
      fix: "Set `enabled: true`, with a maintenance window that suits your jobs.",
      url: `${ADMIN}clusters/automatic-cluster-update`,
      ids: { sat: ["GOV-36"] },
    },
    [
      {
        type: "AutomaticClusterUpdateWorkspaceSetting",
        block: "automaticClusterUpdateWorkspace",
        field: "enabled",
        wanted: true,
      },
    ],
  ),
  switchRule(
    {
      name: "setting-keep-compliance",
      title: "The compliance profile and monitoring stay on",
      severity: "high",
      why: "A workspace that has them has them for regulated data.",
      fix: "Set `isEnabled: true`, or leave the resource out where they are not needed.",
      url: "https://docs.databricks.com/aws/en/security/privacy/security-profile",
      ids: { sat: ["INFO-37", "INFO-39", "INFO-40"] },
    },
    [
      {
        type: "ComplianceSecurityProfileWorkspaceSetting",
        block: "complianceSecurityProfileWorkspace",
        field: "isEnabled",
        name: "shield_csp_enablement_ac",
        wanted: true,
      },
      {
        type: "EnhancedSecurityMonitoringWorkspaceSetting",
        block: "enhancedSecurityMonitoringWorkspace",
        field: "isEnabled",
        name: "shield_esm_enablement_ac",
        wanted: true,
      },
    ],
  ),
  switchRule(
    {
      name: "setting-forbid-sql-download",
      title: "SQL results are not downloaded",
      severity: "medium",
      why: "A downloaded result leaves every mask, tag and audit behind.",
      fix: "Set `booleanVal.value: false` for `sql_results_download`.",
      url: `${ADMIN}workspace-settings/notebooks`,
      ids: { sat: ["DP-11"] },
    },
    [
      {
        type: "WorkspaceSettingV2",
        block: "sqlResultsDownload",
        field: "booleanVal",
        name: "sql_results_download",
        wanted: false,
      },
    ],
  ),
  resourceRule({
    name: "setting-restrict-admins",
    title: "Workspace admins cannot act as others",
    level: "mandatory",
    severity: "high",
    why: "An admin who may set any run-as and make tokens for any service principal has all of their rights.",
    fix: 'Set `status: "RESTRICT_TOKENS_AND_JOB_RUN_AS"`.',
    source: "Security Analysis Tool",
    url: `${ADMIN}workspace-settings/restrict-workspace-admins`,
    ids: { sat: ["GOV-35"] },
    types: ["RestrictWorkspaceAdminsSetting", ...BY_NAME],
    check: ({ props }) =>
      objects(props.restrictWorkspaceAdmins).flatMap(({ status }) =>
        typeof status === "string" && status.trim().toUpperCase() !== "RESTRICT_TOKENS_AND_JOB_RUN_AS"
          ? [{ property: "restrictWorkspaceAdmins.status", problem: "lets admins act as any service principal" }]
          : [],
      ),
  }),
  resourceRule({
    name: "setting-restrict-embedding",
    title: "Dashboards are embedded on approved sites only",
    level: "mandatory",
    severity: "medium",
    why: "A dashboard on any site shows its data to whoever is logged in there.",
    fix: 'Set `accessPolicyType: "ALLOW_APPROVED_DOMAINS"` or `"DENY_ALL_DOMAINS"`, and list the domains without wildcards for all.',
    source: "own",
    url: "https://docs.databricks.com/aws/en/dashboards/share/embed",
    types: ["AibiDashboardEmbeddingAccessPolicySetting", "AibiDashboardEmbeddingApprovedDomainsSetting", ...BY_NAME],
    check: ({ props }) => [
      ...objects(props.aibiDashboardEmbeddingAccessPolicy).flatMap(({ accessPolicyType }) =>
        typeof accessPolicyType === "string" && /ALLOW_ALL/i.test(accessPolicyType)
          ? [{ property: "aibiDashboardEmbeddingAccessPolicy.accessPolicyType", problem: "allows every site" }]
          : [],
      ),
      ...objects(props.aibiDashboardEmbeddingApprovedDomains).flatMap(({ approvedDomains }) =>
        Array.isArray(approvedDomains) &&
        (approvedDomains as readonly Value[]).some(
          (domain) =>
            typeof domain === "string" &&
            /^(https?:\/\/)?\*?(\.(com|net|org|io|dev|app|cloud))?\/?$/i.test(domain.trim()),
        )
          ? [
              {
                property: "aibiDashboardEmbeddingApprovedDomains.approvedDomains",
                problem: "has a wildcard for all sites",
              },
            ]
          : [],
      ),
    ],
  }),
  resourceRule({
    name: "setting-restrict-personal-compute",
    title: "Not everybody makes personal compute",
    level: "advisory",
    severity: "medium",
    why: "With it on, every user makes machines that no policy of yours bounds.",
    fix: 'Set `personalCompute.value: "DELEGATE"`, and give CAN_USE on the policy to who needs it.',
    source: "Databricks documentation",
    url: `${ADMIN}clusters/personal-compute`,
    types: BY_NAME,
    check: ({ props }) =>
      objects(props.personalCompute).flatMap(({ value }) =>
        typeof value === "string" && /^\s*ON\s*$/i.test(value)
          ? [{ property: "personalCompute.value", problem: "is ON for everybody" }]
          : [],
      ),
  }),
  resourceRule({
    name: "forbid-hive-metastore",
    title: "The legacy Hive metastore is not used",
    level: "mandatory",
    severity: "high",
    why: "Its tables have no lineage and no masks, lie in the DBFS root by default, and go with the legacy features.",
    fix: "Name a catalog of Unity Catalog.",
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/data-governance/unity-catalog/hive-metastore",
    ids: { sat: ["GOV-10"] },
    types: [
      "DefaultNamespaceSetting",
      "MetastoreAssignment",
      "SqlTable",
      "Table",
      "LakehouseMonitor",
      "Job",
      "Query",
      "Dashboard",
      "QualityMonitor",
      "SqlPermissions",
      "MlflowExperiment",
      "ModelServing",
      "AlertV2",
      "SqlQuery",
      "OnlineTable",
      "VectorSearchIndex",
      "Share",
      "RegisteredModel",
      ...CONF_TYPES.filter((type) => type !== "Job"),
    ],
    check: ({ type, props }) => [
      ...confsOf(type, props)
        .filter(({ key, value }) => METASTORE_CONF.test(key) && !isBlank(value) && !isFalseValue(value))
        .map(({ property }) => ({ property, problem: "connects a Hive metastore or Glue" })),
      ...(type === "SqlPermissions"
        ? [
            {
              property: "the resource",
              problem: "gives rights on the Hive metastore's tables",
              fix: "Move the tables to Unity Catalog and use Grants.",
            },
          ]
        : []),
      // Of compute only the settings say something; names of catalogs are pipeline-require-unity-catalog's.
      ...(CONF_TYPES.includes(type) && type !== "Job" ? [] : hiveIn(props, "")),
    ],
  }),
];

/** Settings that connect a Hive metastore of one's own, or AWS Glue. */
const METASTORE_CONF =
  /^(spark\.hadoop\.(javax\.jdo\.option\..*|hive\.metastore\..*|aws\.glue\..*)|spark\.sql\.hive\.metastore\..*|spark\.databricks\.hive\.metastore\.glueCatalog\.enabled)$/i;
const HIVE_NAME = /^\s*[`"]?(hive_metastore|spark_catalog)[`"]?\s*(\.|$)/i;
const HIVE_IN_CODE = /(?<![\w.])[`"]?hive_metastore[`"]?\s*\.\s*[`"]?\w/i;
const CODE = /(^|\.)(queryText|query|viewDefinition|serializedDashboard|commands(\[\d+\])?)$/;
/** Prose may well speak of what is gone. */
const PROSE = /(^|\.)(comment|description|customBody|customSubject|displayName|title)$/;

function hiveIn(value: Value, path: string): Finding[] {
  if (typeof value === "string") {
    if (PROSE.test(path)) return [];
    return (CODE.test(path) ? HIVE_IN_CODE : HIVE_NAME).test(value)
      ? [{ property: path, problem: "is in the Hive metastore" }]
      : [];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]: [string, Value]) =>
    hiveIn(child, Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`),
  );
}
