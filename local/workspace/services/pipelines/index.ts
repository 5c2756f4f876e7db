/** The Pipelines service: https://docs.databricks.com/api/workspace/pipelines */
import type { Service } from "../../core/service.ts";
import { updateRunner } from "../../runs/updates.ts";
import { registerObjectType } from "../permissions/registry.ts";
import { pipelineRoutes } from "./routes.ts";
import { getPipeline, migrations } from "./store.ts";
import { updateRoutes } from "./update-routes.ts";

registerObjectType("pipelines", {
  exists: ({ db }, id) => getPipeline(db, id) !== undefined,
  creator: ({ db }, id) => getPipeline(db, id)?.creator,
});

export const pipelines: Service = {
  name: "pipelines",
  migrations,
  routes(app, context) {
    const updates = updateRunner(context);
    pipelineRoutes(app, context, updates);
    updateRoutes(app, context, updates);
  },
  start(context) {
    updateRunner(context).recover();
  },
  stop(context) {
    updateRunner(context).stopAll();
  },
};
