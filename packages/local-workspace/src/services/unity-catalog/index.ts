/** Unity Catalog: metastore, catalogs, schemas, tables, volumes, functions, and who may do what with them. */
import type { Service } from "../../core/service.ts";
import { provideSnapshot } from "../../engine/snapshot.ts";
import { bootstrap } from "./bootstrap.ts";
import { engineRequests } from "./engine-requests.ts";
import { bindingRoutes } from "./routes/bindings.ts";
import { catalogRoutes } from "./routes/catalogs.ts";
import { constraintRoutes } from "./routes/constraints.ts";
import { credentialRoutes } from "./routes/credentials.ts";
import { functionRoutes, modelRoutes } from "./routes/functions.ts";
import { grantRoutes } from "./routes/grants.ts";
import { metastoreRoutes } from "./routes/metastores.ts";
import { schemaRoutes } from "./routes/schemas.ts";
import { storageRoutes } from "./routes/storage.ts";
import { tableRoutes } from "./routes/tables.ts";
import { volumeRoutes } from "./routes/volumes.ts";
import { migrations } from "./store.ts";
import { catalogSnapshot } from "./sync.ts";

const routes = [
  metastoreRoutes,
  catalogRoutes,
  schemaRoutes,
  volumeRoutes,
  tableRoutes,
  credentialRoutes,
  constraintRoutes,
  functionRoutes,
  modelRoutes,
  grantRoutes,
  bindingRoutes,
  storageRoutes,
];

export const unityCatalog: Service = {
  name: "unity-catalog",
  migrations,
  routes(app, context) {
    provideSnapshot(context, ({ db }) => catalogSnapshot(db));
    for (const add of routes) add(app, context);
    engineRequests(context);
  },
  start: bootstrap,
};
