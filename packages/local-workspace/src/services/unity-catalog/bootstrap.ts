/** What Unity Catalog of a new workspace has: a metastore, the catalogs `main`, `samples` and `system`, and what every user may do there. */
import type { Context } from "../../core/service.ts";
import { ADMIN_USER } from "../identity/bootstrap.ts";
import { tidy } from "./disk.ts";
import { insertSecurable, listSecurables, type Securable } from "./store.ts";
import { inSystemCatalog, SYSTEM_USER, systemTables } from "./system-tables.ts";

const EVERYBODY = "account users";
/** On the schema `default` of the workspace's own catalog. https://docs.databricks.com/data-governance/unity-catalog/get-started */
const IN_DEFAULT = [
  "USE_SCHEMA",
  "CREATE_FUNCTION",
  "CREATE_MATERIALIZED_VIEW",
  "CREATE_MODEL",
  "CREATE_TABLE",
  "CREATE_VOLUME",
];

export function bootstrap(context: Context): void {
  const { db } = context;
  db.transaction(() => {
    if (listSecurables(db, "METASTORE").length > 0) return;
    const grant = (item: Securable, privilege: string) =>
      db.run("INSERT INTO grants VALUES (?, ?, ?)", item.id, EVERYBODY, privilege);
    const metastore = insertSecurable(db, { type: "METASTORE", name: "local", parent: null, principal: ADMIN_USER });
    for (const name of ["main", "system"]) {
      const principal = name === "system" ? SYSTEM_USER : ADMIN_USER;
      const catalog = insertSecurable(db, { type: "CATALOG", name, parent: metastore, principal });
      grant(catalog, "USE_CATALOG");
      const information = {
        type: "SCHEMA",
        name: "information_schema",
        parent: catalog,
        principal: SYSTEM_USER,
      } as const;
      insertSecurable(db, { ...information, comment: "Information schema (auto-created)" });
      if (name === "system") continue;
      const schema = insertSecurable(db, {
        type: "SCHEMA",
        name: "default",
        parent: catalog,
        principal,
        comment: "Default schema (auto-created)",
      });
      for (const privilege of IN_DEFAULT) grant(schema, privilege);
    }
  });
  db.transaction(() => {
    makeSamples(context);
    makeSystemTables(context);
  });
  tidy(context);
}

/** Everybody reads the samples. A catalog of that name that someone made before stays theirs. */
function makeSamples({ db }: Context): void {
  const [metastore] = listSecurables(db, "METASTORE");
  if (!metastore || listSecurables(db, "CATALOG").some(({ name }) => name === "samples")) return;
  const principal = SYSTEM_USER;
  const comment = "Small made-up tables in place of Databricks' sample datasets";
  const catalog = insertSecurable(db, { type: "CATALOG", name: "samples", parent: metastore, principal, comment });
  for (const privilege of ["USE_CATALOG", "USE_SCHEMA", "SELECT"]) {
    db.run("INSERT INTO grants VALUES (?, ?, ?)", catalog.id, EVERYBODY, privilege);
  }
  insertSecurable(db, { type: "SCHEMA", name: "information_schema", parent: catalog, principal });
}

/** Also in a workspace that an earlier version made. Nobody but admins reads those of `system` without a grant. */
function makeSystemTables({ db }: Context): void {
  const principal = SYSTEM_USER;
  for (const catalog of listSecurables(db, "CATALOG").filter(inSystemCatalog)) {
    const schemas = new Map(listSecurables(db, "SCHEMA", catalog.id).map((schema) => [schema.name, schema]));
    for (const { schema, name, columns } of systemTables().filter((table) => table.catalog === catalog.name)) {
      const parent =
        schemas.get(schema) ?? insertSecurable(db, { type: "SCHEMA", name: schema, parent: catalog, principal });
      schemas.set(schema, parent);
      if (listSecurables(db, "TABLE", parent.id).some((table) => table.name === name)) continue;
      const body = { table_type: "MANAGED", data_source_format: "DELTA", columns };
      insertSecurable(db, { type: "TABLE", name, parent, principal, body });
    }
  }
}
