/**
 * Primary and foreign keys of tables: what a reader is told, not what is enforced, as in Unity Catalog. REST and SQL meet here.
 * https://docs.databricks.com/api/workspace/tableconstraints
 */
import type { TableConstraint } from "lakehouse-engine/protocol";
import { ApiError, invalid, notFound } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import type { Context } from "../../core/service.ts";
import { type Actor, requireManage } from "./access.ts";
import { requireSecurable } from "./names.ts";
import { changeSecurable } from "./operations.ts";
import { descendants, findSecurable, lineage, listSecurables, type Securable } from "./store.ts";
import { isView } from "./table-types.ts";

type PrimaryKey = NonNullable<TableConstraint["primary_key_constraint"]>;
type ForeignKey = NonNullable<TableConstraint["foreign_key_constraint"]>;

export const constraintsOf = ({ body }: Securable): TableConstraint[] =>
  (body.table_constraints as TableConstraint[] | undefined) ?? [];

const detailOf = (each: TableConstraint): { name: string } | undefined =>
  each.primary_key_constraint ?? each.foreign_key_constraint ?? each.named_table_constraint;

export const primaryOf = (table: Securable): PrimaryKey | undefined =>
  constraintsOf(table).find((each) => each.primary_key_constraint)?.primary_key_constraint;

interface Column {
  name: string;
  nullable?: boolean;
  type_text?: string;
}

/** @throws naming the first column that the table has not */
function columnsOf(table: Securable, names: readonly string[]): Column[] {
  const all = (table.body.columns ?? []) as Column[];
  return names.map((name) => {
    const found = all.find((column) => column.name.toLowerCase() === name.toLowerCase());
    if (!found) throw invalid(`Column '${name}' does not exist in table '${table.fullName}'.`);
    return found;
  });
}

function checkPrimary(table: Securable, { child_columns, timeseries_columns = [] }: PrimaryKey): void {
  const had = primaryOf(table);
  if (had) throw invalid(`Table '${table.fullName}' has the primary key '${had.name}' already.`);
  const nullable = columnsOf(table, child_columns).filter((column) => column.nullable !== false);
  if (nullable.length > 0) {
    const names = nullable.map(({ name }) => `\`${name}\``).join(", ");
    throw invalid(
      `Cannot create the primary key because its child column(s) ${names} is nullable. Please change the column nullability and retry.`,
    );
  }
  const extra = timeseries_columns.find((name) => !child_columns.includes(name));
  if (extra !== undefined) throw invalid(`timeseries_columns: '${extra}' is not one of child_columns.`);
}

function checkForeign({ db }: Context, table: Securable, key: ForeignKey): void {
  const parent = requireSecurable(db, "TABLE", key.parent_table);
  const children = columnsOf(table, key.child_columns);
  const parents = columnsOf(parent, key.parent_columns);
  if (children.length !== parents.length) {
    throw invalid(`child_columns and parent_columns must be as many, got ${children.length} and ${parents.length}.`);
  }
  const referenced = primaryOf(parent);
  const same = (a: readonly string[], b: readonly string[]): boolean =>
    JSON.stringify(a.map((name) => name.toLowerCase()).sort()) ===
    JSON.stringify(b.map((name) => name.toLowerCase()).sort());
  if (!referenced) throw noReferencedKey(parent);
  if (!same(referenced.child_columns, key.parent_columns)) {
    throw invalid(`Table '${parent.fullName}' has no primary key of the columns ${key.parent_columns.join(", ")}.`);
  }
  for (const [at, child] of children.entries()) {
    const other = parents[at]!;
    if (child.type_text !== other.type_text) {
      throw invalid(
        `Columns '${child.name}' (${child.type_text}) and '${other.name}' (${other.type_text}) are of different types.`,
      );
    }
  }
}

/** As Unity Catalog writes it: https://github.com/databricks/dbt-databricks/issues/1513 */
function noReferencedKey(parent: Securable): ApiError {
  const errorClass = "NOT_FOUND.UC_REFERENTIAL_CONSTRAINT_DOES_NOT_EXIST";
  const name = parent.fullName.replaceAll(".", "`.`");
  const message = `Table \`${name}\` does not have either a primary key constraint or a UNIQUE constraint.`;
  return new ApiError("NOT_FOUND", `[RequestId=${uuid()} ErrorClass=${errorClass}] ${message}`, { errorClass });
}

