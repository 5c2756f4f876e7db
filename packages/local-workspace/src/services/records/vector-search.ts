/** Vector search endpoints and indexes, as records: nothing is embedded or found. https://docs.databricks.com/api/workspace/vectorsearchindexes */
import { z } from "zod";
import { invalid, notImplemented } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { App, Context } from "../../core/service.ts";
import { actor, visible } from "../unity-catalog/access.ts";
import { exists, requireSecurable } from "../unity-catalog/names.ts";
import { createSecurable, dropSecurable } from "../unity-catalog/operations.ts";
import { readable } from "../unity-catalog/routes/common.ts";
import { findSecurable, listSecurables, type Securable } from "../unity-catalog/store.ts";
import { type Document, type Kept, NOT_RUN, notRun, Records } from "./store.ts";

const BASE = "/api/2.0/vector-search";
const TYPE = "vector-search-endpoints";
const endpoints = new Records({ kind: "vector-endpoint", label: "Vector search endpoint", permissions: TYPE });
const INDEX = "VECTOR_SEARCH_INDEX";
const NAME = /^\w+\.\w+\.\w+$/;

const params = z.object({ name: z.string() });
/** Endpoints are named in paths; permissions are set by their ids. */
const find = (context: Context, name: string): string => endpoints.idOf(context.db, name);
const indexesOf = (context: Context, endpoint: string): Securable[] =>
  listSecurables(context.db, INDEX).filter(({ body }) => body.endpoint_name === endpoint);
const endpointView = (context: Context, { id, creator, createdAt, updatedAt, document }: Kept): Document => ({
  ...{ id, ...document, creator, last_updated_user: creator },
  ...{ creation_timestamp: createdAt, last_updated_timestamp: updatedAt },
  endpoint_status: { state: "ONLINE", message: notRun("Vector search is") },
  num_indexes: indexesOf(context, String(document.name)).length,
});
const indexView = ({ fullName, createdBy, body }: Securable): Document => ({
  ...{ index_subtype: "HYBRID", ...body, name: fullName, creator: createdBy },
  status: { ready: true, message: notRun("Vector search is"), indexed_row_count: 0 },
});

export function vectorSearchRoutes(app: App, context: Context): void {
  endpoints.register(context);
  endpointRoutes(app, context);
  endpointChangeRoutes(app, context);
  indexRoutes(app, context);
}

function endpointRoutes(app: App, context: Context): void {
  const endpointBody = z.looseObject({ name: z.string().min(1), endpoint_type: z.string() });
  app.post(`${BASE}/endpoints`, { schema: { body: endpointBody } }, async ({ body, principal }) => {
    const { target_qps, ...rest } = body as Document & { name: string };
    const scaling = target_qps === undefined ? {} : { scaling_info: { requested_target_qps: target_qps } };
    return context.db.transaction(() => {
      endpoints.requireFree(context.db, rest.name);
      return endpointView(context, endpoints.insert(context, principal, uuid(), { ...rest, ...scaling }));
    });
  });
  app.get(`${BASE}/endpoints`, async ({ principal }) => ({
    endpoints: endpoints.list(context, principal).map((kept) => endpointView(context, kept)),
  }));
  app.get(`${BASE}/endpoints/:name`, { schema: { params } }, async (request) =>
    endpointView(context, endpoints.read(context, request.principal, find(context, request.params.name))),
  );
}

