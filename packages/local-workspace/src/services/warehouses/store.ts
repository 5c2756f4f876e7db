/** SQL warehouses: records. All of them run on the one engine; a stopped one starts when a statement comes. */
import { ApiError, notFound } from "../../core/errors.ts";
import type { Database, Migration } from "../../store/database.ts";

export const migrations: Migration[] = [
  {
    id: "warehouses/1-warehouses",
    sql: `
      CREATE TABLE warehouses (
        id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, name TEXT NOT NULL UNIQUE, creator TEXT NOT NULL,
        state TEXT NOT NULL, settings TEXT NOT NULL) STRICT;
      CREATE TABLE warehouse_config (id INTEGER PRIMARY KEY CHECK (id = 1), settings TEXT NOT NULL) STRICT;`,
  },
];

export interface Warehouse {
  id: string;
  name: string;
  creator: string;
  state: "RUNNING" | "STOPPED";
  settings: Record<string, unknown>;
}

interface Row {
  id: string;
  name: string;
  creator: string;
  state: string;
  settings: string;
}

const fromRow = (row: Row): Warehouse => ({
  ...row,
  state: row.state as Warehouse["state"],
  settings: JSON.parse(row.settings) as Record<string, unknown>,
});

export const listWarehouses = (db: Database): Warehouse[] =>
  db
    .all<Row & Record<string, unknown>>(
      "SELECT id, name, creator, state, settings FROM warehouses ORDER BY created_at, id",
    )
    .map(fromRow);

export function getWarehouse(db: Database, id: string): Warehouse | undefined {
  const row = db.get<Row>("SELECT id, name, creator, state, settings FROM warehouses WHERE id = ?", id);
  return row && fromRow(row);
}

export function requireWarehouse(db: Database, id: string): Warehouse {
  const warehouse = getWarehouse(db, id);
  if (!warehouse) throw notFound(`SQL warehouse ${id} does not exist.`);
  return warehouse;
}

export function insertWarehouse(db: Database, warehouse: Warehouse): void {
  uniqueName(db, warehouse);
  const { id, name, creator, state, settings } = warehouse;
  db.run(
    "INSERT INTO warehouses VALUES (?, ?, ?, ?, ?, ?)",
    id,
    Date.now(),
    name,
    creator,
    state,
    JSON.stringify(settings),
  );
}

export function saveWarehouse(db: Database, warehouse: Warehouse): void {
  uniqueName(db, warehouse);
  const { id, name, state, settings } = warehouse;
  db.run(
    "UPDATE warehouses SET name = ?, state = ?, settings = ? WHERE id = ?",
    name,
    state,
    JSON.stringify(settings),
    id,
  );
}

function uniqueName(db: Database, { id, name }: Warehouse): void {
  if (db.get("SELECT id FROM warehouses WHERE name = ? AND id <> ?", name, id)) {
    throw new ApiError("INVALID_PARAMETER_VALUE", `SQL warehouse with name '${name}' already exists.`);
  }
}

export function deleteWarehouse(db: Database, id: string): void {
  db.run("DELETE FROM warehouses WHERE id = ?", id);
}

export function warehouseConfig(db: Database): Record<string, unknown> {
  const row = db.get<{ settings: string }>("SELECT settings FROM warehouse_config");
  const defaults = {
    security_policy: "DATA_ACCESS_CONTROL",
    serverless_agreement: true,
    enable_serverless_compute: true,
  };
  return row ? (JSON.parse(row.settings) as Record<string, unknown>) : defaults;
}

export function saveWarehouseConfig(db: Database, settings: Record<string, unknown>): void {
  db.run("INSERT OR REPLACE INTO warehouse_config VALUES (1, ?)", JSON.stringify(settings));
}
