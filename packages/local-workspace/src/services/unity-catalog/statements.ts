/** Unity Catalog's SQL statements, as the engine parsed them: one function a kind, over the same operations as REST. */
import type { CatalogStatement, StatementOf, WorkspaceResult } from "lakehouse-engine/protocol";
import { ApiError } from "../../core/errors.ts";
import type { Context } from "../../core/service.ts";
import { requirePythonAuthor } from "../identity/python-code.ts";
import type { Actor } from "./access.ts";
import { requireManage, visible } from "./access.ts";
import { addConstraint, dropConstraint, named, setConstraints } from "./constraints.ts";
import { changeGrants, effectiveAssignments, grantTarget, readableGrants, securableType } from "./grants.ts";
import { makeCatalog, makeVolume, refuseExternal } from "./making.ts";
import { requireSecurable, splitName } from "./names.ts";
import { changeSecurable, createSecurable, dropSecurable } from "./operations.ts";
import { spoken } from "./privileges.ts";
import { volumeInfo } from "./render.ts";
import { findSecurable, listSecurables, type Securable, type SecurableType } from "./store.ts";
import { policyKeeper, tagKeeper } from "./tag-hook.ts";

type StatementResult = WorkspaceResult<"catalog.statement">;
type Of<K extends CatalogStatement["kind"]> = StatementOf<K>;

const NONE: StatementResult = { columns: [], rows: [] };
const table = (names: readonly string[], rows: (string | null)[][]): StatementResult => ({
  columns: names.map((name) => ({ name, type_name: "STRING" })),
  rows,
});

export async function runStatement(context: Context, who: Actor, run: CatalogStatement): Promise<StatementResult> {
  switch (run.kind) {
    case "createCatalog":
    case "createSchema":
    case "createVolume":
      return create(context, who, run);
    case "createFunction":
      return createFunction(context, who, run);
    case "drop":
      return drop(context, who, run);
    case "alter":
    case "comment":
      return alter(context, who, run);
    case "grant":
    case "revoke":
      return grant(context, who, run);
    case "showGrants":
      return showGrants(context, who, run);
    case "showVolumes":
      return showVolumes(context, who, run);
    case "describeVolume":
      return describeVolume(context, run.name);
    case "setTags":
    case "unsetTags": {
      const item = requireSecurable(context.db, securableType(run.securableType), run.name);
      const set = run.kind === "setTags" ? run.tags : {};
      tagKeeper
        .of(context)
        .change(context, who, item, run.column ?? undefined, set, run.kind === "unsetTags" ? run.keys : []);
      return NONE;
    }
    case "createPolicy":
      policyKeeper.of(context).create(context, who, run.policy, run.orReplace);
      return NONE;
    case "dropPolicy":
      policyKeeper.of(context).drop(context, who, run.securableType, run.name, run.policy);
      return NONE;
    case "setMask":
      return setMask(context, who, run);
    case "setRowFilter":
      return setRowFilter(context, who, run);
    case "addConstraint":
      await addConstraint(context, who, run.table, run.constraint);
      return NONE;
    case "setConstraints":
      await setConstraints(context, who, run.table, run.constraints);
      return NONE;
    case "dropConstraint":
      await dropConstraint(context, who, run.table, chosen(run), run);
      return NONE;
  }
}

const creatable = { createCatalog: "CATALOG", createSchema: "SCHEMA", createVolume: "VOLUME" } as const;

async function create(
  context: Context,
  who: Actor,
  run: Of<"createCatalog"> | Of<"createSchema"> | Of<"createVolume">,
): Promise<StatementResult> {
  const type = creatable[run.kind];
  if (run.ifNotExists && findSecurable(context.db, type, run.name)) return NONE;
  const parts = splitName(type, run.name);
  const item = {
    name: parts.at(-1)!,
    comment: run.comment ?? undefined,
    body: run.properties ? { properties: run.properties } : {},
  };
  if (type === "CATALOG") await makeCatalog(context, who, item);
  else if (type === "SCHEMA") {
    await createSecurable(context, who, { ...item, type, parent: requireSecurable(context.db, "CATALOG", parts[0]!) });
  } else {
    if ("external" in run && run.external) refuseExternal();
    await makeVolume(context, who, requireSecurable(context.db, "SCHEMA", parts.slice(0, 2).join(".")), item);
  }
  return NONE;
}

async function createFunction(context: Context, who: Actor, run: Of<"createFunction">): Promise<StatementResult> {
  const { db } = context;
  const old = findSecurable(db, "FUNCTION", run.name);
  if (old && run.ifNotExists) return NONE;
  const [catalog, schema, name] = splitName("FUNCTION", run.name) as [string, string, string];
  const body = { routine_body: "SQL", external_language: undefined, ...run.function };
  requirePythonAuthor(context, who.principal, body);
  if (old && run.orReplace) {
    requireManage(db, who, old);
    await changeSecurable(context, who, old, { comment: run.comment ?? "", body });
    return NONE;
  }
  const parent = requireSecurable(db, "SCHEMA", `${catalog}.${schema}`);
  await createSecurable(context, who, { type: "FUNCTION", name, parent, comment: run.comment, body });
  return NONE;
}

async function drop(context: Context, who: Actor, run: Of<"drop">): Promise<StatementResult> {
  const type = securableType(run.securableType);
  if (run.ifExists && !findSecurable(context.db, type, run.name)) return NONE;
  // without CASCADE what still holds something stays: volumes and functions hold nothing
  await dropSecurable(context, who, requireSecurable(context.db, type, run.name), run.cascade);
  return NONE;
}

