/** Saved queries, alerts and dashboards. */
import type { Context, Service } from "../../core/service.ts";
import { registerObjectType } from "../permissions/registry.ts";
import { registerSaved } from "../workspace/saved.ts";
import { alertV2Routes } from "./alerts-v2.ts";
import { dashboardRoutes } from "./dashboards.ts";
import { savedRoutes } from "./routes.ts";
import { findSaved, type Kind, listSaved, migrations } from "./store.ts";

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

const pathed = (kind: Kind, type: "DASHBOARD" | "ALERT", permissions: string, ending: string): void =>
  registerSaved({
    ...{ ending, type, permissions },
    list: ({ db }) =>
      listSaved(db, kind).map(({ id, createdAt, updatedAt, document: { parent_path, display_name } }) => ({
        ...{ id, createdAt, updatedAt, path: `${String(parent_path)}/${String(display_name)}${ending}` },
      })),
  });
pathed("dashboard", "DASHBOARD", "dashboards", ".lvdash.json");
pathed("alert_v2", "ALERT", "alertsv2", ".dbalert.json");

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
