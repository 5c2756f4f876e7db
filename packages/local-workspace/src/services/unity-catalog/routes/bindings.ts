/** Which workspaces can use an isolated catalog, external location or storage credential. https://docs.databricks.com/api/workspace/workspacebindings */
import { z } from "zod";
import { invalid } from "../../../core/errors.ts";
import type { App, Context, Principal } from "../../../core/service.ts";
import type { Database } from "../../../store/database.ts";
import { actor, requireManage } from "../access.ts";
import { securableType } from "../grants.ts";
import { requireSecurable } from "../names.ts";
import { bindings, byName, catalogBindings, updateBindings, updateCatalogBindings } from "../schemas.ts";
import type { Securable } from "../store.ts";
import { PREFIX, pageOf } from "./common.ts";

type BindingType = "BINDING_TYPE_READ_WRITE" | "BINDING_TYPE_READ_ONLY";
type Binding = { workspace_id: number; binding_type?: BindingType | undefined };

const bindingsOf = (db: Database, item: Securable): { workspace_id: number; binding_type: BindingType }[] =>
  db.all(
    "SELECT workspace_id, binding_type FROM workspace_bindings WHERE securable_id = ? ORDER BY workspace_id",
    item.id,
  );

function change(db: Database, item: Securable, add: readonly Binding[], remove: readonly Binding[]): void {
  db.transaction(() => {
    for (const { workspace_id } of remove) {
      db.run("DELETE FROM workspace_bindings WHERE securable_id = ? AND workspace_id = ?", item.id, workspace_id);
    }
    for (const { workspace_id, binding_type } of add) {
      db.run(
        "INSERT OR REPLACE INTO workspace_bindings VALUES (?, ?, ?)",
        item.id,
        workspace_id,
        binding_type ?? "BINDING_TYPE_READ_WRITE",
      );
    }
  });
}

export function bindingRoutes(app: App, context: Context): void {
  const { db } = context;
  const target = (type: string, name: string, principal: Principal): Securable => {
    const found = securableType(type);
    if (!["CATALOG", "EXTERNAL_LOCATION", "STORAGE_CREDENTIAL"].includes(found)) {
      throw invalid(
        `Workspace bindings are for catalogs, external locations and storage credentials, not for '${type}'.`,
      );
    }
    const item = requireSecurable(db, found, name);
    requireManage(db, actor(db, principal), item);
    return item;
  };
  const params = z.object({ securable_type: z.string(), securable_name: z.string() });
  app.get(
    `${PREFIX}/bindings/:securable_type/:securable_name`,
    {
      schema: {
        params,
        querystring: z.object({ max_results: z.coerce.number().int().optional(), page_token: z.string().optional() }),
        response: { 200: bindings },
      },
    },
    async ({ params, query, principal }) => {
      const all = bindingsOf(db, target(params.securable_type, params.securable_name, principal));
      const { items, ...more } = pageOf(all, query, { zero: 1000, max: 1000 });
      return { bindings: items, ...more };
    },
  );
  app.patch(
    `${PREFIX}/bindings/:securable_type/:securable_name`,
    { schema: { params, body: updateBindings, response: { 200: bindings } } },
    async ({ params, body, principal }) => {
      const item = target(params.securable_type, params.securable_name, principal);
      change(db, item, body.add ?? [], body.remove ?? []);
      return { bindings: bindingsOf(db, item) };
    },
  );
  app.get(
    `${PREFIX}/workspace-bindings/catalogs/:name`,
    { schema: { params: byName, response: { 200: catalogBindings } } },
    async ({ params, principal }) => ({
      workspaces: bindingsOf(db, target("catalog", params.name, principal)).map((binding) => binding.workspace_id),
    }),
  );
  app.patch(
    `${PREFIX}/workspace-bindings/catalogs/:name`,
    { schema: { params: byName, body: updateCatalogBindings, response: { 200: catalogBindings } } },
    async ({ params, body, principal }) => {
      const item = target("catalog", params.name, principal);
      const as = (ids: number[] | undefined) => (ids ?? []).map((workspace_id) => ({ workspace_id }));
      change(db, item, as(body.assign_workspaces), as(body.unassign_workspaces));
      return { workspaces: bindingsOf(db, item).map((binding) => binding.workspace_id) };
    },
  );
}