/** Foreign keys anywhere that point to the table. */
function pointingTo({ db }: Context, table: Securable): { child: Securable; name: string }[] {
  return listSecurables(db, "CATALOG")
    .flatMap((catalog) => descendants(db, catalog))
    .filter(({ type }) => type === "TABLE")
    .flatMap((child) =>
      constraintsOf(child).flatMap(({ foreign_key_constraint: key }) =>
        key?.parent_table.toLowerCase() === table.fullName ? [{ child, name: key.name }] : [],
      ),
    );
}

const save = (context: Context, who: Actor, table: Securable, constraints: TableConstraint[]): Promise<Securable> =>
  changeSecurable(context, who, table, {
    body: { table_constraints: constraints.length > 0 ? constraints : undefined },
  });

const without = (table: Securable, gone: string): TableConstraint[] =>
  constraintsOf(table).filter((each) => detailOf(each)?.name !== gone);

/** @throws where the table cannot have the constraint beside those it has */
function check(context: Context, table: Securable, given: TableConstraint): void {
  const { db } = context;
  const set = Object.values(given).filter((each) => each !== undefined);
  if (set.length !== 1) {
    throw invalid(
      "constraint must have exactly one of primary_key_constraint, foreign_key_constraint, named_table_constraint.",
    );
  }
  if (isView(table.body.table_type)) throw invalid(`'${table.fullName}' is a view.`);
  const { name } = detailOf(given)!;
  const schema = lineage(db, table)[1]!;
  // The table as it is given: in a list of new keys, those before count.
  const tables = listSecurables(db, "TABLE", schema.id).map((other) => (other.id === table.id ? table : other));
  const taken = tables.find((other) => constraintsOf(other).some((each) => detailOf(each)?.name === name));
  if (taken)
    throw new ApiError("ALREADY_EXISTS", `TableConstraint '${name}' exists in table '${taken.fullName}' already.`);
  if (given.primary_key_constraint) checkPrimary(table, given.primary_key_constraint);
  if (given.foreign_key_constraint) checkForeign(context, table, given.foreign_key_constraint);
}

export async function addConstraint(context: Context, who: Actor, full: string, given: TableConstraint): Promise<void> {
  const table = requireSecurable(context.db, "TABLE", full);
  requireManage(context.db, who, table);
  check(context, table, given);
  await save(context, who, table, [...constraintsOf(table), given]);
}

/** The keys that a table has from now on, all or none of them. */
export async function setConstraints(
  context: Context,
  who: Actor,
  full: string,
  all: TableConstraint[],
): Promise<void> {
  const table = requireSecurable(context.db, "TABLE", full);
  requireManage(context.db, who, table);
  const bare = { ...table, body: { ...table.body, table_constraints: [] as TableConstraint[] } };
  for (const each of all) {
    check(context, bare, each);
    bare.body.table_constraints.push(each);
  }
  await save(context, who, table, all);
}

/** @param which of the table's constraints; `cascade`: foreign keys that point to it go, too */
export async function dropConstraint(
  context: Context,
  who: Actor,
  full: string,
  which: { what: string; is: (each: TableConstraint) => boolean },
  { cascade = false, ifExists = false } = {},
): Promise<void> {
  const { db } = context;
  const table = requireSecurable(db, "TABLE", full);
  requireManage(db, who, table);
  const gone = constraintsOf(table).find(which.is);
  if (!gone) {
    if (ifExists) return;
    throw notFound(`${which.what} does not exist in table '${table.fullName}'.`);
  }
  const { name } = detailOf(gone)!;
  const pointing = gone.primary_key_constraint ? pointingTo(context, table) : [];
  if (pointing.length > 0 && !cascade) {
    const names = pointing.map((each) => `'${each.name}' of '${each.child.fullName}'`).join(", ");
    throw invalid(`Foreign keys refer to '${name}': ${names}. Use cascade to drop them, too.`);
  }
  for (const { child, name: key } of pointing) {
    const now = findSecurable(db, "TABLE", child.fullName)!;
    await save(context, who, now, without(now, key));
  }
  const now = findSecurable(db, "TABLE", table.fullName)!;
  await save(context, who, now, without(now, name));
}

export const named = (name: string): { what: string; is: (each: TableConstraint) => boolean } => ({
  what: `TableConstraint '${name}'`,
  is: (each) => detailOf(each)?.name === name,
});
