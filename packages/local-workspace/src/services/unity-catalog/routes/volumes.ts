import { z } from "zod";
import { invalid } from "../../../core/errors.ts";
import type { App, Context } from "../../../core/service.ts";
import { actor, visible } from "../access.ts";
import { makeVolume, refuseExternal } from "../making.ts";
import { requireSecurable } from "../names.ts";
import { changeSecurable, dropSecurable } from "../operations.ts";
import { volumeInfo } from "../render.ts";
import { byName, createVolume, info, inSchemaQuery, nothing, readQuery, updateVolume } from "../schemas.ts";
import { listSecurables, type Securable } from "../store.ts";
import { changeOf, PREFIX, pageOf, readable } from "./common.ts";

export function volumeRoutes(app: App, context: Context): void {
  const { db } = context;
  const show = (item: Securable) => volumeInfo(context, item) as { name: string };
  app.post(
    `${PREFIX}/volumes`,
    { schema: { body: createVolume, response: { 200: info } } },
    async ({ body, principal }) => {
      const schema = requireSecurable(db, "SCHEMA", `${body.catalog_name}.${body.schema_name}`);
      if (body.volume_type === "EXTERNAL") refuseExternal();
      if (body.storage_location) throw invalid("CreateVolume storage_location can not be provided.");
      return show(await makeVolume(context, actor(db, principal), schema, body));
    },
  );
  app.get(
    `${PREFIX}/volumes`,
    {
      schema: {
        querystring: inSchemaQuery,
        response: { 200: z.object({ volumes: z.array(info), next_page_token: z.string().optional() }) },
      },
    },
    async ({ query, principal }) => {
      const schema = readable(context, principal, "SCHEMA", `${query.catalog_name}.${query.schema_name}`);
      const all = visible(context, actor(db, principal), listSecurables(db, "VOLUME", schema.id));
      const { items, ...more } = pageOf(all, query, { zero: 10_000, max: 10_000 });
      return { volumes: items.map(show), ...more };
    },
  );
  app.get(
    `${PREFIX}/volumes/:name`,
    { schema: { params: byName, querystring: readQuery, response: { 200: info } } },
    async ({ params, principal }) => show(readable(context, principal, "VOLUME", params.name)),
  );
  app.patch(
    `${PREFIX}/volumes/:name`,
    { schema: { params: byName, body: updateVolume, response: { 200: info } } },
    async ({ params, body, principal }) => {
      const item = requireSecurable(db, "VOLUME", params.name);
      return show(await changeSecurable(context, actor(db, principal), item, changeOf(body)));
    },
  );
  app.delete(
    `${PREFIX}/volumes/:name`,
    { schema: { params: byName, response: { 200: nothing } } },
    async ({ params, principal }) => {
      await dropSecurable(context, actor(db, principal), requireSecurable(db, "VOLUME", params.name), false);
      return {};
    },
  );
}
