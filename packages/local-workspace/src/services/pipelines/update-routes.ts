/** Updates of a pipeline and its event log. */
import { invalid, notFound } from "../../core/errors.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { requireLevel } from "../permissions/access.ts";
import type { ContinuousPipelines } from "./continuous.ts";
import { matches, parseFilter, parseOrder } from "./filter.ts";
import { eventsQuery, pipelineParams, startRequest, updateParams, updatesQuery } from "./schemas.ts";
import { getUpdate, listEvents, listUpdates, type PipelineEvent, requirePipeline, type Update } from "./store.ts";
import type { UpdateRunner } from "./updates.ts";

const ORDERED = ["=", "<", "<=", ">", ">="] as const;
/** What filters know: https://docs.databricks.com/api/workspace/pipelines/listpipelineevents */
const EVENT_FIELDS = {
  level: ["=", "IN"],
  id: ["="],
  update_id: ["="],
  timestamp: ORDERED,
} as const;

function updateView({ error: _, reported: __, ...update }: Update): Record<string, unknown> {
  return update;
}

const base = "/api/2.0/pipelines/:pipeline_id";

function permit(context: Context, id: string, principal: Principal, level: string): void {
  requirePipeline(context.db, id);
  requireLevel(context, principal, "pipelines", id, level);
}

export function updateRoutes(app: App, context: Context, updates: UpdateRunner, continuous: ContinuousPipelines): void {
  runRoutes(app, context, updates, continuous);
  readRoutes(app, context);
  eventRoute(app, context);
}

function runRoutes(app: App, context: Context, updates: UpdateRunner, continuous: ContinuousPipelines): void {
  app.post(
    `${base}/updates`,
    { schema: { params: pipelineParams, body: startRequest } },
    async ({ params, body, principal }) => {
      permit(context, params.pipeline_id, principal, "CAN_RUN");
      const { update_id } = updates.start(params.pipeline_id, { ...body, cause: body.cause || "API_CALL" });
      continuous.cancelRetry(params.pipeline_id);
      return { update_id };
    },
  );

  app.post(`${base}/stop`, { schema: { params: pipelineParams } }, async ({ params, principal }) => {
    permit(context, params.pipeline_id, principal, "CAN_RUN");
    continuous.cancelRetry(params.pipeline_id);
    updates.stop(params.pipeline_id);
    return {};
  });
}

function readRoutes(app: App, context: Context): void {
  const { db } = context;
  app.get(
    `${base}/updates`,
    { schema: { params: pipelineParams, querystring: updatesQuery } },
    async ({ params, query, principal }) => {
      permit(context, params.pipeline_id, principal, "CAN_VIEW");
      const all = listUpdates(db, params.pipeline_id);
      const until = query.until_update_id ? all.findIndex(({ update_id }) => update_id === query.until_update_id) : -1;
      if (query.until_update_id && until < 0)
        throw notFound(`The specified update ${query.until_update_id} was not found.`);
      const shown = until < 0 ? all : all.slice(0, until + 1);
      const page = { size: query.max_results, pageToken: query.page_token };
      const { items, ...tokens } = paginate(shown, page, { fallback: 25, max: 100 });
      return { ...(items.length > 0 ? { updates: items.map(updateView) } : {}), ...tokens };
    },
  );

  app.get(`${base}/updates/:update_id`, { schema: { params: updateParams } }, async ({ params, principal }) => {
    permit(context, params.pipeline_id, principal, "CAN_VIEW");
    const update = getUpdate(db, params.update_id);
    if (update?.pipeline_id !== params.pipeline_id)
      throw notFound(`The specified update ${params.update_id} was not found.`);
    return { update: updateView(update) };
  });
}

function eventRoute(app: App, context: Context): void {
  const { db } = context;
  app.get(
    `${base}/events`,
    { schema: { params: pipelineParams, querystring: eventsQuery } },
    async ({ params, query, principal }) => {
      permit(context, params.pipeline_id, principal, "CAN_VIEW");
      // A page token carries the filter that it belongs to. Clients that page send their own again, as the CLI does.
      const [pageToken, carried] = query.page_token ? splitToken(query.page_token) : [undefined, undefined];
      const filter = carried ? carried.filter : query.filter;
      const orderBy = carried ? carried.order : query.order_by;
      requireSame("filter", query.filter, carried, filter);
      requireSame("order_by", query.order_by, carried, orderBy);
      const conditions = filter ? parseFilter(filter, EVENT_FIELDS) : [];
      const order = parseOrder(orderBy, ["timestamp"], { field: "timestamp", descending: true });
      const update = conditions.find(({ field }) => field === "update_id")?.values[0];
      const rest = conditions.filter(({ field }) => field !== "update_id");
      const all = listEvents(db, params.pipeline_id, update).filter((event) =>
        rest.every((condition) => matches(String(event[condition.field as keyof PipelineEvent] ?? ""), condition)),
      );
      if (order.descending) all.reverse();
      const page = { size: query.max_results, pageToken };
      const { items, next_page_token, prev_page_token } = paginate(all, page, { fallback: 25, max: 250 });
      const carry = { filter, order: orderBy };
      return {
        ...(items.length > 0 ? { events: items } : {}),
        ...(next_page_token ? { next_page_token: joinToken(next_page_token, carry) } : {}),
        ...(prev_page_token ? { prev_page_token: joinToken(prev_page_token, carry) } : {}),
      };
    },
  );
}

function requireSame(name: string, given: unknown, carried: Carried | undefined, kept: unknown): void {
  if (carried && given !== undefined && JSON.stringify(given) !== JSON.stringify(kept)) {
    throw invalid(`${name} is another one than that of the page_token; leave it out or give the same again.`);
  }
}

interface Carried {
  filter?: string | undefined;
  order?: string | string[] | undefined;
}

const joinToken = (token: string, carried: Carried): string =>
  `${token}.${Buffer.from(JSON.stringify(carried)).toString("base64url")}`;

function splitToken(token: string): [string, Carried | undefined] {
  const [page = "", carried] = token.split(".");
  try {
    if (carried) return [page, JSON.parse(Buffer.from(carried, "base64url").toString("utf8")) as Carried];
  } catch {
    throw invalid(`Invalid page token '${token}'. Use the next_page_token of the previous page as it is.`);
  }
  return [page, undefined];
}
