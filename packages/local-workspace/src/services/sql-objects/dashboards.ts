/** Dashboards: kept and published as records; nothing draws them here. https://docs.databricks.com/api/workspace/lakeview */

import { randomBytes } from "node:crypto";
import { z } from "zod";
import { ApiError, invalid, notFound } from "../../core/errors.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { canonical } from "../../core/workspace-path.ts";
import { hasLevel, requireLevel } from "../permissions/access.ts";
import { workspaceTree } from "../workspace/tree.ts";
import { type Document, insertSaved, listSaved, listTrashed, requireSaved, type Saved, saveSaved } from "./store.ts";

const BASE = "/api/2.0/lakeview/dashboards";
const fields = {
  display_name: z.string().optional(),
  warehouse_id: z.string().optional(),
  serialized_dashboard: z.string().optional(),
  etag: z.string().optional(),
};
/** Where names in datasets are looked for; written into the definition. */
const placement = z.object({ dataset_catalog: z.string().optional(), dataset_schema: z.string().optional() });
const createRequest = z.looseObject({ ...fields, parent_path: z.string().optional() });
const publishRequest = z
  .looseObject({ warehouse_id: z.string().optional(), embed_credentials: z.boolean().optional() })
  .nullish();
const params = z.object({ id: z.string() });
const listQuery = z.looseObject({
  page_size: z.coerce.number().int().optional(),
  page_token: z.string().optional(),
  show_trashed: z.enum(["true", "false"]).optional(),
});

interface Definition {
  pages?: object[];
  datasets?: object[];
}

/**
 * The definition as Databricks keeps it: pages have a type, datasets the catalog and schema that the request names, and a
 * line end closes it. What needs none of that stays as it was written.
 */
function kept(text: string | undefined, { dataset_catalog, dataset_schema }: z.infer<typeof placement>): object {
  if (text === undefined) return {};
  let definition: Definition;
  try {
    definition = JSON.parse(text) as Definition;
  } catch (error) {
    throw invalid(`serialized_dashboard is not JSON: ${(error as Error).message}`);
  }
  const { pages, datasets } = definition;
  const place = {
    ...(dataset_catalog ? { catalog: dataset_catalog } : {}),
    ...(dataset_schema ? { schema: dataset_schema } : {}),
  };
  const placed = Array.isArray(datasets) && datasets.length > 0 && Object.keys(place).length > 0;
  const typed = Array.isArray(pages) && pages.length > 0;
  const whole = {
    ...definition,
    ...(typed ? { pages: pages.map((page) => ({ ...page, pageType: "PAGE_TYPE_CANVAS" })) } : {}),
    ...(placed ? { datasets: datasets.map((dataset) => ({ ...dataset, ...place })) } : {}),
  };
  const empty = Object.keys(definition).length === 0;
  const result = typed || placed || empty ? JSON.stringify(whole) : text;
  return { serialized_dashboard: result.endsWith("\n") ? result : `${result}\n` };
}

/** Publishing leaves the draft, and so its etag, as it is. */
const etagOf = ({ document }: Saved): string => String(document.revision);

function view(saved: Saved): Document {
  const { published: _, revision: __, ...document } = saved.document;
  return {
    dashboard_id: saved.id,
    ...document,
    path: `${String(document.parent_path)}/${String(document.display_name)}.lvdash.json`,
    etag: etagOf(saved),
    create_time: new Date(saved.createdAt).toISOString(),
    update_time: new Date(saved.updatedAt).toISOString(),
    lifecycle_state: saved.trashed ? "TRASHED" : "ACTIVE",
  };
}

/** The dashboard, for who holds a level on it. */
function permitted(context: Context, id: string, principal: Principal, level: string): Saved {
  const found = requireSaved(context.db, "dashboard", id);
  requireLevel(context, principal, "dashboards", id, level);
  return found;
}

/** A name is a dashboard's alone in its folder. */
function requireFree({ db }: Context, parent: unknown, name: unknown, self?: string): void {
  const other = listSaved(db, "dashboard").find(
    ({ id, document }) => id !== self && document.parent_path === parent && document.display_name === name,
  );
  if (other) throw new ApiError("ALREADY_EXISTS", `A dashboard '${String(name)}' already exists in ${String(parent)}.`);
}

export function dashboardRoutes(app: App, context: Context): void {
  createRoute(app, context);
  readRoutes(app, context);
  changeRoutes(app, context);
  publishRoutes(app, context);
}

