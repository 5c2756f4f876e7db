/**
 * Notification destinations: kept, nothing is sent. What is secret about one goes in and never comes out; answers say whether it is set.
 * https://docs.databricks.com/api/workspace/notificationdestinations
 */

import { z } from "zod";
import { invalid, notFound } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { own } from "../../core/own.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context } from "../../core/service.ts";
import { requireAdmin } from "../identity/rules.ts";
import { type Body, findRecord, listRecords, putRecord, removeRecord, type SettingRecord } from "./store.ts";

const KIND = "notification_destination";
const BASE = "/api/2.0/notification-destinations";
const PAGE = 100;

interface DestinationType {
  type: string;
  /** What it cannot be made without. */
  required: string;
  /** Fields that are never answered. */
  secrets: readonly string[];
}

const TYPES: Readonly<Record<string, DestinationType>> = {
  email: { type: "EMAIL", required: "addresses", secrets: [] },
  slack: { type: "SLACK", required: "url", secrets: ["url", "channel_id", "oauth_token"] },
  generic_webhook: { type: "WEBHOOK", required: "url", secrets: ["url", "username", "password"] },
  microsoft_teams: {
    type: "MICROSOFT_TEAMS",
    required: "url",
    secrets: ["url", "app_id", "auth_secret", "channel_url", "tenant_id"],
  },
  pagerduty: { type: "PAGERDUTY", required: "integration_key", secrets: ["integration_key"] },
};

const text = z.string().optional();
// z.object leaves out what it does not name: `url_set` and the like, which clients send back as they read it
const config = z.strictObject({
  email: z.object({ addresses: z.array(z.string()).optional() }).optional(),
  slack: z.object({ url: text, channel_id: text, oauth_token: text }).optional(),
  generic_webhook: z.object({ url: text, username: text, password: text }).optional(),
  microsoft_teams: z
    .object({ url: text, app_id: text, auth_secret: text, channel_url: text, tenant_id: text })
    .optional(),
  pagerduty: z.object({ integration_key: text }).optional(),
});
const body = z.object({ display_name: text, config: config.optional() });
const params = z.object({ id: z.string() });

/** The one type that `config` is of, which must say where to send. */
function typeOf(given: Body | undefined): string {
  const names = Object.keys(given ?? {}).filter((name) => given?.[name] !== undefined);
  if (names.length !== 1) throw invalid(`config must have exactly one of ${Object.keys(TYPES).join(", ")}.`);
  const name = names[0]!;
  const type = own(TYPES, name);
  if (!type) throw invalid(`config must have exactly one of ${Object.keys(TYPES).join(", ")}, got '${name}'.`);
  const value = (given![name] as Body)[type.required];
  if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) {
    throw invalid(`config.${name}.${type.required} is required.`);
  }
  return name;
}

function view({ id, body: { display_name, config: kept } }: SettingRecord): Body {
  const [name, fields] = Object.entries((kept ?? {}) as Record<string, Body>)[0] ?? ["", {}];
  const { type, secrets } = own(TYPES, name) ?? { type: undefined, secrets: [] as readonly string[] };
  const shown = Object.entries(fields).map(([field, value]): [string, unknown] =>
    secrets.includes(field) ? [`${field}_set`, value !== ""] : [field, value],
  );
  return { id, display_name, destination_type: type, config: { [name]: Object.fromEntries(shown) } };
}

export function notificationRoutes(app: App, { db }: Context): void {
  const read = (id: string): SettingRecord => {
    const found = findRecord(db, KIND, id);
    if (!found) throw notFound(`Notification destination ${id} does not exist.`);
    return found;
  };
  app.post(BASE, { schema: { body } }, async (request) => {
    requireAdmin(db, request.principal, "create a notification destination");
    if (!request.body.display_name) throw invalid("display_name is required.");
    typeOf(request.body.config);
    const id = uuid();
    putRecord(db, KIND, id, request.body);
    return view(read(id));
  });
  const querystring = z.object({ page_size: z.coerce.number().int().optional(), page_token: text });
  app.get(BASE, { schema: { querystring } }, async ({ query }) => {
    const page = paginate(
      listRecords(db, KIND),
      { pageToken: query.page_token, size: query.page_size },
      { fallback: PAGE, max: PAGE, name: "page_size" },
    );
    const results = page.items.map(view).map(({ id, display_name, destination_type }) => ({
      id,
      display_name,
      destination_type,
    }));
    return { results, ...(page.next_page_token ? { next_page_token: page.next_page_token } : {}) };
  });
  app.get(`${BASE}/:id`, { schema: { params } }, async (request) => view(read(request.params.id)));
  app.patch(`${BASE}/:id`, { schema: { params, body } }, async (request) => {
    requireAdmin(db, request.principal, "change a notification destination");
    const { id, body: before } = read(request.params.id);
    if (request.body.config) {
      const [was, is] = [typeOf(before.config as Body), typeOf(request.body.config)];
      if (was !== is) throw invalid(`The type of a notification destination cannot change from ${was} to ${is}.`);
    }
    putRecord(db, KIND, id, { ...before, ...request.body });
    return view(read(id));
  });
  app.delete(`${BASE}/:id`, { schema: { params } }, async (request) => {
    requireAdmin(db, request.principal, "delete a notification destination");
    removeRecord(db, KIND, read(request.params.id).id);
    return {};
  });
}
