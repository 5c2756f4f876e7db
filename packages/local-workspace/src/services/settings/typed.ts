/**
 * Settings by type, each with an etag that says which version a change is based on; kept, not acted on.
 * https://docs.databricks.com/api/workspace/settings
 */

import { z } from "zod";
import { ApiError, invalid, notFound, notImplemented } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { own } from "../../core/own.ts";
import type { App, Context } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { requireAdmin } from "../identity/rules.ts";
import { type Body, findRecord, putRecord, removeRecord } from "./store.ts";

const KIND = "typed_setting";

interface SettingType {
  /** Where the setting's value stands. */
  field: string;
  /** What it is while nobody has set it; none: it is not there. */
  initial?: unknown;
}

const on = { enabled: false };
const flag = { value: false };
const TYPES: Record<string, SettingType> = {
  default_namespace_ws: { field: "namespace" },
  default_warehouse_id: { field: "string_val" },
  restrict_workspace_admins: { field: "restrict_workspace_admins", initial: { status: "ALLOW_ALL" } },
  automatic_cluster_update: { field: "automatic_cluster_update_workspace", initial: on },
  shield_esm_enablement_ws_db: { field: "enhanced_security_monitoring_workspace", initial: { is_enabled: false } },
  shield_csp_enablement_ws_db: {
    field: "compliance_security_profile_workspace",
    initial: { is_enabled: false, compliance_standards: [] },
  },
  disable_legacy_access: { field: "disable_legacy_access", initial: flag },
  disable_legacy_dbfs: { field: "disable_legacy_dbfs", initial: flag },
  llm_proxy_partner_powered: { field: "boolean_val", initial: { value: true } },
  dashboard_email_subscriptions: { field: "boolean_val", initial: { value: true } },
  sql_results_download: { field: "boolean_val", initial: { value: true } },
  aibi_dash_embed_ws_acc_policy: {
    field: "aibi_dashboard_embedding_access_policy",
    initial: { access_policy_type: "ALLOW_APPROVED_DOMAINS" },
  },
  aibi_dash_embed_ws_apprvd_domains: {
    field: "aibi_dashboard_embedding_approved_domains",
    initial: { approved_domains: [] },
  },
};

const PATH = "/api/2.0/settings/types/:type/names/:name";
const params = z.object({ type: z.string(), name: z.string() });
const query = z.looseObject({ etag: z.string().optional() });
const change = z.looseObject({
  allow_missing: z.boolean().optional(),
  field_mask: z.string().optional(),
  setting: z.looseObject({ etag: z.string().optional(), setting_name: z.string().optional() }),
});

const details = (reason: string, etag: string): Body[] => [
  {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    reason,
    domain: "settings.databricks.com",
    metadata: { etag },
  },
];

/** The versions of settings. */
function versionsOf(db: Database) {
  /** The version of a setting that was never set has an etag, too, which the first change names. */
  const current = (type: string): { etag: string; value: unknown } => {
    const found = findRecord(db, KIND, type)?.body;
    return { etag: String(found?.etag ?? `${type}-0`), value: found?.value ?? TYPES[type]!.initial };
  };
  const view = (type: string): Body => {
    const { etag, value } = current(type);
    return { etag, setting_name: "default", [TYPES[type]!.field]: value };
  };
  const sameVersion = (type: string, sent: string | undefined): void => {
    const { etag } = current(type);
    if (!sent || sent === etag) return;
    throw new ApiError("RESOURCE_CONFLICT", `Setting '${type}' was changed meanwhile: use its etag '${etag}'.`, {
      details: details("CONFLICT", etag),
    });
  };
  return { current, view, sameVersion };
}

const typeOf = ({ type, name }: z.infer<typeof params>): SettingType => {
  if (name !== "default") throw invalid(`A setting's name is 'default', got '${name}'.`);
  const found = own(TYPES, type);
  if (found) return found;
  throw notImplemented(
    `Setting '${type}' is not part of the local workspace; there are ${Object.keys(TYPES).join(", ")}.`,
  );
};

export function typedSettingRoutes(app: App, { db }: Context): void {
  const { current, view, sameVersion } = versionsOf(db);
  app.get(PATH, { schema: { params, querystring: query } }, async (request) => {
    const { type } = request.params;
    typeOf(request.params);
    const { value, etag } = current(type);
    if (value !== undefined) return view(type);
    throw new ApiError("NOT_FOUND", `Setting '${type}' is not set.`, { details: details("NOT_FOUND", etag) });
  });

  app.patch(PATH, { schema: { params, body: change } }, async (request) => {
    const { type } = request.params;
    const { field } = typeOf(request.params);
    requireAdmin(db, request.principal, "change the workspace's settings");
    const { setting, allow_missing, field_mask } = request.body;
    return db.transaction(() => {
      const before = current(type);
      if (before.value === undefined && allow_missing === false) throw notFound(`Setting '${type}' is not set.`);
      sameVersion(type, setting.etag);
      if (setting[field] === undefined) throw invalid(`setting.${field}: is required`);
      putRecord(db, KIND, type, { etag: uuid(), value: masked(before.value, setting[field], field, field_mask) });
      return view(type);
    });
  });

  app.delete(PATH, { schema: { params, querystring: query } }, async (request) => {
    const { type } = request.params;
    typeOf(request.params);
    requireAdmin(db, request.principal, "change the workspace's settings");
    return db.transaction(() => {
      if (!findRecord(db, KIND, type)) {
        const { etag } = current(type);
        throw new ApiError("NOT_FOUND", `Setting '${type}' is not set.`, { details: details("NOT_FOUND", etag) });
      }
      sameVersion(type, request.query.etag);
      removeRecord(db, KIND, type);
      return { etag: current(type).etag };
    });
  });
}

/** A mask of `field.part` changes that part only; `field`, `*` or none replaces the value. */
function masked(before: unknown, sent: unknown, field: string, mask = ""): unknown {
  const parts = mask
    .split(",")
    .map((each) => each.trim())
    .flatMap((each) => (each.startsWith(`${field}.`) ? [each.slice(field.length + 1).split(".")[0]!] : []));
  if (parts.length === 0 || typeof sent !== "object" || sent === null) return sent;
  const changed = Object.fromEntries(parts.map((part) => [part, (sent as Body)[part]]));
  return { ...(before as Body | undefined), ...changed };
}
