/** The SQL Warehouses service: https://docs.databricks.com/api/workspace/warehouses */
import { z } from "zod";
import { denied, invalid } from "../../core/errors.ts";
import { hexId } from "../../core/ids.ts";
import type { App, Context, Principal, Service } from "../../core/service.ts";
import { isAdmin } from "../identity/store.ts";
import { forgetObject, hasLevel, requireLevel } from "../permissions/access.ts";
import { requireEntitlement } from "../permissions/entitlements.ts";
import { registerObjectType } from "../permissions/registry.ts";
import { createRequest, DEFAULTS, editRequest, idParams } from "./schemas.ts";
import {
  deleteWarehouse,
  getWarehouse,
  insertWarehouse,
  listWarehouses,
  migrations,
  requireWarehouse,
  saveWarehouse,
  saveWarehouseConfig,
  type Warehouse,
  warehouseConfig,
} from "./store.ts";

const BASE = "/api/2.0/sql/warehouses";
/** Made the warehouse that every workspace begins with. */
const SYSTEM = "System user";
const FIRST = "Serverless Starter Warehouse";

function view(context: Context, warehouse: Warehouse): Record<string, unknown> {
  const { id, name, creator, state, settings } = warehouse;
  const url = new URL(context.host() || "http://127.0.0.1");
  const path = `/sql/1.0/warehouses/${id}`;
  return {
    id,
    name,
    ...settings,
    creator_name: creator,
    state,
    num_clusters: state === "RUNNING" ? 1 : 0,
    num_active_sessions: 0,
    jdbc_url: `jdbc:databricks://${url.host}/default;transportMode=http;ssl=0;AuthMech=3;httpPath=${path};`,
    odbc_params: { hostname: url.hostname, path, protocol: "http", port: Number(url.port) },
    health: { status: "HEALTHY" },
  };
}

function checkSizes(settings: Record<string, unknown>): void {
  const {
    min_num_clusters: min = 1,
    max_num_clusters: max = 1,
    auto_stop_mins: stop = 120,
  } = settings as Record<string, number>;
  if (min > max) throw invalid(`min_num_clusters (${min}) must not be above max_num_clusters (${max}).`);
  if (stop !== 0 && stop < 5 && !settings.enable_serverless_compute) {
    throw invalid(`auto_stop_mins must be 0 (never) or at least 10, for serverless 5, got ${stop}.`);
  }
}

/** The warehouse, for who holds a level on it. */
function permitted(context: Context, id: string, principal: Principal, level: string): Warehouse {
  const warehouse = requireWarehouse(context.db, id);
  requireLevel(context, principal, "sql/warehouses", id, level);
  return warehouse;
}

function warehouseRoutes(app: App, context: Context): void {
  createRoute(app, context);
  readRoutes(app, context);
  changeRoutes(app, context);
  configRoutes(app, context);
}

function createRoute(app: App, { db }: Context): void {
  app.post(BASE, { schema: { body: createRequest } }, async ({ body, principal }) => {
    requireEntitlement(db, principal, "allow-cluster-create", "create SQL warehouses");
    const { name, ...sent } = body;
    const settings = { ...DEFAULTS, ...sent };
    checkSizes(settings);
    const warehouse: Warehouse = { id: hexId(), name, creator: principal.name, state: "RUNNING", settings };
    db.transaction(() => insertWarehouse(db, warehouse));
    return { id: warehouse.id };
  });
}

function readRoutes(app: App, context: Context): void {
  const { db } = context;
  app.get(BASE, { schema: { querystring: z.looseObject({}) } }, async ({ principal }) => ({
    warehouses: listWarehouses(db)
      .filter(({ id }) => hasLevel(context, principal, "sql/warehouses", id, "CAN_VIEW"))
      .map((warehouse) => view(context, warehouse)),
  }));

  app.get(`${BASE}/:id`, { schema: { params: idParams } }, async ({ params, principal }) =>
    view(context, permitted(context, params.id, principal, "CAN_VIEW")),
  );

  app.get("/api/2.0/preview/sql/data_sources", async () =>
    listWarehouses(db).map(({ id, name }) => ({
      id,
      name,
      warehouse_id: id,
      type: "databricks_internal",
      syntax: "sql",
      paused: 0,
    })),
  );
}

function changeRoutes(app: App, context: Context): void {
  const { db } = context;
  app.post(
    `${BASE}/:id/edit`,
    { schema: { params: idParams, body: editRequest } },
    async ({ params, body, principal }) => {
      const warehouse = permitted(context, params.id, principal, "CAN_MANAGE");
      const { name, id: _, ...sent } = body;
      const settings = { ...warehouse.settings, ...sent };
      checkSizes(settings);
      db.transaction(() => saveWarehouse(db, { ...warehouse, name: name ?? warehouse.name, settings }));
      return {};
    },
  );

  for (const [action, state] of [
    ["start", "RUNNING"],
    ["stop", "STOPPED"],
  ] as const) {
    app.post(`${BASE}/:id/${action}`, { schema: { params: idParams } }, async ({ params, principal }) => {
      const level = action === "start" ? "CAN_USE" : "CAN_MANAGE"; // the table of warehouse permissions in the docs
      saveWarehouse(db, { ...permitted(context, params.id, principal, level), state });
      return {};
    });
  }

  app.delete(`${BASE}/:id`, { schema: { params: idParams } }, async ({ params, principal }) => {
    permitted(context, params.id, principal, "CAN_MANAGE");
    db.transaction(() => {
      deleteWarehouse(db, params.id);
      forgetObject(db, "sql/warehouses", params.id);
    });
    return {};
  });
}

function configRoutes(app: App, { db }: Context): void {
  const CONFIG = "/api/2.0/sql/config/warehouses";
  const adminOnly = (principal: Principal): void => {
    if (!isAdmin(db, principal))
      throw denied("Only workspace admins may read and change the configuration of SQL warehouses.");
  };
  app.get(CONFIG, async ({ principal }) => {
    adminOnly(principal);
    return warehouseConfig(db);
  });
  app.put(CONFIG, { schema: { body: z.looseObject({}) } }, async ({ body, principal }) => {
    adminOnly(principal);
    saveWarehouseConfig(db, { ...warehouseConfig(db), ...body });
    return {};
  });
}

function registerTypes(context: Context): void {
  registerObjectType(context, "sql/warehouses", {
    exists: ({ db }, id) => getWarehouse(db, id) !== undefined,
    creator: ({ db }, id) => getWarehouse(db, id)?.creator,
    // the first warehouse is everybody's, as in a new workspace
    standing: ({ db }, id) =>
      getWarehouse(db, id)?.creator === SYSTEM ? [{ principal: "users", level: "CAN_USE" }] : [],
  });
}

export const warehouses: Service = {
  name: "warehouses",
  migrations,
  routes(app, context) {
    registerTypes(context);
    warehouseRoutes(app, context);
  },
  start({ db }) {
    if (listWarehouses(db).length > 0) return;
    insertWarehouse(db, {
      id: hexId(),
      name: FIRST,
      creator: SYSTEM,
      state: "RUNNING",
      settings: { ...DEFAULTS, auto_stop_mins: 10 },
    });
  },
};
