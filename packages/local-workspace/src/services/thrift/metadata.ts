/**
 * Catalogs, schemas, tables, columns, functions and keys in the columns that JDBC's DatabaseMetaData gives them, for what
 * the principal sees in Unity Catalog. https://docs.oracle.com/en/java/javase/17/docs/api/java.sql/java/sql/DatabaseMetaData.html
 */
import type { TableConstraint } from "lakehouse-engine/protocol";
import type { Context, Principal } from "../../core/service.ts";
import { actor, visible } from "../unity-catalog/access.ts";
import { constraintsOf } from "../unity-catalog/constraints.ts";
import { informationSchema } from "../unity-catalog/information-schema.ts";
import { findSecurable } from "../unity-catalog/store.ts";
import { isView } from "../unity-catalog/table-types.ts";
import type { ResultColumn, Value } from "./columns.ts";
import { memoryRows, type Rows } from "./results.ts";
import { jdbcType, sizeOf, typeNameOf } from "./sql-types.ts";
import { type GetObjectsReq, TYPE_ID } from "./wire/structs.ts";

type Row = Record<string, Value>;

/** "NAME" is text, "NAME int" a number; a map is its JSON. */
const columnsFrom = (names: string): ResultColumn[] =>
  names.split(", ").map((each) => {
    const [name = "", type] = each.split(" ");
    const types: Record<string, number> = {
      ...{ int: TYPE_ID.INT, smallint: TYPE_ID.SMALLINT, tinyint: TYPE_ID.TINYINT },
      ...{ boolean: TYPE_ID.BOOLEAN, map: TYPE_ID.MAP },
    };
    return { name, type: types[type ?? ""] ?? TYPE_ID.STRING };
  });

export function table(names: string, rows: readonly (readonly Value[])[]): Rows {
  return memoryRows(columnsFrom(names), rows);
}

