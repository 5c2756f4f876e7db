/** Runs of jobs: run-now, submit, get, list, get-output, cancel, repair, delete. */
import { ApiError, invalid } from "../../core/errors.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context } from "../../core/service.ts";
import { type Launcher, requireRun, runNotFound } from "../../runs/launcher.ts";
import { currentTaskRuns, deleteJobRun, getJobRun, getTaskRun, listJobRuns } from "../../runs/store.ts";
import { isEnded, type JobRun, type TaskRun } from "../../runs/types.ts";
import { outputView, runView, taskRunView } from "../../runs/view.ts";
import { VERSIONS } from "./routes.ts";
import {
  cancelAllRequest,
  getRunQuery,
  listRunsQuery,
  repairRequest,
  runNowRequest,
  runReference,
  submitRequest,
} from "./schemas.ts";
import { requireJob } from "./store.ts";

/** Databricks allows 25 a page; older clients of 2.0 ask for up to 1000. */
const PAGE = { fallback: 20, max: 1000, name: "limit" };

export function runRoutes(app: App, context: Context, launcher: Launcher): void {
  const { db } = context;
  for (const version of VERSIONS) {
    const base = `/api/${version}/jobs`;

    app.post(`${base}/run-now`, { schema: { body: runNowRequest } }, async ({ body, principal }) => {
      const { runId, numberInJob } = launcher.runNow(body, principal.name);
      return { run_id: runId, number_in_job: numberInJob };
    });

    app.post(`${base}/runs/submit`, { schema: { body: submitRequest } }, async ({ body, principal }) => ({
      run_id: launcher.submit(body, principal.name).runId,
    }));

    app.post(`${base}/runs/repair`, { schema: { body: repairRequest } }, async ({ body }) => ({
      repair_id: launcher.repair(body),
    }));

    app.post(`${base}/runs/cancel`, { schema: { body: runReference } }, async ({ body }) => {
      const { jobRunId } = find(body.run_id);
      launcher.cancel(jobRunId);
      return {};
    });

    app.post(`${base}/runs/cancel-all`, { schema: { body: cancelAllRequest } }, async ({ body }) => {
      if (body.job_id === undefined && !body.all_queued_runs)
        throw invalid("Either job_id or all_queued_runs must be set.");
      if (body.job_id !== undefined) requireJob(db, body.job_id);
      launcher.cancelAll(body.job_id, body.all_queued_runs ?? false);
      return {};
    });

    app.post(`${base}/runs/delete`, { schema: { body: runReference } }, async ({ body }) => {
      const run = requireRun(db, body.run_id);
      if (!isEnded(run.state))
        throw new ApiError("INVALID_STATE", `Run ${run.runId} is active and cannot be deleted. Cancel it first.`);
      deleteJobRun(db, run.runId);
      return {};
    });

    app.get(`${base}/runs/get`, { schema: { querystring: getRunQuery } }, async ({ query }) => {
      const { jobRunId, taskRun } = find(query.run_id);
      const run = requireRun(db, jobRunId);
      if (taskRun) return taskRunView(context, run, taskRun);
      const options = { tasks: true, history: query.include_history, resolved: query.include_resolved_values };
      return runView(context, run, options);
    });

    app.get(`${base}/runs/get-output`, { schema: { querystring: runReference } }, async ({ query }) => {
      const { jobRunId, taskRun } = find(query.run_id);
      const run = requireRun(db, jobRunId);
      return outputView(context, run, taskRun ?? onlyTask(run));
    });

    app.get(`${base}/runs/list`, { schema: { querystring: listRunsQuery } }, async ({ query }) => {
      if (query.active_only && query.completed_only)
        throw invalid("active_only and completed_only cannot both be true.");
      const { limit: size, offset, page_token: pageToken } = query;
      const all = listJobRuns(db, {
        jobId: query.job_id,
        active: query.active_only ? true : query.completed_only ? false : undefined,
        runType: query.run_type,
        from: query.start_time_from,
        to: query.start_time_to,
      });
      const { items, ...tokens } = paginate(all, { size, offset, pageToken }, PAGE);
      const runs = items.map((run) => runView(context, run, { tasks: query.expand_tasks }));
      return { ...(runs.length > 0 ? { runs } : {}), has_more: tokens.next_page_token !== undefined, ...tokens };
    });
  }

  /** A run id is a job run's or a task run's. */
  function find(runId: number): { jobRunId: number; taskRun?: TaskRun } {
    if (getJobRun(db, runId)) return { jobRunId: runId };
    const taskRun = getTaskRun(db, runId);
    if (!taskRun) throw runNotFound(runId);
    return { jobRunId: taskRun.jobRunId, taskRun };
  }

  function onlyTask(run: JobRun): TaskRun {
    const tasks = currentTaskRuns(db, run);
    if (tasks.length === 1) return tasks[0]!;
    throw invalid(
      "Retrieving the output of runs with multiple tasks is not supported. Please retrieve the output of each individual task run instead.",
    );
  }
}
