/** Dashboards: kept and published as records; nothing draws them here. https://docs.databricks.com/api/workspace/lakeview */

import { randomBytes } from "node:crypto";
import { z } from "zod";
import { ApiError, invalid, notFound } from "../../core/errors.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { canonical } from "../../core/workspace-path.ts";
import { hasLevel, requireLevel } from "../permissions/access.ts";
import { type Document, insertSaved, listSaved, listTrashed, requireSaved, type Saved, saveSaved } from "./store.ts";

const BASE = "/api/2.0/lakeview/dashboards";
const fields = {
  display_name: z.string().optional(),
  warehouse_id: z.string().optional(),
  serialized_dashboard: z.string().optional(),
  etag: z.string().optional(),
};
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

/** The dashboard's definition is JSON. */
function checkDefinition(text: string | undefined): void {
  if (text === undefined) return;
  try {
    JSON.parse(text);
  } catch (error) {
    throw invalid(`serialized_dashboard is not JSON: ${(error as Error).message}`);
  }
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

export function dashboardRoutes(app: App, context: Context): void {
  const { db } = context;
  const permitted = (id: string, principal: Principal, level: string): Saved => {
    const found = requireSaved(db, "dashboard", id);
    requireLevel(context, principal, "dashboards", id, level);
    return found;
  };
  const free = (parent: unknown, name: unknown, self?: string): void => {
    const other = listSaved(db, "dashboard").find(
      ({ id, document }) => id !== self && document.parent_path === parent && document.display_name === name,
    );
    if (other)
      throw new ApiError("ALREADY_EXISTS", `A dashboard '${String(name)}' already exists in ${String(parent)}.`);
  };

  app.post(BASE, { schema: { body: createRequest } }, async ({ body, principal }) => {
    const { etag: _, parent_path, ...sent } = body;
    checkDefinition(sent.serialized_dashboard);
    const parent = canonical(parent_path || `/Users/${principal.name}`);
    const document = { serialized_dashboard: "{}", ...sent, parent_path: parent, revision: Date.now() };
    document.display_name ??= "New Dashboard";
    return db.transaction(() => {
      free(parent, document.display_name);
      return view(insertSaved(db, randomBytes(16).toString("hex"), "dashboard", principal.name, document));
    });
  });

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
    view(permitted(request.params.id, request.principal, "CAN_READ")),
  );

  app.patch(`${BASE}/:id`, { schema: { params, body: z.looseObject(fields) } }, async (request) => {
    const found = permitted(request.params.id, request.principal, "CAN_EDIT");
    const { etag, dashboard_id: _, parent_path: __, ...sent } = request.body;
    if (etag !== undefined && etag !== etagOf(found)) {
      throw new ApiError("RESOURCE_CONFLICT", `Dashboard ${found.id} was changed meanwhile: read it again.`);
    }
    checkDefinition(sent.serialized_dashboard);
    const revision = Number(found.document.revision) + 1;
    const document: Document = { ...found.document, ...sent, revision };
    return db.transaction(() => {
      free(document.parent_path, document.display_name, found.id);
      return view(saveSaved(db, { ...found, modifier: request.principal.name, document }));
    });
  });

  app.delete(`${BASE}/:id`, { schema: { params } }, async (request) => {
    const found = permitted(request.params.id, request.principal, "CAN_MANAGE");
    saveSaved(db, { ...found, trashed: true });
    return {};
  });

  app.post(`${BASE}/:id/published`, { schema: { params, body: publishRequest } }, async (request) => {
    const found = permitted(request.params.id, request.principal, "CAN_MANAGE");
    const { warehouse_id = found.document.warehouse_id, embed_credentials = true } = request.body ?? {};
    const published = {
      display_name: found.document.display_name,
      embed_credentials,
      ...(warehouse_id === undefined ? {} : { warehouse_id }),
      revision_create_time: new Date(found.updatedAt).toISOString(),
    };
    saveSaved(db, { ...found, document: { ...found.document, published } });
    return published;
  });

  const publishedOf = (found: Saved): unknown => {
    const { published } = found.document;
    if (published === undefined) throw notFound(`Dashboard ${found.id} is not published.`);
    return published;
  };

  app.get(`${BASE}/:id/published`, { schema: { params } }, async (request) =>
    publishedOf(permitted(request.params.id, request.principal, "CAN_READ")),
  );

  app.delete(`${BASE}/:id/published`, { schema: { params } }, async (request) => {
    const found = permitted(request.params.id, request.principal, "CAN_MANAGE");
    publishedOf(found);
    const { published: _, ...document } = found.document;
    saveSaved(db, { ...found, document });
    return {};
  });
}
