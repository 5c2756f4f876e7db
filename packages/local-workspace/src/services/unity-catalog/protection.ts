/** Row filters and column masks of tables, set on the table itself or coming from elsewhere (ABAC policies). */
import type { TableProtection } from "lakehouse-engine/protocol";
import { Part } from "../../core/part.ts";
import type { Context } from "../../core/service.ts";
import type { Actor } from "./access.ts";
import type { Securable } from "./store.ts";

interface MaskedColumn {
  name: string;
  mask?: { function_name: string; using_column_names?: string[] };
}

type Source = (context: Context, who: Actor, table: Securable) => Omit<TableProtection, "fullName">;

/** A service whose rules also protect tables adds itself here. */
export const protections = new Part<Source[]>(() => [onTable]);

function onTable(_context: Context, _who: Actor, table: Securable): Omit<TableProtection, "fullName"> {
  const filter = table.body.row_filter as { function_name: string; input_column_names?: string[] } | undefined;
  const columns = (table.body.columns ?? []) as MaskedColumn[];
  return {
    rowFilters: filter ? [{ function: filter.function_name, using: filter.input_column_names ?? [] }] : [],
    columnMasks: columns.flatMap(({ name, mask }) =>
      mask ? [{ column: name, function: mask.function_name, using: mask.using_column_names ?? [] }] : [],
    ),
  };
}

/** What protects a table from this principal; undefined when nothing does. A table's own mask wins over a policy's. */
export function protectionOf(context: Context, who: Actor, table: Securable): TableProtection | undefined {
  const found = protections.of(context).map((source) => source(context, who, table));
  const rowFilters = found.flatMap((each) => each.rowFilters);
  const columnMasks = new Map<string, TableProtection["columnMasks"][number]>();
  for (const mask of found.flatMap((each) => each.columnMasks)) {
    if (!columnMasks.has(mask.column)) columnMasks.set(mask.column, mask);
  }
  if (rowFilters.length === 0 && columnMasks.size === 0) return undefined;
  return { fullName: table.fullName, rowFilters, columnMasks: [...columnMasks.values()] };
}
