/** Securables as the REST API shows them. */
import type { Context } from "../../core/service.ts";
import { type Body, type Securable, theMetastore } from "./store.ts";
import { volumeLocation } from "./sync.ts";
import { inSystemCatalog } from "./system-tables.ts";
import { isQueriedView } from "./table-types.ts";

const KIND: Partial<Record<Securable["type"], string>> = {
  CATALOG: "CATALOG_STANDARD",
  SCHEMA: "SCHEMA_STANDARD",
  VOLUME: "VOLUME_MANAGED",
  TABLE: "TABLE_STANDARD",
  FUNCTION: "FUNCTION_STANDARD",
};

const common = (context: Context, item: Securable): Body => ({
  name: item.name,
  full_name: item.fullName,
  owner: item.owner,
  ...(item.comment === null ? {} : { comment: item.comment }),
  metastore_id: theMetastore(context.db).id,
  created_at: item.createdAt,
  created_by: item.createdBy,
  updated_at: item.updatedAt,
  updated_by: item.updatedBy,
});

const inherited = (context: Context) => ({
  effective_predictive_optimization_flag: {
    value: "DISABLE",
    inherited_from_type: "METASTORE",
    inherited_from_name: theMetastore(context.db).name,
  },
});

const place = (item: Securable): Body => {
  const [catalog, schema] = item.fullName.split(".");
  return { catalog_name: catalog, schema_name: schema };
};

export const catalogInfo = (context: Context, item: Securable): Body => ({
  ...common(context, item),
  catalog_type: inSystemCatalog(item) ? "SYSTEM_CATALOG" : "MANAGED_CATALOG",
  securable_type: "CATALOG",
  securable_kind: inSystemCatalog(item) ? "CATALOG_SYSTEM" : KIND.CATALOG,
  isolation_mode: "OPEN",
  accessible_in_current_workspace: true,
  browse_only: false,
  ...inherited(context),
  ...(item.body.storage_root
    ? { storage_location: `${String(item.body.storage_root).replace(/\/$/, "")}/__unitystorage/catalogs/${item.id}` }
    : {}),
  ...item.body,
});

export const schemaInfo = (context: Context, item: Securable): Body => ({
  ...common(context, item),
  catalog_name: item.fullName.split(".")[0],
  catalog_type: inSystemCatalog(item) ? "SYSTEM_CATALOG" : "MANAGED_CATALOG",
  schema_id: item.id,
  securable_type: "SCHEMA",
  browse_only: false,
  enable_predictive_optimization: "INHERIT",
  ...inherited(context),
  ...(item.body.storage_root
    ? { storage_location: `${String(item.body.storage_root).replace(/\/$/, "")}/__unitystorage/schemas/${item.id}` }
    : {}),
  ...item.body,
});

export const volumeInfo = (context: Context, item: Securable): Body => ({
  ...common(context, item),
  ...place(item),
  volume_id: item.id,
  volume_type: "MANAGED",
  storage_location: volumeLocation(context, item.fullName),
  ...item.body,
});

/** What the engine keeps on a table and the REST API does not show under that name. */
const INTERNAL = new Set(["clustering_columns", "partition_columns", "extra"]);

/** Clients that read files themselves take an address with an authority alone: `file:/x` is no file to them. */
export const location = (text: string): string => text.replace(/^file:\/(?!\/)/, "file:///");

export function tableInfo(
  context: Context,
  item: Securable,
  omit: { columns?: boolean; properties?: boolean } = {},
): Body {
  const body = Object.fromEntries(
    Object.entries(item.body).filter(
      ([key]) =>
        !INTERNAL.has(key) && !(omit.columns && key === "columns") && !(omit.properties && key === "properties"),
    ),
  );
  return {
    ...common(context, item),
    ...place(item),
    table_id: item.id,
    securable_type: "TABLE",
    securable_kind: `TABLE_${item.body.table_type}`,
    browse_only: false,
    ...(isQueriedView(item.body.table_type) ? {} : inherited(context)),
    ...body,
    ...(typeof body.storage_location === "string" ? { storage_location: location(body.storage_location) } : {}),
  };
}

export const functionInfo = (context: Context, item: Securable): Body => ({
  ...common(context, item),
  ...place(item),
  function_id: item.id,
  browse_only: false,
  ...item.body,
});

export const modelInfo = (context: Context, item: Securable): Body => ({
  ...common(context, item),
  ...place(item),
  storage_location: `file:${context.dataDir}/models/${item.id}`,
  browse_only: false,
  ...item.body,
});

export const storageInfo = (context: Context, item: Securable): Body => ({
  ...common(context, item),
  id: item.id,
  isolation_mode: "ISOLATION_MODE_OPEN",
  ...(item.type === "STORAGE_CREDENTIAL"
    ? { securable_type: "STORAGE_CREDENTIAL" }
    : { securable_type: "EXTERNAL_LOCATION", browse_only: false }),
  ...item.body,
});

export const metastoreInfo = (context: Context): Body => {
  const item = theMetastore(context.db);
  const { full_name: _, metastore_id, ...rest } = common(context, item);
  return {
    ...rest,
    metastore_id,
    global_metastore_id: `local:local:${item.id}`,
    cloud: "local",
    region: "local",
    privilege_model_version: "1.0",
    delta_sharing_scope: "INTERNAL",
    external_access_enabled: false,
    storage_root: `file:${context.tablesRoot}`,
    ...item.body,
  };
};
