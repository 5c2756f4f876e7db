/** run_job_task: a run of another job, which the task waits for. */

import { actingAs } from "../../../identity/acting.ts";
import { requireLevel } from "../../../permissions/access.ts";
import { requireJob } from "../../store.ts";
import type { TaskWork } from "../executor.ts";
import { TaskFailure } from "../failure.ts";
import type { Launcher } from "../launcher.ts";
import { resolveAll } from "../references.ts";
import { scopeOf } from "../scope.ts";
import { getJobRun } from "../store.ts";
import { type Output, succeeded } from "../types.ts";

export async function runJobTask(work: TaskWork, launcher: Launcher): Promise<Output> {
  const { context, run, taskRun, signal } = work;
  const { job_id, job_parameters, notebook_params } = resolveAll(taskRun.task.run_job_task!, scopeOf(work));
  if (job_id === run.jobId) throw new TaskFailure(`Task '${taskRun.taskKey}' would run its own job.`);
  requireJob(context.db, job_id);
  requireLevel(context, actingAs(context, run), "jobs", String(job_id), "CAN_MANAGE_RUN");
  const child = launcher.runNow({ job_id, job_parameters, notebook_params }, run.runAs, "RUN_JOB_TASK");
  const cancel = (): void => launcher.cancel(child.runId);
  signal.addEventListener("abort", cancel, { once: true });
  await launcher.wait(child.runId);
  signal.removeEventListener("abort", cancel);
  const ended = getJobRun(context.db, child.runId);
  if (ended && succeeded(ended.state)) return { runJobRunId: child.runId };
  const reason = ended?.state.message || "it did not succeed";
  throw new TaskFailure(`Run ${child.runId} of job ${job_id}: ${reason}`, { output: { runJobRunId: child.runId } });
}
