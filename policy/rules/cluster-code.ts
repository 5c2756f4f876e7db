/** Rules on code that runs on clusters of others, global init scripts and what the allowlist lets in, and on who reads their logs. */
import { CLUSTER_TYPES, clustersOf, within } from "../read/clusters.ts";
import { type Rule, resourceRule } from "../rule.ts";
import { isFields, isTrue, objects } from "../values.ts";

export const clusterCodeRules: readonly Rule[] = [
  resourceRule({
    name: "cluster-logs-private",
    title: "Logs of clusters are not public",
    level: "mandatory",
    severity: "high",
    why: "Logs hold queries, paths and rows of data, and whoever knows the bucket reads them.",
    fix: 'Leave `cannedAcl` out, or use "bucket-owner-full-control"; a volume is better.',
    source: "Databricks documentation",
    url: "https://docs.databricks.com/aws/en/compute/configure#compute-log-delivery",
    types: CLUSTER_TYPES,
    check: ({ type, props }) =>
      clustersOf(type, props).flatMap(({ path, cluster }) =>
        objects(cluster.clusterLogConf)
          .flatMap(({ s3 }) => objects(s3))
          .filter(({ cannedAcl }) => typeof cannedAcl === "string" && /public|authenticated-read/i.test(cannedAcl))
          .map(() => ({ property: within(path, "clusterLogConf.s3.cannedAcl"), problem: "lets everybody read them" })),
      ),
  }),
  resourceRule({
    name: "forbid-global-init-script",
    title: "No scripts run on every cluster",
    level: "production",
    severity: "medium",
    why: "A global init script runs with all rights on every cluster, those of other teams included.",
    fix: "Use cluster policies with init scripts in a volume, or an environment.",
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/init-scripts/global",
    ids: { sat: ["INFO-5"] },
    types: ["GlobalInitScript", "WorkspaceConf"],
    check: ({ type, props }) => {
      if (type === "GlobalInitScript")
        return isTrue(props.enabled) ? [{ property: "enabled", problem: "is true" }] : [];
      const key = "enableDeprecatedGlobalInitScripts";
      return isFields(props.customConfig) && isTrue(props.customConfig[key])
        ? [{ property: `customConfig["${key}"]`, problem: "is true" }]
        : [];
    },
  }),
  resourceRule({
    name: "allowlist-narrow",
    title: "The allowlist of libraries and init scripts is narrow",
    level: "mandatory",
    severity: "high",
    why: "Code from an allowed place runs beside everybody's data on shared clusters; a list of everything allows anybody's.",
    fix: "List single files, or folders of volumes that only admins write to.",
    source: "Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/data-governance/unity-catalog/manage-privileges/allowlist",
    ids: { sat: ["INFO-38"] },
    types: ["ArtifactAllowlist"],
    check: ({ props }) =>
      objects(props.artifactMatchers).flatMap(({ artifact }, at) => {
        if (typeof artifact !== "string") return [];
        const parts = artifact
          .trim()
          .replace(/^[a-z0-9+]+:\/\//i, "")
          .split(/[/:]/)
          .filter((part) => part !== "" && part !== "*");
        // org.example:library; "org" alone allows every library of everybody.
        const coordinates = typeof props.artifactType === "string" && /MAVEN/i.test(props.artifactType);
        if (coordinates && artifact.split(/[.:]/).filter((part) => part.trim() !== "").length < 2)
          return [{ property: `artifactMatchers[${at}].artifact`, problem: "allows libraries of everybody" }];
        const bucketOnly = /^[a-z0-9+]+:\/\//i.test(artifact.trim()) && parts.length < 2;
        const volumeOnly = /^\s*\/Volumes(\/|$)/i.test(artifact) && parts.length < 4;
        return parts.length === 0 || bucketOnly || volumeOnly
          ? [{ property: `artifactMatchers[${at}].artifact`, problem: "allows a whole bucket, catalog or more" }]
          : [];
      }),
  }),
];
