/** Checks of tags. https://docs.databricks.com/data-governance/unity-catalog/tags */

import { ApiError, invalid, notFound } from "../../core/errors.ts";
import { own } from "../../core/own.ts";
import type { Context } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { type Actor, requireBinding, requirePrivilege, requireUse } from "../unity-catalog/access.ts";
import { requireSecurable } from "../unity-catalog/names.ts";
import { noColumn } from "../unity-catalog/statements.ts";
import type { Securable, SecurableType } from "../unity-catalog/store.ts";
import { findTag, findTagPolicy, putTag, removeTag, tagsOf } from "./store.ts";

const MAX_TAGS = 50;

export const ENTITY_TYPES: Record<string, SecurableType> = {
  catalogs: "CATALOG",
  schemas: "SCHEMA",
  tables: "TABLE",
  columns: "TABLE",
  volumes: "VOLUME",
  models: "REGISTERED_MODEL",
};

export interface Entity {
  item: Securable;
  /** Empty for the securable itself. */
  column: string;
}

/** `columns` are named catalog.schema.table.column. */
export function requireEntity(db: Database, type: string, name: string): Entity {
  const kind = own(ENTITY_TYPES, type);
  if (!kind) throw invalid(`entity_type '${type}' is not one of ${Object.keys(ENTITY_TYPES).join(", ")}.`);
  if (type !== "columns") return { item: requireSecurable(db, kind, name), column: "" };
  const parts = name.split(".");
  if (parts.length < 4) throw invalid(`'${name}' is not the full name of a column: catalog.schema.table.column.`);
  const item = requireSecurable(db, "TABLE", parts.slice(0, 3).join("."));
  return { item, column: requireColumn(item, parts.slice(3).join(".")) };
}

export function requireColumn(item: Securable, name: string): string {
  const columns = (item.body.columns ?? []) as { name: string }[];
  const found = columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  if (!found) throw noColumn(item, name);
  return found.name;
}

export function checkTag(db: Database, key: string, value: string): void {
  if (key.length === 0 || key.length > 256 || /[.,\-=/:]/.test(key) || key !== key.trim()) {
    throw invalid(`Tag key '${key}' is not valid: 1 to 256 characters, none of . , - = / : and no spaces at its ends.`);
  }
  if (value.length > 1000) throw invalid(`The value of tag '${key}' has ${value.length} characters; 1000 are allowed.`);
  const policy = findTagPolicy(db, key);
  const allowed = policy?.allowed ? (JSON.parse(policy.allowed) as string[]) : undefined;
  if (allowed && allowed.length > 0 && !allowed.includes(value)) {
    throw invalid(
      `Tag value '${value}' is not an allowed value for tag policy key '${key}'; it allows ${allowed.join(", ")}.`,
    );
  }
}

export function requireApplyTag(context: Context, who: Actor, item: Securable): void {
  requireBinding(context.db, context.workspaceId, item, true);
  requireUse(context.db, who, item);
  requirePrivilege(context.db, who, item, "APPLY_TAG");
}

export function setTag(context: Context, who: Actor, { item, column }: Entity, key: string, value: string): void {
  const { db } = context;
  checkTag(db, key, value);
  if (!findTag(db, item.id, column, key) && tagsOf(db, item.id, column).length >= MAX_TAGS) {
    throw invalid(`'${item.fullName}' has ${MAX_TAGS} tags already, which is the most that an entity can have.`);
  }
  putTag(db, { securable_id: item.id, column_name: column, key, value, updated_by: who.principal.name });
}

/** ALTER … SET TAGS and UNSET TAGS. */
export function changeTags(
  context: Context,
  who: Actor,
  item: Securable,
  columnName: string | undefined,
  set: Record<string, string | null>,
  unset: readonly string[],
): void {
  requireApplyTag(context, who, item);
  const column = columnName === undefined ? "" : requireColumn(item, columnName);
  context.db.transaction(() => {
    for (const [key, value] of Object.entries(set)) setTag(context, who, { item, column }, key, value ?? "");
    for (const key of unset) removeTag(context.db, item.id, column, key);
  });
}

export const tagMissing = (key: string, name: string): ApiError =>
  notFound(`Tag assignment with tag key ${key} does not exist on ${name}.`);
export const tagExists = (key: string, name: string): ApiError =>
  new ApiError("ALREADY_EXISTS", `Tag assignment with tag key ${key} already exists on ${name}.`);
