/** Schemas. https://docs.databricks.com/api/workspace/schemas */
import { z } from "zod";
import type { App, Context } from "../../../core/service.ts";
import { actor, visible } from "../access.ts";
import { requireSecurable } from "../names.ts";
import { changeSecurable, createSecurable, dropSecurable } from "../operations.ts";
import { schemaInfo } from "../render.ts";
import {
  byFullName,
  createSchema,
  forceQuery,
  info,
  listSchemasQuery,
  nothing,
  readQuery,
  updateSchema,
} from "../schemas.ts";
import { listSecurables, type Securable } from "../store.ts";
import { bodyOf, changeOf, PREFIX, pageOf, readable } from "./common.ts";

export function schemaRoutes(app: App, context: Context): void {
  const { db } = context;
  const show = (item: Securable) => schemaInfo(context, item) as { name: string };
  app.post(
    `${PREFIX}/schemas`,
    { schema: { body: createSchema, response: { 200: info } } },
    async ({ body, principal }) => {
      const made = await createSecurable(context, actor(db, principal), {
        type: "SCHEMA",
        name: body.name,
        parent: requireSecurable(db, "CATALOG", body.catalog_name),
        comment: body.comment,
        body: bodyOf(body),
      });
      // what the schema inherits is only in answers to reads
      return { ...show(made), effective_predictive_optimization_flag: undefined };
    },
  );
  app.get(
    `${PREFIX}/schemas`,
    {
      schema: {
        querystring: listSchemasQuery,
        response: { 200: z.object({ schemas: z.array(info), next_page_token: z.string().optional() }) },
      },
    },
    async ({ query, principal }) => {
      const catalog = readable(context, principal, "CATALOG", query.catalog_name);
      const all = visible(context, actor(db, principal), listSecurables(db, "SCHEMA", catalog.id));
      const { items, ...more } = pageOf(all, query, { zero: 1000, max: 1000 });
      return { schemas: items.map(show), ...more };
    },
  );
  app.get(
    `${PREFIX}/schemas/:full_name`,
    { schema: { params: byFullName, querystring: readQuery, response: { 200: info } } },
    async ({ params, principal }) => show(readable(context, principal, "SCHEMA", params.full_name)),
  );
  app.patch(
    `${PREFIX}/schemas/:full_name`,
    { schema: { params: byFullName, body: updateSchema, response: { 200: info } } },
    async ({ params, body, principal }) => {
      const item = requireSecurable(db, "SCHEMA", params.full_name);
      return show(await changeSecurable(context, actor(db, principal), item, changeOf(body)));
    },
  );
  app.delete(
    `${PREFIX}/schemas/:full_name`,
    { schema: { params: byFullName, querystring: forceQuery, response: { 200: nothing } } },
    async ({ params, query, principal }) => {
      const item = requireSecurable(db, "SCHEMA", params.full_name);
      await dropSecurable(context, actor(db, principal), item, query.force === true);
      return {};
    },
  );
}
