/** Managed volumes. https://docs.databricks.com/api/workspace/volumes */
import { mkdirSync } from "node:fs";
import { z } from "zod";
import { invalid, notImplemented } from "../../../core/errors.ts";
import type { App, Context } from "../../../core/service.ts";
import { type Actor, actor } from "../access.ts";
import { discard, volumeFolder } from "../disk.ts";
import { requireSecurable } from "../names.ts";
import { changeSecurable, createSecurable, dropSecurable } from "../operations.ts";
import { volumeInfo } from "../render.ts";
import { byName, createVolume, info, inSchemaQuery, nothing, readQuery, updateVolume } from "../schemas.ts";
import { listSecurables, type Securable } from "../store.ts";
import { changeOf, PREFIX, pageOf, readable, visible } from "./common.ts";

export async function makeVolume(
  context: Context,
  who: Actor,
  schema: Securable,
  item: { name: string; comment?: string | undefined },
): Promise<Securable> {
  const made = await createSecurable(context, who, { ...item, type: "VOLUME", parent: schema }, (volume) => {
    // a folder that a killed drop left behind must not come back to life
    discard(context, volumeFolder(context, volume.fullName));
    mkdirSync(volumeFolder(context, volume.fullName), { recursive: true });
    return [];
  });
  return made;
}

export function refuseExternal(): never {
  throw notImplemented(
    "An external volume needs cloud storage, which the local workspace does not reach: use volume_type MANAGED.",
  );
}

export function volumeRoutes(app: App, context: Context): void {
  const { db } = context;
  const show = (item: Securable) => volumeInfo(context, item) as { name: string };
  app.post(
    `${PREFIX}/volumes`,
    { schema: { body: createVolume, response: { 200: info } } },
    async ({ body, principal }) => {
      const schema = requireSecurable(db, "SCHEMA", `${body.catalog_name}.${body.schema_name}`);
      if (body.volume_type === "EXTERNAL") refuseExternal();
      if (body.storage_location) throw invalid("storage_location must not be given for a MANAGED volume.");
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
