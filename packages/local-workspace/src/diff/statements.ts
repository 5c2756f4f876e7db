/** The SQL of a comparison, as pure functions: names in, statements out. */
import type { Column, Dataset } from "./model.ts";

export interface Side {
  catalog: string;
  dataset: Dataset;
}

export const quote = (name: string): string => `\`${name.replaceAll("`", "``")}\``;
const text = (value: string): string => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

export const tableOf = ({ catalog, dataset }: Side): string =>
  [catalog, ...dataset.name.split(".")].map(quote).join(".");

const isNumeric = (type: string): boolean => /^(tinyint|smallint|int|bigint|float|double|decimal)\b/i.test(type);
const isText = (type: string): boolean => /^(string|varchar|char)\b/i.test(type);
const isNested = (type: string): boolean => /^(array|struct|map|variant)\b/i.test(type);

export const numericColumns = (columns: Dataset["columns"]): string[] =>
  columns.filter(({ type }) => isNumeric(type)).map(({ name }) => name);

/**
 * A column's value as comparable text. Paths name the catalog that they are in, which is not a difference: the catalog's
 * own name is taken out of text.
 */
export function comparable(column: Column, catalog: string): string {
  const name = quote(column.name);
  const plain = isNested(column.type) ? `to_json(named_struct('v', ${name}))` : `CAST(${name} AS STRING)`;
  if (!isText(column.type) && !isNested(column.type)) return plain;
  return `replace(${plain}, ${text(`/Volumes/${catalog}/`)}, '/Volumes/')`;
}

const columnOf = (dataset: Dataset, name: string): Column =>
  dataset.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())!;

/** One row a dataset and side: how many rows, and a checksum that does not depend on their order. */
export function checksums(sides: readonly (Side & { label: string; columns: readonly string[] })[]): string {
  return sides
    .map(({ catalog, dataset, label, columns }) => {
      const values = columns.map((name) => `coalesce(${comparable(columnOf(dataset, name), catalog)}, '\\u0000')`);
      const hash = values.length > 0 ? `xxhash64(${values.join(", ")})` : "0";
      return `SELECT ${text(label)} AS label, count(*) AS n, CAST(bit_xor(h) AS STRING) AS x, CAST(sum(h % 1000000007) AS STRING) AS s FROM (SELECT ${hash} AS h FROM ${tableOf({ catalog, dataset })})`;
    })
    .join("\nUNION ALL\n");
}

/** How often the key repeats on a side. */
export function repeated(side: Side, key: readonly string[]): string {
  const columns = key.map(quote).join(", ");
  return `SELECT count(*) AS n FROM (SELECT 1 FROM ${tableOf(side)} GROUP BY ${columns} HAVING count(*) > 1)`;
}

function keyed(side: Side, key: readonly string[], columns: readonly string[]): string {
  const wanted = [...key, ...columns.filter((name) => !key.includes(name))];
  const values = wanted.map((name) => {
    return `${comparable(columnOf(side.dataset, name), side.catalog)} AS ${quote(name)}`;
  });
  return `(SELECT ${values.join(", ")}, true AS \`there\` FROM ${tableOf(side)})`;
}

function joined(before: Side, after: Side, key: readonly string[], columns: readonly string[]): string {
  const on = key.map((name) => `b.${quote(name)} <=> a.${quote(name)}`).join(" AND ");
  return `${keyed(before, key, columns)} b FULL OUTER JOIN ${keyed(after, key, columns)} a ON ${on}`;
}

const differ = (name: string): string => `NOT (b.${quote(name)} <=> a.${quote(name)})`;
const both = "b.`there` AND a.`there`";

/** Counts of added, removed and changed rows, and for each column of the rows that differ in it (`c0`, `c1`, …). */
export function countChanges(before: Side, after: Side, key: readonly string[], columns: readonly string[]): string {
  const any = columns.length > 0 ? columns.map(differ).join(" OR ") : "false";
  const counts = columns.map((name, at) => `count_if(${both} AND ${differ(name)}) AS c${at}`);
  return `SELECT count_if(b.\`there\` IS NULL) AS added, count_if(a.\`there\` IS NULL) AS removed, count_if(${both} AND (${any})) AS changed${counts.map((count) => `, ${count}`).join("")} FROM ${joined(before, after, key, columns)}`;
}

/** Some of the rows that differ, ordered by key: `change`, the key, and both values of every column. */
export function sampleChanges(
  before: Side,
  after: Side,
  key: readonly string[],
  columns: readonly string[],
  limit: number,
): string {
  const any = columns.length > 0 ? columns.map(differ).join(" OR ") : "false";
  const keys = key.map((name, at) => `coalesce(a.${quote(name)}, b.${quote(name)}) AS k${at}`);
  const values = columns.map((name, at) => `b.${quote(name)} AS b${at}, a.${quote(name)} AS a${at}`);
  const change = "CASE WHEN b.`there` IS NULL THEN 'added' WHEN a.`there` IS NULL THEN 'removed' ELSE 'changed' END";
  const order = key.map((_, at) => `k${at}`).join(", ");
  return `SELECT ${[`${change} AS change`, ...keys, ...values].join(", ")} FROM ${joined(before, after, key, columns)} WHERE b.\`there\` IS NULL OR a.\`there\` IS NULL OR ${any} ORDER BY ${order} LIMIT ${limit}`;
}

/** Without a key: whole rows that one side has more often than the other, with how much more often. */
export function countWholeRows(before: Side, after: Side, columns: readonly string[]): string {
  const side = (each: Side, sign: number): string => {
    const values = columns.map((name) => {
      return `${comparable(columnOf(each.dataset, name), each.catalog)} AS ${quote(name)}`;
    });
    return `SELECT ${[...values, `${sign} AS \`side\``].join(", ")} FROM ${tableOf(each)}`;
  };
  const names = columns.map(quote).join(", ");
  return `SELECT coalesce(sum(greatest(n, 0)), 0) AS added, coalesce(sum(greatest(-n, 0)), 0) AS removed FROM (SELECT sum(\`side\`) AS n FROM (${side(before, -1)} UNION ALL ${side(after, 1)}) GROUP BY ${names})`;
}

/** Sums of the numeric columns. */
export function totals(side: Side, columns: readonly string[]): string {
  return `SELECT ${columns.map((name, at) => `CAST(sum(${quote(name)}) AS STRING) AS t${at}`).join(", ")} FROM ${tableOf(side)}`;
}
