/** Jobs: create, reset, update, delete, get, list. Served under 2.2, 2.1 and 2.0, whose answers clients read alike. */

import { invalid } from "../../core/errors.ts";
import { numericId } from "../../core/ids.ts";
import { own } from "../../core/own.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { forgetObject, hasLevel, requireLevel } from "../permissions/access.ts";
import { grantOnCreate } from "../permissions/routes.ts";
import { requireRunAs, runAsName } from "../permissions/run-as.ts";
import { JOB_LISTS, pageOfLists } from "./pages.ts";
import { checkSettings, withDefaults } from "./rules.ts";
import {
  createRequest,
  getJobQuery,
  jobReference,
  listJobsQuery,
  resetRequest,
  type Settings,
  updateRequest,
} from "./schemas.ts";
import { inFormatOf, withTasks } from "./single-task.ts";
import { deleteJob, insertJob, type Job, listJobs, requireJob, saveJob } from "./store.ts";

export const VERSIONS = ["2.2", "2.1", "2.0"] as const;
const PAGE = { fallback: 20, max: 100, name: "limit" };

export interface JobEvents {
  /** A job was made, or its settings changed from `before`: what starts it looks again. */
  changed(job: Job, before?: Settings): void;
  deleted(job: Job): void;
}

export function jobView(job: Job, options: { tasks: boolean; version: string }): Record<string, unknown> {
  const { tasks, parameters, job_clusters, environments, ...rest } = inFormatOf(options.version, job.settings);
  const lists = { tasks, parameters, job_clusters, environments };
  const shown = options.tasks
    ? Object.fromEntries(Object.entries(lists).filter(([, value]) => value !== undefined))
    : {};
  return {
    job_id: job.jobId,
    creator_user_name: job.creator,
    run_as_user_name: job.runAs,
    created_time: job.createdTime,
    settings: { ...rest, ...shown },
  };
}

/** The job, for who holds a level on it. Only admins learn that there is none. */
function permitted(context: Context, jobId: number, principal: Principal, level: string): Job {
  requireLevel(context, principal, "jobs", String(jobId), level);
  return requireJob(context.db, jobId);
}

export function jobRoutes(app: App, context: Context, events: JobEvents): void {
  for (const version of VERSIONS) {
    const base = `/api/${version}/jobs`;
    createRoute(app, context, base, events);
    changeRoutes(app, context, base, events);
    readRoutes(app, context, version);
  }
}

function createRoute(app: App, context: Context, base: string, events: JobEvents): void {
  const { db } = context;
  app.post(`${base}/create`, { schema: { body: createRequest } }, async ({ body, principal }) => {
    const { access_control_list: acl, ...given } = body;
    const sent = withTasks(given);
    checkSettings(context, sent);
    requireRunAs(context, principal, sent.run_as);
    const settings = withDefaults(sent);
    const runAs = runAsName(settings.run_as) ?? principal.name;
    const job: Job = { jobId: numericId(), createdTime: Date.now(), creator: principal.name, runAs, settings };
    db.transaction(() => {
      insertJob(db, job);
      if (acl) grantOnCreate(context, { type: "jobs", id: String(job.jobId) }, acl);
      events.changed(job);
    });
    return { job_id: job.jobId };
  });
}

function changeRoutes(app: App, context: Context, base: string, events: JobEvents): void {
  const { db } = context;
  const replace = (job: Job, settings: Settings, principal: Principal): Record<string, never> => {
    checkSettings(context, settings);
    const before = job.settings;
    if (runAsName(settings.run_as) !== runAsName(before.run_as)) requireRunAs(context, principal, settings.run_as);
    job.settings = withDefaults(settings);
    job.runAs = runAsName(settings.run_as) ?? job.creator;
    db.transaction(() => {
      saveJob(db, job);
      events.changed(job, before);
    });
    return {};
  };

  app.post(`${base}/reset`, { schema: { body: resetRequest } }, async ({ body, principal }) => {
    const job = permitted(context, body.job_id, principal, "CAN_MANAGE");
    // all settings are replaced but this one, which stays until another is given
    const { run_as = job.settings.run_as, ...settings } = withTasks(body.new_settings);
    return replace(job, { ...settings, ...(run_as ? { run_as } : {}) }, principal);
  });

  app.post(`${base}/update`, { schema: { body: updateRequest } }, async ({ body, principal }) => {
    const job = permitted(context, body.job_id, principal, "CAN_MANAGE");
    const only = job.settings.tasks?.length === 1 ? job.settings.tasks[0] : undefined;
    const change = withTasks(body.new_settings ?? {}, only);
    return replace(job, merge(job.settings, change, body.fields_to_remove ?? []), principal);
  });

  app.post(`${base}/delete`, { schema: { body: jobReference } }, async ({ body, principal }) => {
    const job = permitted(context, body.job_id, principal, "CAN_MANAGE");
    db.transaction(() => {
      deleteJob(db, job.jobId);
      forgetObject(db, "jobs", String(job.jobId));
      events.deleted(job);
    });
    return {};
  });
}

