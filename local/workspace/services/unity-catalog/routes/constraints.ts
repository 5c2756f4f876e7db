/**
 * Primary and foreign keys of tables: what a reader is told, not what is enforced, as in Unity Catalog.
 * https://docs.databricks.com/api/workspace/tableconstraints
 */
import { z } from "zod";
import { ApiError, invalid, notFound } from "../../../core/errors.ts";
import type { App, Context } from "../../../core/service.ts";
import { type Actor, actor, requireManage } from "../access.ts";
import { requireSecurable } from "../names.ts";
import { changeSecurable } from "../operations.ts";
import { byFullName, nothing } from "../schemas.ts";
import { descendants, findSecurable, lineage, listSecurables, type Securable } from "../store.ts";
import { PREFIX } from "./common.ts";

const columns = z.array(z.string()).min(1);
const primary = z.looseObject({
  name: z.string().min(1),
  child_columns: columns,
  timeseries_columns: z.array(z.string()).optional(),
});
const foreign = z.looseObject({
  name: z.string().min(1),
  child_columns: columns,
  parent_table: z.string(),
  parent_columns: columns,
});
const constraint = z.object({
  primary_key_constraint: primary.optional(),
  foreign_key_constraint: foreign.optional(),
  named_table_constraint: z.looseObject({ name: z.string().min(1) }).optional(),
});
type Constraint = z.infer<typeof constraint>;

const createRequest = z.object({ full_name_arg: z.string(), constraint });
const deleteQuery = z.object({ constraint_name: z.string(), cascade: z.enum(["true", "false"]) });

const constraintsOf = ({ body }: Securable): Constraint[] => (body.table_constraints as Constraint[] | undefined) ?? [];

const detailOf = (each: Constraint): { name: string } | undefined =>
  each.primary_key_constraint ?? each.foreign_key_constraint ?? each.named_table_constraint;

const primaryOf = (table: Securable): z.infer<typeof primary> | undefined =>
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

function checkPrimary(table: Securable, { child_columns, timeseries_columns = [] }: z.infer<typeof primary>): void {
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

function checkForeign({ db }: Context, table: Securable, key: z.infer<typeof foreign>): void {
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
  if (!referenced || !same(referenced.child_columns, key.parent_columns)) {
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

export function constraintRoutes(app: App, context: Context): void {
  const { db } = context;
  const save = (who: Actor, table: Securable, constraints: Constraint[]): Promise<Securable> =>
    changeSecurable(context, who, table, {
      body: { table_constraints: constraints.length > 0 ? constraints : undefined },
    });

  app.post(`${PREFIX}/constraints`, { schema: { body: createRequest } }, async ({ body, principal }) => {
    const who = actor(db, principal);
    const table = requireSecurable(db, "TABLE", body.full_name_arg);
    requireManage(db, who, table);
    const set = Object.values(body.constraint).filter((each) => each !== undefined);
    if (set.length !== 1) {
      throw invalid(
        "constraint must have exactly one of primary_key_constraint, foreign_key_constraint, named_table_constraint.",
      );
    }
    if (String(table.body.table_type).endsWith("VIEW")) throw invalid(`'${table.fullName}' is a view.`);
    const { name } = detailOf(body.constraint)!;
    const schema = lineage(db, table)[1]!;
    const taken = listSecurables(db, "TABLE", schema.id).find((other) =>
      constraintsOf(other).some((each) => detailOf(each)?.name === name),
    );
    if (taken)
      throw new ApiError("ALREADY_EXISTS", `Constraint '${name}' exists in table '${taken.fullName}' already.`);
    if (body.constraint.primary_key_constraint) checkPrimary(table, body.constraint.primary_key_constraint);
    if (body.constraint.foreign_key_constraint) checkForeign(context, table, body.constraint.foreign_key_constraint);
    await save(who, table, [...constraintsOf(table), body.constraint]);
    return body.constraint;
  });

  app.delete(
    `${PREFIX}/constraints/:full_name`,
    { schema: { params: byFullName, querystring: deleteQuery, response: { 200: nothing } } },
    async ({ params, query, principal }) => {
      const who = actor(db, principal);
      const table = requireSecurable(db, "TABLE", params.full_name);
      requireManage(db, who, table);
      const gone = constraintsOf(table).find((each) => detailOf(each)?.name === query.constraint_name);
      if (!gone) throw notFound(`Constraint '${query.constraint_name}' does not exist in table '${table.fullName}'.`);
      const pointing = gone.primary_key_constraint ? pointingTo(context, table) : [];
      if (pointing.length > 0 && query.cascade !== "true") {
        const names = pointing.map(({ child, name }) => `'${name}' of '${child.fullName}'`).join(", ");
        throw invalid(
          `Foreign keys refer to '${query.constraint_name}': ${names}. Use cascade=true to drop them, too.`,
        );
      }
      for (const { child, name } of pointing) {
        const now = findSecurable(db, "TABLE", child.fullName)!;
        await save(
          who,
          now,
          constraintsOf(now).filter((each) => detailOf(each)?.name !== name),
        );
      }
      const now = findSecurable(db, "TABLE", table.fullName)!;
      await save(
        who,
        now,
        constraintsOf(now).filter((each) => detailOf(each)?.name !== query.constraint_name),
      );
      return {};
    },
  );
}
