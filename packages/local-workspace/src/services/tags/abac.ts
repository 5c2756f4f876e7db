/** ABAC policies on a table: which row filters and column masks they bring for a principal. */
import type { ColumnMask, RowFilter } from "lakehouse-engine/protocol";
import type { Context } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import type { Actor } from "../unity-catalog/access.ts";
import { lineage, type Securable } from "../unity-catalog/store.ts";
import { parseCondition, type Tags } from "./conditions.ts";
import type { PolicyBody } from "./schemas.ts";
import { type AbacPolicy, abacPoliciesOn, tagsOf } from "./store.ts";

const asMap = (tags: readonly { key: string; value: string }[]): Tags =>
  new Map(tags.map(({ key, value }) => [key, value]));

/** Tags of a catalog and a schema hold for what is in them; the nearest value wins. */
function inheritedTags(db: Database, table: Securable): Tags {
  const levels = lineage(db, table).reverse();
  return asMap(levels.flatMap((level) => tagsOf(db, level.id)));
}

function reaches(who: Actor, body: PolicyBody): boolean {
  const named = (list: readonly string[] | undefined) => (list ?? []).some((name) => who.names.has(name));
  return named(body.to_principals) && !named(body.except_principals);
}

interface Matches {
  [alias: string]: string[];
}

/** The columns that each alias of a policy stands for; undefined when one stands for none: the policy does not apply. */
function matchColumns(db: Database, table: Securable, body: PolicyBody): Matches | undefined {
  const columns = (table.body.columns ?? []) as { name: string }[];
  const tags = new Map(columns.map(({ name }) => [name, asMap(tagsOf(db, table.id, name))]));
  const matches: Matches = {};
  for (const [index, { alias, condition }] of (body.match_columns ?? []).entries()) {
    const holds = parseCondition(condition ?? "TRUE");
    const found = columns.filter(({ name }) => holds(tags.get(name)!)).map(({ name }) => name);
    if (found.length === 0) return undefined;
    matches[alias ?? String(index)] = found;
  }
  return matches;
}

const argumentsOf = (using: PolicyBody["row_filter"], matches: Matches): string[] =>
  (using?.using ?? []).map(({ alias, constant }) =>
    alias === undefined ? String(constant) : (matches[alias]?.[0] ?? alias),
  );

function apply(
  db: Database,
  table: Securable,
  policy: AbacPolicy,
): { rowFilters: RowFilter[]; columnMasks: ColumnMask[] } {
  const body = policy.body as PolicyBody;
  const none = { rowFilters: [], columnMasks: [] };
  if (body.when_condition && !parseCondition(body.when_condition)(inheritedTags(db, table))) return none;
  const matches = matchColumns(db, table, body);
  if (!matches) return none;
  if (body.policy_type === "POLICY_TYPE_ROW_FILTER") {
    return {
      ...none,
      rowFilters: [{ function: body.row_filter!.function_name, using: argumentsOf(body.row_filter, matches) }],
    };
  }
  const mask = body.column_mask!;
  const columnMasks = (matches[mask.on_column] ?? []).map((column) => ({
    column,
    function: mask.function_name,
    using: argumentsOf(mask, matches),
  }));
  return { ...none, columnMasks };
}

export function policiesProtect(
  { db }: Context,
  who: Actor,
  table: Securable,
): { rowFilters: RowFilter[]; columnMasks: ColumnMask[] } {
  const policies = lineage(db, table)
    .flatMap((level) => abacPoliciesOn(db, level.id))
    .filter((policy) => reaches(who, policy.body as PolicyBody));
  const found = policies.map((policy) => apply(db, table, policy));
  return {
    rowFilters: found.flatMap((each) => each.rowFilters),
    columnMasks: found.flatMap((each) => each.columnMasks),
  };
}
