/** Secrets of Unity Catalog, as records without their values: nothing reads them here. https://docs.databricks.com/api/workspace/secretsuc */
import { z } from "zod";
import type { App, Context, Principal } from "../../core/service.ts";
import { actor, requireManage } from "../unity-catalog/access.ts";
import { requireSecurable } from "../unity-catalog/names.ts";
import { type Document, type Kept, Records } from "./store.ts";

const BASE = "/api/2.1/unity-catalog/secrets";
const secrets = new Records({ kind: "uc-secret", label: "Secret", routesCheck: true });

export function ucSecretRoutes(app: App, context: Context): void {
  const params = z.object({ name: z.string() });
  const fields = { comment: z.string().optional(), owner: z.string().optional(), value: z.string().optional() };
  const view = ({ id, creator, createdAt, updatedAt, document }: Kept): Document => ({
    ...{ owner: creator, ...document, full_name: id, effective_owner: document.owner ?? creator },
    ...{ create_time: new Date(createdAt).toISOString(), created_by: creator },
    ...{ update_time: new Date(updatedAt).toISOString(), updated_by: creator },
  });
  const inSchema = (principal: Principal, schema: string): void =>
    requireManage(context.db, actor(context.db, principal), requireSecurable(context.db, "SCHEMA", schema));
  const schemaOf = (name: string): string => name.split(".").slice(0, 2).join(".");

  const createBody = z.looseObject({
    ...{ ...fields, catalog_name: z.string().min(1), schema_name: z.string().min(1), name: z.string().min(1) },
    value: z.string(),
  });
  app.post(BASE, { schema: { body: createBody } }, async ({ body, principal }) => {
    const { value: _, ...kept } = body;
    const schema = `${kept.catalog_name}.${kept.schema_name}`;
    inSchema(principal, schema);
    return view(secrets.insert(context, principal, `${schema}.${kept.name}`, kept));
  });
  const listQuery = z.looseObject({ catalog_name: z.string().optional(), schema_name: z.string().optional() });
  app.get(BASE, { schema: { querystring: listQuery } }, async ({ query, principal }) => {
    const { catalog_name: catalog, schema_name: schema } = query;
    const asked = ({ document }: Kept): boolean =>
      (!catalog || document.catalog_name === catalog) && (!schema || document.schema_name === schema);
    return { secrets: secrets.list(context, principal).filter(asked).map(view) };
  });
  app.get(`${BASE}/:name`, { schema: { params } }, async ({ params: { name }, principal }) => {
    const found = secrets.read(context, principal, name);
    inSchema(principal, schemaOf(name));
    return view(found);
  });
  app.patch(`${BASE}/:name`, { schema: { params, body: z.looseObject(fields) } }, async (request) => {
    const { name } = request.params;
    secrets.read(context, request.principal, name);
    inSchema(request.principal, schemaOf(name));
    const { value: _, ...sent } = request.body;
    return view(secrets.change(context, request.principal, name, (document) => ({ ...document, ...sent })));
  });
  app.delete(`${BASE}/:name`, { schema: { params } }, async ({ params: { name }, principal }) => {
    secrets.read(context, principal, name);
    inSchema(principal, schemaOf(name));
    secrets.remove(context, principal, name);
    return {};
  });
}