function endpointChangeRoutes(app: App, context: Context): void {
  const patch = z.looseObject({ target_qps: z.number().optional() });
  app.patch(`${BASE}/endpoints/:name`, { schema: { params, body: patch } }, async (request) => {
    const scaling_info = { requested_target_qps: request.body.target_qps };
    const to = (document: Document): Document => ({ ...document, scaling_info });
    return endpointView(context, endpoints.change(context, request.principal, find(context, request.params.name), to));
  });
  const policy = z.looseObject({ budget_policy_id: z.string() });
  app.patch(`${BASE}/endpoints/:name/budget-policy`, { schema: { params, body: policy } }, async (request) => {
    const { budget_policy_id } = request.body;
    const set = { budget_policy_id, effective_budget_policy_id: budget_policy_id };
    endpoints.change(context, request.principal, find(context, request.params.name), (document) => ({
      ...document,
      ...set,
    }));
    return { effective_budget_policy_id: budget_policy_id };
  });
  app.delete(`${BASE}/endpoints/:name`, { schema: { params } }, async ({ params: { name }, principal }) => {
    if (indexesOf(context, name).length > 0)
      throw invalid(`Vector search endpoint '${name}' has indexes: delete them first.`);
    endpoints.remove(context, principal, find(context, name));
    return {};
  });
}

const SPARK_TYPES: Readonly<Record<string, string>> = {
  integer: "int",
  long: "bigint",
  short: "smallint",
  byte: "tinyint",
};

/** Databricks keeps an index's schema with Spark's names of types, its columns by name. */
function withSparkTypes(schema: string): string {
  let columns: Record<string, string>;
  try {
    columns = JSON.parse(schema) as Record<string, string>;
  } catch (error) {
    throw invalid(`direct_access_index_spec.schema_json is not JSON: ${(error as Error).message}`);
  }
  const named = (type: string): string => type.replace(/[a-z]+/g, (word) => SPARK_TYPES[word] ?? word);
  const sorted = Object.entries(columns).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted.map(([name, type]) => [name, named(String(type))])));
}

function indexRoutes(app: App, context: Context): void {
  const { db } = context;
  const indexBody = z.looseObject({ name: z.string(), endpoint_name: z.string(), primary_key: z.string() });
  app.post(`${BASE}/indexes`, { schema: { body: indexBody } }, async ({ body, principal }) => {
    if (!NAME.test(body.name)) {
      throw invalid(
        "Invalid index name. Must specify the full index name <catalog>.<schema>.<table>. " +
          "Only alphanumerics and underscores are allowed.",
      );
    }
    endpoints.read(context, principal, find(context, body.endpoint_name));
    const spec = (body as Document).direct_access_index_spec as { schema_json?: string } | undefined;
    const { name, ...kept } = spec?.schema_json
      ? { ...body, direct_access_index_spec: { ...spec, schema_json: withSparkTypes(spec.schema_json) } }
      : body;
    const [catalog, schema, index = ""] = name.split(".");
    const parent = requireSecurable(db, "SCHEMA", `${catalog}.${schema}`);
    if (findSecurable(db, "TABLE", name)) throw exists("TABLE", name);
    return indexView(
      await createSecurable(context, actor(db, principal), { type: INDEX, name: index, parent, body: kept }),
    );
  });
  const ofEndpoint = z.looseObject({ endpoint_name: z.string() });
  app.get(`${BASE}/indexes`, { schema: { querystring: ofEndpoint } }, async ({ query, principal }) => ({
    vector_indexes: visible(context, actor(db, principal), indexesOf(context, query.endpoint_name)).map(indexView),
  }));
  app.get(`${BASE}/indexes/:name`, { schema: { params } }, async (request) =>
    indexView(readable(context, request.principal, INDEX, request.params.name)),
  );
  app.delete(`${BASE}/indexes/:name`, { schema: { params } }, async ({ params: { name }, principal }) => {
    await dropSecurable(context, actor(db, principal), requireSecurable(db, INDEX, name), false);
    return {};
  });
  for (const path of ["query", "query-next-page", "scan", "sync", "upsert-data", "delete-data"]) {
    app.post(
      `${BASE}/indexes/:name/${path}`,
      { schema: { tags: [NOT_RUN], params } },
      async ({ params: { name }, principal }) => {
        readable(context, principal, INDEX, name);
        throw notImplemented(notRun(`The vector search index '${name}' is`));
      },
    );
  }
}
