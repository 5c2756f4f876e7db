/** What SDK selectors choose from: runtimes and node types. One of each family is enough for them to find something. */

/** Newest first. The engine is open-source Spark 4.2 whatever is chosen; docs/local-workspace.md says so. */
export const SPARK_VERSIONS = [
  { key: "18.1.x-scala2.13", name: "18.1 (includes Apache Spark 4.1.0, Scala 2.13)" },
  { key: "17.3.x-scala2.13", name: "17.3 LTS (includes Apache Spark 4.0.0, Scala 2.13)" },
  { key: "17.3.x-cpu-ml-scala2.13", name: "17.3 LTS ML (includes Apache Spark 4.0.0, Scala 2.13)" },
  { key: "16.4.x-scala2.12", name: "16.4 LTS (includes Apache Spark 3.5.2, Scala 2.12)" },
  { key: "15.4.x-scala2.12", name: "15.4 LTS (includes Apache Spark 3.5.0, Scala 2.12)" },
  { key: "14.3.x-scala2.12", name: "14.3 LTS (includes Apache Spark 3.5.0, Scala 2.12)" },
  { key: "13.3.x-scala2.12", name: "13.3 LTS (includes Apache Spark 3.4.1, Scala 2.12)" },
];

/** `17.3.x-scala2.13`, and with what a runtime may be besides: `-photon`, `-gpu-ml`, `-snapshot`, … */
const VERSION = /^(\d+\.\d+)\.x((?:-(?:aarch64|cpu|esr|gpu|hls|ml|photon|snapshot))*)-(scala\d+\.\d+)$/;

/**
 * A version or a variant of it: Databricks lists some of them and takes all.
 * https://docs.databricks.com/api/workspace/clusters/create
 */
export function isSparkVersion(key: string): boolean {
  const [, runtime, , scala] = VERSION.exec(key) ?? [];
  return SPARK_VERSIONS.some((known) => known.key === `${runtime}.x-${scala}`);
}

const node = (id: string, cores: number, gigabytes: number, category: string): Record<string, unknown> => ({
  node_type_id: id,
  instance_type_id: id,
  description: `${id} (${gigabytes} GB, ${cores} cores)`,
  memory_mb: gigabytes * 1024,
  num_cores: cores,
  num_gpus: 0,
  category,
  is_deprecated: false,
  is_hidden: false,
  is_graviton: false,
  is_io_cache_enabled: true,
  photon_worker_capable: true,
  photon_driver_capable: true,
  support_port_forwarding: true,
  support_ebs_volumes: true,
  support_cluster_tags: true,
  display_order: 0,
  node_instance_type: {
    instance_type_id: id,
    local_disks: 1,
    local_disk_size_gb: 64,
    instance_family: category,
  },
});

export const NODE_TYPES = [
  node("local.small", 2, 8, "General Purpose"),
  node("local.medium", 4, 16, "General Purpose"),
  node("local.large", 8, 32, "General Purpose"),
  node("local.memory", 4, 32, "Memory Optimized"),
];
