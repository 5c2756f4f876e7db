/** Runs of jobs: run-now, submit, get, list, get-output, cancel, repair, delete. */
import { ApiError, denied, invalid } from "../../core/errors.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { isAdmin } from "../identity/store.ts";
import { hasLevel, requireLevel } from "../permissions/access.ts";
import { requireRunAs } from "../permissions/run-as.ts";
import { pageOfLists, RUN_LISTS } from "./pages.ts";
import { VERSIONS } from "./routes.ts";
import { exportView } from "./runs/export.ts";
import { type Launcher, requireRun, runNotFound } from "./runs/launcher.ts";
import { currentTaskRuns, deleteJobRun, getJobRun, getTaskRun, listJobRuns } from "./runs/store.ts";
import { isEnded, type JobRun, type TaskRun } from "./runs/types.ts";
import { outputView, runView, taskRunView } from "./runs/view.ts";
import {
  cancelAllRequest,
  exportRunQuery,
  getRunQuery,
  listRunsQuery,
  repairRequest,
  runNowRequest,
  runReference,
  submitRequest,
} from "./schemas.ts";
import { withTasks } from "./single-task.ts";
import { getJob, requireJob } from "./store.ts";

/** The most runs of a page. A limit of 0 stands for it. */
const MOST_RUNS = { "2.2": 25, "2.1": 25, "2.0": 1000 };

type Version = (typeof VERSIONS)[number];

