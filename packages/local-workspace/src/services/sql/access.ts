/** How other services run SQL: the one runner and the one list of sessions of a workspace, on warehouses one may use. */
import { notFound } from "../../core/errors.ts";
import { Part } from "../../core/part.ts";
import type { Context, Principal } from "../../core/service.ts";
import { requireLevel } from "../permissions/access.ts";
import { getWarehouse, saveWarehouse } from "../warehouses/store.ts";
import { StatementRunner } from "./runner.ts";
import { SqlSessions } from "./sessions.ts";

export interface Sql {
  readonly runner: StatementRunner;
  readonly sessions: SqlSessions;
}

const parts = new Part<Sql>((context) => {
  const sessions = new SqlSessions(context);
  return { runner: new StatementRunner(context, sessions), sessions };
});

export const sqlOf = (context: Context): Sql => parts.of(context);

/** Refuses who may not use the warehouse, and starts it where it is stopped. */
export function useWarehouse(context: Context, principal: Principal, warehouseId: string): void {
  const warehouse = getWarehouse(context.db, warehouseId);
  if (!warehouse) throw notFound(`SQL warehouse ${warehouseId} does not exist.`);
  requireLevel(context, principal, "sql/warehouses", warehouse.id, "CAN_USE");
  if (warehouse.state === "STOPPED") saveWarehouse(context.db, { ...warehouse, state: "RUNNING" });
}
