/**
 * The tables that Databricks itself has: samples, and the system tables that it documents. The latter have no rows: nothing
 * here is billed, and runs, queries and clusters are told of by their APIs. Columns and types of them:
 * https://docs.databricks.com/aws/en/admin/system-tables/
 */

import { columnInfos, type SystemColumn } from "./column-types.ts";
import { sampleQuery, sampleTables } from "./samples.ts";
import type { Securable } from "./store.ts";

/** Who owns what Databricks itself makes. */
export const SYSTEM_USER = "System user";

const PLACE = "account_id string, workspace_id string";
const PERIOD = "period_start_time timestamp, period_end_time timestamp";
const CHANGES = "change_time timestamp, delete_time timestamp";

const USAGE_METADATA =
  "cluster_id string, job_id string, warehouse_id string, instance_pool_id string, node_type string, job_run_id string, " +
  "notebook_id string, dlt_pipeline_id string, endpoint_name string, endpoint_id string, dlt_update_id string, " +
  "dlt_maintenance_id string, run_name string, job_name string, notebook_path string, central_clean_room_id string, " +
  "source_region string, destination_region string, app_id string, app_name string, metastore_id string, " +
  "private_endpoint_name string, storage_api_type string, budget_policy_id string, ai_runtime_pool_id string, " +
  "ai_runtime_workload_id string, uc_table_catalog string, uc_table_schema string, uc_table_name string, " +
  "database_instance_id string, sharing_materialization_id string, schema_id string, usage_policy_id string, " +
  "base_environment_id string, agent_bricks_id string, index_id string, catalog_id string";
const PRODUCT_FEATURES =
  "jobs_tier string, sql_tier string, dlt_tier string, is_serverless boolean, is_photon boolean, serving_type string, " +
  "networking struct<connectivity_type string>, ai_runtime struct<compute_type string>, " +
  "model_serving struct<offering_type string>, ai_gateway struct<feature_type string>, " +
  "serverless_gpu struct<workload_type string>, performance_target string";
const ENTITY_METADATA =
  "job_info struct<job_id string, job_run_id string>, dashboard_id string, legacy_dashboard_id string, " +
  "notebook_id string, sql_query_id string, dlt_pipeline_info struct<dlt_pipeline_id string, dlt_update_id string>";
const LINEAGE_ENTITY =
  "account_id string, metastore_id string, workspace_id string, entity_type string, entity_id string, entity_run_id string";
const LINEAGE_EVENT =
  `created_by string, event_time timestamp, event_date date, record_id string, event_id string, statement_id string, ` +
  `entity_metadata struct<${ENTITY_METADATA}>`;
const lineageOf = (side: string, column = ""): string =>
  `${side}_table_full_name string, ${side}_table_catalog string, ${side}_table_schema string, ${side}_table_name string, ` +
  `${side}_path string, ${side}_type string${column}`;