/** Finds runs for who may see or change them. */
function accessOf(context: Context) {
  const { db } = context;

  /** A job's runs follow the job's permissions; a submitted run is its creator's. */
  function allowed(run: JobRun, principal: Principal, level: string): boolean {
    if (run.creator === principal.name) return true;
    if (run.jobId === undefined || !getJob(db, run.jobId)) return isAdmin(db, principal);
    return hasLevel(context, principal, "jobs", String(run.jobId), level);
  }

  function permit(run: JobRun, principal: Principal, level: string): void {
    if (!allowed(run, principal, level))
      throw denied(`${principal.name} does not have ${level} permissions on run ${run.runId}.`);
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

  return { allowed, permit, find, onlyTask };
}

type Access = ReturnType<typeof accessOf>;

export function runRoutes(app: App, context: Context, launcher: Launcher): void {
  const access = accessOf(context);
  for (const version of VERSIONS) {
    const base = `/api/${version}/jobs`;
    startRoutes(app, context, base, launcher, access);
    endRoutes(app, context, base, launcher, access);
    readRoutes(app, context, version, access);
    listRoute(app, context, version, access);
  }
}

function startRoutes(app: App, context: Context, base: string, launcher: Launcher, { permit }: Access): void {
  const { db } = context;
  app.post(`${base}/run-now`, { schema: { body: runNowRequest } }, async ({ body, principal }) => {
    requireJob(db, body.job_id);
    requireLevel(context, principal, "jobs", String(body.job_id), "CAN_MANAGE_RUN");
    const { runId, numberInJob } = launcher.runNow(body, principal.name);
    return { run_id: runId, number_in_job: numberInJob };
  });

  app.post(`${base}/runs/submit`, { schema: { body: submitRequest } }, async ({ body, principal }) => {
    requireRunAs(context, principal, body.run_as);
    const { run_name, ...given } = body;
    const { name, ...sent } = withTasks({ ...given, name: run_name });
    return { run_id: launcher.submit({ ...sent, run_name: name }, principal.name).runId };
  });

  app.post(`${base}/runs/repair`, { schema: { body: repairRequest } }, async ({ body, principal }) => {
    permit(requireRun(db, body.run_id), principal, "CAN_MANAGE_RUN");
    return { repair_id: launcher.repair(body) };
  });
}

function endRoutes(app: App, { db }: Context, base: string, launcher: Launcher, { permit, find }: Access): void {
  app.post(`${base}/runs/cancel`, { schema: { body: runReference } }, async ({ body, principal }) => {
    const { jobRunId } = find(body.run_id);
    permit(requireRun(db, jobRunId), principal, "CAN_MANAGE_RUN");
    launcher.cancel(jobRunId);
    return {};
  });

  app.post(`${base}/runs/cancel-all`, { schema: { body: cancelAllRequest } }, async ({ body, principal }) => {
    if (body.job_id === undefined && !body.all_queued_runs)
      throw invalid("Either job_id or all_queued_runs must be set.");
    if (body.job_id !== undefined) requireJob(db, body.job_id);
    const runs = listJobRuns(db, { jobId: body.job_id, active: true });
    for (const run of runs) permit(run, principal, "CAN_MANAGE_RUN");
    launcher.cancelAll(body.job_id, body.all_queued_runs ?? false);
    return {};
  });

  app.post(`${base}/runs/delete`, { schema: { body: runReference } }, async ({ body, principal }) => {
    const run = requireRun(db, body.run_id);
    permit(run, principal, "CAN_MANAGE");
    if (!isEnded(run.state))
      throw new ApiError("INVALID_STATE", `Run ${run.runId} is active and cannot be deleted. Cancel it first.`);
    deleteJobRun(db, run.runId);
    return {};
  });
}

function readRoutes(app: App, context: Context, version: Version, { permit, find, onlyTask }: Access): void {
  const { db } = context;
  const base = `/api/${version}/jobs`;
  app.get(`${base}/runs/get`, { schema: { querystring: getRunQuery } }, async ({ query, principal }) => {
    const { jobRunId, taskRun } = find(query.run_id);
    const run = requireRun(db, jobRunId);
    permit(run, principal, "CAN_VIEW");
    const options = { tasks: true, history: query.include_history, resolved: query.include_resolved_values };
    const view = taskRun ? taskRunView(context, run, taskRun) : runView(context, run, options);
    if (version !== "2.2") return view;
    const [page, next] = pageOfLists(view, RUN_LISTS, query.page_token);
    return { ...page, ...(next ? { next_page_token: next } : {}) };
  });

  app.get(`${base}/runs/get-output`, { schema: { querystring: runReference } }, async ({ query, principal }) => {
    const { jobRunId, taskRun } = find(query.run_id);
    const run = requireRun(db, jobRunId);
    permit(run, principal, "CAN_VIEW");
    return outputView(context, run, taskRun ?? onlyTask(run));
  });

  app.get(`${base}/runs/export`, { schema: { querystring: exportRunQuery } }, async ({ query, principal }) => {
    const { jobRunId, taskRun } = find(query.run_id);
    const run = requireRun(db, jobRunId);
    permit(run, principal, "CAN_VIEW");
    return exportView(context, taskRun ?? onlyTask(run), query.views_to_export ?? "CODE");
  });
}

function listRoute(app: App, context: Context, version: Version, { allowed }: Access): void {
  const { db } = context;
  const base = `/api/${version}/jobs`;
  app.get(`${base}/runs/list`, { schema: { querystring: listRunsQuery } }, async ({ query, principal }) => {
    if (query.active_only && query.completed_only) throw invalid("active_only and completed_only cannot both be true.");
    const { limit: size, offset, page_token: pageToken } = query;
    const all = listJobRuns(db, {
      jobId: query.job_id,
      active: query.active_only ? true : query.completed_only ? false : undefined,
      runType: query.run_type,
      from: query.start_time_from,
      to: query.start_time_to,
    }).filter((run) => allowed(run, principal, "CAN_VIEW"));
    const most = MOST_RUNS[version];
    const limits = { fallback: size === 0 ? most : 20, max: most, name: "limit" };
    const { items, ...tokens } = paginate(all, { size, offset, pageToken }, limits);
    const runs = items.map((run) => {
      const view = runView(context, run, { tasks: query.expand_tasks });
      if (version !== "2.2" || !query.expand_tasks) return view;
      const [page, next] = pageOfLists(view, RUN_LISTS, undefined);
      return { ...page, has_more: next !== undefined };
    });
    return { ...(runs.length > 0 ? { runs } : {}), has_more: tokens.next_page_token !== undefined, ...tokens };
  });
}
