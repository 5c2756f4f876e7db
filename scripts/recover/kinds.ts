/**
 * How an object of each kind is found by the name that the program gives it. Kinds that are not here are made again by
 * the next update without harm: their create is a PUT or overwrites (Grants, Permissions, Notebook, WorkspaceFile, …).
 */
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { found, pages } from "../api.ts";
import { text, type Values } from "../drift/state.ts";
import type { Kind, Match } from "./model.ts";

const UC = "/api/2.1/unity-catalog";
/** The mark that components/ownership.ts puts on a catalog, and on a schema in somebody else's. */
const OWNER_PROPERTY = "pulumi_stack";
type Tags = Readonly<Record<string, unknown>>;

const part = encodeURIComponent;
const fullName = (inputs: Values, ...names: string[]): string =>
  names.map((name) => text(inputs, name) ?? "").join(".");
const absent = (value: unknown): boolean => value === undefined || value === null || value === "";
const same = (one: unknown, other: unknown): boolean => (absent(one) && absent(other)) || one === other;

function sameTags(wanted: Tags = {}, actual: Tags = {}): boolean {
  const keys = Object.keys(wanted);
  return keys.length === Object.keys(actual).length && keys.every((key) => wanted[key] === actual[key]);
}

async function some(call: Promise<readonly { readonly name?: string }[]>, what: string): Promise<string | undefined> {
  const names = (await call).flatMap(({ name }) => name ?? []);
  return names.length === 0 ? undefined : `${what} ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`;
}

interface Securable {
  readonly name?: string;
  readonly comment?: string;
  readonly properties?: Tags;
}

/** A securable by its full name; `ours` and `holds` are asked once it is there. */
function securable(path: string, parts: readonly string[], rest: Pick<Kind, "remove"> & Holder): Kind {
  return {
    remove: rest.remove,
    async find(api, inputs) {
      const id = fullName(inputs, ...parts);
      const there = await found(api.get<Securable>(`${UC}/${path}/${part(id)}`));
      if (there === undefined) return [];
      return [{ id, ours: rest.ours(inputs, there), holds: await rest.holds(api, id) }];
    },
  };
}

interface Holder {
  ours(inputs: Values, there: Securable): boolean;
  holds(api: WorkspaceApi, id: string): Promise<string | undefined>;
}

const sameComment = (inputs: Values, there: Securable): boolean => same(inputs.comment, there.comment);

const markOf = (inputs: Values): unknown => (inputs.properties as Tags | undefined)?.[OWNER_PROPERTY];
const sameMark = (inputs: Values, { properties }: Securable): boolean =>
  markOf(inputs) !== undefined && properties?.[OWNER_PROPERTY] === markOf(inputs);

const catalog = securable("catalogs", ["name"], {
  ours: sameMark,
  async holds(api, id) {
    const schemas = await pages<Securable>(api, `${UC}/schemas`, { catalog_name: id }, "schemas");
    const own = schemas.filter(({ name }) => name !== "default" && name !== "information_schema");
    return some(Promise.resolve(own), "schemas");
  },
  remove: (api, id) => api.request("DELETE", `${UC}/catalogs/${part(id)}`, { query: { force: true } }),
});

const schema = securable("schemas", ["catalogName", "name"], {
  ours: (inputs, there) => (markOf(inputs) === undefined ? sameComment : sameMark)(inputs, there),
  async holds(api, id) {
    const [catalog_name, schema_name] = id.split(".");
    for (const kind of ["tables", "volumes", "functions"]) {
      const query = { catalog_name, schema_name };
      const names = await some(pages<Securable>(api, `${UC}/${kind}`, query, kind), kind);
      if (names !== undefined) return names;
    }
    return undefined;
  },
  remove: (api, id) => api.request("DELETE", `${UC}/schemas/${part(id)}`),
});

const volume = securable("volumes", ["catalogName", "schemaName", "name"], {
  ours: sameComment,
  holds: (api, id) => {
    const path = `/api/2.0/fs/directories/Volumes/${id.split(".").map(part).join("/")}`;
    return some(pages(api, path, {}, "contents"), "files");
  },
  remove: (api, id) => api.request("DELETE", `${UC}/volumes/${part(id)}`),
});

