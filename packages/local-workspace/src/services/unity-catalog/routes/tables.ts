/** Tables and views, made by SQL and pipelines; here they are read, given an owner or comment, dropped. https://docs.databricks.com/api/workspace/tables */
import { z } from "zod";
import { invalid, notImplemented } from "../../../core/errors.ts";
import { like } from "../../../core/like.ts";
import type { App, Context } from "../../../core/service.ts";
import { actor, visible } from "../access.ts";
import { requireSecurable } from "../names.ts";
import { changeSecurable, dropSecurable } from "../operations.ts";
import { tableInfo } from "../render.ts";
import { byFullName, info, listTablesQuery, nothing, readTableQuery, summariesQuery, updateTable } from "../schemas.ts";
import { findSecurable, listSecurables, type Securable } from "../store.ts";
import { PREFIX, pageOf, readable } from "./common.ts";

/** `%` and `_` as in SQL's LIKE; names are kept in lower case. */
function matching(pattern: string | undefined): (name: string) => boolean {
  return (name) => !pattern || like(name, pattern.toLowerCase());
}

export function tableRoutes(app: App, context: Context): void {
  listRoutes(app, context);
  oneRoutes(app, context);
  changeRoutes(app, context);
}

function listRoutes(app: App, context: Context): void {
  const { db } = context;
  app.get(
    `${PREFIX}/tables`,
    {
      schema: {
        querystring: listTablesQuery,
        response: { 200: z.object({ tables: z.array(info), next_page_token: z.string().optional() }) },
      },
    },
    async ({ query, principal }) => {
      const schema = readable(context, principal, "SCHEMA", `${query.catalog_name}.${query.schema_name}`);
      const all = visible(context, actor(db, principal), listSecurables(db, "TABLE", schema.id));
      const { items, ...more } = pageOf(all, query, { zero: 50, max: 50, unset: 50 });
      const omit = { columns: query.omit_columns === true, properties: query.omit_properties === true };
      return { tables: items.map((item) => tableInfo(context, item, omit) as { name: string }), ...more };
    },
  );
  app.get(
    `${PREFIX}/table-summaries`,
    {
      schema: {
        querystring: summariesQuery,
        response: {
          200: z.object({
            tables: z.array(z.object({ full_name: z.string(), table_type: z.string() })),
            next_page_token: z.string().optional(),
          }),
        },
      },
    },
    async ({ query, principal }) => {
      const catalog = readable(context, principal, "CATALOG", query.catalog_name);
      const inSchema = matching(query.schema_name_pattern);
      const named = matching(query.table_name_pattern);
      const all = listSecurables(db, "SCHEMA", catalog.id)
        .filter((schema) => inSchema(schema.name))
        .flatMap((schema) => listSecurables(db, "TABLE", schema.id))
        .filter((table) => named(table.name));
      const { items, ...more } = pageOf(visible(context, actor(db, principal), all), query, {
        zero: 10_000,
        max: 10_000,
      });
      return {
        tables: items.map((item) => ({ full_name: item.fullName, table_type: String(item.body.table_type) })),
        ...more,
      };
    },
  );
}

function oneRoutes(app: App, context: Context): void {
  const { db } = context;
  const show = (item: Securable) => tableInfo(context, item) as { name: string };
  app.post(`${PREFIX}/tables`, async () => {
    throw notImplemented(
      "This endpoint makes external tables, which need cloud storage; make tables with SQL (/api/2.0/sql/statements) or a pipeline.",
    );
  });
  app.get(
    `${PREFIX}/tables/:full_name`,
    { schema: { params: byFullName, querystring: readTableQuery, response: { 200: info } } },
    async ({ params, principal }) => show(readable(context, principal, "TABLE", params.full_name)),
  );
  app.get(
    `${PREFIX}/tables/:full_name/exists`,
    { schema: { params: byFullName, response: { 200: z.object({ table_exists: z.boolean() }) } } },
    async ({ params, principal }) => {
      const parts = params.full_name.split(".");
      if (parts.length === 3) readable(context, principal, "SCHEMA", parts.slice(0, 2).join("."));
      return { table_exists: findSecurable(db, "TABLE", params.full_name) !== undefined };
    },
  );
}

function changeRoutes(app: App, context: Context): void {
  const { db } = context;
  app.patch(
    `${PREFIX}/tables/:full_name`,
    { schema: { params: byFullName, body: updateTable, response: { 200: nothing } } },
    async ({ params, body, principal }) => {
      const item = requireSecurable(db, "TABLE", params.full_name);
      if (body.owner === undefined && body.comment === undefined) throw invalid("UpdateTable Nothing to update.");
      await changeSecurable(context, actor(db, principal), item, { owner: body.owner, comment: body.comment });
      return {};
    },
  );
  app.delete(
    `${PREFIX}/tables/:full_name`,
    { schema: { params: byFullName, response: { 200: nothing } } },
    async ({ params, principal }) => {
      await dropSecurable(context, actor(db, principal), requireSecurable(db, "TABLE", params.full_name), false);
      return {};
    },
  );
}
