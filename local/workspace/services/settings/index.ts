/** Workspace settings that programs deploy: workspace-conf keys and notification destinations. Kept, not acted on. */
import { z } from "zod";
import { invalid, notFound } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { App, Context, Service } from "../../core/service.ts";
import type { Migration } from "../../store/database.ts";
import { requireAdmin } from "../identity/rules.ts";

const migrations: readonly Migration[] = [
  {
    id: "settings/1-records",
    sql: `
      CREATE TABLE workspace_conf (key TEXT PRIMARY KEY, value TEXT) STRICT;
      CREATE TABLE setting_records (id TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;`,
  },
];

const nothing = z.object({});
const idParams = z.object({ id: z.string() });
type Body = Record<string, unknown>;

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
      const row = db.get<{ body: string }>("SELECT body FROM setting_records WHERE kind = ? AND id = ?", kind, id);
      if (!row) throw notFound(`${label} ${id} does not exist.`);
      return JSON.parse(row.body) as Body;
    };
    app.post(path, { schema: { body } }, async (request) => {
      requireAdmin(db, request.principal, `create a ${label.toLowerCase()}`);
      const id = uuid();
      db.run("INSERT INTO setting_records VALUES (?, ?, ?, ?)", id, kind, JSON.stringify(request.body), Date.now());
      return show(id, read(id));
    });
    app.get(path, async () => {
      const rows = db.all<{ id: string; body: string }>(
        "SELECT id, body FROM setting_records WHERE kind = ? ORDER BY created_at",
        kind,
      );
      return { [key]: rows.map((row) => show(row.id, JSON.parse(row.body) as Body)) };
    });
    app.get(`${path}/:id`, { schema: { params: idParams } }, async ({ params }) => show(params.id, read(params.id)));
    app.patch(`${path}/:id`, { schema: { params: idParams, body } }, async (request) => {
      requireAdmin(db, request.principal, `change a ${label.toLowerCase()}`);
      const next = { ...read(request.params.id), ...request.body };
      db.run("UPDATE setting_records SET body = ? WHERE id = ?", JSON.stringify(next), request.params.id);
      return show(request.params.id, next);
    });
    app.delete(`${path}/:id`, { schema: { params: idParams, response: { 200: nothing } } }, async (request) => {
      requireAdmin(db, request.principal, `delete a ${label.toLowerCase()}`);
      read(request.params.id);
      db.run("DELETE FROM setting_records WHERE id = ?", request.params.id);
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
  },
};
