/**
 * Requests of the Jobs API 2.2. Settings are loose objects: a documented field that means nothing on one machine (compute,
 * notifications) is kept and comes back as it was sent.
 */
import { z } from "zod";

const strings = z.record(z.string(), z.string());
const taskKey = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\w-]+$/, "may only have letters, digits, hyphens and underscores");

export const dependency = z.looseObject({ task_key: z.string(), outcome: z.string().optional() });
export type TaskDependency = z.infer<typeof dependency>;

const pauseStatus = z.enum(["UNPAUSED", "PAUSED"]);
const source = z.enum(["WORKSPACE", "GIT"]);

export const notebookTask = z.looseObject({
  notebook_path: z.string().min(1),
  base_parameters: strings.optional(),
  source: source.optional(),
  warehouse_id: z.string().optional(),
});

const pipelineOptions = {
  full_refresh: z.boolean().optional(),
  full_refresh_selection: z.array(z.string()).optional(),
  refresh_selection: z.array(z.string()).optional(),
};
const dbtCommands = z
  .array(z.string().regex(/^\s*dbt(\s|$)/, "must start with dbt"))
  .min(1)
  .max(10);
/** @see the fields' descriptions in https://docs.databricks.com/api/workspace/jobs/create */
const dbtTask = z
  .looseObject({
    commands: dbtCommands,
    project_directory: z.string().optional(),
    profiles_directory: z.string().optional(),
    warehouse_id: z.string().optional(),
    catalog: z.string().optional(),
    schema: z.string().optional(),
    source: source.optional(),
  })
  .refine(
    (task) => !task.warehouse_id || !task.profiles_directory,
    "profiles_directory cannot be set beside warehouse_id",
  )
  .refine((task) => task.warehouse_id || !task.catalog, "catalog needs a warehouse_id");
const conditionTask = z.looseObject({
  op: z.enum(["EQUAL_TO", "NOT_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL"]),
  left: z.string(),
  right: z.string(),
});

export const runIf = z.enum([
  "ALL_SUCCESS",
  "AT_LEAST_ONE_SUCCESS",
  "NONE_FAILED",
  "ALL_DONE",
  "AT_LEAST_ONE_FAILED",
  "ALL_FAILED",
]);

/** The task types that run here; any other documented type is kept as it is and refused when it is to run. */
const taskFields = {
  task_key: taskKey,
  description: z.string().max(1000).optional(),
  depends_on: z.array(dependency).optional(),
  run_if: runIf.optional(),
  disabled: z.boolean().optional(),
  timeout_seconds: z.int().min(0).optional(),
  max_retries: z.int().min(-1).optional(),
  min_retry_interval_millis: z.int().min(0).optional(),
  retry_on_timeout: z.boolean().optional(),
  job_cluster_key: z.string().optional(),
  existing_cluster_id: z.string().optional(),
  environment_key: z.string().optional(),
  new_cluster: z.looseObject({}).optional(),
  notebook_task: notebookTask.optional(),
  pipeline_task: z
    .looseObject({ pipeline_id: z.string().min(1), parameters: strings.optional(), ...pipelineOptions })
    .optional(),
  spark_python_task: z
    .looseObject({
      python_file: z.string().min(1),
      parameters: z.array(z.string()).optional(),
      source: source.optional(),
    })
    .optional(),
  python_wheel_task: z
    .looseObject({
      package_name: z.string().min(1),
      entry_point: z.string().min(1),
      parameters: z.array(z.string()).optional(),
      named_parameters: strings.optional(),
    })
    .optional(),
  sql_task: z
    .looseObject({
      warehouse_id: z.string(),
      parameters: strings.optional(),
      file: z.looseObject({ path: z.string(), source: source.optional() }).optional(),
      query: z.looseObject({ query_id: z.string() }).optional(),
      alert: z.looseObject({ alert_id: z.string() }).optional(),
    })
    .optional(),
  dbt_task: dbtTask.optional(),
  dashboard_task: z.looseObject({ dashboard_id: z.string().min(1), warehouse_id: z.string().optional() }).optional(),
  alert_task: z
    .looseObject({
      alert_id: z.string().optional(),
      workspace_path: z.string().optional(),
      warehouse_id: z.string().optional(),
    })
    .optional(),
  condition_task: conditionTask.optional(),
  run_job_task: z
    .looseObject({
      job_id: z.int(),
      job_parameters: strings.optional(),
      notebook_params: strings.optional(),
      pipeline_params: z.looseObject(pipelineOptions).optional(),
    })
    .optional(),
};