async function alter(context: Context, who: Actor, run: Of<"alter"> | Of<"comment">): Promise<StatementResult> {
  const item = requireSecurable(context.db, securableType(run.securableType), run.name);
  const optimization = "predictiveOptimization" in run ? run.predictiveOptimization : undefined;
  const merged = {
    ...("properties" in run && run.properties
      ? { properties: { ...(item.body.properties as Record<string, string> | undefined), ...run.properties } }
      : {}),
    ...(optimization ? { enable_predictive_optimization: optimization } : {}),
  };
  await changeSecurable(context, who, item, {
    ...("newName" in run && run.newName ? { newName: run.newName.split(".").at(-1)! } : {}),
    ...("owner" in run && run.owner ? { owner: run.owner } : {}),
    ...(run.comment === undefined && run.kind === "alter" ? {} : { comment: run.comment ?? "" }),
    body: merged,
  });
  return NONE;
}

function grant(context: Context, who: Actor, run: Of<"grant"> | Of<"revoke">): StatementResult {
  const item = grantTarget(context.db, securableType(run.securableType), run.name);
  const change = run.kind === "grant" ? { add: run.privileges } : { remove: run.privileges };
  changeGrants(context, who, item, [{ principal: run.grantee, ...change }]);
  return NONE;
}

function showGrants(context: Context, who: Actor, run: Of<"showGrants">): StatementResult {
  const item = grantTarget(context.db, securableType(run.securableType), run.name);
  readableGrants(context, who, item, run.grantee ?? undefined);
  const rows = effectiveAssignments(context.db, item)
    .filter(({ principal }) => !run.grantee || principal === run.grantee)
    .flatMap(({ principal, privileges }) =>
      privileges.map((held) => [
        principal,
        spoken(held.privilege),
        held.inherited_from_type ?? item.type,
        held.inherited_from_name ?? item.fullName,
      ]),
    );
  return table(["Principal", "ActionType", "ObjectType", "ObjectKey"], rows);
}

function showVolumes(context: Context, who: Actor, run: Of<"showVolumes">): StatementResult {
  const schema = requireSecurable(context.db, "SCHEMA", run.name);
  const source = (run.pattern ?? "*")
    .toLowerCase()
    .replaceAll(/[.+?^${}()[\]\\]/g, "\\$&")
    .replaceAll("*", ".*");
  const matches = new RegExp(`^(${source})$`);
  const rows = visible(context, who, listSecurables(context.db, "VOLUME", schema.id))
    .filter((volume) => matches.test(volume.name))
    .map((volume) => [schema.name, volume.name]);
  return table(["database", "volume_name"], rows);
}

function describeVolume(context: Context, name: string): StatementResult {
  const info = volumeInfo(context, requireSecurable(context.db, "VOLUME", name)) as Record<string, unknown>;
  const shown: [string, unknown][] = [
    ["name", info.name],
    ["catalog", info.catalog_name],
    ["database", info.schema_name],
    ["owner", info.owner],
    ["volumeType", info.volume_type],
    ["storageLocation", info.storage_location],
    ["comment", info.comment],
  ];
  return table(
    shown.map(([key]) => key),
    [shown.map(([, value]) => (value === undefined ? null : String(value)))],
  );
}

function requireFunction(context: Context, name: string | null): void {
  if (name !== null) requireSecurable(context.db, "FUNCTION" satisfies SecurableType, name);
}

async function setMask(context: Context, who: Actor, run: Of<"setMask">): Promise<StatementResult> {
  const item = requireSecurable(context.db, "TABLE", run.table);
  requireFunction(context, run.function);
  const columns = (item.body.columns ?? []) as { name: string; mask?: unknown }[];
  const column = columns.find(({ name }) => name.toLowerCase() === run.column.toLowerCase());
  if (!column) throw noColumn(item, run.column);
  const { mask: _, ...bare } = column;
  const masked =
    run.function === null ? bare : { ...bare, mask: { function_name: run.function, using_column_names: run.using } };
  await changeSecurable(context, who, item, {
    body: { columns: columns.map((other) => (other === column ? masked : other)) },
  });
  return NONE;
}

async function setRowFilter(context: Context, who: Actor, run: Of<"setRowFilter">): Promise<StatementResult> {
  const item = requireSecurable(context.db, "TABLE", run.table);
  requireFunction(context, run.function);
  const filter = run.function === null ? undefined : { function_name: run.function, input_column_names: run.using };
  await changeSecurable(context, who, item, { body: { row_filter: filter } });
  return NONE;
}

/** The constraint of that name, the foreign key of those columns, or else the primary key. */
function chosen({ name, foreignKey }: Of<"dropConstraint">): Parameters<typeof dropConstraint>[3] {
  if (name) return named(name);
  if (!foreignKey) return { what: "A primary key", is: (each) => each.primary_key_constraint !== undefined };
  const same = (columns: readonly string[]): boolean =>
    columns.join("\n").toLowerCase() === foreignKey.join("\n").toLowerCase();
  return {
    what: `A foreign key (${foreignKey.join(", ")})`,
    is: (each) => each.foreign_key_constraint !== undefined && same(each.foreign_key_constraint.child_columns),
  };
}

export const noColumn = (item: Securable, column: string): ApiError =>
  new ApiError("INVALID_PARAMETER_VALUE", `Column '${column}' does not exist in table '${item.fullName}'.`);
