/** Settings of the workspace that programs deploy. Kept, not acted on. */
import { z } from "zod";
import { invalid } from "../../core/errors.ts";
import type { App, Context, Service } from "../../core/service.ts";
import { requireAdmin } from "../identity/rules.ts";
import { gitRoutes } from "./git-credentials.ts";
import { initScriptRoutes } from "./init-scripts.ts";
import { ipAccessListRoutes } from "./ip-access-lists.ts";
import { notificationRoutes } from "./notification-destinations.ts";
import { migrations } from "./store.ts";
import { telemetryRoutes } from "./telemetry.ts";
import { typedSettingRoutes } from "./typed.ts";

const nothing = z.object({});

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

export const settings: Service = {
  name: "settings",
  migrations,
  routes(app, context) {
    confRoutes(app, context);
    notificationRoutes(app, context);
    typedSettingRoutes(app, context);
    ipAccessListRoutes(app, context);
    gitRoutes(app, context);
    initScriptRoutes(app, context);
    telemetryRoutes(app);
  },
};
