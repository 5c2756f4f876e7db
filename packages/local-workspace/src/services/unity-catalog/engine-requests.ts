/** What the engine asks of Unity Catalog (docs/architecture.md): tables it made, what a principal may, and statements. */
import type { TableProtection, TableRecord, WorkspaceParams } from "lakehouse-engine/protocol";
import { ApiError, denied, invalid } from "../../core/errors.ts";
import type { Context } from "../../core/service.ts";
import { actingPrincipal, findPrincipal, principalNames } from "../identity/store.ts";
import { type Actor, actor, type Rights, requireBinding, requirePrivilege, requireUse, visible } from "./access.ts";
import { grantTarget, securableType } from "./grants.ts";
import { informationSchema } from "./information-schema.ts";
import { missing, requireSecurable } from "./names.ts";
import { createSecurable, dropSecurable } from "./operations.ts";
import { normalize } from "./privileges.ts";
import { protectionOf } from "./protection.ts";
import { runStatement } from "./statements.ts";
import { type Body, findSecurable, type Securable, updateSecurable } from "./store.ts";
import { isQueriedView } from "./table-types.ts";

/** The engine names who it acts for; without a name it is the workspace itself, as its admin. */
function who(context: Context, name: string | null): Actor {
  const principal = name === null ? undefined : actingPrincipal(context.db, name);
  if (!principal) throw new ApiError("UNAUTHENTICATED", `There is no active user or service principal '${name}'.`);
  return actor(context.db, principal);
}

/** Kept from the table's last version: what only the workspace sets, by SET MASK and the like. */
function keptColumns(old: Securable | undefined, columns: readonly { name: string }[]): Body[] {
  const before = new Map(
    ((old?.body.columns ?? []) as { name: string; mask?: unknown }[]).map((column) => [column.name, column]),
  );
  return columns.map((column) => {
    const mask = before.get(column.name)?.mask;
    return mask !== undefined && !("mask" in column) ? { ...column, mask } : column;
  });
}

/** A pipeline's definition says all of its table's keys; those of other tables stay as long as their columns are there. */
function keptConstraints(
  old: Securable | undefined,
  pipelineId: unknown,
  columns: readonly { name: string }[],
): unknown {
  if (pipelineId) return undefined;
  const there = new Set(columns.map(({ name }) => name.toLowerCase()));
  const kept = (
    (old?.body.table_constraints ?? []) as Record<string, { child_columns?: string[] } | undefined>[]
  ).filter((each) =>
    Object.values(each).every((detail) => (detail?.child_columns ?? []).every((name) => there.has(name.toLowerCase()))),
  );
  return kept.length > 0 ? kept : undefined;
}

function bodyOf(table: TableRecord, old: Securable | undefined): Body {
  const body: Body = {
    table_type: table.tableType,
    data_source_format: table.dataSourceFormat ?? (isQueriedView(table.tableType) ? undefined : "DELTA"),
    storage_location: table.location,
    columns: keptColumns(old, table.columns ?? []),
    properties: table.properties ?? {},
    view_definition: table.viewDefinition,
    pipeline_id: table.pipelineId,
    clustering_columns: table.clusteringColumns,
    partition_columns: table.partitionColumns,
    table_constraints: table.constraints ?? keptConstraints(old, table.pipelineId, table.columns ?? []),
    row_filter: table.rowFilter ?? old?.body.row_filter,
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined && value !== null));
}

