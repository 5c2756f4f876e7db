/** What a catalog has on record: its datasets with columns and keys, and the expectations of the pipelines that fill it. */
import type { WorkspaceApi } from "../client.ts";
import type { Dataset, Expectations } from "./model.ts";

interface TableInfo {
  name: string;
  schema_name: string;
  table_type: string;
  comment?: string;
  properties?: Record<string, string>;
  pipeline_id?: string;
  columns?: { name: string; type_text: string; comment?: string }[];
  table_constraints?: { primary_key_constraint?: { child_columns: string[] } }[];
}

interface PipelineEvent {
  event_type: string;
  origin: { update_id?: string };
  details?: {
    flow_progress?: {
      data_quality?: {
        expectations?: { name: string; dataset: string; passed_records: number; failed_records: number }[];
      };
    };
  };
}

const CATALOG = "/api/2.1/unity-catalog";

/** @throws WorkspaceApiError when the catalog does not exist or may not be read */
export async function readDatasets(api: WorkspaceApi, catalog: string, ignored: RegExp): Promise<Dataset[]> {
  await api.get(`${CATALOG}/catalogs/${encodeURIComponent(catalog)}`);
  const schemas = await pages<{ name: string }>(api, `${CATALOG}/schemas`, "schemas", { catalog_name: catalog });
  const found: Dataset[] = [];
  for (const { name: schema } of schemas) {
    if (schema === "information_schema") continue;
    const query = { catalog_name: catalog, schema_name: schema };
    for (const table of await pages<TableInfo>(api, `${CATALOG}/tables`, "tables", query)) {
      const dataset = describe(table);
      if (!ignored.test(dataset.name)) found.push(dataset);
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function describe(table: TableInfo): Dataset {
  const primary = table.table_constraints?.find((each) => each.primary_key_constraint)?.primary_key_constraint;
  const grain = table.properties?.grain?.split(",").map((column) => column.trim());
  const columns = (table.columns ?? []).map(({ name, type_text, comment }) => ({ name, type: type_text, comment }));
  const known = new Set(columns.map(({ name }) => name.toLowerCase()));
  const key = grain ?? primary?.child_columns ?? [];
  return {
    name: `${table.schema_name}.${table.name}`.toLowerCase(),
    kind: table.table_type,
    comment: table.comment,
    columns,
    key: key.every((column) => known.has(column.toLowerCase())) ? key : [],
    pipelineId: table.pipeline_id,
  };
}

async function pages<T>(api: WorkspaceApi, path: string, member: string, query: Record<string, string>): Promise<T[]> {
  const found: T[] = [];
  for (let token: string | undefined; ; ) {
    const page = await api.get<Record<string, unknown>>(path, { ...query, page_token: token });
    found.push(...((page[member] ?? []) as T[]));
    token = page.next_page_token as string | undefined;
    if (!token) return found;
  }
}

/** What the latest update of each pipeline counted, with datasets as `schema.table`. */
export async function readExpectations(
  api: WorkspaceApi,
  catalog: string,
  datasets: readonly Dataset[],
): Promise<Expectations[]> {
  const pipelines = new Set(datasets.flatMap(({ pipelineId }) => (pipelineId ? [pipelineId] : [])));
  const found = new Map<string, Expectations>();
  for (const pipeline of pipelines) {
    const update = await latestUpdate(api, pipeline);
    for (const event of await pages<PipelineEvent>(api, `/api/2.0/pipelines/${pipeline}/events`, "events", {})) {
      if (event.event_type !== "flow_progress" || event.origin.update_id !== update) continue;
      for (const each of event.details?.flow_progress?.data_quality?.expectations ?? []) {
        const dataset = each.dataset.toLowerCase().replace(`${catalog.toLowerCase()}.`, "");
        const known = found.get(`${dataset} ${each.name}`) ?? { dataset, name: each.name, passed: 0, failed: 0 };
        known.passed += each.passed_records;
        known.failed += each.failed_records;
        found.set(`${dataset} ${each.name}`, known);
      }
    }
  }
  return [...found.values()];
}

async function latestUpdate(api: WorkspaceApi, pipeline: string): Promise<string | undefined> {
  const { latest_updates = [] } = await api.get<{ latest_updates?: { update_id: string }[] }>(
    `/api/2.0/pipelines/${pipeline}`,
  );
  return latest_updates[0]?.update_id;
}