const directory: Kind = {
  async find(api, inputs, { paths }) {
    const path = text(inputs, "path")!;
    const there = await found(api.get<{ object_type: string }>("/api/2.0/workspace/get-status", { path }));
    if (there?.object_type !== "DIRECTORY") return [];
    const inside = await pages<{ path: string }>(api, "/api/2.0/workspace/list", { path }, "objects");
    const foreign = inside.filter((one) => !paths.has(one.path));
    const holds = await some(Promise.resolve(inside.map((one) => ({ name: one.path }))), "objects");
    return [{ id: path, ours: foreign.length === 0, holds }];
  },
  remove: (api, path) => api.post("/api/2.0/workspace/delete", { path }),
};

interface Pipeline {
  readonly spec: { readonly tags?: Tags; readonly catalog?: string };
  readonly latest_updates?: readonly object[];
}

const pipeline: Kind = {
  repeats: true,
  async find(api, inputs) {
    const name = text(inputs, "name")!;
    const query = { filter: `name LIKE '${name.replaceAll("'", "''")}'`, max_results: 100 };
    const listed = await pages<{ pipeline_id: string; name: string }>(api, "/api/2.0/pipelines", query, "statuses");
    const matches: Match[] = [];
    for (const { pipeline_id: id } of listed.filter((one) => one.name === name)) {
      const there = await found(api.get<Pipeline>(`/api/2.0/pipelines/${id}`));
      if (there === undefined) continue;
      const { tags, catalog: into } = there.spec;
      const ours = sameTags(inputs.tags as Tags | undefined, tags) && same(inputs.catalog, into);
      const updated = (there.latest_updates ?? []).length > 0;
      matches.push({ id, ours, holds: updated ? "the tables of its updates" : undefined });
    }
    return matches;
  },
  remove: (api, id) => api.request("DELETE", `/api/2.0/pipelines/${id}`),
};

interface Job {
  readonly job_id: number;
  readonly settings: { readonly name?: string; readonly tags?: Tags };
}

const job: Kind = {
  repeats: true,
  async find(api, inputs) {
    const name = text(inputs, "name")!;
    const listed = await pages<Job>(api, "/api/2.2/jobs/list", { name, limit: 100 }, "jobs");
    const matches: Match[] = [];
    for (const { job_id, settings } of listed.filter((one) => one.settings.name === name)) {
      const { runs = [] } = await api.get<{ runs?: object[] }>("/api/2.2/jobs/runs/list", { job_id, limit: 1 });
      const ours = sameTags(inputs.tags as Tags | undefined, settings.tags);
      matches.push({ id: String(job_id), ours, holds: runs.length > 0 ? "the history of its runs" : undefined });
    }
    return matches;
  },
  remove: (api, id) => api.post("/api/2.2/jobs/delete", { job_id: Number(id) }),
};

interface Warehouse {
  readonly id: string;
  readonly name: string;
  readonly tags?: { readonly custom_tags?: readonly { readonly key: string; readonly value: string }[] };
}

const warehouse: Kind = {
  async find(api, inputs) {
    const { warehouses = [] } = await api.get<{ warehouses?: Warehouse[] }>("/api/2.0/sql/warehouses");
    const asTags = (list: readonly { key: string; value: string }[] = []): Tags =>
      Object.fromEntries(list.map(({ key, value }) => [key, value]));
    const wanted = (inputs.tags as { customTags?: { key: string; value: string }[] } | undefined)?.customTags;
    return warehouses
      .filter(({ name }) => name === inputs.name)
      .map(({ id, tags }) => ({ id, ours: sameTags(asTags(wanted), asTags(tags?.custom_tags)) }));
  },
  remove: (api, id) => api.request("DELETE", `/api/2.0/sql/warehouses/${id}`),
};

const secretScope: Kind = {
  async find(api, inputs) {
    const { scopes = [] } = await api.get<{ scopes?: { name: string }[] }>("/api/2.0/secrets/scopes/list");
    const scope = text(inputs, "name")!;
    if (!scopes.some(({ name }) => name === scope)) return [];
    const { secrets = [] } = await api.get<{ secrets?: { key: string }[] }>("/api/2.0/secrets/list", { scope });
    const holds = secrets.length > 0 ? `${secrets.length} secrets` : undefined;
    return [{ id: scope, ours: true, holds }];
  },
  remove: (api, scope) => api.post("/api/2.0/secrets/scopes/delete", { scope }),
};

