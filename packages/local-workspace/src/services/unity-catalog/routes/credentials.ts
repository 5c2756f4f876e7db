/** Access to a table's files for clients that read them themselves. https://docs.databricks.com/aws/en/external-access/credential-vending */
import { z } from "zod";
import { denied, invalid } from "../../../core/errors.ts";
import type { App, Context, Principal } from "../../../core/service.ts";
import { actor, requirePrivilege, requireUse } from "../access.ts";
import { missing } from "../names.ts";
import { protectionOf } from "../protection.ts";
import { location } from "../render.ts";
import { listSecurables, securableById } from "../store.ts";
import { PREFIX } from "./common.ts";

const VALID = 60 * 60 * 1000;
const request = z.looseObject({ table_id: z.string().min(1), operation: z.enum(["READ", "READ_WRITE"]) });

/** Databricks' SDKs ask at 2.0, clients of Unity Catalog's open API at 2.1. */
const PATHS = [`${PREFIX}/temporary-table-credentials`, "/api/2.0/unity-catalog/temporary-table-credentials"];

export function credentialRoutes(app: App, context: Context): void {
  for (const path of PATHS) {
    app.post(path, { schema: { body: request } }, async ({ body, principal }) => credentials(context, body, principal));
  }
}

function credentials(context: Context, body: z.infer<typeof request>, principal: Principal): Record<string, unknown> {
  const { db } = context;
  const table = listSecurables(db, "TABLE").find(({ id }) => id === body.table_id);
  if (!table) throw missing("TABLE", body.table_id);
  const who = actor(db, principal);
  requireUse(db, who, table);
  requirePrivilege(db, who, securableById(db, table.parentId!), "EXTERNAL_USE_SCHEMA");
  for (const privilege of body.operation === "READ" ? ["SELECT"] : ["SELECT", "MODIFY"]) {
    requirePrivilege(db, who, table, privilege);
  }
  if (protectionOf(context, who, table)) {
    throw denied(
      `Table '${table.fullName}' has a row filter or column masks for you: its files cannot be read by themselves.`,
    );
  }
  const { storage_location, table_type } = table.body;
  if (typeof storage_location !== "string") {
    throw invalid(`'${table.fullName}' is a ${String(table_type)}, which has no files of its own.`);
  }
  if (body.operation === "READ_WRITE" && table_type !== "EXTERNAL") {
    throw denied(
      `Table '${table.fullName}' is ${String(table_type)}: others than Databricks write to EXTERNAL tables alone.`,
    );
  }
  // Files of this machine need no key; clients want to see one.
  const none = { access_key_id: "local", secret_access_key: "local", session_token: "local" };
  return { aws_temp_credentials: none, expiration_time: Date.now() + VALID, url: location(storage_location) };
}
