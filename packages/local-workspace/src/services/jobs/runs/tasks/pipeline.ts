/** pipeline_task: one update of the pipeline, which the task waits for. */

import { actingAs } from "../../../identity/acting.ts";
import { requireLevel } from "../../../permissions/access.ts";
import { getPipeline, requirePipeline } from "../../../pipelines/store.ts";
import type { UpdateRunner } from "../../../pipelines/updates.ts";
import type { TaskWork } from "../executor.ts";
import { TaskFailure } from "../failure.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import { saveTaskRun } from "../store.ts";
import type { Output } from "../types.ts";

export async function pipelineTask(work: TaskWork, updates: UpdateRunner): Promise<Output> {
  const { taskRun, run, signal, context } = work;
  const task = taskRun.task.pipeline_task!;
  requirePipeline(context.db, task.pipeline_id);
  requireLevel(context, actingAs(context, run), "pipelines", task.pipeline_id, "CAN_RUN");
  if (getPipeline(context.db, task.pipeline_id)?.settings.continuous) {
    throw new TaskFailure(
      `Pipeline ${task.pipeline_id} is continuous: its update does not end, so it cannot be a job's task. Set continuous to false.`,
    );
  }
  const overriding = (run.overriding.pipeline_params ?? {}) as Partial<typeof task>;
  const scope = scopeOf(work);
  // Parameters of the job win over a task's own of the same name: https://docs.databricks.com/aws/en/jobs/job-parameters
  const parameters = { ...resolveAll(task.parameters ?? {}, scope), ...Object.fromEntries(scope.parameters) };
  const update = updates.start(task.pipeline_id, {
    ...task,
    parameters,
    cause: "JOB_TASK",
    full_refresh: overriding.full_refresh ?? task.full_refresh,
    full_refresh_selection: overriding.full_refresh_selection ?? task.full_refresh_selection,
    refresh_selection: overriding.refresh_selection ?? task.refresh_selection,
  });
  taskRun.output.pipelineUpdateId = update.update_id;
  saveTaskRun(context.db, taskRun);
  const stop = (): void => updates.stop(task.pipeline_id);
  signal.addEventListener("abort", stop, { once: true });
  try {
    const ended = await updates.wait(update.update_id);
    if (ended.state === "COMPLETED") return { pipelineUpdateId: update.update_id };
    const reason = ended.error ?? `Update ${update.update_id} of pipeline ${task.pipeline_id} is ${ended.state}.`;
    throw new TaskFailure(reason, { output: { pipelineUpdateId: update.update_id } });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
