/** Which task types run here, and the refusal of those that do not. */
import { ApiError } from "../../../../core/errors.ts";
import type { UpdateRunner } from "../../../pipelines/updates.ts";
import { taskType } from "../../rules.ts";
import type { TaskRunner } from "../executor.ts";
import type { Launcher } from "../launcher.ts";
import { conditionTask } from "./condition.ts";
import { forEachTask } from "./for-each.ts";
import { notebookTask } from "./notebook.ts";
import { pipelineTask } from "./pipeline.ts";
import { pythonWheelTask } from "./python-wheel.ts";
import { runJobTask } from "./run-job.ts";
import { sparkPythonTask } from "./spark-python.ts";
import { sqlTask } from "./sql.ts";

export function taskRunner(parts: { launcher: () => Launcher; updates: () => UpdateRunner }): TaskRunner {
  const runners: Record<string, TaskRunner> = {
    notebook_task: notebookTask,
    spark_python_task: sparkPythonTask,
    python_wheel_task: pythonWheelTask,
    sql_task: sqlTask,
    condition_task: conditionTask,
    for_each_task: forEachTask,
    pipeline_task: (work) => pipelineTask(work, parts.updates()),
    run_job_task: (work) => runJobTask(work, parts.launcher()),
  };
  return async (work) => {
    const type = taskType(work.taskRun.task) ?? "none";
    const runner = runners[type];
    if (runner) return runner(work);
    throw new ApiError(
      "NOT_IMPLEMENTED",
      `Task '${work.taskRun.taskKey}' is a ${type}, which the local workspace cannot run. It runs ${Object.keys(runners).join(", ")}.`,
    );
  };
}
