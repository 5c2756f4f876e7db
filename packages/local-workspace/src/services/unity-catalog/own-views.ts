/** What information_schema says of its own views: they are in every catalog, and clients list them as other views. */
import type { Securable } from "./store.ts";

type Row = Record<string, string | number | undefined>;
/** By name; columns with Spark types, as "name type, name type". */
type Views = Readonly<Record<string, { columns: string }>>;

const SCHEMA = "information_schema";

const at = ({ name }: Securable, view: string): Row => ({
  table_catalog: name,
  table_schema: SCHEMA,
  table_name: view,
});

export const ownTables = (catalogs: readonly Securable[], views: Views): Row[] =>
  catalogs.flatMap((catalog) =>
    Object.keys(views).map((view) => ({
      ...at(catalog, view),
      table_type: "VIEW",
      is_insertable_into: "NO",
      commit_action: "PRESERVE",
      table_owner: "System user",
      created: catalog.createdAt,
      created_by: "System user",
      last_altered: catalog.createdAt,
      last_altered_by: "System user",
    })),
  );

export const ownColumns = (catalogs: readonly Securable[], views: Views): Row[] =>
  catalogs.flatMap((catalog) =>
    Object.entries(views).flatMap(([view, { columns }]) =>
      columns.split(", ").map((column, index) => {
        const [name, type = ""] = column.split(" ");
        return {
          ...at(catalog, view),
          column_name: name,
          ordinal_position: index + 1,
          is_nullable: "YES",
          full_data_type: type,
          data_type: type.toUpperCase(),
        };
      }),
    ),
  );