const TABLES: Readonly<Record<string, string>> = {
  "access.audit":
    "account_id string, workspace_id string, version string, event_time timestamp, event_date date, source_ip_address string, " +
    "user_agent string, session_id string, user_identity struct<email string, subject_name string>, service_name string, " +
    "action_name string, request_id string, request_params map<string, string>, " +
    "response struct<status_code int, error_message string, result string>, audit_level string, event_id string, " +
    "identity_metadata struct<run_by string, run_as string, acting_resource string>",
  "access.column_lineage":
    `${LINEAGE_ENTITY}, ${lineageOf("source", ", source_column_name string")}, ` +
    `${lineageOf("target", ", target_column_name string")}, ${LINEAGE_EVENT}`,
  "access.table_lineage": `${LINEAGE_ENTITY}, ${lineageOf("source")}, ${lineageOf("target")}, ${LINEAGE_EVENT}`,
  "access.workspaces_latest":
    "account_id string, workspace_id string, workspace_name string, workspace_url string, create_time timestamp, status string",
  "billing.list_prices":
    "price_start_time timestamp, price_end_time timestamp, account_id string, sku_name string, cloud string, " +
    "currency_code string, usage_unit string, pricing struct<default decimal(38,18), " +
    "promotional struct<default decimal(38,18)>, effective_list struct<default decimal(38,18)>>",
  "billing.usage":
    `record_id string, ${PLACE}, sku_name string, cloud string, usage_start_time timestamp, usage_end_time timestamp, ` +
    "usage_date date, custom_tags map<string, string>, usage_unit string, usage_quantity decimal(38,18), " +
    `usage_metadata struct<${USAGE_METADATA}>, ` +
    "identity_metadata struct<run_as string, owned_by string, created_by string>, record_type string, ingestion_date date, " +
    `billing_origin_product string, product_features struct<${PRODUCT_FEATURES}>, usage_type string`,
  "compute.clusters":
    `${PLACE}, cluster_id string, cluster_name string, owned_by string, create_time timestamp, delete_time timestamp, ` +
    "driver_node_type string, worker_node_type string, worker_count bigint, min_autoscale_workers bigint, " +
    "max_autoscale_workers bigint, auto_termination_minutes bigint, enable_elastic_disk boolean, tags map<string, string>, " +
    "cluster_source string, init_scripts array<string>, " +
    "aws_attributes struct<instance_profile_arn string, zone_id string, first_on_demand bigint, availability string, " +
    "spot_bid_price_percent bigint, ebs_volume_type string, ebs_volume_count bigint, ebs_volume_size bigint, " +
    "ebs_volume_iops bigint, ebs_volume_throughput bigint>, " +
    "azure_attributes struct<first_on_demand bigint, availability string, spot_bid_max_price double>, " +
    "gcp_attributes struct<use_preemptible_executors boolean, zone_id string, first_on_demand bigint, availability string>, " +
    "driver_instance_pool_id string, worker_instance_pool_id string, dbr_version string, change_time timestamp, " +
    "change_date date, data_security_mode string, policy_id string",
  "compute.node_timeline":
    `${PLACE}, cluster_id string, instance_id string, start_time timestamp, end_time timestamp, driver boolean, ` +
    "cpu_user_percent double, cpu_system_percent double, cpu_wait_percent double, mem_used_percent double, " +
    "mem_swap_percent double, network_sent_bytes bigint, network_received_bytes bigint, " +
    "disk_free_bytes_per_mount_point map<string, bigint>, node_type string, private_ip string",
  "compute.node_types": "account_id string, node_type string, core_count double, memory_mb bigint, gpu_count bigint",
  "compute.warehouse_events": `${PLACE}, warehouse_id string, event_type string, cluster_count int, event_time timestamp`,
  "compute.warehouses":
    "warehouse_id string, workspace_id string, account_id string, warehouse_name string, warehouse_type string, " +
    "warehouse_channel string, warehouse_size string, min_clusters int, max_clusters int, auto_stop_minutes int, " +
    `tags map<string, string>, ${CHANGES}`,
  "lakeflow.job_run_timeline":
    `${PLACE}, job_id string, run_id string, ${PERIOD}, trigger_type string, run_type string, run_name string, ` +
    "compute_ids array<string>, result_state string, termination_code string, job_parameters map<string, string>, " +
    "source_task_run_id string, root_task_run_id string, compute array<struct<type string, cluster_id string, " +
    "warehouse_id string>>, termination_type string, setup_duration_seconds bigint, queue_duration_seconds bigint, " +
    "run_duration_seconds bigint, cleanup_duration_seconds bigint, execution_duration_seconds bigint",
  "lakeflow.job_task_run_timeline":
    `${PLACE}, job_id string, run_id string, ${PERIOD}, task_key string, compute_ids array<string>, result_state string, ` +
    "job_run_id string, parent_run_id string, termination_code string, compute array<struct<type string, cluster_id string, " +
    "warehouse_id string>>, termination_type string, task_parameters map<string, string>, setup_duration_seconds bigint, " +
    "cleanup_duration_seconds bigint, execution_duration_seconds bigint",
  "lakeflow.job_tasks":
    `${PLACE}, job_id string, task_key string, depends_on_keys array<string>, ${CHANGES}, timeout_seconds bigint, ` +
    "health_rules array<struct<metric string, operator string, value bigint>>",
  "lakeflow.jobs":
    `${PLACE}, job_id string, name string, description string, creator_id string, tags map<string, string>, ${CHANGES}, ` +
    "run_as string, trigger struct<schedule struct<quartz_cron_expression string, timezone_id string>>, trigger_type string, " +
    "run_as_user_name string, creator_user_name string, paused boolean, timeout_seconds bigint, " +
    "health_rules array<struct<metric string, operator string, value bigint>>, deployment struct<kind string, " +
    "metadata_file_path string>, create_time timestamp",
  "lakeflow.pipeline_update_timeline":
    `${PLACE}, pipeline_id string, update_id string, update_type string, request_id string, run_as_user_name string, ` +
    "trigger_type string, trigger_details struct<job_task struct<job_id string, job_task_run_id string>>, result_state string, " +
    `compute struct<type string, cluster_id string>, ${PERIOD}, refresh_selection array<string>, ` +
    "full_refresh_selection array<string>, reset_checkpoint_selection array<string>",
  "lakeflow.pipelines":
    `${PLACE}, pipeline_id string, pipeline_type string, name string, created_by string, run_as string, ` +
    "tags map<string, string>, settings struct<photon boolean, development boolean, continuous boolean, serverless boolean, " +
    `edition string, channel string>, configuration map<string, string>, ${CHANGES}, create_time timestamp`,
  "query.history":
    `${PLACE}, statement_id string, session_id string, execution_status string, ` +
    "compute struct<type string, cluster_id string, warehouse_id string>, executed_by_user_id string, executed_by string, " +
    "statement_text string, statement_type string, error_message string, client_application string, client_driver string, " +
    "cache_origin_statement_id string, total_duration_ms bigint, waiting_for_compute_duration_ms bigint, " +
    "waiting_at_capacity_duration_ms bigint, execution_duration_ms bigint, compilation_duration_ms bigint, " +
    "total_task_duration_ms bigint, result_fetch_duration_ms bigint, start_time timestamp, end_time timestamp, " +
    "update_time timestamp, read_partitions bigint, pruned_files bigint, read_files bigint, read_rows bigint, " +
    "produced_rows bigint, read_bytes bigint, read_io_cache_percent int, from_result_cache boolean, " +
    "spilled_local_bytes bigint, written_bytes bigint, written_rows bigint, written_files bigint, shuffle_read_bytes bigint, " +
    "query_source struct<job_info struct<job_id string, job_run_id string, job_task_run_id string>, " +
    "legacy_dashboard_id string, dashboard_id string, alert_id string, notebook_id string, sql_query_id string, " +
    "genie_space_id string, pipeline_info struct<pipeline_id string, update_id string>>, " +
    "query_parameters struct<named_parameters map<string, string>, pos_parameters array<string>, is_truncated boolean>, " +
    "executed_as string, executed_as_user_id string, query_tags map<string, string>",
  "storage.predictive_optimization_operations_history":
    `${PLACE}, start_time timestamp, end_time timestamp, metastore_name string, metastore_id string, catalog_name string, ` +
    "schema_name string, table_id string, table_name string, operation_type string, operation_id string, " +
    "operation_status string, operation_metrics map<string, string>, usage_unit string, usage_quantity decimal(38,18)",
};

