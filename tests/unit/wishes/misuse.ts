/** What must not compile: `npm run check` fails when one of these does. Nothing here runs. */
import {
  AccessGrants,
  LakehouseCatalog,
  LakehouseDashboard,
  LakehouseJob,
  LakehousePipeline,
  LakehouseSecretScope,
  SensitiveData,
  SqlWarehouse,
} from "../../../components/index.ts";
import { code, serverless } from "./code.ts";
import { sales } from "./data.ts";

const roles = { analysts: "analysts" };
const notebook = { notebookPath: "/Workspace/sales/load" };

export const misuse = [
  // @ts-expect-error a schema that the catalog does not have
  () => sales.schemas.golf,
  // @ts-expect-error a volume that the schema does not have
  () => sales.volumePath("raw.landings"),
  // @ts-expect-error a volume in a schema without volumes
  () => sales.volumes["gold.landing"],
  // @ts-expect-error a misspelt argument
  () => new LakehouseCatalog("c", { coment: "Sales", comment: "Sales", schemas: {} }),
  // @ts-expect-error a schema needs a comment
  () => new LakehouseCatalog("c", { comment: "Sales", schemas: { raw: {} } }),
  // @ts-expect-error a workspace reads and writes, or reads only
  () => new LakehouseCatalog("c", { comment: "x", schemas: {}, workspaces: { "1": { mode: "READ" } } }),
  // @ts-expect-error a transform of no child
  () => new LakehouseCatalog("c", { comment: "x", schemas: {}, transform: { table: () => {} } }),
  // @ts-expect-error a matrix for a schema that the catalog does not have
  () => new AccessGrants("g", { lakehouse: sales, roles, schemas: { golf: { analysts: ["SELECT"] } } }),
  // @ts-expect-error a matrix for a volume that no schema has
  () => new AccessGrants("g", { lakehouse: sales, roles, volumes: { "raw.land": { analysts: ["READ_VOLUME"] } } }),
  // @ts-expect-error a role that is not declared
  () => new AccessGrants("g", { lakehouse: sales, roles, catalog: { analyst: ["USE_CATALOG"] } }),
  // @ts-expect-error a schema has no USE_CATALOG
  () => new AccessGrants("g", { lakehouse: sales, roles, schemas: { gold: { analysts: ["USE_CATALOG"] } } }),
  // @ts-expect-error a volume has no SELECT
  () => new AccessGrants("g", { lakehouse: sales, roles, volumes: { "raw.landing": { analysts: ["SELECT"] } } }),
  () =>
    new AccessGrants("g", {
      roles,
      // @ts-expect-error a function has no SELECT
      securables: { tax: { kind: "function", name: "sales.gold.tax", grants: { analysts: ["SELECT"] } } },
    }),
  // @ts-expect-error there is no such kind of securable
  () => new AccessGrants("g", { roles, securables: { x: { kind: "view", name: "v", grants: {} } } }),
  // @ts-expect-error a task that does not exist
  () => new LakehouseJob("j", { tasks: { load: { notebook }, check: { notebook, dependsOn: ["lod"] } } }),
  // @ts-expect-error a task does one thing
  () => new LakehouseJob("j", { tasks: { load: { notebook, pipeline: serverless } } }),
  // @ts-expect-error a task does something
  () => new LakehouseJob("j", { tasks: { load: { description: "Loads" } } }),
  // @ts-expect-error a misspelt condition of a task
  () => new LakehouseJob("j", { tasks: { load: { notebook, runIf: "ALWAYS" } } }),
  // @ts-expect-error a comparison that Databricks does not have
  () => new LakehouseJob("j", { tasks: { full: { condition: { left: "1", op: "==", right: "1" } } } }),
  // @ts-expect-error a misspelt argument of a job
  () => new LakehouseJob("j", { tasks: { load: { notebook } }, shedule: { cron: "0 0 3 * * ?", timezone: "UTC" } }),
  // @ts-expect-error a metric that Databricks does not have
  () => new LakehouseJob("j", { tasks: { load: { notebook } }, health: [{ metric: "COST", greaterThan: 1 }] }),
  // @ts-expect-error a level that jobs do not have
  () => new LakehouseJob("j", { tasks: { load: { notebook } }, access: [{ group: "a", level: "CAN_RUN" }] }),
  // @ts-expect-error a source is one of folder, glob, notebook, file
  () => new LakehousePipeline("p", { catalog: "c", schema: "s", root: code, sources: [{ path: "etl" }] }),
  () =>
    new LakehousePipeline("p", {
      ...{ catalog: "c", schema: "s", root: code, sources: [{ folder: "etl" }] },
      // @ts-expect-error serverless compute has no workers
      compute: { kind: "serverless", maxWorkers: 2 },
    }),
  () =>
    new LakehousePipeline("p", {
      ...{ catalog: "c", schema: "s", root: code, sources: [{ folder: "etl" }] },
      // @ts-expect-error classic compute is bounded
      compute: { kind: "classic", nodeTypeId: "i3.xlarge" },
    }),
  // @ts-expect-error a size that a warehouse does not have
  () => new SqlWarehouse("w", { size: "Tiny" }),
  // @ts-expect-error a level that dashboards do not have
  () => new LakehouseDashboard("d", { ...DASHBOARD, access: [{ group: "a", level: "CAN_VIEW" }] }),
  // @ts-expect-error a principal is a group, a user or a service principal
  () => new LakehouseDashboard("d", { ...DASHBOARD, access: [{ role: "a", level: "CAN_READ" }] }),
  // @ts-expect-error a permission that secret scopes do not have
  () => new LakehouseSecretScope("s", { access: { analysts: "USE" } }),
  // @ts-expect-error a kind that is not declared
  () => new SensitiveData("s", { ...MASKS, columns: [{ table: "c.s.t", column: "mail", kind: "mail" }] }),
];

const DASHBOARD = { source: "kpis.lvdash.json", folder: "/Workspace/sales", warehouseId: "w", catalog: "c" };
const MASKS = {
  ...{ on: { catalog: "c" }, functions: "c.s", warehouseId: "w", tagKey: "pii", exempt: ["stewards"] },
  kinds: { email: { mask: "'***'" } },
};
