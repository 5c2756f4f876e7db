/** Unity Catalog as the engine sees it: the whole when it starts, then every change (docs/architecture.md). */
import type { CatalogChange, EngineParams, FunctionRecord, TableRecord } from "lakehouse-engine/protocol";
import type { Context } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { volumeFolder } from "./disk.ts";
import { descendants, listSecurables, type Securable } from "./store.ts";
import { systemQuery } from "./system-tables.ts";

/** The record without what the store does not have; the store's bodies were validated when they came. */
const defined = <T extends object>(record: { [K in keyof T]: unknown }): T =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined && value !== null)) as T;

export function tableRecord(table: Securable): TableRecord {
  const { body } = table;
  const query = systemQuery(table);
  return defined<TableRecord>({
    fullName: table.fullName,
    tableId: table.id,
    tableType: query ? "VIEW" : body.table_type,
    location: body.storage_location,
    dataSourceFormat: body.data_source_format,
    columns: body.columns ?? [],
    comment: table.comment,
    properties: body.properties ?? {},
    viewDefinition: query ?? body.view_definition,
    pipelineId: body.pipeline_id,
    owner: table.owner,
    clusteringColumns: body.clustering_columns,
    partitionColumns: body.partition_columns,
    constraints: body.table_constraints,
    rowFilter: body.row_filter,
  });
}

/** A function's record for the engine: Databricks' FunctionInfo with the full name as the engine spells it. */
export function functionRecord(func: Securable): FunctionRecord {
  return defined<FunctionRecord>({ fullName: func.fullName, owner: func.owner, comment: func.comment, ...func.body });
}

const schemaNames = (db: Database, catalog: Securable): string[] =>
  listSecurables(db, "SCHEMA", catalog.id).map((schema) => schema.name);

/** What `initialize` sends. */
export function catalogSnapshot(db: Database): Pick<EngineParams<"initialize">, "catalogs" | "tables" | "functions"> {
  return {
    catalogs: listSecurables(db, "CATALOG").map((catalog) => ({
      name: catalog.name,
      schemas: schemaNames(db, catalog),
    })),
    tables: listSecurables(db, "TABLE").map(tableRecord),
    functions: listSecurables(db, "FUNCTION").map(functionRecord),
  };
}

/** The engine's word for "this now exists". */
export function created(item: Securable): CatalogChange[] {
  const parts = item.fullName.split(".");
  switch (item.type) {
    case "CATALOG":
      return [{ op: "createCatalog", catalog: item.name }];
    case "SCHEMA":
      return [{ op: "createSchema", catalog: parts[0]!, schema: parts[1]! }];
    case "TABLE":
      return [{ op: "putTable", table: tableRecord(item) }];
    case "FUNCTION":
      return [{ op: "putFunction", function: functionRecord(item) }];
    default:
      return [];
  }
}

export function dropped(item: Securable): CatalogChange[] {
  const parts = item.fullName.split(".");
  switch (item.type) {
    case "CATALOG":
      return [{ op: "dropCatalog", catalog: item.name }];
    case "SCHEMA":
      return [{ op: "dropSchema", catalog: parts[0]!, schema: parts[1]! }];
    case "TABLE":
      return [{ op: "dropTable", fullName: item.fullName, location: item.body.storage_location as string | undefined }];
    case "FUNCTION":
      return [{ op: "dropFunction", fullName: item.fullName }];
    default:
      return [];
  }
}

/** A rename is a drop of the old names, innermost first, and the making of the new ones. */
export function renamed(db: Database, before: readonly Securable[], after: Securable): CatalogChange[] {
  const now = [after, ...descendants(db, after)];
  return [...before.toReversed().flatMap(dropped), ...now.flatMap(created)];
}

export async function publish(context: Context, changes: readonly CatalogChange[]): Promise<void> {
  if (changes.length > 0) await context.engine.notifyCatalog(changes);
}

export const volumeLocation = (context: Context, fullName: string): string => `file:${volumeFolder(context, fullName)}`;