export interface SystemTable {
  catalog: string;
  schema: string;
  name: string;
  columns: SystemColumn[];
}

export const systemTables = (): SystemTable[] => [
  ...Object.entries(TABLES).map(([path, columns]) => {
    const [schema = "", name = ""] = path.split(".");
    return { catalog: "system", schema, name, columns: columnInfos(columns) };
  }),
  ...sampleTables().map((table) => ({ catalog: "samples", ...table, columns: columnInfos(table.columns) })),
];

/** Catalogs of Databricks, and what is in them. Someone may have had a catalog `samples` of their own before. */
export const inSystemCatalog = ({ fullName, owner }: Securable): boolean => {
  const catalog = fullName.split(".")[0];
  return catalog === "system" || (catalog === "samples" && owner === SYSTEM_USER);
};

type Columns = readonly { name: string; type_text: string }[];

/** What the engine reads instead of the table's files. */
export function systemQuery(table: Securable): string | undefined {
  if (table.type !== "TABLE" || !inSystemCatalog(table)) return undefined;
  const columns = table.body.columns as Columns;
  return table.fullName.startsWith("samples.") ? sampleQuery(table.fullName, columns) : emptyQuery(columns);
}

export const emptyQuery = (columns: Columns): string =>
  `SELECT ${columns.map(({ name, type_text }) => `CAST(NULL AS ${type_text}) AS \`${name}\``).join(", ")} WHERE false`;
