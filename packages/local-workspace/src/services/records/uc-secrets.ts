/** Secrets of Unity Catalog without their values: nothing reads them here. https://docs.databricks.com/api/workspace/secretsuc */
import { z } from "zod";
import type { App, Context } from "../../core/service.ts";
import { actor, visible } from "../unity-catalog/access.ts";
import { requireSecurable } from "../unity-catalog/names.ts";
import { changeSecurable, createSecurable, dropSecurable } from "../unity-catalog/operations.ts";
import { bodyOf, changeOf, readable } from "../unity-catalog/routes/common.ts";
import { listSecurables, type Securable } from "../unity-catalog/store.ts";
import type { Document } from "./store.ts";

const BASE = "/api/2.1/unity-catalog/secrets";

function view(item: Securable): Document {
  const [catalog_name, schema_name, name] = item.fullName.split(".");
  return {
    ...{ name, catalog_name, schema_name, full_name: item.fullName },
    ...{ owner: item.owner, effective_owner: item.owner },
    ...(item.comment === null ? {} : { comment: item.comment }),
    ...item.body,
    ...{ create_time: new Date(item.createdAt).toISOString(), created_by: item.createdBy },
    ...{ update_time: new Date(item.updatedAt).toISOString(), updated_by: item.updatedBy },
  };
}

/** A request without the value, which is not kept. */
const withoutValue = ({ value: _, ...rest }: Document): Document => rest;

export function ucSecretRoutes(app: App, context: Context): void {
  const { db } = context;
  const params = z.object({ name: z.string() });
  const fields = { comment: z.string().optional(), owner: z.string().optional(), value: z.string().optional() };

  const createBody = z.looseObject({
    ...{ ...fields, catalog_name: z.string().min(1), schema_name: z.string().min(1), name: z.string().min(1) },
    value: z.string(),
  });
  app.post(BASE, { schema: { body: createBody } }, async ({ body, principal }) => {
    const { name, comment, owner } = body;
    const parent = requireSecurable(db, "SCHEMA", `${body.catalog_name}.${body.schema_name}`);
    const item = { type: "SECRET", name, comment, owner, parent, body: bodyOf(withoutValue(body)) } as const;
    return view(await createSecurable(context, actor(db, principal), item));
  });
  const listQuery = z.looseObject({ catalog_name: z.string().optional(), schema_name: z.string().optional() });
  app.get(BASE, { schema: { querystring: listQuery } }, async ({ query, principal }) => {
    const { catalog_name: catalog, schema_name: schema } = query;
    const asked = (item: Document): boolean =>
      (!catalog || item.catalog_name === catalog.toLowerCase()) &&
      (!schema || item.schema_name === schema.toLowerCase());
    return { secrets: visible(context, actor(db, principal), listSecurables(db, "SECRET")).map(view).filter(asked) };
  });
  app.get(`${BASE}/:name`, { schema: { params } }, async ({ params: { name }, principal }) =>
    view(readable(context, principal, "SECRET", name)),
  );
  app.patch(`${BASE}/:name`, { schema: { params, body: z.looseObject(fields) } }, async (request) => {
    const item = requireSecurable(db, "SECRET", request.params.name);
    const { newName: _, ...change } = changeOf(withoutValue(request.body));
    return view(await changeSecurable(context, actor(db, request.principal), item, change));
  });
  app.delete(`${BASE}/:name`, { schema: { params } }, async ({ params: { name }, principal }) => {
    await dropSecurable(context, actor(db, principal), requireSecurable(db, "SECRET", name), false);
    return {};
  });
}
