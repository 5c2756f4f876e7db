/** What a deployed bundle or a catalog consists of, read from a workspace's REST API. */
import type { WorkspaceApi } from "lakehouse-local-workspace/client";
import { pages } from "../api.ts";

/** An entry of the file that `pulumi import --file` takes. */
export interface Imported {
  type: string;
  name: string;
  id: string;
}

/** Kinds of bundle resources and of the Terraform provider, by the key that their state files have. */
const TYPES: Readonly<Record<string, string>> = {
  catalogs: "Catalog",
  schemas: "Schema",
  volumes: "Volume",
  registered_models: "RegisteredModel",
  pipelines: "Pipeline",
  jobs: "Job",
  clusters: "Cluster",
  dashboards: "Dashboard",
  alerts: "AlertV2",
  sql_warehouses: "SqlEndpoint",
  secret_scopes: "SecretScope",
  secret_acls: "SecretAcl",
  experiments: "MlflowExperiment",
  model_serving_endpoints: "ModelServing",
  apps: "App",
  permissions: "Permissions",
  grants: "Grants",
};
const TERRAFORM: Readonly<Record<string, string>> = {
  databricks_sql_endpoint: "sql_warehouses",
  databricks_mlflow_experiment: "experiments",
  databricks_model_serving: "model_serving_endpoints",
  databricks_permissions: "permissions",
  databricks_grants: "grants",
  databricks_alert_v2: "alerts",
  databricks_secret_acl: "secret_acls",
};
const SCOPE_PERMISSIONS = "secret_scopes.permissions";
const token = (type: string): string => `databricks:index/${type[0]!.toLowerCase()}${type.slice(1)}:${type}`;
const nameOf = (text: string): string => text.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "");

function collect(found: readonly { kind: string; name: string; id: string }[]): Imported[] {
  const order = Object.keys(TYPES);
  const sorted = [...found].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (a.name < b.name ? -1 : 1));
  const seen = new Set<string>();
  return sorted.flatMap(({ kind, name, id }) => {
    const type = TYPES[kind];
    if (type === undefined) throw new Error(`'${name}' is of the kind '${kind}', which this import does not know.`);
    if (seen.has(`${kind} ${id}`)) return [];
    seen.add(`${kind} ${id}`);
    return [{ type: token(type), name: nameOf(name), id }];
  });
}

/** The catalog, its schemas and volumes, and the grants on each. Tables are left out: pipelines and jobs make them. */
export async function readCatalog(api: WorkspaceApi, name: string): Promise<Imported[]> {
  const uc = "/api/2.1/unity-catalog";
  await api.get(`${uc}/catalogs/${encodeURIComponent(name)}`);
  const found = [{ kind: "catalogs", name, id: name }];
  const schemas = await pages<{ name: string }>(api, `${uc}/schemas`, { catalog_name: name }, "schemas");
  for (const { name: schema } of schemas.filter((one) => one.name !== "information_schema")) {
    found.push({ kind: "schemas", name: schema, id: `${name}.${schema}` });
    const query = { catalog_name: name, schema_name: schema };
    for (const volume of await pages<{ name: string }>(api, `${uc}/volumes`, query, "volumes"))
      found.push({ kind: "volumes", name: `${schema}_${volume.name}`, id: `${name}.${schema}.${volume.name}` });
  }
  for (const { kind, id, name: of } of [...found]) {
    const securable = kind.slice(0, -1);
    const { privilege_assignments } = await api.get<{ privilege_assignments?: unknown[] }>(
      `${uc}/permissions/${securable}/${encodeURIComponent(id)}`,
    );
    if (privilege_assignments?.length) found.push({ kind: "grants", name: `${of}_grants`, id: `${securable}/${id}` });
  }
  return collect(found);
}

interface Marked {
  name?: string;
  deployment?: { kind?: string; metadata_file_path?: string };
}

/** Folder of the state of the bundle's target that made this, as jobs and pipelines carry it. */
function stateFolder({ deployment }: Marked, bundle: string): string | undefined {
  const path = deployment?.kind === "BUNDLE" ? deployment.metadata_file_path : undefined;
  return path?.includes(`/.bundle/${bundle}/`) ? path.slice(0, path.lastIndexOf("/")) : undefined;
}

/**
 * The resources of a bundle's target: jobs and pipelines by their mark, all others by the deployment's state.
 * @throws Error when no such bundle is deployed, or several targets of it are and none is chosen
 */
