/** The Pipelines service: https://docs.databricks.com/api/workspace/pipelines */

import { denied } from "../../core/errors.ts";
import { Part } from "../../core/part.ts";
import type { Context, Service } from "../../core/service.ts";
import { actingPrincipal } from "../identity/store.ts";
import { hasLevel } from "../permissions/access.ts";
import { registerObjectType } from "../permissions/registry.ts";
import { ContinuousPipelines } from "./continuous.ts";
import { pipelineRoutes } from "./routes.ts";
import { getPipeline, migrations } from "./store.ts";
import { updateRoutes } from "./update-routes.ts";
import { updateRunner } from "./updates.ts";

function registerTypes(context: Context): void {
  registerObjectType(context, "pipelines", {
    exists: ({ db }, id) => getPipeline(db, id) !== undefined,
    creator: ({ db }, id) => getPipeline(db, id)?.creator,
  });
}

const continuous = new Part((context) => new ContinuousPipelines(context, updateRunner(context)));

export const pipelines: Service = {
  name: "pipelines",
  migrations,
  routes(app, context) {
    registerTypes(context);
    const updates = updateRunner(context);
    const goingOn = continuous.of(context);
    pipelineRoutes(app, context, updates, goingOn);
    updateRoutes(app, context, updates, goingOn);
    // event_log(): https://docs.databricks.com/aws/en/sql/language-manual/functions/event_log
    context.engine.onRequest("pipeline.authorize", ({ pipelineId, principal: name }) => {
      const id = pipelineId;
      const principal = name === null ? undefined : actingPrincipal(context.db, name);
      const pipeline = getPipeline(context.db, id);
      const owns = principal && pipeline && hasLevel(context, principal, "pipelines", id, "IS_OWNER");
      if (owns || (pipeline && pipeline.runAs === principal?.name)) return {};
      throw denied(`${name} is not the owner of pipeline ${id}, and only its owner may query its event log.`);
    });
  },
  start(context) {
    updateRunner(context).recover();
    continuous.of(context).start();
  },
  stop(context) {
    continuous.of(context).stop();
    updateRunner(context).stopAll();
  },
};