const nestedTask = z.looseObject(taskFields);
export const task = z.looseObject({
  ...taskFields,
  for_each_task: z
    .looseObject({ inputs: z.string(), concurrency: z.int().min(1).max(100).optional(), task: nestedTask })
    .optional(),
});
export type Task = z.infer<typeof task>;

const parameter = z.looseObject({
  name: z
    .string()
    .min(1)
    .regex(/^[\w.-]+$/, "may only have letters, digits, underscores, hyphens and periods"),
  default: z.string(),
});
const environment = z.looseObject({ environment_key: z.string().min(1).max(100), spec: z.looseObject({}).optional() });
const runAs = z.looseObject({
  user_name: z.string().optional(),
  service_principal_name: z.string().optional(),
  group_name: z.string().optional(),
});

/** Seconds; what is set must be at least 60, 0 is the same as not set. */
const pause = z
  .int()
  .refine((seconds) => seconds === 0 || seconds >= 60, "must be at least 60 seconds")
  .optional();
const quiet = { min_time_between_triggers_seconds: pause, wait_after_last_change_seconds: pause };
const tableUpdate = z.looseObject({
  table_names: z.array(z.string().min(1)).min(1),
  condition: z.enum(["ANY_UPDATED", "ALL_UPDATED"]).optional(),
  ...quiet,
});
export const trigger = z.looseObject({
  pause_status: pauseStatus.optional(),
  periodic: z.looseObject({ interval: z.int().min(1), unit: z.enum(["MINUTES", "HOURS", "DAYS", "WEEKS"]) }).optional(),
  file_arrival: z.looseObject({ url: z.string().min(1), ...quiet }).optional(),
  table_update: tableUpdate.optional(),
  /** The older name of table_update. */
  table: tableUpdate.optional(),
});
export type Trigger = z.infer<typeof trigger>;

const accessControl = z.array(z.looseObject({ permission_level: z.string() }));

const settingsFields = {
  name: z.string().max(4096).optional(),
  description: z.string().max(27700).optional(),
  tasks: z.array(task).max(1000).optional(),
  parameters: z.array(parameter).optional(),
  job_clusters: z.array(z.looseObject({ job_cluster_key: z.string(), new_cluster: z.looseObject({}) })).optional(),
  environments: z.array(environment).optional(),
  timeout_seconds: z.int().min(0).optional(),
  max_concurrent_runs: z.int().min(0).max(1000).optional(),
  queue: z.looseObject({ enabled: z.boolean() }).optional(),
  schedule: z
    .looseObject({
      quartz_cron_expression: z.string(),
      timezone_id: z.string(),
      pause_status: pauseStatus.optional(),
    })
    .optional(),
  continuous: z
    .looseObject({ pause_status: pauseStatus.optional(), task_retry_mode: z.enum(["NEVER", "ON_FAILURE"]).optional() })
    .optional(),
  trigger: trigger.optional(),
  tags: strings.optional(),
  run_as: runAs.optional(),
  performance_target: z.enum(["STANDARD", "PERFORMANCE_OPTIMIZED"]).optional(),
  format: z.enum(["SINGLE_TASK", "MULTI_TASK"]).optional(),
  edit_mode: z.enum(["UI_LOCKED", "EDITABLE"]).optional(),
  email_notifications: z.looseObject({}).optional(),
  webhook_notifications: z.looseObject({}).optional(),
  notification_settings: z.looseObject({}).optional(),
  health: z.looseObject({}).optional(),
  git_source: z.looseObject({}).optional(),
  deployment: z.looseObject({}).optional(),
  budget_policy_id: z.string().optional(),
};

