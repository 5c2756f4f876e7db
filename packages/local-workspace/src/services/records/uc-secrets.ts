/** Secrets of Unity Catalog, read over REST only. https://docs.databricks.com/api/workspace/secretsuc */
import { z } from "zod";
import { invalid } from "../../core/errors.ts";
import type { App, Context } from "../../core/service.ts";
import { decrypt, encrypt } from "../secrets/store.ts";
import { actor, requirePrivilege, visible } from "../unity-catalog/access.ts";
import { requireSecurable } from "../unity-catalog/names.ts";
import { changeSecurable, createSecurable, dropSecurable } from "../unity-catalog/operations.ts";
import { bodyOf, changeOf, readable } from "../unity-catalog/routes/common.ts";
import { listSecurables, type Securable } from "../unity-catalog/store.ts";
import type { Document } from "./store.ts";

const BASE = "/api/2.1/unity-catalog/secrets";

/** Bytes of a value, before it is encrypted. */
const LONGEST_VALUE = 60 * 1024;

function view(item: Securable): Document {
  const [catalog_name, schema_name, name] = item.fullName.split(".");
  const { encrypted_value: _, ...body } = item.body;
  return {
    ...{ name, catalog_name, schema_name, full_name: item.fullName },
    ...{ owner: item.owner, effective_owner: item.owner },
    ...(item.comment === null ? {} : { comment: item.comment }),
    ...body,
    ...{ create_time: new Date(item.createdAt).toISOString(), created_by: item.createdBy },
    ...{ update_time: new Date(item.updatedAt).toISOString(), updated_by: item.updatedBy },
  };
}

/** What is kept of a request: its value never in clear. */
function sealed(context: Context, { value, encrypted_value: _, update_mask: __, ...rest }: Document): Document {
  if (value === undefined) return rest;
  const bytes = Buffer.from(String(value));
  if (bytes.length > LONGEST_VALUE)
    throw invalid(`value has ${bytes.length} bytes; at most ${LONGEST_VALUE} are allowed.`);
  return { ...rest, encrypted_value: encrypt(context, bytes).toString("base64") };
}

/** The value, in answers to who asked for it and may read it. */
function secretOf(context: Context, { body }: Securable): Document {
  if (typeof body.encrypted_value !== "string") return {};
  return { effective_value: decrypt(context, Buffer.from(body.encrypted_value, "base64")).toString() };
}

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
    const item = { type: "SECRET", name, comment, owner, parent, body: bodyOf(sealed(context, body)) } as const;
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
  const readQuery = z.looseObject({ include_value: z.enum(["true", "false"]).optional() });
  app.get(`${BASE}/:name`, { schema: { params, querystring: readQuery } }, async (request) => {
    const { params, query, principal } = request;
    const item = readable(context, principal, "SECRET", params.name);
    if (query.include_value !== "true") return view(item);
    requirePrivilege(db, actor(db, principal), item, "READ_SECRET");
    return { ...view(item), ...secretOf(context, item) };
  });
  app.patch(`${BASE}/:name`, { schema: { params, body: z.looseObject(fields) } }, async (request) => {
    const item = requireSecurable(db, "SECRET", request.params.name);
    const { newName: _, ...change } = changeOf(sealed(context, request.body));
    return view(await changeSecurable(context, actor(db, request.principal), item, change));
  });
  app.delete(`${BASE}/:name`, { schema: { params } }, async ({ params: { name }, principal }) => {
    await dropSecurable(context, actor(db, principal), requireSecurable(db, "SECRET", name), false);
    return {};
  });
}