export async function readBundle(api: WorkspaceApi, bundle: string, target?: string): Promise<Imported[]> {
  const found: { kind: string; name: string; id: string; folder: string }[] = [];
  const jobs = await pages<{ job_id: number; settings: Marked }>(api, "/api/2.2/jobs/list", {}, "jobs");
  for (const { job_id } of jobs) {
    const { settings } = await api.get<{ settings: Marked }>("/api/2.2/jobs/get", { job_id: String(job_id) });
    const folder = stateFolder(settings, bundle);
    if (folder) found.push({ kind: "jobs", name: settings.name ?? "job", id: String(job_id), folder });
  }
  for (const { pipeline_id } of await pages<{ pipeline_id: string }>(api, "/api/2.0/pipelines", {}, "statuses")) {
    const { spec, name } = await api.get<{ spec: Marked; name: string }>(`/api/2.0/pipelines/${pipeline_id}`);
    const folder = stateFolder(spec, bundle);
    if (folder) found.push({ kind: "pipelines", name, id: pipeline_id, folder });
  }
  const folders = [...new Set(found.map(({ folder }) => folder))];
  const targetOf = (folder: string): string => folder.split("/").at(-2)!;
  const chosen = folders.filter((folder) => target === undefined || targetOf(folder) === target);
  const known = folders.map(targetOf).sort().join(", ");
  if (chosen.length === 0)
    throw new Error(
      folders.length === 0
        ? `No job and no pipeline of the workspace was deployed by a bundle '${bundle}'.`
        : `Bundle '${bundle}' has no target '${target}' here; it has ${known}.`,
    );
  if (chosen.length > 1)
    throw new Error(`Bundle '${bundle}' has several targets: choose one of ${known} with --target.`);
  const [folder] = chosen as [string];
  const state = await readState(api, folder);
  const named = new Map(state.map((one) => [`${one.kind} ${one.id}`, one]));
  // The state's names are those of the bundle's files, without a target's prefix.
  const marked = found.filter((one) => one.folder === folder && !named.has(`${one.kind} ${one.id}`));
  return collect([...(await withAcls(api, state)), ...marked]);
}

/** A bundle's state has the permissions of a secret scope as one entry; for the provider each is a resource. */
async function withAcls<One extends { kind: string; name: string; id: string }>(
  api: WorkspaceApi,
  state: readonly One[],
): Promise<One[]> {
  const acls = state
    .filter(({ kind }) => kind === "secret_scopes")
    .map(async (scope) => {
      const query = { scope: scope.id };
      const { items = [] } = await api.get<{ items?: { principal: string }[] }>("/api/2.0/secrets/acls/list", query);
      return items.map(({ principal }) => ({
        ...{ ...scope, kind: "secret_acls", name: `${scope.name}_${principal}` },
        id: `${scope.id}|||${principal}`,
      }));
    });
  return [...state.filter(({ kind }) => kind !== SCOPE_PERMISSIONS), ...(await Promise.all(acls)).flat()];
}

interface Direct {
  state?: Record<string, { __id__?: string }>;
}
interface Terraform {
  resources?: { mode?: string; type: string; name: string; instances?: { attributes?: { id?: string } }[] }[];
}

/** What the deployment's state knows, in the form of the direct engine or of Terraform. Empty when there is no state. */
async function readState(api: WorkspaceApi, folder: string): Promise<{ kind: string; name: string; id: string }[]> {
  const read = async <T>(file: string): Promise<T | undefined> => {
    try {
      const path = `${folder}/${file}`;
      const { content } = await api.get<{ content: string }>("/api/2.0/workspace/export", { path, format: "AUTO" });
      return JSON.parse(Buffer.from(content, "base64").toString()) as T;
    } catch (error) {
      if (/does ?n.t exist|DOES_NOT_EXIST|404/.test(String(error))) return undefined;
      throw error;
    }
  };
  const direct = await read<Direct>("resources.json");
  if (direct) {
    return Object.entries(direct.state ?? {}).flatMap(([key, { __id__: id }]) => {
      const [, kind = "", name = "", below] = key.split(".");
      const of = kind === "secret_scopes" && below === "permissions" ? SCOPE_PERMISSIONS : (below ?? kind);
      return id === undefined ? [] : [{ kind: of, name: below ? `${name}_${below}` : name, id }];
    });
  }
  const terraform = await read<Terraform>("terraform.tfstate");
  return (terraform?.resources ?? [])
    .filter(({ mode = "managed" }) => mode === "managed")
    .flatMap(({ type, name, instances = [] }) => {
      const kind = TERRAFORM[type] ?? `${type.replace(/^databricks_/, "")}s`;
      const id = instances[0]?.attributes?.id;
      return id === undefined ? [] : [{ kind, name, id }];
    });
}
