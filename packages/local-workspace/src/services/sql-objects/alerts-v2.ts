/** Alerts with a query and schedule of their own: checked and kept, not evaluated. https://docs.databricks.com/api/workspace/alertsv2 */
import { z } from "zod";
import { invalid, notFound } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { timeZone } from "../../core/next-time.ts";
import { paginate } from "../../core/paging.ts";
import { parseQuartz, QuartzError } from "../../core/quartz.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { hasLevel, requireLevel } from "../permissions/access.ts";
import { requireRunAs } from "../permissions/run-as.ts";
import { type Document, insertSaved, listSaved, requireSaved, type Saved, saveSaved } from "./store.ts";

const BASE = "/api/2.0/alerts";
const KIND = "alert_v2";
const TYPE = "alertsv2";

const OPERATORS = [
  ...["LESS_THAN", "GREATER_THAN", "EQUAL", "NOT_EQUAL", "GREATER_THAN_OR_EQUAL", "LESS_THAN_OR_EQUAL"],
  ...["IS_NULL", "IS_NOT_NULL"],
] as const;
const fields = {
  display_name: z.string().min(1),
  query_text: z.string().min(1),
  warehouse_id: z.string().min(1),
  evaluation: z.looseObject({
    comparison_operator: z.enum(OPERATORS),
    source: z.looseObject({ name: z.string().min(1) }),
  }),
  schedule: z.looseObject({
    quartz_cron_schedule: z.string(),
    timezone_id: z.string(),
    pause_status: z.enum(["PAUSED", "UNPAUSED"]).optional(),
  }),
  custom_summary: z.string().optional(),
  custom_description: z.string().optional(),
  custom_template_format: z.string().optional(),
  parameters: z.array(z.looseObject({ name: z.string().min(1) })).optional(),
  parent_path: z.string().optional(),
  run_as_user_name: z.string().optional(),
  run_as: z.looseObject({ user_name: z.string().optional(), service_principal_name: z.string().optional() }).optional(),
};
const alert = z.looseObject(fields);
const change = alert.partial();
const params = z.object({ id: z.string() });
const listQuery = z.looseObject({ page_size: z.coerce.number().int().optional(), page_token: z.string().optional() });

function checkSchedule(given: unknown): void {
  const { quartz_cron_schedule, timezone_id } = given as z.infer<typeof alert>["schedule"];
  try {
    parseQuartz(quartz_cron_schedule);
    timeZone(timezone_id);
  } catch (error) {
    if (!(error instanceof QuartzError || error instanceof RangeError)) throw error;
    throw invalid(`schedule: ${error.message}.`);
  }
}

export function alertV2Routes(app: App, context: Context): void {
  const { db } = context;
  const permitted = (id: string, principal: Principal, level: string): Saved => {
    const found = requireSaved(db, KIND, id);
    if (found.trashed) throw notFound(`Alert with ID '${id}' does not exist.`);
    requireLevel(context, principal, TYPE, id, level);
    return found;
  };
  const view = ({ id, owner, createdAt, updatedAt, trashed, document }: Saved): Document => {
    const runAs = document.run_as as z.infer<typeof alert>["run_as"];
    return {
      id,
      ...document,
      owner_user_name: owner,
      // The deprecated run_as_user_name is answered only where it was sent: clients take any other value for a drift.
      effective_run_as: runAs ?? { user_name: (document.run_as_user_name as string | undefined) ?? owner },
      create_time: new Date(createdAt).toISOString(),
      update_time: new Date(updatedAt).toISOString(),
      lifecycle_state: trashed ? "DELETED" : "ACTIVE",
    };
  };
  app.post(BASE, { schema: { body: alert } }, async ({ body, principal }) => {
    checkSchedule(body.schedule);
    requireRunAs(context, principal, body.run_as);
    const parent_path = body.parent_path || `/Workspace/Users/${principal.name}`;
    return view(insertSaved(db, uuid(), KIND, principal.name, { ...body, parent_path }));
  });
  app.get(BASE, { schema: { querystring: listQuery } }, async ({ query, principal }) => {
    const visible = listSaved(db, KIND).filter(({ id }) => hasLevel(context, principal, TYPE, id, "CAN_READ"));
    const page = { size: query.page_size, pageToken: query.page_token };
    const { items, ...tokens } = paginate(visible, page, { fallback: 20, max: 100, name: "page_size" });
    return { alerts: items.map(view), ...tokens };
  });
  app.get(`${BASE}/:id`, { schema: { params } }, async (request) =>
    view(permitted(request.params.id, request.principal, "CAN_READ")),
  );
  const patchQuery = z.object({ update_mask: z.string().min(1) });
  app.patch(`${BASE}/:id`, { schema: { params, querystring: patchQuery, body: change } }, async (request) => {
    const found = permitted(request.params.id, request.principal, "CAN_EDIT");
    const sent = request.body as Document;
    const mask = request.query.update_mask.split(",").map((each) => each.trim().split(".")[0]!);
    const document = { ...found.document };
    for (const field of request.query.update_mask === "*" ? Object.keys(sent) : mask) {
      if (field === "parent_path") continue;
      if (!(field in fields) && !(field in sent)) throw invalid(`update_mask: '${field}' is not a field of an alert.`);
      if (sent[field] === undefined) delete document[field];
      else document[field] = sent[field];
    }
    const whole = alert.safeParse(document);
    if (!whole.success) throw invalid(z.prettifyError(whole.error));
    checkSchedule(document.schedule);
    requireRunAs(context, request.principal, whole.data.run_as);
    return view(saveSaved(db, { ...found, modifier: request.principal.name, document }));
  });
  app.delete(`${BASE}/:id`, { schema: { params } }, async (request) => {
    const found = permitted(request.params.id, request.principal, "CAN_MANAGE");
    saveSaved(db, { ...found, trashed: true });
    return {};
  });
}
