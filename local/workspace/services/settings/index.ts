/** Settings of the workspace that programs deploy. Kept, not acted on. */
import { z } from "zod";
import { invalid, notFound } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { App, Context, Service } from "../../core/service.ts";
import { requireAdmin } from "../identity/rules.ts";
import { gitRoutes } from "./git-credentials.ts";
import { initScriptRoutes } from "./init-scripts.ts";
import { ipAccessListRoutes } from "./ip-access-lists.ts";
import { type Body, findRecord, listRecords, migrations, putRecord, removeRecord } from "./store.ts";
import { typedSettingRoutes } from "./typed.ts";

const nothing = z.object({});
const idParams = z.object({ id: z.string() });

function confRoutes(app: App, { db }: Context): void {
  app.get("/api/2.0/workspace-conf", { schema: { querystring: z.object({ keys: z.string() }) } }, async ({ query }) => {
    const keys = query.keys.split(",").filter((key) => key !== "");
    if (keys.length === 0) throw invalid("keys must name at least one setting, separated by commas.");
    const value = (key: string) =>
      db.get<{ value: string | null }>("SELECT value FROM workspace_conf WHERE key = ?", key)?.value ?? null;
    return Object.fromEntries(keys.map((key) => [key, value(key)]));
  });
  app.patch(
    "/api/2.0/workspace-conf",
    { schema: { body: z.record(z.string(), z.string().nullable()), response: { 204: nothing } } },
    async ({ body, principal }, reply) => {
      requireAdmin(db, principal, "change the workspace's settings");
      db.transaction(() => {
        for (const [key, value] of Object.entries(body)) {
          db.run("INSERT OR REPLACE INTO workspace_conf VALUES (?, ?)", key, value);
        }
      });
      return reply.status(204).send({});
    },
  );
}

const KINDS = [
  {
    kind: "notification_destination",
    path: "/api/2.0/notification-destinations",
    key: "results",
    label: "Notification destination",
    body: z.object({ display_name: z.string().optional(), config: z.looseObject({}).optional() }),
    show: (id: string, body: Body) => ({
      id,
      ...body,
      destination_type: destinationType(body.config as Body | undefined),
    }),
  },
] as const;

/** `config` has one key, which says the type: email, slack, generic_webhook, … */
function destinationType(config: Body | undefined): string | undefined {
  const name = Object.keys(config ?? {})[0];
  return name === "generic_webhook" ? "WEBHOOK" : name?.toUpperCase();
}

function recordRoutes(app: App, { db }: Context): void {
  for (const { kind, path, key, label, body, show } of KINDS) {
    const read = (id: string): Body => {
      const found = findRecord(db, kind, id);
      if (!found) throw notFound(`${label} ${id} does not exist.`);
      return found.body;
    };
    app.post(path, { schema: { body } }, async (request) => {
      requireAdmin(db, request.principal, `create a ${label.toLowerCase()}`);
      const id = uuid();
      putRecord(db, kind, id, request.body);
      return show(id, read(id));
    });
    app.get(path, async () => ({ [key]: listRecords(db, kind).map((each) => show(each.id, each.body)) }));
    app.get(`${path}/:id`, { schema: { params: idParams } }, async ({ params }) => show(params.id, read(params.id)));
    app.patch(`${path}/:id`, { schema: { params: idParams, body } }, async (request) => {
      requireAdmin(db, request.principal, `change a ${label.toLowerCase()}`);
      const next = { ...read(request.params.id), ...request.body };
      putRecord(db, kind, request.params.id, next);
      return show(request.params.id, next);
    });
    app.delete(`${path}/:id`, { schema: { params: idParams, response: { 200: nothing } } }, async (request) => {
      requireAdmin(db, request.principal, `delete a ${label.toLowerCase()}`);
      read(request.params.id);
      removeRecord(db, kind, request.params.id);
      return {};
    });
  }
}

export const settings: Service = {
  name: "settings",
  migrations,
  routes(app, context) {
    confRoutes(app, context);
    recordRoutes(app, context);
    typedSettingRoutes(app, context);
    ipAccessListRoutes(app, context);
    gitRoutes(app, context);
    initScriptRoutes(app, context);
  },
};
