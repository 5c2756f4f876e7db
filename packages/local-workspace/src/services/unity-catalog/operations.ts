/**
 * What can be done to securables, for REST and SQL alike: the checks, the change in one transaction, the files, and the
 * news for the engine. Each type's own rules are in its file.
 */
import { ApiError, denied, invalid } from "../../core/errors.ts";
import type { Context } from "../../core/service.ts";
import { requirePrincipal } from "../identity/rules.ts";
import {
  type Actor,
  holds,
  mayManage,
  owns,
  requireBinding,
  requireManage,
  requirePrivilege,
  requireUse,
} from "./access.ts";
import { discardAll, finishMoves, planMove } from "./disk.ts";
import { checkName, exists, KINDS } from "./names.ts";
import {
  type Body,
  descendants,
  findSecurable,
  insertSecurable,
  removeSecurable,
  renameSecurable,
  type Securable,
  type SecurableType,
  updateSecurable,
} from "./store.ts";
import { created, dropped, publish, renamed } from "./sync.ts";
import { inSystemCatalog } from "./system-tables.ts";
import { isQueriedView } from "./table-types.ts";

/** The privilege on the parent that making one needs. */
const CREATE_PRIVILEGE: Partial<Record<SecurableType, string>> = {
  CATALOG: "CREATE_CATALOG",
  SCHEMA: "CREATE_SCHEMA",
  TABLE: "CREATE_TABLE",
  VOLUME: "CREATE_VOLUME",
  FUNCTION: "CREATE_FUNCTION",
  REGISTERED_MODEL: "CREATE_MODEL",
  VECTOR_SEARCH_INDEX: "CREATE_TABLE",
  SECRET: "CREATE_SECRET",
  STORAGE_CREDENTIAL: "CREATE_STORAGE_CREDENTIAL",
  EXTERNAL_LOCATION: "CREATE_EXTERNAL_LOCATION",
};

/** `information_schema` and the catalogs `system` and `samples` belong to the workspace. */
export const isBuiltIn = (item: Securable): boolean =>
  (["CATALOG", "SCHEMA", "TABLE"].includes(item.type) && inSystemCatalog(item)) ||
  (item.type === "SCHEMA" && item.name === "information_schema");

function refuseBuiltIn(item: Securable, verb: string): void {
  if (!isBuiltIn(item)) return;
  const { label } = KINDS[item.type];
  throw new ApiError(
    "PERMISSION_DENIED",
    `${label} '${item.fullName}' is managed by Databricks and cannot be ${verb}.`,
  );
}

export interface NewSecurable {
  type: SecurableType;
  name: string;
  parent: Securable;
  comment?: string | null | undefined;
  body?: Body;
  id?: string;
  owner?: string | undefined;
}

/**
 * CREATE MATERIALIZED VIEW is the privilege of materialized views; CREATE TABLE, which gives more, does, too.
 * https://docs.databricks.com/aws/en/data-governance/unity-catalog/manage-privileges/privileges
 */
function requireCreate({ db }: Context, who: Actor, item: NewSecurable): void {
  const privilege = CREATE_PRIVILEGE[item.type]!;
  const view = item.type === "TABLE" && item.body?.table_type === "MATERIALIZED_VIEW";
  if (view && holds(db, who, item.parent, privilege)) return;
  requirePrivilege(db, who, item.parent, view ? "CREATE_MATERIALIZED_VIEW" : privilege);
}

/** Checks and inserts, inside the caller's transaction. */
export function insertChecked(context: Context, who: Actor, item: NewSecurable): Securable {
  const { db } = context;
  checkName(item.type, item.name);
  if (item.parent.type !== "METASTORE") {
    requireBinding(db, context.workspaceId, item.parent, true);
    if (isBuiltIn(item.parent)) refuseBuiltIn(item.parent, "changed");
    requireUse(db, who, item.parent);
    if (item.parent.type === "SCHEMA") requirePrivilege(db, who, item.parent, "USE_SCHEMA");
    if (item.parent.type === "CATALOG") requirePrivilege(db, who, item.parent, "USE_CATALOG");
  }
  requireCreate(context, who, item);
  const name = item.name.toLowerCase();
  const fullName = item.parent.type === "METASTORE" ? name : `${item.parent.fullName}.${name}`;
  if (findSecurable(db, item.type, fullName)) throw exists(item.type, fullName);
  const sameSpace = { FUNCTION: "REGISTERED_MODEL", REGISTERED_MODEL: "FUNCTION" } as const;
  const other = sameSpace[item.type as keyof typeof sameSpace];
  if (other && findSecurable(db, other, fullName)) throw exists(other, fullName);
  if (item.owner !== undefined) requirePrincipal(db, item.owner);
  return insertSecurable(db, {
    ...item,
    principal: who.principal.name,
    ...(item.owner === undefined ? {} : { owner: item.owner }),
  });
}

