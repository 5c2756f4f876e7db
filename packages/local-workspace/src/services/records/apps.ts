/** Databricks apps, as records: their compute never starts. https://docs.databricks.com/api/workspace/apps */
import { z } from "zod";
import { notImplemented } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { App, Context } from "../../core/service.ts";
import { deleteIdentity, insertIdentity, newApplicationId } from "../identity/store.ts";
import { type Document, type Kept, NOT_RUN, notRun, Records } from "./store.ts";

const BASE = "/api/2.0/apps";
const apps = new Records({ kind: "app", label: "App", permissions: "apps" });
const NAME = /^[a-z0-9-]{2,30}$/;

const view = ({ creator, createdAt, updatedAt, document }: Kept): Document => ({
  compute_size: "MEDIUM",
  ...document,
  ...{ creator, create_time: new Date(createdAt).toISOString(), update_time: new Date(updatedAt).toISOString() },
  updater: creator,
  compute_status: { state: "STOPPED", message: notRun("Apps are") },
  app_status: { state: "UNAVAILABLE", message: "App status is unavailable." },
});
const params = z.object({ name: z.string() });

export function appRoutes(app: App, context: Context): void {
  apps.register(context);
  recordRoutes(app, context);
  updateRoutes(app, context);
  computeRoutes(app, context);
}

function recordRoutes(app: App, context: Context): void {
  const createBody = z.looseObject({
    name: z.string().regex(NAME, "may only have 2 to 30 lower-case letters, digits and hyphens"),
  });
  app.post(BASE, { schema: { body: createBody } }, async ({ body, principal }) => {
    return context.db.transaction(() => {
      // An app acts as a service principal of its own, which permissions name.
      const robot = { kind: "service_principal", name: newApplicationId(), displayName: `app-${body.name}` } as const;
      const own = {
        id: uuid(),
        url: `${context.host()}/apps/${body.name}`,
        service_principal_client_id: robot.name,
        service_principal_name: robot.displayName,
      };
      const kept = apps.insert(context, principal, body.name, { ...body, ...own });
      const { id } = insertIdentity(context.db, robot);
      const to = (document: Document): Document => ({ ...document, service_principal_id: Number(id) });
      return view(apps.change(context, principal, kept.id, to));
    });
  });
  app.get(BASE, async ({ principal }) => ({ apps: apps.list(context, principal).map(view) }));
  app.get(`${BASE}/:name`, { schema: { params } }, async (request) =>
    view(apps.read(context, request.principal, request.params.name)),
  );
  app.delete(`${BASE}/:name`, { schema: { params } }, async (request) => {
    const found = view(apps.read(context, request.principal, request.params.name));
    context.db.transaction(() => {
      apps.remove(context, request.principal, request.params.name);
      deleteIdentity(context.db, String(found.service_principal_id));
    });
    return found;
  });
  app.patch(`${BASE}/:name`, { schema: { params, body: z.looseObject({}) } }, async (request) => {
    const { name: _, ...sent } = request.body as Document;
    const to = (document: Document): Document => ({ ...document, ...sent });
    return view(apps.change(context, request.principal, request.params.name, to));
  });
}

function updateRoutes(app: App, context: Context): void {
  const update = z.looseObject({ app: z.looseObject({}).optional(), update_mask: z.string() });
  app.post(
    `${BASE}/:name/update`,
    { schema: { params, body: update } },
    async ({ params: { name }, body, principal }) => {
      const sent = (body.app ?? {}) as Document;
      const fields =
        body.update_mask === "*" ? Object.keys(sent) : body.update_mask.split(",").map((each) => each.trim());
      apps.change(context, principal, name, (document) => ({
        ...document,
        ...Object.fromEntries(fields.map((field) => [field, sent[field]])),
      }));
      return { status: { state: "SUCCEEDED" } };
    },
  );
  app.get(`${BASE}/:name/update`, { schema: { params } }, async (request) => {
    apps.read(context, request.principal, request.params.name);
    return { status: { state: "SUCCEEDED" } };
  });
}

function computeRoutes(app: App, context: Context): void {
  app.get(`${BASE}/:name/deployments`, { schema: { params } }, async (request) => {
    apps.read(context, request.principal, request.params.name);
    return { app_deployments: [] };
  });
  for (const path of ["start", "deployments"]) {
    app.post(
      `${BASE}/:name/${path}`,
      { schema: { tags: [NOT_RUN], params } },
      async ({ params: { name }, principal }) => {
        apps.read(context, principal, name);
        throw notImplemented(notRun(`The app '${name}' is`));
      },
    );
  }
  app.post(`${BASE}/:name/stop`, { schema: { params } }, async (request) =>
    view(apps.read(context, request.principal, request.params.name)),
  );
}
