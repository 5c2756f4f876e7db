/**
 * information_schema: what its views hold for one principal, who sees there what it sees in Unity Catalog.
 * https://docs.databricks.com/sql/language-manual/sql-ref-information-schema
 */
import { ApiError } from "../../core/errors.ts";
import type { Context } from "../../core/service.ts";
import { CONSTRAINT_VIEWS } from "./constraint-views.ts";
import { effectiveAssignments } from "./grants.ts";
import { ownColumns, ownTables } from "./own-views.ts";
import { type Body, listSecurables, type Securable, type SecurableType } from "./store.ts";
import { volumeLocation } from "./sync.ts";
import { isView } from "./table-types.ts";
import { tagKeeper } from "./tag-hook.ts";

type Value = string | number | boolean | null;
type Row = Record<string, Value | undefined>;

interface View {
  /** Column names with Spark types; the first names the catalog. */
  columns: string;
  rows: (all: Visible) => Row[];
}

export interface InformationSchema {
  schema: string;
  rows: Value[][];
}

/** What the principal sees, by type. */
type Visible = (type: SecurableType) => { item: Securable; at: string[]; context: Context }[];

interface Column {
  name: string;
  position?: number;
  nullable?: boolean;
  type_text: string;
  type_name: string;
  type_precision?: number;
  type_scale?: number;
  partition_index?: number;
  comment?: string;
  mask?: { function_name: string; using_column_names?: string[] };
}

const AUDIT = "created timestamp, created_by string, last_altered timestamp, last_altered_by string";
const audit = (item: Securable): Row => ({
  created: item.createdAt,
  created_by: item.createdBy,
  last_altered: item.updatedAt,
  last_altered_by: item.updatedBy,
});
const columnsOf = (item: Securable): Column[] => (item.body.columns ?? []) as Column[];
const text = (body: Body, key: string): string | undefined => (body[key] === undefined ? undefined : String(body[key]));
const yes = (is: unknown): string => (is ? "YES" : "NO");

const NAMES: Partial<Record<SecurableType, readonly string[]>> = {
  CATALOG: ["catalog_name"],
  SCHEMA: ["catalog_name", "schema_name"],
  TABLE: ["table_catalog", "table_schema", "table_name"],
  VOLUME: ["volume_catalog", "volume_schema", "volume_name"],
  FUNCTION: ["routine_catalog", "routine_schema", "routine_name"],
};
const nameColumns = (names: readonly string[]): string => names.map((name) => `${name} string`).join(", ");
const named = (names: readonly string[], at: readonly string[]): Row =>
  Object.fromEntries(names.map((name, index) => [name, at[index]]));

/** Views that name the parts of their securable otherwise than the securable's own view. */
const TAG_NAMES = ["catalog_name", "schema_name", "table_name", "column_name"];

function privileges(type: SecurableType): View {
  const names = NAMES[type]!;
  return {
    columns: `grantor string, grantee string, ${nameColumns(names)}, privilege_type string, is_grantable string, inherited_from string`,
    rows: (all) =>
      all(type).flatMap(({ item, at, context }) =>
        effectiveAssignments(context.db, item).flatMap(({ principal, privileges: held }) =>
          held.map((each) => ({
            grantor: item.owner,
            grantee: principal,
            ...named(names, at),
            privilege_type: each.privilege,
            is_grantable: "NO",
            inherited_from: each.inherited_from_type ?? "NONE",
          })),
        ),
      ),
  };
}

function tags(type: SecurableType, names: readonly string[], ofColumns = false): View {
  return {
    columns: `${nameColumns(names)}, tag_name string, tag_value string`,
    rows: (all) =>
      all(type).flatMap(({ item, at, context }) =>
        tagKeeper
          .of(context)
          .tagsOf(context, item.id)
          .filter(({ column_name }) => (column_name !== "") === ofColumns)
          .map(({ column_name, key, value }) => ({
            ...named(names, [...at, column_name]),
            tag_name: key,
            tag_value: value,
          })),
      ),
  };
}

const TABLE = NAMES.TABLE!;

