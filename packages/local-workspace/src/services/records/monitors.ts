/** Quality monitors of tables, as records: nothing is measured. https://docs.databricks.com/api/workspace/qualitymonitors */
import { z } from "zod";
import { notImplemented } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { actor, requireManage } from "../unity-catalog/access.ts";
import { requireSecurable } from "../unity-catalog/names.ts";
import { type Document, type Kept, NOT_RUN, notRun, Records } from "./store.ts";

const monitors = new Records({ kind: "monitor", label: "Monitor of table", routesCheck: true });

export function monitorRoutes(app: App, context: Context): void {
  const url = "/api/2.1/unity-catalog/tables/:name/monitor";
  const params = z.object({ name: z.string() });
  const body = z.looseObject({ output_schema_name: z.string(), assets_dir: z.string().optional() });
  const owned = (principal: Principal, name: string): void =>
    requireManage(context.db, actor(context.db, principal), requireSecurable(context.db, "TABLE", name));
  const view = ({ id, document }: Kept): Document => ({ table_name: id, ...document, status: "MONITOR_STATUS_ACTIVE" });

  app.post(url, { schema: { params, body } }, async ({ params: { name }, body: sent, principal }) => {
    owned(principal, name);
    const of = `${sent.output_schema_name}.${name.split(".").at(-1)}`;
    const own = {
      drift_metrics_table_name: `${of}_drift_metrics`,
      profile_metrics_table_name: `${of}_profile_metrics`,
      dashboard_id: uuid().replaceAll("-", ""),
      monitor_version: 0,
    };
    const { skip_builtin_dashboard: _, warehouse_id: __, ...kept } = sent as Document;
    return view(monitors.insert(context, principal, name, { ...kept, ...own }));
  });
  app.get(url, { schema: { params } }, async (request) =>
    view(monitors.read(context, request.principal, request.params.name)),
  );
  app.put(url, { schema: { params, body } }, async ({ params: { name }, body: sent, principal }) => {
    owned(principal, name);
    return view(
      monitors.change(context, principal, name, (document) => ({
        ...{ ...document, ...sent, assets_dir: document.assets_dir },
        monitor_version: Number(document.monitor_version) + 1,
      })),
    );
  });
  app.delete(url, { schema: { params } }, async ({ params: { name }, principal }) => {
    owned(principal, name);
    monitors.remove(context, principal, name);
    return {};
  });
  app.get(`${url}/refreshes`, { schema: { params } }, async ({ params: { name }, principal }) => {
    monitors.read(context, principal, name);
    return { refreshes: [] };
  });
  app.post(`${url}/refreshes`, { schema: { tags: [NOT_RUN], params } }, async ({ params: { name }, principal }) => {
    monitors.read(context, principal, name);
    throw notImplemented(notRun(`The monitor of table ${name} is`));
  });
}