export const settings = z.looseObject(settingsFields);
export type Settings = z.infer<typeof settings>;

export const createRequest = z.looseObject({ ...settingsFields, access_control_list: accessControl.optional() });
/** A JSON number, or its digits: some clients send 64 bit integers as text. */
const id = z.union(
  [
    z.int(),
    z
      .string()
      .regex(/^-?\d{1,15}$/)
      .transform(Number),
  ],
  {
    error: ({ input }) =>
      input === undefined ? "is required" : `must be a whole number, got ${JSON.stringify(input)}`,
  },
);
export const jobReference = z.looseObject({ job_id: id });
export const runReference = z.looseObject({ run_id: id });
export const resetRequest = z.looseObject({ job_id: id, new_settings: settings });
export const updateRequest = z.looseObject({
  job_id: id,
  new_settings: settings.optional(),
  fields_to_remove: z.array(z.string()).optional(),
});

/** Parameters that override a job's for one run. */
const overrides = {
  job_parameters: strings.optional(),
  notebook_params: strings.optional(),
  python_params: z.array(z.string()).optional(),
  dbt_commands: dbtCommands.optional(),
  python_named_params: strings.optional(),
  pipeline_params: z.looseObject(pipelineOptions).optional(),
  sql_params: strings.optional(),
};
export const runNowRequest = z.looseObject({
  job_id: id,
  ...overrides,
  idempotency_token: z.string().max(64).optional(),
  only: z.array(z.string()).optional(),
  queue: z.looseObject({ enabled: z.boolean() }).optional(),
  performance_target: z.string().optional(),
});
export type RunNow = z.infer<typeof runNowRequest>;

export const submitRequest = z.looseObject({
  run_name: z.string().optional(),
  tasks: z.array(task).max(100).optional(),
  timeout_seconds: z.int().min(0).optional(),
  queue: z.looseObject({ enabled: z.boolean() }).optional(),
  run_as: runAs.optional(),
  environments: z.array(environment).optional(),
  idempotency_token: z.string().max(64).optional(),
  access_control_list: accessControl.optional(),
});
export type Submit = z.infer<typeof submitRequest>;

export const repairRequest = z.looseObject({
  run_id: id,
  rerun_tasks: z.array(z.string()).optional(),
  rerun_all_failed_tasks: z.boolean().optional(),
  rerun_dependent_tasks: z.boolean().optional(),
  latest_repair_id: id.optional(),
  ...overrides,
});
export type RepairRequest = z.infer<typeof repairRequest>;

export const cancelAllRequest = z.looseObject({ job_id: id.optional(), all_queued_runs: z.boolean().optional() });

const flag = z
  .enum(["true", "false"])
  .transform((text) => text === "true")
  .optional();
const page = { limit: id.optional(), offset: id.optional(), page_token: z.string().optional() };
export const listJobsQuery = z.looseObject({ ...page, name: z.string().optional(), expand_tasks: flag });
export const getJobQuery = z.looseObject({
  job_id: id,
  include_trigger_state: flag,
  page_token: z.string().optional(),
});
export const exportRunQuery = z.looseObject({
  run_id: id,
  views_to_export: z.enum(["CODE", "DASHBOARDS", "ALL"]).optional(),
});
export const listRunsQuery = z.looseObject({
  ...page,
  job_id: id.optional(),
  active_only: flag,
  completed_only: flag,
  expand_tasks: flag,
  run_type: z.enum(["JOB_RUN", "WORKFLOW_RUN", "SUBMIT_RUN"]).optional(),
  start_time_from: id.optional(),
  start_time_to: id.optional(),
});
export const getRunQuery = z.looseObject({
  run_id: id,
  include_history: flag,
  include_resolved_values: flag,
  page_token: z.string().optional(),
});
