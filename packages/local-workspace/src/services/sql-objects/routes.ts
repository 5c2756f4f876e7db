/**
 * Saved queries and alerts. https://docs.databricks.com/api/workspace/queries, …/alerts. Queries run as sql_task of a job;
 * alerts are kept and not evaluated.
 */

import { z } from "zod";
import { ApiError, invalid } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { canonical } from "../../core/workspace-path.ts";
import { requirePrincipal } from "../identity/rules.ts";
import { hasLevel, requireLevel } from "../permissions/access.ts";
import { type Document, insertSaved, type Kind, listSaved, requireSaved, type Saved, saveSaved } from "./store.ts";

const parameter = z.looseObject({ name: z.string().min(1), title: z.string().optional() });
const query = z.looseObject({
  display_name: z.string().optional(),
  description: z.string().optional(),
  owner_user_name: z.string().optional(),
  parent_path: z.string().optional(),
  query_text: z.string().optional(),
  warehouse_id: z.string().optional(),
  catalog: z.string().optional(),
  schema: z.string().optional(),
  run_as_mode: z.enum(["OWNER", "VIEWER"]).optional(),
  apply_auto_limit: z.boolean().optional(),
  tags: z.array(z.string()).optional(),
  parameters: z.array(parameter).optional(),
});
const alert = z.looseObject({
  display_name: z.string().optional(),
  query_id: z.string().optional(),
  owner_user_name: z.string().optional(),
  parent_path: z.string().optional(),
  condition: z.looseObject({}).optional(),
  seconds_to_retrigger: z.int().min(0).optional(),
  notify_on_ok: z.boolean().optional(),
  custom_subject: z.string().optional(),
  custom_body: z.string().optional(),
});

interface ObjectKind {
  kind: Kind & ("query" | "alert");
  path: string;
  permissions: string;
  schema: typeof query | typeof alert;
  defaults: Document;
  /** What is computed when it is shown. */
  shown: Document;
  check(context: Context, document: Document): void;
}

const KINDS: readonly ObjectKind[] = [
  {
    kind: "query",
    path: "/api/2.0/sql/queries",
    permissions: "sql/queries",
    schema: query,
    defaults: { run_as_mode: "OWNER", query_text: "" },
    shown: {},
    check: () => undefined,
  },
  {
    kind: "alert",
    path: "/api/2.0/sql/alerts",
    permissions: "sql/alerts",
    schema: alert,
    defaults: {},
    shown: { state: "UNKNOWN" },
    check({ db }, { query_id, condition }) {
      if (typeof query_id !== "string") throw invalid("alert.query_id: is required");
      if (condition === undefined) throw invalid("alert.condition: is required");
      requireSaved(db, "query", query_id);
    },
  },
];

const idParams = z.object({ id: z.string() });
const listQuery = z.looseObject({ page_size: z.coerce.number().int().optional(), page_token: z.string().optional() });

export function savedRoutes(app: App, context: Context): void {
  for (const kind of KINDS) routesOf(app, context, kind);
  app.get(
    "/api/2.0/sql/queries/:id/visualizations",
    { schema: { params: idParams } },
    async ({ params, principal }) => {
      requireSaved(context.db, "query", params.id);
      requireLevel(context, principal, "sql/queries", params.id, "CAN_READ");
      return { results: [] };
    },
  );
}

/** What the routes of a kind have in common. */
function toolsOf(context: Context, { kind, permissions, shown }: ObjectKind) {
  const { db } = context;
  const view = ({ id, owner, modifier, createdAt, updatedAt, trashed, document }: Saved): Document => ({
    id,
    ...document,
    ...shown,
    owner_user_name: owner,
    ...(kind === "query" ? { last_modifier_user_name: modifier } : {}),
    create_time: new Date(createdAt).toISOString(),
    update_time: new Date(updatedAt).toISOString(),
    lifecycle_state: trashed ? "TRASHED" : "ACTIVE",
  });
  const permitted = (id: string, principal: Principal, level: string): Saved => {
    const found = requireSaved(db, kind, id);
    requireLevel(context, principal, permissions, id, level);
    return found;
  };
  /** Names are unique in a folder: another is found, or the request fails. */
  const named = (document: Document, self: string | undefined, resolve: boolean): Document => {
    const name = String(document.display_name ?? `New ${kind}`);
    const taken = new Set(
      listSaved(db, kind)
        .filter((other) => other.id !== self && other.document.parent_path === document.parent_path)
        .map((other) => other.document.display_name),
    );
    if (!taken.has(name)) return { ...document, display_name: name };
    if (!resolve) {
      const where = String(document.parent_path);
      throw new ApiError("ALREADY_EXISTS", `A ${kind} with name '${name}' already exists in ${where}.`);
    }
    let number = 1;
    while (taken.has(`${name} (${number})`)) number += 1;
    return { ...document, display_name: `${name} (${number})` };
  };
  const folder = (given: unknown, principal: Principal): string =>
    typeof given === "string" && given !== "" ? `/Workspace${canonical(given)}` : `/Workspace/Users/${principal.name}`;
  return { view, permitted, named, folder };
}

