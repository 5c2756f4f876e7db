/** What a task's cluster sets in every session on it. https://docs.databricks.com/aws/en/compute/configure#spark-configuration */
import { sparkConfOfCluster } from "../../compute/clusters.ts";
import { actingAs } from "../../identity/acting.ts";
import type { TaskWork } from "./executor.ts";

type SparkConf = Record<string, unknown>;
interface Cluster {
  spark_conf?: SparkConf;
}
interface JobCluster {
  job_cluster_key: string;
  new_cluster: Cluster;
}

/** @throws ApiError where the run's principal may not attach to the existing cluster */
export function sparkConfOf(work: TaskWork): Record<string, string> {
  const conf = own(work) ?? existing(work) ?? {};
  return Object.fromEntries(Object.entries(conf).map(([name, value]) => [name, String(value)]));
}

function own({ run, taskRun: { task } }: TaskWork): SparkConf | undefined {
  const shared = (run.settings.job_clusters ?? []) as JobCluster[];
  const chosen = shared.find(({ job_cluster_key }) => job_cluster_key === task.job_cluster_key);
  return ((task.new_cluster as Cluster | undefined) ?? chosen?.new_cluster)?.spark_conf;
}

function existing({ context, run, taskRun: { task } }: TaskWork): SparkConf | undefined {
  const id = task.existing_cluster_id;
  return id === undefined ? undefined : sparkConfOfCluster(context, id, actingAs(context, run));
}
