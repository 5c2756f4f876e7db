/** Permissions of workspace objects: levels set on jobs, pipelines, notebooks, warehouses and the like. */
import type { Service } from "../../core/service.ts";
import { permissionRoutes } from "./routes.ts";
import { ruleSetRoutes } from "./rule-sets.ts";
import { migrations } from "./store.ts";

export const permissions: Service = {
  name: "permissions",
  migrations,
  routes(app, context) {
    permissionRoutes(app, context);
    ruleSetRoutes(app, context);
  },
};