/** Puts a table on record: made when it is new (CREATE TABLE), else altered (MODIFY, or what made it owns it). */
export async function putTable(
  context: Context,
  { table, principal }: WorkspaceParams<"catalog.putTable">,
): Promise<{ tableId: string }> {
  const { db } = context;
  const as = who(context, principal);
  const old = findSecurable(db, "TABLE", table.fullName);
  if (old) {
    requireBinding(db, context.workspaceId, old, true);
    requireUse(db, as, old);
    const pipeline = old.body.pipeline_id;
    if (pipeline !== undefined && pipeline !== table.pipelineId && table.pipelineId !== undefined) {
      throw invalid(`Table '${old.fullName}' is already managed by pipeline ${String(pipeline)}.`);
    }
    requirePrivilege(db, as, old, "MODIFY");
    const changed = updateSecurable(
      db,
      old,
      { comment: table.comment ?? null, body: bodyOf(table, old) },
      as.principal.name,
    );
    return { tableId: changed.id };
  }
  const parts = table.fullName.split(".");
  if (parts.length !== 3) throw missing("TABLE", table.fullName);
  const schema = requireSecurable(db, "SCHEMA", parts.slice(0, 2).join("."));
  const made = await createSecurable(
    context,
    as,
    {
      type: "TABLE",
      name: parts[2]!,
      parent: schema,
      comment: table.comment ?? undefined,
      body: bodyOf(table, undefined),
      ...(table.tableId ? { id: table.tableId } : {}),
    },
    undefined,
    { silent: true },
  );
  return { tableId: made.id };
}

/** What a view or function reads is what its owner may read, a group, too. @throws PERMISSION_DENIED naming the owner */
function requireOwner({ db }: Context, definer: Securable, item: Securable, privilege: string): void {
  const { owner, fullName } = definer;
  const identity = findPrincipal(db, owner);
  try {
    if (!identity?.active) throw denied("User does not exist, or is not active.");
    const names = principalNames(db, identity);
    const as: Rights = { admin: names.has("admins"), names };
    requireUse(db, as, item);
    requirePrivilege(db, as, item, privilege);
  } catch (error) {
    if (!(error instanceof ApiError && error.errorCode === "PERMISSION_DENIED")) throw error;
    throw denied(error.message.replace(/^User/, `'${owner}', the owner of '${fullName}',`));
  }
}

export function authorize(
  context: Context,
  { principal, checks }: WorkspaceParams<"catalog.authorize">,
): { tables: TableProtection[] } {
  const { db } = context;
  const as = who(context, principal);
  const tables: TableProtection[] = [];
  for (const { privilege, securableType: type, fullName, throughView, definer } of checks) {
    const item = grantTarget(db, securableType(type), fullName);
    const name = normalize(privilege);
    if (definer) {
      requireOwner(context, grantTarget(db, securableType(definer.securableType), definer.fullName), item, name);
      continue;
    }
    if (!throughView) {
      requireBinding(db, context.workspaceId, item, !["SELECT", "READ_VOLUME", "EXECUTE"].includes(name));
      requireUse(db, as, item);
      requirePrivilege(db, as, item, name);
    }
    const protection = item.type === "TABLE" && name === "SELECT" ? protectionOf(context, as, item) : undefined;
    if (protection && !tables.some((other) => other.fullName === protection.fullName)) tables.push(protection);
  }
  return { tables };
}

export function engineRequests(context: Context): void {
  const { engine, db } = context;
  engine.onRequest("catalog.putTable", (params) => putTable(context, params));
  engine.onRequest("catalog.dropTable", async ({ fullName, principal }) => {
    const item = requireSecurable(db, "TABLE", fullName);
    await dropSecurable(context, who(context, principal), item, true, { silent: true });
    return {};
  });
  engine.onRequest("catalog.authorize", (params) => authorize(context, params));
  engine.onRequest("catalog.informationSchema", ({ principal, catalog, view }) => {
    const as = principal === undefined || principal === null ? undefined : who(context, principal);
    return informationSchema(context, (items) => (as ? visible(context, as, items) : items), catalog, view);
  });
  engine.onRequest("principal.groups", ({ principal }) => {
    const { names, principal: acting } = who(context, principal);
    return { groups: [...names].filter((name) => name !== acting.name).sort() };
  });
  engine.onRequest("catalog.statement", ({ statement, principal }) =>
    runStatement(context, who(context, principal), statement),
  );
}
