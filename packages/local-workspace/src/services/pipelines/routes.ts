/** Pipelines: create, get, edit, delete, list. */
import { rmSync } from "node:fs";
import { z } from "zod";
import { ApiError } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { forgetObject, hasLevel, requireLevel } from "../permissions/access.ts";
import { requireRunAs, runAsName } from "../permissions/run-as.ts";
import { discardAll } from "../unity-catalog/disk.ts";
import { listSecurables, removeSecurable, type Securable } from "../unity-catalog/store.ts";
import { dropped, publish } from "../unity-catalog/sync.ts";
import { type ContinuousPipelines, idleState } from "./continuous.ts";
import { recordCreation, storageOf } from "./events.ts";
import { matches, parseFilter, parseOrder } from "./filter.ts";
import { checkSettings, withDefaults } from "./rules.ts";
import { createRequest, editRequest, listQuery, pipelineParams } from "./schemas.ts";
import {
  activeUpdate,
  deletePipeline,
  insertPipeline,
  listPipelines,
  listUpdates,
  type Pipeline,
  requirePipeline,
  savePipeline,
} from "./store.ts";
import type { UpdateRunner } from "./updates.ts";

const BASE = "/api/2.0/pipelines";
const LATEST = 5;

function stateView(context: Context, pipeline: Pipeline): Record<string, unknown> {
  const updates = listUpdates(context.db, pipeline.pipelineId, LATEST);
  const active = activeUpdate(context.db, pipeline.pipelineId);
  const ended = updates.find(({ state }) => state === "COMPLETED" || state === "FAILED");
  const state = !active
    ? idleState(context, pipeline)
    : active.state === "STOPPING"
      ? "STOPPING"
      : active.state === "RESETTING"
        ? "RESETTING"
        : "RUNNING";
  return {
    pipeline_id: pipeline.pipelineId,
    name: pipeline.name,
    state,
    creator_user_name: pipeline.creator,
    run_as_user_name: pipeline.runAs,
    ...(ended ? { health: ended.state === "FAILED" ? "UNHEALTHY" : "HEALTHY" } : {}),
    ...(updates.length > 0
      ? {
          latest_updates: updates.map(({ update_id, state, creation_time }) => ({
            update_id,
            state,
            creation_time: new Date(creation_time).toISOString(),
          })),
        }
      : {}),
  };
}

/** The tables and views that updates of the pipeline made: they are deleted with it, as in Unity Catalog. */
const publishedTables = (db: Database, pipelineId: string): Securable[] =>
  listSecurables(db, "TABLE").filter(({ body }) => body.pipeline_id === pipelineId);

/** The pipeline, for who holds a level on it. */
function permitted(context: Context, id: string, principal: Principal, level: string): Pipeline {
  const pipeline = requirePipeline(context.db, id);
  requireLevel(context, principal, "pipelines", id, level);
  return pipeline;
}

/** Those that a listing asks for and its caller may see, in its order. */
function wanted(context: Context, query: z.infer<typeof listQuery>, principal: Principal): Pipeline[] {
  const conditions = query.filter ? parseFilter(query.filter, { name: ["LIKE", "="], notebook: ["="], id: ["="] }) : [];
  const order = parseOrder(query.order_by, ["name", "id"], { field: "", descending: false });
  const paths = ({ settings }: Pipeline): string[] =>
    (settings.libraries ?? []).map(({ notebook, file, glob }) => notebook?.path ?? file?.path ?? glob?.include ?? "");
  const all = listPipelines(context.db)
    .filter((pipeline) => hasLevel(context, principal, "pipelines", pipeline.pipelineId, "CAN_VIEW"))
    .filter((pipeline) =>
      conditions.every((condition) => {
        if (condition.field === "notebook") return paths(pipeline).some((path) => matches(path, condition));
        return matches(condition.field === "name" ? pipeline.name : pipeline.pipelineId, condition);
      }),
    );
  if (order.field) {
    const key = ({ name, pipelineId }: Pipeline): string => (order.field === "name" ? name : pipelineId);
    all.sort((a, b) => (key(a) < key(b) ? -1 : 1) * (order.descending ? -1 : 1));
  }
  return all;
}

function readRoutes(app: App, context: Context): void {
  app.get(BASE, { schema: { querystring: listQuery } }, async ({ query, principal }) => {
    const all = wanted(context, query, principal);
    const { items, ...tokens } = paginate(
      all,
      { size: query.max_results, pageToken: query.page_token },
      { fallback: 25, max: 100 },
    );
    return {
      ...(items.length > 0 ? { statuses: items.map((item) => stateView(context, item)) } : {}),
      ...tokens,
    };
  });

  app.get(`${BASE}/:pipeline_id`, { schema: { params: pipelineParams } }, async ({ params, principal }) => {
    const pipeline = permitted(context, params.pipeline_id, principal, "CAN_VIEW");
    return {
      ...stateView(context, pipeline),
      spec: pipeline.settings,
      ...(pipeline.settings.parameters ? { parameters: pipeline.settings.parameters } : {}),
      last_modified: pipeline.lastModified,
      ...(pipeline.settings.run_as ? { run_as: pipeline.settings.run_as } : {}),
      effective_publishing_mode: "DEFAULT_PUBLISHING_MODE",
    };
  });
}

