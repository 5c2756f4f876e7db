/** The one metastore, and that this workspace is assigned to it. https://docs.databricks.com/api/workspace/metastores */
import { z } from "zod";
import type { App, Context } from "../../../core/service.ts";
import { requireSecurable } from "../names.ts";
import { metastoreInfo } from "../render.ts";
import { info } from "../schemas.ts";
import { theMetastore } from "../store.ts";
import { PREFIX } from "./common.ts";

export function metastoreRoutes(app: App, context: Context): void {
  const { db } = context;
  app.get(`${PREFIX}/current-metastore-assignment`, async () => ({
    metastore_id: theMetastore(db).id,
    workspace_id: context.workspaceId,
    default_catalog_name: "main",
  }));
  app.get(`${PREFIX}/metastore_summary`, async () => metastoreInfo(context));
  app.get(
    `${PREFIX}/metastores`,
    { schema: { response: { 200: z.object({ metastores: z.array(info) }) } } },
    async () => ({ metastores: [metastoreInfo(context) as { name: string }] }),
  );
  app.get(
    `${PREFIX}/metastores/:id`,
    { schema: { params: z.object({ id: z.string() }), response: { 200: info } } },
    async ({ params }) => {
      requireSecurable(db, "METASTORE", params.id);
      return metastoreInfo(context) as { name: string };
    },
  );
}