/** @param options.silent the engine asked for it and knows */
export async function createSecurable(
  context: Context,
  who: Actor,
  item: NewSecurable,
  also: (made: Securable) => Securable[] = () => [],
  options: { silent?: boolean } = {},
): Promise<Securable> {
  const [made, more] = context.db.transaction(() => {
    const first = insertChecked(context, who, item);
    return [first, also(first)] as const;
  });
  if (!options.silent) await publish(context, [made, ...more].flatMap(created));
  return made;
}

export interface Change {
  newName?: string | undefined;
  owner?: string | undefined;
  comment?: string | null | undefined;
  /** Replaces these keys of the body; undefined removes one. */
  body?: Body;
}

export async function changeSecurable(
  context: Context,
  who: Actor,
  item: Securable,
  change: Change,
  options: { allowUnbound?: boolean } = {},
): Promise<Securable> {
  const { db } = context;
  if (!options.allowUnbound) requireBinding(db, context.workspaceId, item, true);
  refuseBuiltIn(item, "changed");
  requireManage(db, who, item);
  const renames = change.newName !== undefined && change.newName.toLowerCase() !== item.name;
  if (renames) checkRename(context, item, change.newName!);
  if (change.owner !== undefined) {
    requirePrincipal(db, change.owner);
    requireTransfer(who, item, change.owner);
  }
  const body: Body = { ...item.body, ...change.body };
  for (const key of Object.keys(body)) if (body[key] === undefined) delete body[key];
  const [news, after] = db.transaction(() => {
    const before = renames ? [item, ...descendants(db, item)] : [];
    let now = updateSecurable(db, item, { owner: change.owner, comment: change.comment, body }, who.principal.name);
    if (!renames) return [now.type === "TABLE" || now.type === "FUNCTION" ? created(now) : [], now] as const;
    now = renameSecurable(db, now, change.newName!);
    if (["CATALOG", "SCHEMA", "VOLUME"].includes(item.type)) planMove(context, item.fullName, now.fullName);
    return [renamed(db, before, now), now] as const;
  });
  finishMoves(context);
  await publish(context, news);
  return after;
}

/**
 * What reads with its owner's rights goes to oneself and one's groups only, except by a metastore admin.
 * https://docs.databricks.com/aws/en/data-governance/unity-catalog/manage-privileges/ownership
 */
function requireTransfer(who: Actor, item: Securable, owner: string): void {
  const kind = item.type === "TABLE" ? String(item.body.table_type) : item.type;
  if (!isQueriedView(kind) && !["FUNCTION", "REGISTERED_MODEL"].includes(kind)) return;
  if (who.admin || who.names.has(owner) || owner === item.owner) return;
  throw denied(
    `Only a metastore admin can give ${kind.toLowerCase().replace("_", " ")} '${item.fullName}' to '${owner}': others give it to themselves or to a group that they are in.`,
  );
}

function checkRename(context: Context, item: Securable, newName: string): void {
  checkName(item.type, newName);
  const prefix = item.fullName.slice(0, item.fullName.length - item.name.length);
  const fullName = prefix + newName.toLowerCase();
  if (findSecurable(context.db, item.type, fullName)) throw exists(item.type, fullName);
}

/** A child that keeps a catalog or schema from being dropped without force. */
const counts = (item: Securable): boolean => !(item.type === "SCHEMA" && item.name === "information_schema");

export async function dropSecurable(
  context: Context,
  who: Actor,
  item: Securable,
  force: boolean,
  options: { silent?: boolean } = {},
): Promise<void> {
  const { db } = context;
  refuseBuiltIn(item, "dropped");
  requireBinding(db, context.workspaceId, item, true);
  const [parent] = item.parentId === null ? [] : lineageParent(context, item);
  if (!(parent && (owns(who, parent) || mayManage(db, who, parent)))) requireManage(db, who, item);
  const below = descendants(db, item);
  if (!force && below.some(counts)) {
    const { label } = KINDS[item.type];
    throw invalid(
      `Cannot operate on ${label} '${item.fullName}' because it is not empty; drop what it holds first or use force.`,
    );
  }
  db.transaction(() => removeSecurable(db, item.id));
  if (!options.silent) await publish(context, [item, ...below].toReversed().flatMap(dropped));
  discardAll(context, [...below, item]);
}

function lineageParent(context: Context, item: Securable): Securable[] {
  const row = context.db.get<{ type: SecurableType; full_name: string }>(
    "SELECT type, full_name FROM securables WHERE id = ?",
    item.parentId!,
  );
  const parent = row && row.type !== "METASTORE" ? findSecurable(context.db, row.type, row.full_name) : undefined;
  return parent ? [parent] : [];
}