function createRoute(app: App, context: Context): void {
  const { db } = context;
  app.post(BASE, { schema: { body: createRequest, querystring: placement } }, async ({ body, query, principal }) => {
    const { etag: _, parent_path, ...sent } = body;
    const parent = canonical(parent_path || `/Users/${principal.name}`);
    if (parent_path && !workspaceTree(context).isDirectory(context, parent)) {
      throw notFound(`Path (${parent_path}) doesn't exist.`);
    }
    const definition = kept(sent.serialized_dashboard ?? "{}", query);
    const document: Document = { ...sent, ...definition, parent_path: parent, revision: Date.now() };
    document.display_name ??= "New Dashboard";
    return db.transaction(() => {
      requireFree(context, parent, document.display_name);
      return view(insertSaved(db, randomBytes(16).toString("hex"), "dashboard", principal.name, document));
    });
  });
}

function readRoutes(app: App, context: Context): void {
  const { db } = context;
  app.get(BASE, { schema: { querystring: listQuery } }, async ({ query, principal }) => {
    const all = [
      ...listSaved(db, "dashboard"),
      ...(query.show_trashed === "true" ? listTrashed(db, "dashboard") : []),
    ].filter(({ id }) => hasLevel(context, principal, "dashboards", id, "CAN_READ"));
    const page = { size: query.page_size, pageToken: query.page_token };
    const { items, ...tokens } = paginate(all, page, { fallback: 20, max: 1000, name: "page_size" });
    return { dashboards: items.map(view).map(({ serialized_dashboard: _, ...rest }) => rest), ...tokens };
  });

  app.get(`${BASE}/:id`, { schema: { params } }, async (request) =>
    view(permitted(context, request.params.id, request.principal, "CAN_READ")),
  );
}

function changeRoutes(app: App, context: Context): void {
  const { db } = context;
  const patchSchema = { params, querystring: placement, body: z.looseObject(fields) };
  app.patch(`${BASE}/:id`, { schema: patchSchema }, async (request) => {
    const found = permitted(context, request.params.id, request.principal, "CAN_EDIT");
    const { etag, dashboard_id: _, parent_path: __, ...sent } = request.body;
    if (etag !== undefined && etag !== etagOf(found)) {
      throw new ApiError("RESOURCE_CONFLICT", `Dashboard ${found.id} was changed meanwhile: read it again.`);
    }
    const definition = kept(sent.serialized_dashboard, request.query);
    const revision = Number(found.document.revision) + 1;
    const document: Document = { ...found.document, ...sent, ...definition, revision };
    return db.transaction(() => {
      requireFree(context, document.parent_path, document.display_name, found.id);
      return view(saveSaved(db, { ...found, modifier: request.principal.name, document }));
    });
  });

  app.delete(`${BASE}/:id`, { schema: { params } }, async (request) => {
    const found = permitted(context, request.params.id, request.principal, "CAN_MANAGE");
    const { published: _, ...document } = found.document;
    const trash = { ...document, parent_path: `/Users/${request.principal.name}/Trash` };
    saveSaved(db, { ...found, document: trash, trashed: true });
    return {};
  });
}

const publishedOf = (found: Saved): unknown => {
  const { published } = found.document;
  if (published === undefined) throw notFound(`Unable to find published dashboard [${found.id}]`);
  return published;
};

function publishRoutes(app: App, context: Context): void {
  const { db } = context;
  app.post(`${BASE}/:id/published`, { schema: { params, body: publishRequest } }, async (request) => {
    const found = permitted(context, request.params.id, request.principal, "CAN_MANAGE");
    const { warehouse_id = found.document.warehouse_id, embed_credentials = true } = request.body ?? {};
    const published = {
      display_name: found.document.display_name,
      embed_credentials,
      ...(warehouse_id === undefined ? {} : { warehouse_id }),
      revision_create_time: new Date(found.updatedAt).toISOString(),
    };
    // The draft stays as it was: a later update_time would be a change of it.
    saveSaved(db, { ...found, document: { ...found.document, published } }, false);
    return published;
  });

  app.get(`${BASE}/:id/published`, { schema: { params } }, async (request) =>
    publishedOf(permitted(context, request.params.id, request.principal, "CAN_READ")),
  );

  app.delete(`${BASE}/:id/published`, { schema: { params } }, async (request) => {
    const found = permitted(context, request.params.id, request.principal, "CAN_MANAGE");
    publishedOf(found);
    const { published: _, ...document } = found.document;
    saveSaved(db, { ...found, document }, false);
    return {};
  });
}
