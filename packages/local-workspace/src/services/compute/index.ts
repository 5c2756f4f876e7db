/** The Compute service: records of clusters, policies and pools, and what selectors choose from. */
import type { Context, Service } from "../../core/service.ts";
import { registerObjectType } from "../permissions/registry.ts";
import { clusterRoutes } from "./clusters.ts";
import { commandRoutes } from "./commands.ts";
import { eventMigrations } from "./events.ts";
import { libraryRoutes } from "./libraries.ts";
import { policyRoutes, poolRoutes } from "./policies.ts";
import { getEntry, type Kind, migrations } from "./store.ts";

const TYPES: Record<string, Kind> = { clusters: "cluster", "cluster-policies": "policy", "instance-pools": "pool" };

function registerTypes(context: Context): void {
  for (const [type, kind] of Object.entries(TYPES)) {
    registerObjectType(context, type, {
      exists: ({ db }, id) => getEntry(db, kind, id) !== undefined,
      // a policy has no CAN_MANAGE: its creator is an admin
      ...(kind === "policy" ? {} : { creator: ({ db }, id) => getEntry(db, kind, id)?.creator }),
    });
  }
}

export const compute: Service = {
  name: "compute",
  migrations: [...migrations, ...eventMigrations],
  routes(app, context) {
    registerTypes(context);
    clusterRoutes(app, context);
    policyRoutes(app, context);
    poolRoutes(app, context);
    libraryRoutes(app, context);
    commandRoutes(app, context);
  },
};