interface Alert {
  readonly id: string;
  readonly display_name?: string;
  readonly parent_path?: string;
  readonly query_text?: string;
  readonly lifecycle_state?: string;
}
const folder = (path: string | undefined): string => (path ?? "").replace(/^\/Workspace(?=\/)/, "").replace(/\/$/, "");

const alert: Kind = {
  repeats: true,
  async find(api, inputs) {
    const alerts = await pages<Alert>(api, "/api/2.0/alerts", { page_size: 100 }, "alerts");
    return alerts
      .filter((one) => one.lifecycle_state !== "DELETED" && one.display_name === inputs.displayName)
      .filter((one) => folder(one.parent_path) === folder(text(inputs, "parentPath")))
      .map(({ id, query_text }) => ({ id, ours: query_text === inputs.queryText }));
  },
  remove: (api, id) => api.request("DELETE", `/api/2.0/alerts/${id}`),
};

interface Dashboard {
  readonly dashboard_id: string;
  readonly display_name: string;
  readonly parent_path?: string;
}

const dashboard: Kind = {
  async find(api, inputs) {
    const base = "/api/2.0/lakeview/dashboards";
    const listed = await pages<Dashboard>(api, base, { page_size: 100 }, "dashboards");
    const matches: Match[] = [];
    for (const { dashboard_id: id } of listed.filter((one) => one.display_name === inputs.displayName)) {
      const { parent_path } = await api.get<Dashboard>(`${base}/${id}`);
      if (folder(parent_path) === folder(text(inputs, "parentPath"))) matches.push({ id, ours: true });
    }
    return matches;
  },
  remove: (api, id) => api.request("DELETE", `/api/2.0/lakeview/dashboards/${id}`),
};

/** An object whose path consists of the ids that `pulumi import` takes with commas between them. */
function byPath(paths: (ids: readonly string[]) => string, names: readonly string[], compared: [string, string]): Kind {
  return {
    async find(api, inputs) {
      const ids = names.map((name) => text(inputs, name) ?? "");
      const there = await found(api.get<Values>(paths(ids.map(part))));
      if (there === undefined) return [];
      return [{ id: ids.join(","), ours: same(inputs[compared[0]], there[compared[1]]) }];
    },
    remove: (api, id) => api.request("DELETE", paths(id.split(",").map(part))),
  };
}

/** Of the components' dynamic resource, which no provider can read by its id. */
const sqlFunction: Kind = {
  noImport: "Pulumi cannot import a dynamic resource",
  async find(api, inputs) {
    const id = text(inputs, "fullName")!;
    const there = await found(api.get<Securable>(`${UC}/functions/${part(id)}`));
    return there === undefined ? [] : [{ id, ours: sameComment(inputs, there) }];
  },
  remove: (api, id) => api.request("DELETE", `${UC}/functions/${part(id)}`),
};

export const KINDS: Readonly<Record<string, Kind>> = {
  Catalog: catalog,
  Schema: schema,
  Volume: volume,
  Directory: directory,
  Pipeline: pipeline,
  Job: job,
  SqlEndpoint: warehouse,
  SecretScope: secretScope,
  AlertV2: alert,
  Dashboard: dashboard,
  SqlFunction: sqlFunction,
  TagPolicy: byPath(([key]) => `/api/2.1/tag-policies/${key}`, ["tagKey"], ["description", "description"]),
  EntityTagAssignment: byPath(
    ([type, name, key]) => `${UC}/entity-tag-assignments/${type}/${name}/tags/${key}`,
    ["entityType", "entityName", "tagKey"],
    ["tagValue", "tag_value"],
  ),
  PolicyInfo: byPath(
    ([type, name, policy]) => `${UC}/policies/${type}/${name}/${policy}`,
    ["onSecurableType", "onSecurableFullname", "name"],
    ["comment", "comment"],
  ),
};
