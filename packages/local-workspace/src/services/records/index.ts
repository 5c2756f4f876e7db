/** What programs deploy and the local workspace does not run: kept as it was sent, so that a deployment goes through. */
import type { Service } from "../../core/service.ts";
import { appRoutes } from "./apps.ts";
import { genieRoutes } from "./genie.ts";
import { experimentRoutes, modelRoutes } from "./mlflow.ts";
import { mlflowRunRoutes } from "./mlflow-runs.ts";
import { runMigrations } from "./mlflow-runs-store.ts";
import { monitorRoutes } from "./monitors.ts";
import { servingRoutes } from "./serving.ts";
import { migrations } from "./store.ts";
import { ucSecretRoutes } from "./uc-secrets.ts";
import { vectorSearchRoutes } from "./vector-search.ts";

export const records: Service = {
  name: "records",
  migrations: [...migrations, ...runMigrations],
  routes(app, context) {
    for (const add of [
      ...[experimentRoutes, mlflowRunRoutes, modelRoutes, servingRoutes, appRoutes],
      ...[vectorSearchRoutes, genieRoutes, monitorRoutes, ucSecretRoutes],
    ]) {
      add(app, context);
    }
  },
};