/** JDBC's patterns: % any characters, _ one, \ before one that means itself. None or empty: everything. */
function pattern(text: string | undefined): (name: string) => boolean {
  if (!text || text === "*") return () => true;
  const parts = text.match(/\\.|[\s\S]/g) ?? [];
  const source = parts.map((part) => {
    if (part === "%") return "[\\s\\S]*";
    if (part === "_") return "[\\s\\S]";
    return (part.length === 2 ? part[1]! : part).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  const expression = new RegExp(`^${source.join("")}$`, "i");
  return (name) => expression.test(name);
}

/** Rows of a view of every catalog's information_schema. */
function view(context: Context, principal: Principal, name: string): Row[] {
  const who = actor(context.db, principal);
  const { schema, rows } = informationSchema(context, (items) => visible(context, who, items), "system", name);
  const names = schema.split(", ").map((column) => column.split(" ")[0]!);
  return rows.map((row) => Object.fromEntries(names.map((key, index) => [key, row[index] ?? null])));
}

const text = (row: Row, key: string): string => String(row[key] ?? "");
const byName =
  (...keys: string[]) =>
  (a: Row, b: Row): number => {
    for (const key of keys) if (text(a, key) !== text(b, key)) return text(a, key) < text(b, key) ? -1 : 1;
    return 0;
  };

export function catalogs(context: Context, principal: Principal): Rows {
  const found = view(context, principal, "catalogs").sort(byName("catalog_name"));
  return table(
    "TABLE_CAT",
    found.map((row) => [text(row, "catalog_name")]),
  );
}

/** With the information_schema of every catalog, as SHOW SCHEMAS has it. */
export function schemas(context: Context, principal: Principal, { catalogName, schemaName }: GetObjectsReq): Rows {
  const [inCatalog, matches] = [pattern(catalogName), pattern(schemaName)];
  const own = view(context, principal, "schemata").map((row) => [text(row, "schema_name"), text(row, "catalog_name")]);
  const standing = view(context, principal, "catalogs").map((row) => ["information_schema", text(row, "catalog_name")]);
  const unique = new Map([...own, ...standing].map((row) => [row.join("\n"), row]));
  const rows = [...unique.values()].filter(([schema, catalog]) => inCatalog(catalog!) && matches(schema!));
  return table(
    "TABLE_SCHEM, TABLE_CATALOG",
    rows.sort((a, b) => (a.join("\n") < b.join("\n") ? -1 : 1)),
  );
}

/** What JDBC knows: the tables of pipelines are tables and views to it. */
const tableType = (type: Value): string => (isView(type) ? "VIEW" : "TABLE");

export const TABLE_TYPES = ["SYSTEM TABLE", "TABLE", "VIEW"];

function matching(context: Context, principal: Principal, name: string, kind: string, req: GetObjectsReq): Row[] {
  const [inCatalog, inSchema, matches] = [req.catalogName, req.schemaName, req.objectName].map(pattern);
  return view(context, principal, name).filter(
    (row) =>
      inCatalog!(text(row, `${kind}_catalog`)) &&
      inSchema!(text(row, `${kind}_schema`)) &&
      matches!(text(row, `${kind}_name`)),
  );
}

export function tables(
  context: Context,
  principal: Principal,
  req: GetObjectsReq,
  types: readonly string[] | undefined,
): Rows {
  const wanted = new Set((types ?? []).map((type) => type.toUpperCase()));
  const found = matching(context, principal, "tables", "table", req)
    .map((row) => ({ ...row, table_type: tableType(row.table_type ?? null) }))
    .filter(({ table_type }) => wanted.size === 0 || wanted.has(table_type))
    .sort(byName("table_type", "table_catalog", "table_schema", "table_name"));
  const names =
    "TABLE_CAT, TABLE_SCHEM, TABLE_NAME, TABLE_TYPE, REMARKS, TYPE_CAT, TYPE_SCHEM, TYPE_NAME, SELF_REFERENCING_COL_NAME, REF_GENERATION";
  return table(
    names,
    found.map((row: Row) => [
      text(row, "table_catalog"),
      text(row, "table_schema"),
      text(row, "table_name"),
      text(row, "table_type"),
      text(row, "comment"),
      ...Array<null>(5).fill(null),
    ]),
  );
}

export function columns(context: Context, principal: Principal, req: GetObjectsReq): Rows {
  const matches = pattern(req.columnName);
  const found = matching(context, principal, "columns", "table", req)
    .filter((row) => matches(text(row, "column_name")))
    .sort(
      (a, b) =>
        byName("table_catalog", "table_schema", "table_name")(a, b) ||
        Number(a.ordinal_position) - Number(b.ordinal_position),
    );
  const names =
    "TABLE_CAT, TABLE_SCHEM, TABLE_NAME, COLUMN_NAME, DATA_TYPE int, TYPE_NAME, COLUMN_SIZE int, BUFFER_LENGTH tinyint, " +
    "DECIMAL_DIGITS int, NUM_PREC_RADIX int, NULLABLE int, REMARKS, COLUMN_DEF, SQL_DATA_TYPE int, SQL_DATETIME_SUB int, " +
    "CHAR_OCTET_LENGTH int, ORDINAL_POSITION int, IS_NULLABLE, SCOPE_CATALOG, SCOPE_SCHEMA, SCOPE_TABLE, " +
    "SOURCE_DATA_TYPE smallint, IS_AUTO_INCREMENT";
  return table(
    names,
    found.map((row) => {
      const type = text(row, "data_type");
      const { size, digits, radix } = sizeOf(type, row.numeric_precision, row.numeric_scale);
      return [
        text(row, "table_catalog"),
        text(row, "table_schema"),
        text(row, "table_name"),
        text(row, "column_name"),
        jdbcType(type),
        typeNameOf(text(row, "full_data_type")),
        size,
        null,
        digits,
        radix,
        row.is_nullable === "NO" ? 0 : 1,
        text(row, "comment"),
        row.column_default ?? null,
        null,
        null,
        null,
        Number(row.ordinal_position) - 1, // over Thrift they begin at 0: drivers add one
        text(row, "is_nullable"),
        null,
        null,
        null,
        null,
        "NO",
      ];
    }),
  );
}

/** FUNCTION_TYPE is 1, a function that returns a value, or 2, one that returns a table. */
export function functions(context: Context, principal: Principal, req: GetObjectsReq): Rows {
  const found = matching(context, principal, "routines", "routine", req).sort(
    byName("routine_catalog", "routine_schema", "routine_name"),
  );
  return table(
    "FUNCTION_CAT, FUNCTION_SCHEM, FUNCTION_NAME, REMARKS, FUNCTION_TYPE int, SPECIFIC_NAME",
    found.map((row) => {
      const [catalog, schema, name] = ["catalog", "schema", "name"].map((part) => text(row, `routine_${part}`));
      const kind = row.data_type === "TABLE_TYPE" ? 2 : 1;
      return [catalog!, schema!, name!, text(row, "comment"), kind, `${catalog}.${schema}.${name}`];
    }),
  );
}

/** The constraints of the tables that the principal sees and whose full names pass. */
function constraints(
  context: Context,
  principal: Principal,
  passes: (fullName: string) => boolean,
): { at: string[]; each: TableConstraint }[] {
  return view(context, principal, "tables").flatMap((row) => {
    const at = ["table_catalog", "table_schema", "table_name"].map((key) => text(row, key));
    const item = passes(at.join(".")) ? findSecurable(context.db, "TABLE", at.join(".")) : undefined;
    return (item ? constraintsOf(item) : []).map((each) => ({ at, each }));
  });
}

/** Names given by the request are names, not patterns; one that is missing fits all. */
const named = (...wanted: (string | undefined)[]): ((fullName: string) => boolean) => {
  return (fullName) =>
    fullName.split(".").every((part, index) => !wanted[index] || wanted[index].toLowerCase() === part.toLowerCase());
};

export function primaryKeys(context: Context, principal: Principal, req: GetObjectsReq): Rows {
  const found = constraints(context, principal, named(req.catalogName, req.schemaName, req.objectName));
  return table(
    "TABLE_CAT, TABLE_SCHEM, TABLE_NAME, COLUMN_NAME, KEY_SEQ int, PK_NAME",
    found.flatMap(({ at, each: { primary_key_constraint: key } }) =>
      (key?.child_columns ?? []).map((column, index) => [...at, column, index + 1, key!.name]),
    ),
  );
}

/** UPDATE_RULE, DELETE_RULE: no action (3). DEFERRABILITY: not deferrable (7). */
export function crossReference(
  context: Context,
  principal: Principal,
  parent: (string | undefined)[],
  foreign: (string | undefined)[],
): Rows {
  const isParent = named(...parent);
  const names =
    "PKTABLE_CAT, PKTABLE_SCHEM, PKTABLE_NAME, PKCOLUMN_NAME, FKTABLE_CAT, FKTABLE_SCHEM, FKTABLE_NAME, FKCOLUMN_NAME, " +
    "KEY_SEQ int, UPDATE_RULE int, DELETE_RULE int, FK_NAME, PK_NAME, DEFERRABILITY int";
  const rows = constraints(context, principal, named(...foreign)).flatMap(({ at, each }) => {
    const key = each.foreign_key_constraint;
    if (!key || !isParent(key.parent_table)) return [];
    return key.child_columns.map((column, index) => {
      const ends = [...key.parent_table.split("."), key.parent_columns[index] ?? null, ...at, column];
      return [...ends, index + 1, 3, 3, key.name, null, 7];
    });
  });
  return table(names, rows);
}
