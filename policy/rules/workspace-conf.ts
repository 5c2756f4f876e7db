/** Rules on the keys of WorkspaceConf, the workspace's settings that have no resource of their own. */
import { type Finding, type Ids, type Rule, resourceRule, stackRule } from "../rule.ts";
import { asNumber, type Fields, isFields, isTrue, UNKNOWN, type Value } from "../values.ts";

const SETTINGS = "https://docs.databricks.com/aws/en/admin/workspace-settings/";
const types = ["WorkspaceConf"];

/** Keys are taken as Databricks takes them: the case counts for it, and a wrong case would go unseen here. */
function setting(props: Fields, key: string): Value {
  const conf = isFields(props.customConfig) ? props.customConfig : {};
  const found = Object.keys(conf).find((name) => name.trim().toLowerCase() === key.toLowerCase());
  return found === undefined ? undefined : conf[found];
}

const place = (key: string): string => `customConfig["${key}"]`;

function wrongKeys(props: Fields, wanted: Readonly<Record<string, boolean>>): Finding[] {
  return Object.entries(wanted).flatMap(([key, on]) => {
    const value = setting(props, key);
    if (value === undefined || value === null || value === UNKNOWN || isTrue(value) === on) return [];
    return [{ property: place(key), problem: `is not ${on}` }];
  });
}

interface About {
  readonly name: string;
  readonly title: string;
  readonly severity: "medium" | "high";
  readonly why: string;
  readonly fix: string;
  readonly url: string;
  readonly ids: Ids;
}

const confRule = (about: About, wanted: Readonly<Record<string, boolean>>): Rule =>
  resourceRule({
    ...about,
    level: "mandatory",
    source: "Security Analysis Tool",
    types,
    check: ({ props }) => wrongKeys(props, wanted),
  });

export const workspaceConfRules: readonly Rule[] = [
  confRule(
    {
      name: "workspace-conf-forbid-export",
      title: "Data does not leave by downloads, exports and the clipboard",
      severity: "medium",
      why: "What is downloaded leaves every mask, tag and audit behind.",
      fix: "Set the key to the value that the message names, or leave it out.",
      url: `${SETTINGS}notebooks`,
      ids: { sat: ["DP-5", "DP-6", "DP-7", "DP-8"] },
    },
    {
      enableResultsDownloading: false,
      enableExportNotebook: false,
      enableNotebookTableClipboard: false,
      storeInteractiveNotebookResultsInCustomerAccount: true,
    },
  ),
  confRule(
    {
      name: "workspace-conf-forbid-file-store",
      title: "DBFS is neither browsed nor served",
      severity: "medium",
      why: "Files in FileStore are served to every user of the workspace, and nobody sees who read them.",
      fix: 'Set the key to "false".',
      url: `${SETTINGS}dbfs-browser`,
      ids: { sat: ["DP-9", "DP-13"] },
    },
    { enableFileStoreEndpoint: false, enableDbfsFileBrowser: false, enableUploadDataUis: false },
  ),
  confRule(
    {
      name: "workspace-conf-audit",
      title: "Audit logs are verbose",
      severity: "medium",
      why: "Without them, nobody knows which command was run on personal data.",
      fix: 'Set `enableVerboseAuditLogs` to "true".',
      url: "https://docs.databricks.com/aws/en/admin/account-settings/verbose-logs",
      ids: { sat: ["GOV-15"] },
    },
    { enableVerboseAuditLogs: true },
  ),
  confRule(
    {
      name: "workspace-conf-enforce-access",
      title: "Access lists of objects, networks, Git and metadata are enforced",
      severity: "high",
      why: "A list that is not enforced is no list.",
      fix: 'Set the key to "true".',
      url: "https://docs.databricks.com/aws/en/security/auth/access-control/",
      ids: { sat: ["INFO-8", "INFO-9", "INFO-10", "INFO-11", "INFO-42", "GOV-14", "NS-11"] },
    },
    {
      enableJobViewAcls: true,
      enforceClusterViewAcls: true,
      enforceWorkspaceViewAcls: true,
      enableProjectTypeInWorkspace: true,
      enableProjectsAllowList: true,
      enableEnforceImdsV2: true,
      enableIpAccessLists: true,
      enforceUserIsolation: true,
      "enable-X-Frame-Options": true,
      "enable-X-Content-Type-Options": true,
      "enable-X-XSS-Protection": true,
    },
  ),
  resourceRule({
    name: "workspace-conf-forbid-shells",
    title: "No shells and no images of people's own on clusters",
    level: "advisory",
    severity: "medium",
    why: "A shell or an image of one's own runs beside the data of others, and what is done there is in no audit log.",
    fix: 'Set the key to "false", or leave it out.',
    source: "Databricks security best practices",
    url: "https://docs.databricks.com/aws/en/admin/clusters/web-terminal",
    types,
    check: ({ props }) => wrongKeys(props, { enableWebTerminal: false, enableDcs: false }),
  }),
  resourceRule({
    name: "workspace-conf-token-lifetime",
    title: "New tokens have a longest lifetime",
    level: "mandatory",
    severity: "high",
    why: "Without one, everybody may make tokens that never expire.",
    fix: "Set `maxTokenLifetimeDays` within the limit.",
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/admin/access-control/tokens",
    ids: { sat: ["IA-5"], cis: ["2.1.6"] },
    types,
    limits: { maxDays: { type: "integer", default: 90, minimum: 1, description: "Longest lifetime in days" } },
    check: ({ props }, { maxDays }) => {
      const value = setting(props, "maxTokenLifetimeDays");
      if (value === undefined || value === null || value === UNKNOWN) return [];
      const days = asNumber(value);
      if (days !== undefined && days >= 1 && days <= maxDays) return [];
      const problem = days !== undefined && days > maxDays ? `is ${days}, more than ${maxDays}` : "sets no limit";
      return [{ property: place("maxTokenLifetimeDays"), problem }];
    },
  }),
  stackRule({
    name: "ip-list-enforce",
    title: "IP access lists of a program are enforced by it",
    level: "production",
    severity: "high",
    why: "A list of a workspace does nothing until enableIpAccessLists is true; with it, model serving is behind the list, too.",
    fix: 'Add `enableIpAccessLists: "true"` to the WorkspaceConf of the program, and let no list be disabled.',
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/security/network/front-end/ip-access-list",
    ids: { sat: ["NS-5", "NS-7", "NS-11"] },
    types: ["IpAccessList"],
    looksUp: types,
    check: (resources) => {
      const confs = resources.filter(({ type }) => types.includes(type));
      const mayEnforce = confs.some(({ props }) => {
        const value = props.customConfig === UNKNOWN ? UNKNOWN : setting(props, "enableIpAccessLists");
        return value === UNKNOWN || isTrue(value);
      });
      // Without a WorkspaceConf, another program has the workspace's settings.
      if (confs.length === 0 || mayEnforce) return [];
      return resources
        .filter(({ type }) => type === "IpAccessList")
        .map(({ urn, name }) => ({
          urn,
          name,
          property: "enableIpAccessLists",
          problem: "is not set by the program's WorkspaceConf",
        }));
    },
  }),
];
