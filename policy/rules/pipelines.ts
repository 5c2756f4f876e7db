/** Rules on Lakeflow declarative pipelines. */
import { type Finding, type Rule, resourceRule } from "../rule.ts";
import {
  asNumber,
  type Fields,
  hasUnknown,
  hasUnknownElements,
  isBlank,
  isTrue,
  objects,
  principalName,
  texts,
  UNKNOWN,
} from "../values.ts";

const BEST_PRACTICES = "https://docs.databricks.com/aws/en/data-governance/unity-catalog/best-practices";
const CONFIGURE = "https://docs.databricks.com/aws/en/ldp/configure-pipeline";
const types = ["Pipeline"];

/** Names of the Hive metastore as a catalog. */
const HIVE_METASTORE = ["hive_metastore", "spark_catalog"];

/** Known to run on classic compute. */
const isClassic = ({ serverless }: Fields): boolean => serverless !== UNKNOWN && !isTrue(serverless);

/** Databricks runs the maintenance cluster on its own terms, and an update never. */
const isMaintenance = ({ label }: Fields): boolean => label === "maintenance";

export const pipelineRules: readonly Rule[] = [
  resourceRule({
    name: "pipeline-require-bounded-compute",
    title: "Pipelines run on bounded compute",
    level: "mandatory",
    severity: "high",
    why: "A cluster without a policy and a limit of workers costs what a mistake asks for.",
    fix: "Use `serverless: true`, or give every cluster a `policyId` and a limit of workers.",
    source: "KICS, own",
    url: CONFIGURE,
    types,
    limits: { maxWorkers: { type: "integer", default: 8, minimum: 1, description: "Most workers of a cluster" } },
    check: ({ props }, { maxWorkers }) => {
      const findings = objects(props.clusters).flatMap((cluster, at) => checkCluster(cluster, at, maxWorkers));
      const clusters = objects(props.clusters);
      const allKnown = !hasUnknownElements(props.clusters) && !clusters.some(({ label }) => label === UNKNOWN);
      if (isClassic(props) && allKnown && clusters.every(isMaintenance)) {
        const problem = clusters.length === 0 ? "is not set" : "has none for updates";
        findings.push({ property: "clusters", problem: `${problem} and the pipeline is not serverless` });
      }
      return findings;
    },
  }),
  resourceRule({
    name: "pipeline-forbid-development",
    title: "Pipelines run in production mode",
    level: "production",
    severity: "medium",
    why: "Development mode keeps compute running and does not retry.",
    fix: "Set `development: false` or leave it out.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/ldp/updates",
    types,
    check: ({ props }) => (isTrue(props.development) ? [{ property: "development", problem: "is true" }] : []),
  }),
  resourceRule({
    name: "pipeline-require-current-channel",
    title: "Pipelines and warehouses use the current channel",
    level: "production",
    severity: "medium",
    why: "The preview channel changes without notice.",
    fix: 'Set `channel: "CURRENT"` or leave it out.',
    source: "own",
    url: CONFIGURE,
    types: ["Pipeline", "SqlEndpoint"],
    check: ({ type, props: { channel } }) => {
      if (type === "SqlEndpoint")
        return objects(channel)
          .filter(({ name }) => typeof name === "string" && /PREVIEW/i.test(name))
          .map(() => ({ property: "channel.name", problem: "is the preview channel" }));
      return typeof channel !== "string" || channel.trim() === "" || channel.trim().toUpperCase() === "CURRENT"
        ? []
        : [{ property: "channel", problem: "is not CURRENT" }];
    },
  }),
  resourceRule({
    name: "pipeline-enable-photon",
    title: "Classic pipelines use Photon",
    level: "remediate",
    severity: "low",
    why: "The same work takes less time and less money.",
    fix: "Set `photon: true`.",
    source: "own",
    url: CONFIGURE,
    types,
    check: ({ props }) =>
      isClassic(props) && props.photon !== UNKNOWN && !isTrue(props.photon)
        ? [{ property: "photon", problem: "is off on classic compute" }]
        : [],
    remediate: ({ props }) =>
      isClassic(props) && props.photon !== UNKNOWN && !isTrue(props.photon) ? { photon: true } : undefined,
  }),
  resourceRule({
    name: "pipeline-require-unity-catalog",
    title: "Pipelines publish to Unity Catalog",
    level: "mandatory",
    severity: "high",
    why: "The Hive metastore and storage paths have no grants and no lineage.",
    fix: "Set `catalog` and `schema`; remove `storage` and `target`.",
    source: "Terraform provider documentation",
    url: "https://registry.terraform.io/providers/databricks/databricks/latest/docs/resources/pipeline",
    types,
    check: ({ props }) => [
      ...(["catalog", "schema"] as const)
        .filter((property) => isBlank(props[property]))
        .map((property) => ({ property, problem: "is not set" })),
      ...(typeof props.catalog === "string" && HIVE_METASTORE.includes(principalName(props.catalog))
        ? [{ property: "catalog", problem: "is the Hive metastore" }]
        : []),
      ...(["storage", "target"] as const)
        .filter((property) => !isBlank(props[property]))
        .map((property) => ({ property, problem: "is set" })),
    ],
  }),
  resourceRule({
    name: "pipeline-require-run-as",
    title: "Pipelines run as a service principal",
    level: "production",
    severity: "high",
    why: "A pipeline that runs as a person stops when the person leaves.",
    fix: "Set `runAs.servicePrincipalName` to an application id.",
    source: "Unity Catalog best practices",
    url: BEST_PRACTICES,
    types,
    check: ({ props }) => checkRunAs(props),
  }),
  resourceRule({
    name: "pipeline-require-failure-alert",
    title: "Somebody hears of a failed update",
    level: "production",
    severity: "medium",
    why: "A pipeline that fails in silence is found by its consumers.",
    fix: "Add a notification with the alert `on-update-failure` and an e-mail recipient.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/ldp/observability",
    types,
    check: ({ props: { notifications } }) => {
      if (hasUnknownElements(notifications)) return [];
      const heard = objects(notifications).some(
        ({ alerts, emailRecipients }) =>
          (hasUnknown(alerts) || texts(alerts).some((alert) => alert.toLowerCase() === "on-update-failure")) &&
          (hasUnknown(emailRecipients) || texts(emailRecipients).some((address) => address.trim() !== "")),
      );
      return heard ? [] : [{ property: "notifications", problem: "has no recipient for on-update-failure" }];
    },
  }),
];

