/** Clusters wherever they occur: all-purpose clusters, those of jobs, tasks and pipelines, and instance pools that clusters draw from. */
import { type Fields, objects } from "../values.ts";
import { tasksOf } from "./tasks.ts";

export interface ClusterPlace {
  /** Property path; empty for the resource itself. */
  readonly path: string;
  readonly cluster: Fields;
  readonly kind: "all-purpose" | "job" | "pipeline";
}

/** Resource types in which clusters occur. */
export const CLUSTER_TYPES = ["Cluster", "Job", "Pipeline"];

export function clustersOf(type: string, props: Fields): ClusterPlace[] {
  if (type === "Cluster") return [{ path: "", cluster: props, kind: "all-purpose" }];
  if (type === "Pipeline") {
    return objects(props.clusters).map((cluster, at) => ({ path: `clusters[${at}]`, cluster, kind: "pipeline" }));
  }
  if (type !== "Job") return [];
  return [
    ...objects(props.jobClusters).flatMap(({ newCluster }, at) =>
      objects(newCluster).map((cluster) => ({ path: `jobClusters[${at}].newCluster`, cluster, kind: "job" as const })),
    ),
    ...tasksOf(props).flatMap(({ path, task }) =>
      objects(task.newCluster).map((cluster) => ({
        path: path === "the job" ? "newCluster" : `${path}.newCluster`,
        cluster,
        kind: "job" as const,
      })),
    ),
  ];
}

/** The path of a cluster's property. */
export const within = (path: string, property: string): string => (path === "" ? property : `${path}.${property}`);
