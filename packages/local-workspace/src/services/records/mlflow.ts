/**
 * MLflow experiments, and the models of the workspace's registry as records without versions.
 * https://docs.databricks.com/api/workspace/experiments, …/modelregistry
 */
import { z } from "zod";
import { ApiError, invalid, notFound } from "../../core/errors.ts";
import { numericId } from "../../core/ids.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { canonical } from "../../core/workspace-path.ts";
import { workspaceTree } from "../workspace/tree.ts";
import { type Document, type Kept, Records } from "./store.ts";

export const experiments = new Records({ kind: "experiment", label: "Experiment", permissions: "experiments" });
const models = new Records({ kind: "model", label: "RegisteredModel", permissions: "registered-models" });

const tag = z.object({ key: z.string().min(1), value: z.string() });
type Tag = z.infer<typeof tag>;
const page = { max_results: z.coerce.number().int().optional(), page_token: z.string().optional() };
const withTag = (tags: Tag[], { key, value }: Tag): Tag[] =>
  tags.some((each) => each.key === key)
    ? tags.map((each) => (each.key === key ? { key, value } : each))
    : [...tags, { key, value }];
const tagsOf = (document: Document): Tag[] => (document.tags ?? []) as Tag[];

const EXPERIMENTS = "/api/2.0/mlflow/experiments";
const experimentView = ({ id, createdAt, updatedAt, document }: Kept): Document => ({
  ...{ experiment_id: id, ...document, creation_time: createdAt, last_update_time: updatedAt },
});
const active = ({ document }: Kept): boolean => document.lifecycle_stage === "active";
const reference = z.looseObject({ experiment_id: z.string() });