function routesOf(app: App, context: Context, kind: ObjectKind): void {
  createRoute(app, context, kind);
  readRoutes(app, context, kind);
  changeRoutes(app, context, kind);
}

function createRoute(app: App, context: Context, of: ObjectKind): void {
  const { db } = context;
  const { kind, path, schema, defaults, check } = of;
  const { view, named, folder } = toolsOf(context, of);
  const createBody = z.looseObject({ [kind]: schema.optional(), auto_resolve_display_name: z.boolean().optional() });
  app.post(path, { schema: { body: createBody } }, async ({ body, principal }) => {
    const { owner_user_name: _, ...sent } = (body[kind] ?? {}) as Document;
    const document = { ...defaults, ...sent, parent_path: folder(sent.parent_path, principal) };
    return db.transaction(() => {
      check(context, document);
      return view(insertSaved(db, uuid(), kind, principal.name, named(document, undefined, resolves(body))));
    });
  });
}

function readRoutes(app: App, context: Context, of: ObjectKind): void {
  const { db } = context;
  const { kind, path, permissions } = of;
  const { view, permitted } = toolsOf(context, of);
  app.get(path, { schema: { querystring: listQuery } }, async ({ query, principal }) => {
    const visible = listSaved(db, kind).filter(({ id }) => hasLevel(context, principal, permissions, id, "CAN_READ"));
    const page = { size: query.page_size, pageToken: query.page_token };
    const { items, ...tokens } = paginate(visible, page, { fallback: 20, max: 100, name: "page_size" });
    return { results: items.map(view).map(({ parent_path: __, ...rest }) => rest), ...tokens };
  });

  app.get(`${path}/:id`, { schema: { params: idParams } }, async ({ params, principal }) =>
    view(permitted(params.id, principal, "CAN_READ")),
  );
}

function changeRoutes(app: App, context: Context, of: ObjectKind): void {
  const { db } = context;
  const { kind, path, schema, check } = of;
  const { view, permitted, named } = toolsOf(context, of);
  const patchBody = z.looseObject({
    [kind]: schema.optional(),
    update_mask: z.string({ error: "is required: the fields to change, separated by commas" }).min(1),
    auto_resolve_display_name: z.boolean().optional(),
  });
  app.patch(`${path}/:id`, { schema: { params: idParams, body: patchBody } }, async ({ params, body, principal }) => {
    const found = permitted(params.id, principal, "CAN_EDIT");
    if (found.trashed) throw invalid(`The ${kind} ${found.id} is in the trash and cannot be changed.`);
    const sent = (body[kind] ?? {}) as Document;
    const mask = body.update_mask === "*" ? Object.keys(sent) : String(body.update_mask).split(",");
    const document = { ...found.document };
    for (const field of mask.map((each) => each.trim())) {
      if (!(field in schema.shape)) throw invalid(`update_mask: '${field}' is not a field of a ${kind}.`);
      if (field === "owner_user_name" || field === "parent_path") continue;
      if (sent[field] === undefined) delete document[field];
      else document[field] = sent[field];
    }
    const owner = mask.includes("owner_user_name") ? String(sent.owner_user_name) : found.owner;
    return db.transaction(() => {
      if (owner !== found.owner) requirePrincipal(db, owner);
      check(context, document);
      const next = named(document, found.id, resolves(body));
      return view(saveSaved(db, { ...found, owner, modifier: principal.name, document: next }));
    });
  });

  app.delete(`${path}/:id`, { schema: { params: idParams } }, async ({ params, principal }) => {
    const found = permitted(params.id, principal, "CAN_MANAGE");
    saveSaved(db, { ...found, trashed: true });
    return {};
  });
}

const resolves = (body: Document): boolean => body.auto_resolve_display_name === true;
