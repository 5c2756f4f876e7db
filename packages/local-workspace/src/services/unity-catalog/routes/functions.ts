/** SQL functions and registered models, which share a namespace. https://docs.databricks.com/api/workspace/functions */
import { z } from "zod";
import { invalid, notImplemented } from "../../../core/errors.ts";
import type { App, Context } from "../../../core/service.ts";
import { requirePythonAuthor } from "../../identity/python-code.ts";
import { actor, visible } from "../access.ts";
import { requireSecurable } from "../names.ts";
import { changeSecurable, createSecurable, dropSecurable } from "../operations.ts";
import { functionInfo, modelInfo } from "../render.ts";
import {
  byFullName,
  byName,
  createFunction,
  createModel,
  forceQuery,
  info,
  inSchemaQuery,
  listModelsQuery,
  nothing,
  readQuery,
  updateFunction,
  updateModel,
} from "../schemas.ts";
import { listSecurables, type Securable } from "../store.ts";
import { bodyOf, changeOf, PREFIX, pageOf, readable } from "./common.ts";

/** Functions in Python take and return values; others have a runtime that the engine has not. */
function requireRunnable(sent: Record<string, unknown>): void {
  if (String(sent.external_language).toUpperCase() !== "PYTHON" || sent.data_type === "TABLE_TYPE") {
    throw notImplemented(
      "Of routine_body EXTERNAL, scalar functions with external_language PYTHON run on the local workspace; write others in SQL.",
    );
  }
}

export function functionRoutes(app: App, context: Context): void {
  const { db } = context;
  const show = (item: Securable) => functionInfo(context, item) as { name: string };
  app.post(
    `${PREFIX}/functions`,
    { schema: { body: createFunction, response: { 200: info } } },
    async ({ body: { function_info: sent }, principal }) => {
      if (sent.routine_body === "EXTERNAL") requireRunnable(sent);
      requirePythonAuthor(context, principal, sent);
      return show(
        await createSecurable(context, actor(db, principal), {
          type: "FUNCTION",
          name: sent.name,
          parent: requireSecurable(db, "SCHEMA", `${sent.catalog_name}.${sent.schema_name}`),
          comment: sent.comment,
          body: bodyOf(sent),
        }),
      );
    },
  );
  app.get(
    `${PREFIX}/functions`,
    {
      schema: {
        querystring: inSchemaQuery,
        response: { 200: z.object({ functions: z.array(info), next_page_token: z.string().optional() }) },
      },
    },
    async ({ query, principal }) => {
      const schema = readable(context, principal, "SCHEMA", `${query.catalog_name}.${query.schema_name}`);
      const all = visible(context, actor(db, principal), listSecurables(db, "FUNCTION", schema.id));
      const { items, ...more } = pageOf(all, query, { zero: 1000, max: 1000 });
      return { functions: items.map(show), ...more };
    },
  );
  app.get(
    `${PREFIX}/functions/:name`,
    { schema: { params: byName, querystring: readQuery, response: { 200: info } } },
    async ({ params, principal }) => show(readable(context, principal, "FUNCTION", params.name)),
  );
  app.patch(
    `${PREFIX}/functions/:name`,
    { schema: { params: byName, body: updateFunction, response: { 200: info } } },
    async ({ params, body, principal }) => {
      const item = requireSecurable(db, "FUNCTION", params.name);
      return show(await changeSecurable(context, actor(db, principal), item, { owner: body.owner }));
    },
  );
  app.delete(
    `${PREFIX}/functions/:name`,
    { schema: { params: byName, querystring: forceQuery, response: { 200: nothing } } },
    async ({ params, principal }) => {
      await dropSecurable(context, actor(db, principal), requireSecurable(db, "FUNCTION", params.name), true);
      return {};
    },
  );
}

/** Registered models: the record, its owner and grants. Versions and aliases are not kept here. */
export function modelRoutes(app: App, context: Context): void {
  createModelRoute(app, context);
  readModelRoutes(app, context);
  changeModelRoutes(app, context);
}

function createModelRoute(app: App, context: Context): void {
  const { db } = context;
  const show = (item: Securable) => modelInfo(context, item) as { name: string };
  app.post(
    `${PREFIX}/models`,
    { schema: { body: createModel, response: { 200: info } } },
    async ({ body, principal }) => {
      const parts = body.full_name?.split(".") ?? [body.catalog_name, body.schema_name, body.name];
      if (parts.length !== 3 || parts.some((part) => !part))
        throw invalid("catalog_name, schema_name and name are required.");
      const [catalog, schema, name] = parts as [string, string, string];
      return show(
        await createSecurable(context, actor(db, principal), {
          type: "REGISTERED_MODEL",
          name,
          parent: requireSecurable(db, "SCHEMA", `${catalog}.${schema}`),
          comment: body.comment,
          owner: body.owner,
        }),
      );
    },
  );
}

function readModelRoutes(app: App, context: Context): void {
  const { db } = context;
  const show = (item: Securable) => modelInfo(context, item) as { name: string };
  app.get(
    `${PREFIX}/models`,
    {
      schema: {
        querystring: listModelsQuery,
        response: { 200: z.object({ registered_models: z.array(info), next_page_token: z.string().optional() }) },
      },
    },
    async ({ query, principal }) => {
      const parent =
        query.catalog_name && query.schema_name
          ? readable(context, principal, "SCHEMA", `${query.catalog_name}.${query.schema_name}`).id
          : undefined;
      const all = visible(context, actor(db, principal), listSecurables(db, "REGISTERED_MODEL", parent));
      const { items, ...more } = pageOf(all, query, { zero: 100, max: 1000, unset: 100 });
      return { registered_models: items.map(show), ...more };
    },
  );
  app.get(
    `${PREFIX}/models/:full_name`,
    { schema: { params: byFullName, response: { 200: info } } },
    async ({ params, principal }) => show(readable(context, principal, "REGISTERED_MODEL", params.full_name)),
  );
  app.get(
    `${PREFIX}/models/:full_name/versions`,
    { schema: { params: byFullName, response: { 200: z.object({ model_versions: z.array(info) }) } } },
    async ({ params, principal }) => {
      readable(context, principal, "REGISTERED_MODEL", params.full_name);
      return { model_versions: [] };
    },
  );
}

function changeModelRoutes(app: App, context: Context): void {
  const { db } = context;
  const show = (item: Securable) => modelInfo(context, item) as { name: string };
  app.patch(
    `${PREFIX}/models/:full_name`,
    { schema: { params: byFullName, body: updateModel, response: { 200: info } } },
    async ({ params, body, principal }) => {
      const item = requireSecurable(db, "REGISTERED_MODEL", params.full_name);
      return show(await changeSecurable(context, actor(db, principal), item, changeOf(body)));
    },
  );
  app.delete(
    `${PREFIX}/models/:full_name`,
    { schema: { params: byFullName, response: { 200: nothing } } },
    async ({ params, principal }) => {
      await dropSecurable(
        context,
        actor(db, principal),
        requireSecurable(db, "REGISTERED_MODEL", params.full_name),
        true,
      );
      return {};
    },
  );
}
