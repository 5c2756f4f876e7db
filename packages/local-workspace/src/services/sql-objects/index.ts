/** Saved queries, alerts and dashboards. */
import type { Context, Service } from "../../core/service.ts";
import { registerObjectType } from "../permissions/registry.ts";
import { registerSaved } from "../workspace/saved.ts";
import { alertFile } from "./alert-file.ts";
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

const PATHED = [
  { kind: "dashboard", type: "DASHBOARD", permissions: "dashboards", ending: ".lvdash.json" },
  { kind: "alert_v2", type: "ALERT", permissions: "alertsv2", ending: ".dbalert.json" },
] as const;

/** Dashboards and alerts are objects of the workspace's tree, too. */
function registerPaths(context: Context): void {
  for (const { kind, ...rest } of PATHED) {
    registerSaved(context, {
      ...rest,
      list: ({ db }) =>
        listSaved(db, kind).map(({ id, createdAt, updatedAt, document }) => ({
          ...{ id, createdAt, updatedAt },
          path: `${String(document.parent_path)}/${String(document.display_name)}${rest.ending}`,
          content: () => (kind === "alert_v2" ? alertFile(document) : String(document.serialized_dashboard)),
        })),
    });
  }
}

export const sqlObjects: Service = {
  name: "sql-objects",
  migrations,
  routes(app, context) {
    registerTypes(context);
    registerPaths(context);
    savedRoutes(app, context);
    alertV2Routes(app, context);
    dashboardRoutes(app, context);
  },
};