function checkCluster(cluster: Fields, at: number, maxWorkers: number): Finding[] {
  const path = `clusters[${at}]`;
  const findings: Finding[] = [];
  if (isBlank(cluster.policyId)) findings.push({ property: `${path}.policyId`, problem: "is not set" });
  const autoscale = objects(cluster.autoscale)[0];
  const asked: [string, number | undefined][] = [
    [`${path}.numWorkers`, asNumber(cluster.numWorkers)],
    [`${path}.autoscale.maxWorkers`, asNumber(autoscale?.maxWorkers)],
  ];
  for (const [property, workers] of asked) {
    if (workers !== undefined && workers > maxWorkers) {
      findings.push({ property, problem: `is ${workers}, more than ${maxWorkers}` });
    }
  }
  const bounded = asked.some(([, workers]) => workers !== undefined);
  if (!bounded && !isMaintenance(cluster) && !hasUnknown(cluster.numWorkers) && !hasUnknown(cluster.autoscale)) {
    findings.push({ property: path, problem: "has no limit of workers (numWorkers or autoscale.maxWorkers)" });
  }
  return findings;
}

/** Shared with jobs: the shape of run_as is the same. */
export function checkRunAs({ runAs }: Fields): Finding[] {
  if (runAs === UNKNOWN) return [];
  const identity = objects(runAs)[0];
  if (identity && !isBlank(identity.userName))
    return [{ property: "runAs.userName", problem: "makes it run as a person" }];
  if (identity && !isBlank(identity.groupName))
    return [{ property: "runAs.groupName", problem: "makes it run as a group" }];
  if (!identity || isBlank(identity.servicePrincipalName)) {
    return [{ property: "runAs.servicePrincipalName", problem: "is not set, so it runs as whoever deploys it" }];
  }
  if (typeof identity.servicePrincipalName === "string" && identity.servicePrincipalName.includes("@")) {
    return [{ property: "runAs.servicePrincipalName", problem: "is a person, not an application id" }];
  }
  return [];
}