function createRoute(app: App, context: Context, continuous: ContinuousPipelines): void {
  const { db } = context;
  app.post(BASE, { schema: { body: createRequest } }, async ({ body, principal }) => {
    const { dry_run, allow_duplicate_names: _, ...sent } = body;
    checkSettings(db, body);
    requireRunAs(context, principal, body.run_as);
    const pipelineId = uuid();
    const settings = withDefaults(sent, pipelineId);
    if (dry_run) return { effective_settings: settings };
    const now = Date.now();
    const pipeline: Pipeline = {
      ...{ pipelineId, name: settings.name!, creator: principal.name, createdAt: now, lastModified: now, settings },
      runAs: runAsName(settings.run_as) ?? principal.name,
    };
    db.transaction(() => {
      insertPipeline(db, pipeline);
      recordCreation(context, pipeline);
    });
    if (settings.continuous) await continuous.renew(pipelineId, "USER_ACTION");
    return { pipeline_id: pipelineId };
  });
}

function editRoute(app: App, context: Context, continuous: ContinuousPipelines): void {
  const { db } = context;
  app.put(
    `${BASE}/:pipeline_id`,
    { schema: { params: pipelineParams, body: editRequest } },
    async ({ params, body, principal }) => {
      const { expected_last_modified, allow_duplicate_names: _, pipeline_id: __, ...sent } = body;
      const pipeline = permitted(context, params.pipeline_id, principal, "CAN_MANAGE");
      if (expected_last_modified && expected_last_modified !== pipeline.lastModified) {
        throw new ApiError(
          "RESOURCE_CONFLICT",
          `Pipeline ${params.pipeline_id} was modified meanwhile; read it again.`,
        );
      }
      const before = pipeline.settings;
      if (sent.catalog !== undefined && before.catalog !== undefined && sent.catalog !== before.catalog) {
        throw new ApiError(
          "INVALID_PARAMETER_VALUE",
          "The catalog of a pipeline cannot be changed; create another pipeline.",
        );
      }
      checkSettings(db, body, params.pipeline_id);
      if (runAsName(sent.run_as) !== runAsName(before.run_as)) requireRunAs(context, principal, sent.run_as);
      pipeline.settings = withDefaults(sent, params.pipeline_id);
      pipeline.name = pipeline.settings.name!;
      pipeline.runAs = runAsName(sent.run_as) ?? pipeline.creator;
      pipeline.lastModified = Math.max(Date.now(), pipeline.lastModified + 1);
      savePipeline(db, pipeline);
      // not waited for, as in Databricks: the pipeline is STOPPING, then RUNNING
      if (before.continuous || pipeline.settings.continuous)
        void continuous.renew(params.pipeline_id, "SETTINGS_CHANGE");
      return {};
    },
  );
}

function deleteRoute(app: App, context: Context, updates: UpdateRunner, continuous: ContinuousPipelines): void {
  const { db } = context;
  const deleteQuery = z.looseObject({ force: z.string().optional(), cascade: z.string().optional() });
  app.delete(
    `${BASE}/:pipeline_id`,
    { schema: { params: pipelineParams, querystring: deleteQuery } },
    async ({ params, query, principal }) => {
      permitted(context, params.pipeline_id, principal, "CAN_MANAGE");
      continuous.cancelRetry(params.pipeline_id);
      const active = activeUpdate(db, params.pipeline_id);
      if (active) {
        updates.stop(params.pipeline_id);
        await updates.wait(active.update_id);
      }
      const tables = query.cascade === "false" ? [] : publishedTables(db, params.pipeline_id);
      db.transaction(() => {
        for (const table of tables) removeSecurable(db, table.id);
        deletePipeline(db, params.pipeline_id);
        forgetObject(db, "pipelines", params.pipeline_id);
      });
      await publish(context, tables.flatMap(dropped));
      discardAll(context, tables);
      rmSync(storageOf(context, params.pipeline_id), { recursive: true, force: true });
      return {};
    },
  );
}

export function pipelineRoutes(
  app: App,
  context: Context,
  updates: UpdateRunner,
  continuous: ContinuousPipelines,
): void {
  createRoute(app, context, continuous);
  readRoutes(app, context);
  editRoute(app, context, continuous);
  deleteRoute(app, context, updates, continuous);
}
