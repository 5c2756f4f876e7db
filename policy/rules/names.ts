/** Rule on names that are given twice. */
import { type Resource, type Rule, stackRule } from "../rule.ts";
import { isFields, visible } from "../values.ts";

/** Types that people and other programs find by a name, and the property that has it. */
const NAMED: Readonly<Record<string, string>> = {
  Job: "name",
  Pipeline: "name",
  SqlEndpoint: "name",
  Cluster: "clusterName",
  ClusterPolicy: "name",
  InstancePool: "instancePoolName",
};

/** Of several workspaces each may have an object of one name. */
function nameKey({ type, props, provider }: Resource): string | undefined {
  const name = props[NAMED[type]!];
  if (typeof name !== "string" || visible(name) === "") return undefined;
  const workspace = isFields(props.providerConfig) ? props.providerConfig.workspaceId : undefined;
  if (typeof workspace === "symbol") return undefined;
  return JSON.stringify([type, visible(name), provider ?? "", String(workspace ?? "")]);
}

export const nameRules: readonly Rule[] = [
  stackRule({
    name: "names-unique",
    title: "Jobs, pipelines and compute have names of their own",
    level: "mandatory",
    severity: "medium",
    why: "Databricks refuses a second pipeline, warehouse or policy of one name at the update, and of two jobs nobody knows which one failed.",
    fix: "Give each a name of its own.",
    source: "Databricks documentation",
    url: "https://docs.databricks.com/aws/en/ldp/configure-pipeline",
    types: Object.keys(NAMED),
    check: (resources) =>
      [...Map.groupBy(resources, nameKey)].flatMap(([key, [first, ...others]]) =>
        key === undefined
          ? []
          : others.map(({ urn, name, type }) => ({
              ...{ urn, name, property: NAMED[type]! },
              problem: `is the name of '${first!.name}', too`,
            })),
      ),
  }),
];
