/** Catalogs. https://docs.databricks.com/api/workspace/catalogs */
import { z } from "zod";
import { invalid, notImplemented } from "../../../core/errors.ts";
import type { App, Context } from "../../../core/service.ts";
import { actor, visible } from "../access.ts";
import { makeCatalog } from "../making.ts";
import { requireSecurable } from "../names.ts";
import { changeSecurable, dropSecurable } from "../operations.ts";
import { catalogInfo } from "../render.ts";
import { byName, createCatalog, forceQuery, info, nothing, pageQuery, readQuery, updateCatalog } from "../schemas.ts";
import { listSecurables } from "../store.ts";
import { bodyOf, changeOf, PREFIX, pageOf, readable } from "./common.ts";

export function catalogRoutes(app: App, context: Context): void {
  readCatalogRoutes(app, context);
  changeCatalogRoutes(app, context);
}

function readCatalogRoutes(app: App, context: Context): void {
  const { db } = context;
  app.get(
    `${PREFIX}/catalogs`,
    {
      schema: {
        querystring: pageQuery.extend({ include_unbound: z.string().optional() }),
        response: { 200: z.object({ catalogs: z.array(info), next_page_token: z.string().optional() }) },
      },
    },
    async ({ query, principal }) => {
      const all = visible(context, actor(db, principal), listSecurables(db, "CATALOG"));
      const { items, ...more } = pageOf(all, query, { zero: 1000, max: 1000 });
      return { catalogs: items.map((item) => catalogInfo(context, item) as { name: string }), ...more };
    },
  );
  app.get(
    `${PREFIX}/catalogs/:name`,
    { schema: { params: byName, querystring: readQuery, response: { 200: info } } },
    async ({ params, principal }) =>
      catalogInfo(context, readable(context, principal, "CATALOG", params.name)) as { name: string },
  );
}

function changeCatalogRoutes(app: App, context: Context): void {
  const { db } = context;
  app.post(
    `${PREFIX}/catalogs`,
    { schema: { body: createCatalog, response: { 200: info } } },
    async ({ body, principal }) => {
      if (body.connection_name || body.provider_name || body.share_name) {
        throw notImplemented(
          "Foreign catalogs and catalogs from shares need another system to read from; the local workspace makes standard catalogs: leave out connection_name, provider_name and share_name.",
        );
      }
      const made = await makeCatalog(context, actor(db, principal), {
        name: body.name,
        comment: body.comment,
        owner: body.owner,
        body: bodyOf(body),
      });
      return catalogInfo(context, made) as { name: string };
    },
  );
  app.patch(
    `${PREFIX}/catalogs/:name`,
    { schema: { params: byName, body: updateCatalog, response: { 200: info } } },
    async ({ params, body, principal }) => {
      const item = requireSecurable(db, "CATALOG", params.name);
      if (body.options && Object.keys(body.options).some((key) => key !== "authorized_paths")) {
        throw invalid("options: only 'authorized_paths' can be changed after a catalog was made.");
      }
      // Whoever manages a catalog may also isolate it, and undo that, from a workspace that it is not bound to.
      const allowUnbound = body.isolation_mode !== undefined || body.owner !== undefined;
      const changed = await changeSecurable(context, actor(db, principal), item, changeOf(body), { allowUnbound });
      return catalogInfo(context, changed) as { name: string };
    },
  );
  app.delete(
    `${PREFIX}/catalogs/:name`,
    { schema: { params: byName, querystring: forceQuery, response: { 200: nothing } } },
    async ({ params, query, principal }) => {
      const item = requireSecurable(db, "CATALOG", params.name);
      await dropSecurable(context, actor(db, principal), item, query.force === true);
      return {};
    },
  );
}