const VIEWS: Record<string, View> = {
  catalogs: {
    columns: `catalog_name string, catalog_owner string, comment string, ${AUDIT}`,
    rows: (all) =>
      all("CATALOG").map(({ item }) => ({
        catalog_name: item.name,
        catalog_owner: item.owner,
        comment: item.comment,
        ...audit(item),
      })),
  },
  schemata: {
    columns: `catalog_name string, schema_name string, schema_owner string, comment string, ${AUDIT}`,
    rows: (all) =>
      all("SCHEMA").map(({ item, at }) => ({
        ...named(NAMES.SCHEMA!, at),
        schema_owner: item.owner,
        comment: item.comment,
        ...audit(item),
      })),
  },
  tables: {
    columns:
      `${nameColumns(TABLE)}, table_type string, is_insertable_into string, commit_action string, table_owner string, ` +
      `comment string, ${AUDIT}, data_source_format string, storage_path string`,
    rows: (all) =>
      all("TABLE").map(({ item, at }) => ({
        ...named(TABLE, at),
        table_type: text(item.body, "table_type"),
        is_insertable_into: yes(!isView(item.body.table_type)),
        commit_action: "PRESERVE",
        table_owner: item.owner,
        comment: item.comment,
        ...audit(item),
        data_source_format: text(item.body, "data_source_format"),
        storage_path: text(item.body, "storage_location"),
      })),
  },
  columns: {
    columns:
      `${nameColumns(TABLE)}, column_name string, ordinal_position int, column_default string, is_nullable string, ` +
      "full_data_type string, data_type string, numeric_precision int, numeric_scale int, partition_index int, comment string",
    rows: (all) =>
      all("TABLE").flatMap(({ item, at }) =>
        columnsOf(item).map((column, index) => ({
          ...named(TABLE, at),
          column_name: column.name,
          ordinal_position: (column.position ?? index) + 1,
          is_nullable: yes(column.nullable !== false),
          full_data_type: column.type_text,
          data_type: column.type_name,
          numeric_precision: column.type_precision,
          numeric_scale: column.type_scale,
          partition_index: column.partition_index,
          comment: column.comment,
        })),
      ),
  },
  views: {
    columns: `${nameColumns(TABLE)}, view_definition string, check_option string, is_updatable string, is_insertable_into string, is_materialized boolean`,
    rows: (all) =>
      all("TABLE")
        .filter(({ item }) => isView(item.body.table_type))
        .map(({ item, at }) => ({
          ...named(TABLE, at),
          view_definition: text(item.body, "view_definition"),
          check_option: "NONE",
          is_updatable: "NO",
          is_insertable_into: "NO",
          is_materialized: item.body.table_type === "MATERIALIZED_VIEW",
        })),
  },
  column_masks: {
    columns: `${nameColumns(TABLE)}, column_name string, mask_name string, using_columns string`,
    rows: (all) =>
      all("TABLE").flatMap(({ item, at }) =>
        columnsOf(item).flatMap(({ name, mask }) =>
          mask
            ? [
                {
                  ...named(TABLE, at),
                  column_name: name,
                  mask_name: mask.function_name,
                  using_columns: (mask.using_column_names ?? []).join(", "),
                },
              ]
            : [],
        ),
      ),
  },
  row_filters: {
    columns: `${nameColumns(TABLE)}, filter_name string, target_columns string`,
    rows: (all) =>
      all("TABLE").flatMap(({ item, at }) => {
        const filter = item.body.row_filter as { function_name: string; input_column_names?: string[] } | undefined;
        if (!filter) return [];
        const columns = (filter.input_column_names ?? []).join(", ");
        return [{ ...named(TABLE, at), filter_name: filter.function_name, target_columns: columns }];
      }),
  },
  volumes: {
    columns: `${nameColumns(NAMES.VOLUME!)}, volume_type string, volume_owner string, comment string, storage_location string, ${AUDIT}`,
    rows: (all) =>
      all("VOLUME").map(({ item, at, context }) => ({
        ...named(NAMES.VOLUME!, at),
        volume_type: "MANAGED",
        volume_owner: item.owner,
        comment: item.comment,
        storage_location: volumeLocation(context, item.fullName),
        ...audit(item),
      })),
  },
  routines: {
    columns:
      `${nameColumns(NAMES.FUNCTION!)}, routine_type string, data_type string, full_data_type string, routine_body string, ` +
      `routine_definition string, is_deterministic string, routine_owner string, comment string, ${AUDIT}`,
    rows: (all) =>
      all("FUNCTION").map(({ item, at }) => ({
        ...named(NAMES.FUNCTION!, at),
        routine_type: "FUNCTION",
        data_type: text(item.body, "data_type"),
        full_data_type: text(item.body, "full_data_type"),
        routine_body: text(item.body, "routine_body"),
        routine_definition: text(item.body, "routine_definition"),
        is_deterministic: yes(item.body.is_deterministic !== false),
        routine_owner: item.owner,
        comment: item.comment,
        ...audit(item),
      })),
  },
  ...CONSTRAINT_VIEWS,
  catalog_privileges: privileges("CATALOG"),
  schema_privileges: privileges("SCHEMA"),
  table_privileges: privileges("TABLE"),
  volume_privileges: privileges("VOLUME"),
  routine_privileges: privileges("FUNCTION"),
  catalog_tags: tags("CATALOG", TAG_NAMES.slice(0, 1)),
  schema_tags: tags("SCHEMA", TAG_NAMES.slice(0, 2)),
  table_tags: tags("TABLE", TAG_NAMES.slice(0, 3)),
  column_tags: tags("TABLE", TAG_NAMES, true),
  volume_tags: tags("VOLUME", ["catalog_name", "schema_name", "volume_name"]),
};

/** Rows of the views that list information_schema itself, which is in every catalog that one sees. */
const OWN: Readonly<Record<string, typeof ownTables>> = { tables: ownTables, columns: ownColumns };

/** A view of `catalog`'s information_schema; that of `system` shows every catalog. */
export function informationSchema(
  context: Context,
  visible: (items: readonly Securable[]) => readonly Securable[],
  catalog: string,
  name: string,
): InformationSchema {
  const view = VIEWS[name.toLowerCase()];
  if (!view) {
    throw new ApiError(
      "TABLE_DOES_NOT_EXIST",
      `[TABLE_OR_VIEW_NOT_FOUND] ${catalog}.information_schema.${name} is not in the local workspace, whose ` +
        `information_schema has ${Object.keys(VIEWS).sort().join(", ")}.`,
    );
  }
  const all: Visible = (type) =>
    visible(listSecurables(context.db, type))
      .map((item) => ({ item, at: item.fullName.split("."), context }))
      .filter(({ at }) => catalog.toLowerCase() === "system" || at[0] === catalog.toLowerCase());
  const names = view.columns.split(", ").map((column) => column.split(" ")[0]!);
  const own = OWN[name.toLowerCase()]?.(
    all("CATALOG").map(({ item }) => item),
    VIEWS,
  );
  const rows = [...view.rows(all), ...(own ?? [])].map((row) => names.map((column) => row[column] ?? null));
  return { schema: view.columns, rows };
}
