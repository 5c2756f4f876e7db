/**
 * Storage credentials and external locations: records that programs can deploy and grant on. The local workspace reaches
 * no cloud storage, so nothing is validated against one and no file is read through them.
 */
import { z } from "zod";
import { invalid } from "../../../core/errors.ts";
import type { App, Context } from "../../../core/service.ts";
import type { Database } from "../../../store/database.ts";
import { actor, visible } from "../access.ts";
import { requireSecurable } from "../names.ts";
import { changeSecurable, createSecurable, dropSecurable } from "../operations.ts";
import { storageInfo } from "../render.ts";
import {
  byName,
  externalLocation,
  forceQuery,
  info,
  nothing,
  pageQuery,
  storageCredential,
  updateExternalLocation,
  updateStorageCredential,
} from "../schemas.ts";
import { listSecurables, theMetastore } from "../store.ts";
import { bodyOf, changeOf, PREFIX, pageOf, readable } from "./common.ts";

const KINDS = [
  {
    type: "STORAGE_CREDENTIAL",
    path: "storage-credentials",
    key: "storage_credentials",
    create: storageCredential,
    update: updateStorageCredential,
  },
  {
    type: "EXTERNAL_LOCATION",
    path: "external-locations",
    key: "external_locations",
    create: externalLocation,
    update: updateExternalLocation,
  },
] as const;

type Kind = (typeof KINDS)[number];

/** An external location names a credential that must be there, and no two overlap. */
function check(
  db: Database,
  body: { credential_name?: string | undefined; url?: string | undefined },
  own?: string,
): void {
  if (body.credential_name !== undefined) requireSecurable(db, "STORAGE_CREDENTIAL", body.credential_name);
  if (body.url === undefined) return;
  const under = (outer: string, inner: string) =>
    `${inner.replace(/\/$/, "")}/`.startsWith(`${outer.replace(/\/$/, "")}/`);
  for (const other of listSecurables(db, "EXTERNAL_LOCATION")) {
    const url = String(other.body.url);
    if (other.name !== own && (under(url, body.url) || under(body.url, url))) {
      throw invalid(`Input path url '${body.url}' overlaps with the External Location '${other.name}' (${url}).`);
    }
  }
}

const showIn = (context: Context) => (item: Parameters<typeof storageInfo>[1]) =>
  storageInfo(context, item) as { name: string };

function createRoute(app: App, context: Context, kind: Kind): void {
  const { db } = context;
  const show = showIn(context);
  app.post(
    `${PREFIX}/${kind.path}`,
    { schema: { body: kind.create as z.ZodType<z.infer<typeof externalLocation>>, response: { 200: info } } },
    async ({ body, principal }) => {
      if (kind.type === "EXTERNAL_LOCATION") check(db, body);
      return show(
        await createSecurable(context, actor(db, principal), {
          type: kind.type,
          name: body.name,
          parent: theMetastore(db),
          comment: body.comment,
          body: { read_only: false, ...bodyOf(body) },
        }),
      );
    },
  );
}

function readRoutes(app: App, context: Context, kind: Kind): void {
  const { db } = context;
  const show = showIn(context);
  app.get(
    `${PREFIX}/${kind.path}`,
    { schema: { querystring: pageQuery, response: { 200: z.looseObject({}) } } },
    async ({ query, principal }) => {
      const all = visible(context, actor(db, principal), listSecurables(db, kind.type));
      const { items, ...more } = pageOf(all, query, { zero: 1000, max: 1000 });
      return { [kind.key]: items.map(show), ...more };
    },
  );
  app.get(
    `${PREFIX}/${kind.path}/:name`,
    { schema: { params: byName, response: { 200: info } } },
    async ({ params, principal }) => show(readable(context, principal, kind.type, params.name)),
  );
}

function changeRoutes(app: App, context: Context, kind: Kind): void {
  const { db } = context;
  const show = showIn(context);
  app.patch(
    `${PREFIX}/${kind.path}/:name`,
    {
      schema: {
        params: byName,
        body: kind.update as z.ZodType<z.infer<typeof updateExternalLocation>>,
        response: { 200: info },
      },
    },
    async ({ params, body, principal }) => {
      const item = requireSecurable(db, kind.type, params.name);
      if (kind.type === "EXTERNAL_LOCATION") check(db, body, item.name);
      return show(await changeSecurable(context, actor(db, principal), item, changeOf(body)));
    },
  );
  app.delete(
    `${PREFIX}/${kind.path}/:name`,
    { schema: { params: byName, querystring: forceQuery, response: { 200: nothing } } },
    async ({ params, query, principal }) => {
      const item = requireSecurable(db, kind.type, params.name);
      const used = listSecurables(db, "EXTERNAL_LOCATION").filter((other) => other.body.credential_name === item.name);
      if (kind.type === "STORAGE_CREDENTIAL" && used.length > 0 && query.force !== true) {
        throw invalid(
          `Storage Credential '${item.name}' is used by the External Location '${used[0]!.name}'; delete that first or use force.`,
        );
      }
      await dropSecurable(context, actor(db, principal), item, true);
      return {};
    },
  );
}

export function storageRoutes(app: App, context: Context): void {
  for (const kind of KINDS) {
    createRoute(app, context, kind);
    readRoutes(app, context, kind);
    changeRoutes(app, context, kind);
  }
}
