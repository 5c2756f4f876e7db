/** Spark settings wherever they occur: of clusters, pipelines, warehouses, and what a cluster policy sets for every cluster. */
import { type Fields, isFields, type Value } from "../values.ts";
import { allowedBy, definitionsOf } from "./cluster-policies.ts";
import { CLUSTER_TYPES, clustersOf, within } from "./clusters.ts";

export interface Conf {
  /** Property path with the key, as a message names it. */
  readonly property: string;
  readonly key: string;
  readonly value: Value;
}

/** Resource types in which Spark settings occur. */
export const CONF_TYPES = [...CLUSTER_TYPES, "ClusterPolicy", "SqlGlobalConfig"];

export function confsOf(type: string, props: Fields): Conf[] {
  const map = (property: string, settings: Value): Conf[] =>
    isFields(settings)
      ? Object.entries(settings).map(([key, value]) => ({ property: `${property}["${key}"]`, key: key.trim(), value }))
      : [];
  if (type === "ClusterPolicy")
    return definitionsOf(props).flatMap(({ property, attribute, entry }) => {
      const key = /^spark_conf\.(.+)$/.exec(attribute)?.[1];
      return key === undefined ? [] : allowedBy(entry).map((value) => ({ property, key, value }));
    });
  if (type === "SqlGlobalConfig")
    return [...map("dataAccessConfig", props.dataAccessConfig), ...map("sqlConfigParams", props.sqlConfigParams)];
  return [
    ...(type === "Pipeline" ? map("configuration", props.configuration) : []),
    ...clustersOf(type, props).flatMap(({ path, cluster }) => map(within(path, "sparkConf"), cluster.sparkConf)),
  ];
}
