/**
 * MLflow's runs: what code logs with `mlflow.start_run`, `log_param`, `log_metric`, `set_tag` and the like.
 * https://docs.databricks.com/api/workspace/experiments, https://mlflow.org/docs/latest/api_reference/rest-api.html
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { invalid, notFound } from "../../core/errors.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { requireLevel } from "../permissions/access.ts";
import { experiments } from "./mlflow.ts";
import * as store from "./mlflow-runs-store.ts";
import { condition, type Found, order } from "./mlflow-search.ts";
import type { Document } from "./store.ts";

const RUNS = "/api/2.0/mlflow/runs";
const STATUS = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;

const number = z.coerce.number();
const tag = z.object({ key: z.string().min(1), value: z.string() });
const metric = z.object({
  key: z.string().min(1),
  value: z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]),
  timestamp: number,
  step: number.default(0),
});
/** The older name of a run's id still works. */
const reference = { run_id: z.string().optional(), run_uuid: z.string().optional() };
type Reference = { run_id?: string | undefined; run_uuid?: string | undefined };

function view({ db }: Context, { info, params, tags, datasets }: store.MlflowRun): Document {
  const metrics = store.latestMetrics(db, info.run_id);
  return { info: infoView(info), data: { metrics, params, tags }, inputs: { dataset_inputs: datasets } };
}
const infoView = (info: store.RunInfo): Document => ({ ...info, run_uuid: info.run_id });

/** @throws RESOURCE_DOES_NOT_EXIST, or PERMISSION_DENIED without that level on its experiment */
function find(context: Context, principal: Principal, asked: Reference, level = "CAN_READ"): store.MlflowRun {
  const id = asked.run_id || asked.run_uuid || "";
  const run = store.findRun(context.db, id);
  if (!run) throw notFound(`Run '${id}' not found.`);
  requireLevel(context, principal, "experiments", run.info.experiment_id, level);
  return run;
}

/** In one transaction with what else `to` writes. */
function change(context: Context, principal: Principal, asked: Reference, to: (run: store.MlflowRun) => void) {
  const run = find(context, principal, asked, "CAN_EDIT");
  context.db.transaction(() => {
    to(run);
    store.saveRun(context.db, run);
  });
  return run;
}

function put(pairs: store.Pair[], { key, value }: store.Pair): void {
  const known = pairs.find((each) => each.key === key);
  if (known) known.value = value;
  else pairs.push({ key, value });
}

function putParam(run: store.MlflowRun, { key, value }: store.Pair): void {
  const known = run.params.find((each) => each.key === key);
  if (known && known.value !== value) {
    throw invalid(
      `Changing param values is not allowed. Param with key='${key}' was already logged with value='${known.value}' ` +
        `for run ID='${run.info.run_id}'. Attempted logging new value '${value}'.`,
    );
  }
  if (!known) run.params.push({ key, value });
}

export function mlflowRunRoutes(app: App, context: Context): void {
  lifeRoutes(app, context);
  readRoutes(app, context);
  logRoutes(app, context);
}

function lifeRoutes(app: App, context: Context): void {
  const created = z.looseObject({
    experiment_id: z.string(),
    run_name: z.string().optional(),
    start_time: number.optional(),
    tags: z.array(tag).default([]),
  });
  app.post(`${RUNS}/create`, { schema: { body: created } }, async ({ body, principal }) => {
    const experiment = experiments.read(context, principal, body.experiment_id);
    requireLevel(context, principal, "experiments", experiment.id, "CAN_EDIT");
    if (experiment.document.lifecycle_stage !== "active") {
      throw invalid(`The experiment ${experiment.id} must be in the 'active' state.`);
    }
    const id = randomUUID().replaceAll("-", "");
    const run_name =
      body.run_name || body.tags.find(({ key }) => key === "mlflow.runName")?.value || `run-${id.slice(0, 8)}`;
    const run: store.MlflowRun = {
      info: {
        ...{ run_id: id, experiment_id: experiment.id, run_name, user_id: principal.name },
        ...{ status: "RUNNING", start_time: body.start_time ?? Date.now(), lifecycle_stage: "active" },
        artifact_uri: `${experiment.document.artifact_location}/${id}/artifacts`,
      },
      ...{ params: [], tags: [], datasets: [] },
    };
    for (const each of [...body.tags, { key: "mlflow.runName", value: run_name }]) put(run.tags, each);
    store.insertRun(context.db, run);
    return { run: view(context, run) };
  });
  const updated = z.looseObject({
    ...reference,
    status: z.enum(STATUS).optional(),
    end_time: number.optional(),
    run_name: z.string().optional(),
  });
  app.post(`${RUNS}/update`, { schema: { body: updated } }, async ({ body, principal }) => {
    const run = change(context, principal, body, ({ info, tags }) => {
      if (body.status) info.status = body.status;
      if (body.end_time) info.end_time = body.end_time;
      if (!body.run_name) return;
      info.run_name = body.run_name;
      put(tags, { key: "mlflow.runName", value: body.run_name });
    });
    return { run_info: infoView(run.info) };
  });
  for (const [path, stage] of [
    ["delete", "deleted"],
    ["restore", "active"],
  ] as const) {
    app.post(
      `${RUNS}/${path}`,
      { schema: { body: z.looseObject({ run_id: z.string() }) } },
      async ({ body, principal }) => {
        change(context, principal, body, ({ info }) => {
          info.lifecycle_stage = stage;
        });
        return {};
      },
    );
  }
}

