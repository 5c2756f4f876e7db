/** Which task types run here, and the refusal of those that do not. */
import { ApiError } from "../../../../core/errors.ts";
import type { UpdateRunner } from "../../../pipelines/updates.ts";
import { taskType } from "../../rules.ts";
import type { TaskRunner } from "../executor.ts";
import type { Launcher } from "../launcher.ts";
import { alertTask } from "./alert.ts";
import { conditionTask } from "./condition.ts";
import { dashboardTask } from "./dashboard.ts";
import { dbtTask } from "./dbt.ts";
import { forEachTask } from "./for-each.ts";
import { notebookTask } from "./notebook.ts";
import { pipelineTask } from "./pipeline.ts";
import { pythonWheelTask } from "./python-wheel.ts";
import { runJobTask } from "./run-job.ts";
import { sparkPythonTask } from "./spark-python.ts";
import { sqlTask } from "./sql.ts";

/** Documented types that cannot run here, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  spark_jar_task: "its one Spark process takes no JARs; write the task in Python or SQL",
  spark_submit_task: "its one Spark process is never submitted to; use spark_python_task or python_wheel_task",
  dbt_cloud_task: "it does not reach dbt Cloud",
  dbt_platform_task: "it does not reach the dbt platform",
  power_bi_task: "it does not reach Power BI",
  clean_rooms_notebook_task: "it has no clean rooms",
  gen_ai_compute_task: "it has no GPUs",
};

export function taskRunner(parts: { launcher: () => Launcher; updates: () => UpdateRunner }): TaskRunner {
  const runners: Record<string, TaskRunner> = {
    notebook_task: notebookTask,
    spark_python_task: sparkPythonTask,
    python_wheel_task: pythonWheelTask,
    sql_task: sqlTask,
    dbt_task: dbtTask,
    dashboard_task: dashboardTask,
    alert_task: alertTask,
    condition_task: conditionTask,
    for_each_task: forEachTask,
    pipeline_task: (work) => pipelineTask(work, parts.updates()),
    run_job_task: (work) => runJobTask(work, parts.launcher()),
  };
  return async (work) => {
    const type = taskType(work.taskRun.task) ?? "none";
    const runner = runners[type];
    if (runner) return runner(work);
    const why = NOT_RUN[type] ?? "this type of task is not run";
    const runs = Object.keys(runners).join(", ");
    throw new ApiError(
      "NOT_IMPLEMENTED",
      `Task '${work.taskRun.taskKey}' is a ${type}, which the local workspace cannot run: ${why}. It runs ${runs}.`,
    );
  };
}
