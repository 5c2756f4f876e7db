/** Rules on clusters, SQL warehouses, tags and budgets. */

import { isEmptyTag } from "../placeholders.ts";
import { tasksOf } from "../read/tasks.ts";
import { type Finding, type Rule, resourceRule } from "../rule.ts";
import { asNumber, type Fields, hasUnknownElements, isBlank, isFields, isTrue, objects, UNKNOWN } from "../values.ts";
import { WAREHOUSE_WORKERS } from "./clusters.ts";

export const computeRules: readonly Rule[] = [
  resourceRule({
    name: "cluster-require-policy",
    title: "Clusters have a policy and stop on their own",
    level: "mandatory",
    severity: "high",
    why: "A forgotten cluster runs over the weekend.",
    fix: "Set `policyId`, and `autoterminationMinutes` within the limits.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/admin/clusters/policies",
    types: ["Cluster"],
    limits: {
      minMinutes: { type: "integer", default: 10, minimum: 0, description: "Least minutes before a cluster stops" },
      maxMinutes: { type: "integer", default: 120, minimum: 10, description: "Most minutes before a cluster stops" },
    },
    check: ({ props }, { minMinutes, maxMinutes }) => {
      const minutes = asNumber(props.autoterminationMinutes);
      const property = "autoterminationMinutes";
      const termination: Finding[] =
        props.autoterminationMinutes === UNKNOWN ||
        (minutes !== undefined && minutes >= minMinutes && minutes <= maxMinutes)
          ? []
          : [{ property, problem: `is ${minutes ?? "not set"}, not within ${minMinutes} to ${maxMinutes} minutes` }];
      return [...(isBlank(props.policyId) ? [{ property: "policyId", problem: "is not set" }] : []), ...termination];
    },
  }),
  resourceRule({
    name: "warehouse-bound-cost",
    title: "SQL warehouses stop, and have a limit of clusters",
    level: "mandatory",
    severity: "high",
    why: "A warehouse without an auto stop is paid for day and night.",
    fix: "Set `autoStopMins`, `maxNumClusters` and `clusterSize` within the limits.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/compute/sql-warehouse/create",
    types: ["SqlEndpoint"],
    limits: {
      maxAutoStopMinutes: {
        type: "integer",
        default: 60,
        minimum: 1,
        description: "Most minutes before a warehouse stops",
      },
      maxClusters: { type: "integer", default: 4, minimum: 1, description: "Most clusters of a warehouse" },
      largest: { type: "string", default: "Large", description: "Largest size of a warehouse" },
    },
    check: ({ props }, { maxAutoStopMinutes, maxClusters, largest }) => {
      const stop = asNumber(props.autoStopMins);
      const clusters = asNumber(props.maxNumClusters);
      return [
        ...(props.autoStopMins !== UNKNOWN && (stop === undefined || stop < 1 || stop > maxAutoStopMinutes)
          ? [{ property: "autoStopMins", problem: `is ${stop ?? "not set"}, not within 1 to ${maxAutoStopMinutes}` }]
          : []),
        ...(clusters !== undefined && clusters > maxClusters
          ? [{ property: "maxNumClusters", problem: `is ${clusters}, more than ${maxClusters}` }]
          : []),
        ...(sizeOf(props.clusterSize) > sizeOf(largest)
          ? [{ property: "clusterSize", problem: `is larger than ${largest}` }]
          : []),
      ];
    },
  }),
  resourceRule({
    name: "require-tags",
    title: "What costs money is tagged",
    level: "mandatory",
    severity: "medium",
    why: "A bill without tags cannot be given to anybody.",
    fix: "Set the missing tags.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/admin/account-settings/usage-detail-tags",
    types: ["Pipeline", "Job", "Cluster", "SqlEndpoint", "InstancePool", "ModelServing"],
    limits: {
      tags: { type: "array", default: ["environment", "owner", "cost_center"], description: "Tags that must be there" },
    },
    check: ({ type, props }, { tags: required }) => {
      const { property, tags, complete } = tagsOf(type, props);
      if (!complete) return [];
      const missing = required.filter((tag) => isBlank(tags[tag]));
      const empty = required.filter(
        (tag) => typeof tags[tag] === "string" && !missing.includes(tag) && isEmptyTag(tags[tag]),
      );
      return [
        ...(missing.length === 0 ? [] : [{ property, problem: `lacks ${missing.join(", ")}` }]),
        ...(empty.length === 0
          ? []
          : [
              {
                property,
                problem: `says nothing in ${empty.join(", ")}`,
                fix: "Name the team, the environment and the cost center that the bill goes to.",
              },
            ]),
      ];
    },
  }),
  resourceRule({
    name: "serverless-budget-policy",
    title: "Serverless compute has a budget policy",
    level: "advisory",
    severity: "low",
    why: "Serverless usage is attributed by budget policy, not by cluster tags.",
    fix: "Set `budgetPolicyId`.",
    source: "Terraform provider documentation",
    url: "https://docs.databricks.com/aws/en/admin/usage/budget-policies",
    types: ["Pipeline", "Job"],
    check: ({ type, props }) => {
      const serverless = type === "Pipeline" ? isTrue(props.serverless) : isServerlessJob(props);
      return serverless && isBlank(props.budgetPolicyId) && isBlank(props.usagePolicyId)
        ? [{ property: "budgetPolicyId", problem: "is not set on serverless compute" }]
        : [];
    },
  }),
];

/** Workers of a warehouse's cluster by its size; sizes that are not known yet count nothing. */
const sizeOf = (size: Fields[string]): number =>
  typeof size === "string" ? (WAREHOUSE_WORKERS[size.trim().toUpperCase()] ?? 0) : 0;

function tagsOf(type: string, props: Fields): { property: string; tags: Fields; complete: boolean } {
  if (type === "SqlEndpoint") {
    const list = objects(props.tags)[0]?.customTags;
    const tags: Fields = Object.fromEntries<Fields[string]>(
      objects(list).flatMap(({ key, value }) => (typeof key === "string" ? [[key, value]] : [])),
    );
    return { property: "tags.customTags", tags, complete: props.tags !== UNKNOWN && !hasUnknownKeys(list) };
  }
  if (type === "ModelServing") {
    const tags: Fields = Object.fromEntries<Fields[string]>(
      objects(props.tags).flatMap(({ key, value }) => (typeof key === "string" ? [[key, value]] : [])),
    );
    return { property: "tags", tags, complete: !hasUnknownKeys(props.tags) };
  }
  const property = type === "Cluster" || type === "InstancePool" ? "customTags" : "tags";
  const tags = props[property];
  return { property, tags: isFields(tags) ? tags : {}, complete: tags !== UNKNOWN };
}

const hasUnknownKeys = (list: Fields[string]): boolean =>
  hasUnknownElements(list) || objects(list).some(({ key }) => key === UNKNOWN);

/** Kinds of tasks that run on compute of the job when no cluster is named. */
const ON_JOB_COMPUTE = ["notebookTask", "sparkPythonTask", "pythonWheelTask", "dbtTask"];
const CLUSTER_KEYS = ["existingClusterId", "newCluster", "jobClusterKey"];

const isServerlessJob = (job: Fields): boolean =>
  tasksOf(job).some(
    ({ task }) =>
      ON_JOB_COMPUTE.some((kind) => objects(task[kind]).length > 0) &&
      !objects(task.notebookTask).some(({ warehouseId }) => !isBlank(warehouseId)) &&
      CLUSTER_KEYS.every((key) => isBlank(task[key])),
  );