function readRoutes(app: App, context: Context): void {
  app.get(`${RUNS}/get`, { schema: { querystring: z.looseObject(reference) } }, async ({ query, principal }) => ({
    run: view(context, find(context, principal, query)),
  }));
  const asked = z.looseObject({
    ...reference,
    metric_key: z.string(),
    max_results: number.optional(),
    page_token: z.string().optional(),
  });
  app.get("/api/2.0/mlflow/metrics/get-history", { schema: { querystring: asked } }, async ({ query, principal }) => {
    const all = store.history(context.db, find(context, principal, query).info.run_id, query.metric_key);
    const request = { size: query.max_results, pageToken: query.page_token };
    const { items, ...tokens } = paginate(all, request, { fallback: 25_000, max: 25_000 });
    return { metrics: items, ...tokens };
  });
  const searched = z.looseObject({
    experiment_ids: z.array(z.string()).default([]),
    filter: z.string().default(""),
    run_view_type: z.enum(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]).default("ACTIVE_ONLY"),
    max_results: number.optional(),
    order_by: z.array(z.string()).default([]),
    page_token: z.string().optional(),
  });
  app.post(`${RUNS}/search`, { schema: { body: searched } }, async ({ body, principal }) => {
    const { experiment_ids, filter, run_view_type, order_by } = body;
    const [fits, compare] = [condition(filter), order(order_by)];
    const all = experiment_ids.flatMap((id) => store.runsOf(context.db, experiments.read(context, principal, id).id));
    const stage = run_view_type === "DELETED_ONLY" ? "deleted" : "active";
    const found = all
      .filter(({ info }) => run_view_type === "ALL" || info.lifecycle_stage === stage)
      .map((run): Found => ({ run, metrics: store.latestMetrics(context.db, run.info.run_id) }))
      .filter(fits)
      .sort(compare);
    const request = { size: body.max_results, pageToken: body.page_token };
    const { items, ...tokens } = paginate(found, request, { fallback: 1000, max: 50_000 });
    return { runs: items.map(({ run }) => view(context, run)), ...tokens };
  });
}

function logRoutes(app: App, context: Context): void {
  const { db } = context;
  const add = (path: string, body: z.ZodObject, to: (run: store.MlflowRun, body: Document) => void): void => {
    app.post(`${RUNS}/${path}`, { schema: { body } }, async (request) => {
      const given = request.body as Document & Reference;
      change(context, request.principal, given, (run) => to(run, given));
      return {};
    });
  };
  add("log-metric", z.looseObject({ ...reference, ...metric.shape }), ({ info }, body) =>
    store.addMetrics(db, info.run_id, [body as unknown as store.Metric]),
  );
  add("log-parameter", z.looseObject({ ...reference, ...tag.shape }), (run, body) =>
    putParam(run, body as unknown as store.Pair),
  );
  add("set-tag", z.looseObject({ ...reference, ...tag.shape }), ({ tags }, body) =>
    put(tags, body as unknown as store.Pair),
  );
  add("delete-tag", z.looseObject({ ...reference, key: z.string() }), (run, { key }) => {
    if (!run.tags.some((each) => each.key === key))
      throw notFound(`No tag with name: ${key} in run ${run.info.run_id}`);
    run.tags = run.tags.filter((each) => each.key !== key);
  });
  const lists = {
    metrics: z.array(metric).default([]),
    params: z.array(tag).default([]),
    tags: z.array(tag).default([]),
  };
  add("log-batch", z.looseObject({ ...reference, ...lists }), (run, body) => {
    for (const each of body.params as store.Pair[]) putParam(run, each);
    for (const each of body.tags as store.Pair[]) put(run.tags, each);
    store.addMetrics(db, run.info.run_id, body.metrics as store.Metric[]);
  });
  add("log-inputs", z.looseObject({ ...reference, datasets: z.array(z.looseObject({})).default([]) }), (run, body) => {
    run.datasets.push(...(body.datasets as unknown[]));
  });
}
