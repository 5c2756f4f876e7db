/** The views of information_schema that tell of primary and foreign keys. */
import type { TableConstraint } from "lakehouse-engine/protocol";
import { constraintsOf, primaryOf } from "./constraints.ts";
import type { Securable } from "./store.ts";

type Row = Record<string, string | number | undefined>;
type Key = NonNullable<TableConstraint["primary_key_constraint"]>;
type ForeignKey = NonNullable<TableConstraint["foreign_key_constraint"]>;
/** A table that the principal sees, and the parts of its name. */
interface Seen {
  item: Securable;
  at: string[];
}
interface View {
  columns: string;
  rows: (all: (type: "TABLE") => Seen[]) => Row[];
}

const CONSTRAINT = "constraint_catalog string, constraint_schema string, constraint_name string";
const TABLE = "table_catalog string, table_schema string, table_name string";

const nameOf = (at: readonly string[], name: string | undefined, prefix = "constraint"): Row => ({
  [`${prefix}_catalog`]: at[0],
  [`${prefix}_schema`]: at[1],
  [`${prefix}_name`]: name,
});
const tableOf = (at: readonly string[]): Row => nameOf(at, at[2], "table");

/** One row for each key of each table. */
const eachKey = (
  all: (type: "TABLE") => Seen[],
  row: (at: string[], key: Key | ForeignKey, type: string) => Row[],
): Row[] =>
  all("TABLE").flatMap(({ item, at }) =>
    constraintsOf(item).flatMap(({ primary_key_constraint: primary, foreign_key_constraint: foreign }) => [
      ...(primary ? row(at, primary, "PRIMARY KEY") : []),
      ...(foreign ? row(at, foreign, "FOREIGN KEY") : []),
    ]),
  );

const isForeign = (key: Key | ForeignKey): key is ForeignKey => "parent_table" in key;

/** Which columns a key speaks of: a foreign one, of its parent. */
function used(at: string[], key: Key | ForeignKey): { at: string[]; columns: string[] } {
  if (!isForeign(key)) return { at, columns: key.child_columns };
  return { at: key.parent_table.split("."), columns: key.parent_columns };
}

export const CONSTRAINT_VIEWS: Readonly<Record<string, View>> = {
  table_constraints: {
    columns: `${CONSTRAINT}, ${TABLE}, constraint_type string, is_deferrable string, initially_deferred string, enforced string`,
    rows: (all) =>
      eachKey(all, (at, { name }, type) => [
        {
          ...nameOf(at, name),
          ...tableOf(at),
          constraint_type: type,
          is_deferrable: "NO",
          initially_deferred: "NO",
          enforced: "NO",
        },
      ]),
  },
  key_column_usage: {
    columns: `${CONSTRAINT}, ${TABLE}, column_name string, ordinal_position int, position_in_unique_constraint int`,
    rows: (all) =>
      eachKey(all, (at, { name, child_columns }, type) =>
        child_columns.map((column, index) => ({
          ...nameOf(at, name),
          ...tableOf(at),
          column_name: column,
          ordinal_position: index + 1,
          position_in_unique_constraint: type === "FOREIGN KEY" ? index + 1 : undefined,
        })),
      ),
  },
  constraint_column_usage: {
    columns: `${TABLE}, column_name string, ${CONSTRAINT}`,
    rows: (all) =>
      eachKey(all, (at, key) => {
        const found = used(at, key);
        return found.columns.map((column) => ({ ...tableOf(found.at), column_name: column, ...nameOf(at, key.name) }));
      }),
  },
  constraint_table_usage: {
    columns: `${TABLE}, ${CONSTRAINT}`,
    rows: (all) => eachKey(all, (at, key) => [{ ...tableOf(used(at, key).at), ...nameOf(at, key.name) }]),
  },
  referential_constraints: {
    columns:
      `${CONSTRAINT}, unique_constraint_catalog string, unique_constraint_schema string, unique_constraint_name string, ` +
      "match_option string, update_rule string, delete_rule string",
    rows: (all) => {
      const tables = new Map(all("TABLE").map(({ item, at }) => [at.join("."), item]));
      return eachKey(all, (at, key) => {
        if (!isForeign(key)) return [];
        const parent = tables.get(key.parent_table.toLowerCase());
        return [
          {
            ...nameOf(at, key.name),
            ...nameOf(key.parent_table.split("."), parent && primaryOf(parent)?.name, "unique_constraint"),
            match_option: "FULL",
            update_rule: "NO ACTION",
            delete_rule: "NO ACTION",
          },
        ];
      });
    },
  },
};