/** What is checked before an experiment gets a name. */
function namesOf(context: Context) {
  const all = (principal: Principal): Kept[] => experiments.list(context, principal);
  const free = (principal: Principal, name: string): void => {
    if (all(principal).some((each) => active(each) && each.document.name === name)) {
      throw new ApiError("RESOURCE_ALREADY_EXISTS", `Node named '${name}' already exists`);
    }
  };
  const named = (given: string): string => {
    const name = canonical(given.replace(/^\/\//, "/"));
    if (!name.startsWith("/")) throw invalid(`Got an invalid experiment name '${given}': it must be an absolute path.`);
    const parent = name.slice(0, name.lastIndexOf("/")) || "/";
    if (!workspaceTree(context).isDirectory(context, parent) && parent !== "/") {
      throw notFound(`Parent directory ${parent} does not exist.`);
    }
    return name;
  };
  return { all, free, named };
}

export function experimentRoutes(app: App, context: Context): void {
  experiments.register(context);
  createExperimentRoute(app, context);
  readExperimentRoutes(app, context);
  changeExperimentRoutes(app, context);
}

function createExperimentRoute(app: App, context: Context): void {
  const { free, named } = namesOf(context);
  const createBody = z.looseObject({ name: z.string().min(1), tags: z.array(tag).optional() });
  app.post(`${EXPERIMENTS}/create`, { schema: { body: createBody } }, async ({ body, principal }) => {
    const name = named(body.name);
    free(principal, name);
    const id = String(numericId());
    const { id: ownerId, name: owner } = principal;
    const own: Tag[] = [
      { key: "mlflow.ownerId", value: ownerId },
      { key: "mlflow.experiment.sourceName", value: name },
      { key: "mlflow.ownerId", value: ownerId }, // twice, as on Databricks
      { key: "mlflow.ownerEmail", value: owner },
      { key: "mlflow.experimentType", value: "MLFLOW_EXPERIMENT" },
    ];
    experiments.insert(context, principal, id, {
      artifact_location: `dbfs:/databricks/mlflow-tracking/${id}`,
      ...body,
      ...{ name, lifecycle_stage: "active", tags: [...(body.tags ?? []), ...own] },
    });
    return { experiment_id: id };
  });
}

function readExperimentRoutes(app: App, context: Context): void {
  const { all } = namesOf(context);
  const list = (principal: Principal, asked: { max_results?: number | undefined; page_token?: string | undefined }) => {
    const shown = all(principal).filter(active).reverse();
    const request = { size: asked.max_results, pageToken: asked.page_token };
    const { items, ...tokens } = paginate(shown, request, { fallback: 1000, max: 50_000 });
    return { experiments: items.map(experimentView), ...tokens };
  };
  app.get(`${EXPERIMENTS}/get`, { schema: { querystring: reference } }, async ({ query, principal }) => ({
    experiment: experimentView(experiments.read(context, principal, query.experiment_id)),
  }));
  const byName = z.looseObject({ experiment_name: z.string() });
  app.get(`${EXPERIMENTS}/get-by-name`, { schema: { querystring: byName } }, async ({ query, principal }) => {
    const name = canonical(query.experiment_name);
    const found = all(principal).find(({ document }) => document.name === name);
    if (!found) throw notFound(`Node ${name} does not exist.`);
    return { experiment: experimentView(found) };
  });
  app.get(`${EXPERIMENTS}/list`, { schema: { querystring: z.looseObject(page) } }, async ({ query, principal }) =>
    list(principal, query),
  );
  const searchBody = z.looseObject({ ...page, filter: z.string().optional() });
  app.post(`${EXPERIMENTS}/search`, { schema: { body: searchBody } }, async ({ body, principal }) => {
    if (body.filter) throw invalid("filter is not supported by the local workspace's experiments/search.");
    return list(principal, body);
  });
}

function changeExperimentRoutes(app: App, context: Context): void {
  const { free, named } = namesOf(context);
  const updateBody = z.looseObject({ experiment_id: z.string(), new_name: z.string().optional() });
  app.post(`${EXPERIMENTS}/update`, { schema: { body: updateBody } }, async ({ body, principal }) => {
    experiments.change(context, principal, body.experiment_id, (document) => {
      const name = body.new_name === undefined ? document.name : named(body.new_name);
      if (name !== document.name) free(principal, String(name));
      const source = { key: "mlflow.experiment.sourceName", value: String(name) };
      return { ...document, name, tags: withTag(tagsOf(document), source) };
    });
    return {};
  });
  for (const [path, stage] of [
    ["delete", "deleted"],
    ["restore", "active"],
  ] as const) {
    app.post(`${EXPERIMENTS}/${path}`, { schema: { body: reference } }, async ({ body, principal }) => {
      const to = (document: Document): Document => ({ ...document, lifecycle_stage: stage });
      experiments.change(context, principal, body.experiment_id, to);
      return {};
    });
  }
  const tagBody = z.looseObject({ experiment_id: z.string(), ...tag.shape });
  app.post(`${EXPERIMENTS}/set-experiment-tag`, { schema: { body: tagBody } }, async ({ body, principal }) => {
    const to = (document: Document): Document => ({ ...document, tags: withTag(tagsOf(document), body) });
    experiments.change(context, principal, body.experiment_id, to);
    return {};
  });
}

const MODELS = "/api/2.0/mlflow/registered-models";
const modelView = ({ creator, createdAt, updatedAt, document }: Kept): Document => ({
  ...{ ...document, user_id: creator, creation_timestamp: createdAt, last_updated_timestamp: updatedAt },
});
const idOf = ({ db }: Context, name: string): string => models.idOf(db, name);
function requireFree({ db }: Context, name: string): void {
  if (name === "") throw invalid("Got an invalid name ''. Registered Model names cannot be empty strings.");
  models.requireFree(db, name);
}

const byModelName = z.looseObject({ name: z.string() });

export function modelRoutes(app: App, context: Context): void {
  models.register(context);
  readModelRoutes(app, context);
  changeModelRoutes(app, context);
}

function readModelRoutes(app: App, context: Context): void {
  app.get(`${MODELS}/get`, { schema: { querystring: byModelName } }, async ({ query, principal }) => ({
    registered_model: modelView(models.read(context, principal, idOf(context, query.name))),
  }));
  app.get(
    "/api/2.0/mlflow/databricks/registered-models/get",
    { schema: { querystring: byModelName } },
    async (request) => {
      const kept = models.read(context, request.principal, idOf(context, request.query.name));
      const level = { permission_level: "CAN_MANAGE" };
      return { registered_model_databricks: { id: kept.id, ...modelView(kept), ...level } };
    },
  );
  app.get(`${MODELS}/list`, { schema: { querystring: z.looseObject(page) } }, async ({ query, principal }) => {
    const request = { size: query.max_results, pageToken: query.page_token };
    const { items, ...tokens } = paginate(models.list(context, principal), request, { fallback: 100, max: 1000 });
    return { registered_models: items.map(modelView), ...tokens };
  });
}

function changeModelRoutes(app: App, context: Context): void {
  const createBody = z.looseObject({
    name: z.string(),
    description: z.string().optional(),
    tags: z.array(tag).optional(),
  });
  app.post(`${MODELS}/create`, { schema: { body: createBody } }, async ({ body, principal }) => {
    requireFree(context, body.name);
    return { registered_model: modelView(models.insert(context, principal, String(numericId()), body)) };
  });
  const change = z.looseObject({ name: z.string(), description: z.string().optional() });
  app.patch(`${MODELS}/update`, { schema: { body: change } }, async ({ body, principal }) => ({
    registered_model: modelView(
      models.change(context, principal, idOf(context, body.name), (document) => ({
        ...document,
        description: body.description,
      })),
    ),
  }));
  const rename = z.looseObject({ name: z.string(), new_name: z.string() });
  app.post(`${MODELS}/rename`, { schema: { body: rename } }, async ({ body, principal }) => {
    requireFree(context, body.new_name);
    const to = (document: Document): Document => ({ ...document, name: body.new_name });
    return { registered_model: modelView(models.change(context, principal, idOf(context, body.name), to)) };
  });
  app.delete(`${MODELS}/delete`, { schema: { querystring: byModelName } }, async ({ query, principal }) => {
    models.remove(context, principal, idOf(context, query.name));
    return {};
  });
  app.post(
    `${MODELS}/set-tag`,
    { schema: { body: z.looseObject({ name: z.string(), ...tag.shape }) } },
    async (request) => {
      const { name, key, value } = request.body;
      const to = (document: Document): Document => ({ ...document, tags: withTag(tagsOf(document), { key, value }) });
      models.change(context, request.principal, idOf(context, name), to);
      return {};
    },
  );
}
