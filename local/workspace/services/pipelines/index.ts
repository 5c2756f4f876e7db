/** The Pipelines service: https://docs.databricks.com/api/workspace/pipelines */
import type { Service } from "../../core/service.ts";
import { updateRunner } from "../../runs/updates.ts";
import { pipelineRoutes } from "./routes.ts";
import { migrations } from "./store.ts";
import { updateRoutes } from "./update-routes.ts";

export const pipelines: Service = {
  name: "pipelines",
  migrations,
  routes(app, context) {
    const updates = updateRunner(context);
    pipelineRoutes(app, context, updates, { created: () => undefined, deleted: () => undefined });
    updateRoutes(app, context, updates);
  },
  start(context) {
    updateRunner(context).recover();
  },
  stop(context) {
    updateRunner(context).stopAll();
  },
};