function readRoutes(app: App, context: Context, version: (typeof VERSIONS)[number]): void {
  const { db } = context;
  const base = `/api/${version}/jobs`;
  app.get(`${base}/get`, { schema: { querystring: getJobQuery } }, async ({ query, principal }) => {
    const job = permitted(context, query.job_id, principal, "CAN_VIEW");
    const view = {
      ...jobView(job, { tasks: true, version }),
      ...(query.include_trigger_state ? triggerState(job) : {}),
    };
    if (version !== "2.2") return view;
    const [settings, next] = pageOfLists(view.settings as Settings, JOB_LISTS, query.page_token);
    return { ...view, settings, ...(next ? { next_page_token: next } : {}) };
  });

  app.get(`${base}/list`, { schema: { querystring: listJobsQuery } }, async ({ query, principal }) => {
    const { limit: size, offset, page_token: pageToken, name, expand_tasks } = query;
    const visible = listJobs(db, name).filter((job) =>
      hasLevel(context, principal, "jobs", String(job.jobId), "CAN_VIEW"),
    );
    const page = paginate(visible, { size, offset, pageToken }, PAGE);
    const { items, ...tokens } = page;
    const jobs = items.map((job) => {
      const view = jobView(job, { tasks: expand_tasks ?? false, version });
      if (version !== "2.2" || !expand_tasks) return view;
      const [settings, next] = pageOfLists(view.settings as Settings, JOB_LISTS, undefined);
      return { ...view, settings, has_more: next !== undefined };
    });
    return { ...(jobs.length > 0 ? { jobs } : {}), has_more: tokens.next_page_token !== undefined, ...tokens };
  });
}

/** What is known of the trigger besides its settings: how it notices changes. */
function triggerState({ settings: { trigger, continuous } }: Job): Record<string, unknown> {
  const { pause_status } = trigger ?? continuous ?? {};
  if (!pause_status) return {};
  return {
    trigger_state: {
      pause_status,
      ...(trigger?.file_arrival ? { file_arrival: { using_file_events: false } } : {}),
      ...(trigger?.table_update || trigger?.table ? { table: { using_scalable_monitoring: false } } : {}),
    },
  };
}

/** Keys that identify the members of a list that an update merges: those named change, others stay. */
const LIST_KEYS: Record<string, string> = {
  tasks: "task_key",
  job_clusters: "job_cluster_key",
  environments: "environment_key",
  parameters: "name",
};

/** `jobs/update`: top-level fields are replaced, the members of keyed lists are merged by key; then removals. */
function merge(old: Settings, change: Settings, remove: readonly string[]): Settings {
  const merged: Record<string, unknown> = { ...old };
  for (const [field, value] of Object.entries(change)) {
    const key = own(LIST_KEYS, field);
    if (!key || !Array.isArray(value)) {
      merged[field] = value;
      continue;
    }
    const list = [...((merged[field] as Record<string, unknown>[] | undefined) ?? [])];
    for (const item of value as Record<string, unknown>[]) {
      const at = list.findIndex((other) => other[key] === item[key]);
      if (at >= 0) list[at] = item;
      else list.push(item);
    }
    merged[field] = list;
  }
  for (const path of remove) {
    const [field = "", member, ...deeper] = path.split("/");
    const key = own(LIST_KEYS, field);
    if (deeper.length > 0 || (member !== undefined && !key)) {
      throw invalid(`fields_to_remove: '${path}' must name a top-level field, or a member of tasks or job_clusters.`);
    }
    if (member === undefined) delete merged[field];
    else
      merged[field] = ((merged[field] as Record<string, unknown>[] | undefined) ?? []).filter(
        (item) => item[key!] !== member,
      );
  }
  return merged as Settings;
}
