/** Saved queries, alerts and dashboards. */
import type { Context, Service } from "../../core/service.ts";
import { registerObjectType } from "../permissions/registry.ts";
import { alertV2Routes } from "./alerts-v2.ts";
import { dashboardRoutes } from "./dashboards.ts";
import { savedRoutes } from "./routes.ts";
import { findSaved, type Kind, migrations } from "./store.ts";

const TYPES: Record<string, Kind> = {
  "sql/queries": "query",
  "sql/alerts": "alert",
  alertsv2: "alert_v2",
  dashboards: "dashboard",
};

function registerTypes(context: Context): void {
  for (const [type, kind] of Object.entries(TYPES)) {
    registerObjectType(context, type, {
      exists: ({ db }, id) => findSaved(db, kind, id) !== undefined,
      creator: ({ db }, id) => findSaved(db, kind, id)?.owner,
    });
  }
}

export const sqlObjects: Service = {
  name: "sql-objects",
  migrations,
  routes(app, context) {
    registerTypes(context);
    savedRoutes(app, context);
    alertV2Routes(app, context);
    dashboardRoutes(app, context);
  },
};
