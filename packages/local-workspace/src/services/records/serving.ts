/** Serving endpoints, as records: they never become ready. https://docs.databricks.com/api/workspace/servingendpoints */
import { z } from "zod";
import { notImplemented } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { App, Context } from "../../core/service.ts";
import { type Document, type Kept, NOT_RUN, notRun, Records } from "./store.ts";

const BASE = "/api/2.0/serving-endpoints";
const endpoints = new Records({ kind: "serving", label: "Endpoint", permissions: "serving-endpoints" });

const SECRET = /(_plaintext|^value_plaintext|^token_plaintext)$/;

/** What was sent, without secrets. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !SECRET.test(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutSecrets(inner)]));
}

interface Served {
  name?: string;
  entity_name?: string;
  model_name?: string;
  entity_version?: string;
  model_version?: string;
}

/** One served entity gets all the traffic; its name comes from what it serves. */
function complete(config: Document | undefined): Document | undefined {
  if (!config) return undefined;
  const named = (each: Served): Served => ({
    ...each,
    name: each.name ?? [each.entity_name ?? each.model_name, each.entity_version ?? each.model_version].join("-"),
  });
  const served_entities = ((config.served_entities ?? []) as Served[]).map(named);
  const served_models = ((config.served_models ?? []) as Served[]).map(named);
  const all = [...served_entities, ...served_models];
  const route = { served_entity_name: all[0]?.name, served_model_name: all[0]?.name, traffic_percentage: 100 };
  return {
    ...config,
    ...(served_entities.length > 0 ? { served_entities } : {}),
    ...(served_models.length > 0 ? { served_models } : {}),
    ...(config.traffic_config === undefined && all.length === 1 ? { traffic_config: { routes: [route] } } : {}),
    config_version: Number(config.config_version ?? 0) + 1,
  };
}

const view = ({ id, creator, createdAt, updatedAt, document }: Kept): Document => ({
  ...{
    id,
    description: "",
    route_optimized: false,
    ...document,
    creator,
    creation_timestamp: createdAt,
    last_updated_timestamp: updatedAt,
  },
  state: { ready: "NOT_READY", config_update: "NOT_UPDATING" },
  permission_level: "CAN_MANAGE",
});
/** Endpoints are named in paths; permissions are set by their ids. */
const find = (context: Context, name: string): string => endpoints.idOf(context.db, name);
const params = z.object({ name: z.string() });
const body = z.looseObject({});

export function servingRoutes(app: App, context: Context): void {
  endpoints.register(context);
  recordRoutes(app, context);
  changeRoutes(app, context);
  invocationRoutes(app, context);
}

function recordRoutes(app: App, context: Context): void {
  const createBody = z.looseObject({ name: z.string().regex(/^[A-Za-z0-9_-]{1,63}$/), config: body.optional() });
  app.post(BASE, { schema: { body: createBody } }, async (request) => {
    const { config, ...rest } = withoutSecrets(request.body) as Document;
    const id = uuid().replaceAll("-", "");
    return context.db.transaction(() => {
      endpoints.requireFree(context.db, String(rest.name));
      const whole = complete(config as Document | undefined);
      return view(endpoints.insert(context, request.principal, id, { ...rest, ...(whole ? { config: whole } : {}) }));
    });
  });
  app.get(BASE, async ({ principal }) => ({ endpoints: endpoints.list(context, principal).map(view) }));
  app.get(`${BASE}/:name`, { schema: { params } }, async (request) =>
    view(endpoints.read(context, request.principal, find(context, request.params.name))),
  );
  app.delete(`${BASE}/:name`, { schema: { params } }, async ({ params: { name }, principal }) => {
    endpoints.remove(context, principal, find(context, name));
    return {};
  });
}

function changeRoutes(app: App, context: Context): void {
  /** Each part of an endpoint has a path of its own. */
  const change = (
    method: "PUT" | "PATCH",
    path: string,
    to: (document: Document, sent: Document) => Document,
  ): void => {
    app.route({
      method,
      url: `${BASE}/:name/${path}`,
      schema: { params, body },
      handler: async ({ params: { name }, body: sent, principal }) => {
        const changed = (document: Document): Document => to(document, withoutSecrets(sent) as Document);
        return view(endpoints.change(context, principal, find(context, name), changed));
      },
    });
  };
  change("PUT", "config", (document, sent) => {
    const before = (document.config ?? {}) as Document;
    return { ...document, config: complete({ ...sent, config_version: before.config_version }) };
  });
  change("PUT", "ai-gateway", (document, sent) => ({ ...document, ai_gateway: sent }));
  change("PATCH", "notifications", (document, sent) => ({
    ...document,
    email_notifications: sent.email_notifications,
  }));
  change("PATCH", "tags", (document, { add_tags = [], delete_tags = [] }) => {
    const added = add_tags as { key: string; value?: string }[];
    const gone = new Set([...(delete_tags as string[]), ...added.map(({ key }) => key)]);
    const before = (document.tags ?? []) as { key: string }[];
    return { ...document, tags: [...before.filter(({ key }) => !gone.has(key)), ...added] };
  });
}

function invocationRoutes(app: App, context: Context): void {
  for (const url of [`${BASE}/:name/invocations`, "/serving-endpoints/:name/invocations"]) {
    app.post(url, { schema: { tags: [NOT_RUN], params, body } }, async ({ params: { name }, principal }) => {
      endpoints.read(context, principal, find(context, name));
      throw notImplemented(notRun(`The serving endpoint '${name}' is`));
    });
  }
}
