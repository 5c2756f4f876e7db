/** Compares two catalogs dataset by dataset: definitions from the record, rows and totals by SQL on a warehouse. */
import type { WorkspaceApi } from "../client.ts";
import { readDatasets, readExpectations } from "./catalog.ts";
import type {
  CatalogDiff,
  Changed,
  Column,
  ColumnChange,
  Dataset,
  DatasetDiff,
  ExpectationDiff,
  Expectations,
  Row,
  RowSample,
  Total,
} from "./model.ts";
import * as sql from "./statements.ts";

export interface CompareOptions {
  before: string;
  after: string;
  /** Datasets (`schema.table`) that are left out. Default: event logs. */
  ignoreDatasets?: RegExp;
  /** Columns whose values differ between any two runs, such as times of ingestion. */
  ignoreColumns?: RegExp;
  /** Columns whose values samples do not show; those with a mask or a tag for personal data never show. */
  maskColumns?: RegExp;
  /** Rows shown of a dataset. Default 5. */
  samples?: number;
}

const NOTHING = /(?!)/;
const EVENT_LOGS = /(^|\.)(event_log(_.*)?)$/;
const PERSONAL = /pii|personal|sensitive|gdpr|^class\./i;
/** Datasets of one statement of checksums. */
const BATCH = 12;
const MASKED = "***";

interface Checksum {
  rows: number;
  /** Of all rows, whatever their order. */
  sum: string;
}

/** @throws WorkspaceApiError when a catalog does not exist; Error when a statement fails */
export async function compareCatalogs(api: WorkspaceApi, options: CompareOptions): Promise<CatalogDiff> {
  const comparison = new Comparison(api, options);
  return await comparison.run();
}

class Comparison {
  readonly #api: WorkspaceApi;
  readonly #options: CompareOptions;
  readonly #samples: number;
  #personal = new Set<string>();

  constructor(api: WorkspaceApi, options: CompareOptions) {
    this.#api = api;
    this.#options = options;
    this.#samples = options.samples ?? 5;
  }

  async run(): Promise<CatalogDiff> {
    const { before, after, ignoreDatasets = EVENT_LOGS } = this.#options;
    const old = await readDatasets(this.#api, before, ignoreDatasets);
    const now = await readDatasets(this.#api, after, ignoreDatasets);
    this.#personal = await this.#personalColumns([before, after]);
    const byName = new Map(now.map((dataset) => [dataset.name, dataset]));
    const pairs = old.flatMap((dataset) => {
      const other = byName.get(dataset.name);
      return other ? [{ before: dataset, after: other }] : [];
    });
    const removed = old.filter(({ name }) => !byName.has(name));
    const added = now.filter(({ name }) => !pairs.some((pair) => pair.after.name === name));
    const renamed = await this.#renamed(removed, added);
    const datasets = [
      ...(await this.#pairs([...pairs, ...renamed])),
      ...(await this.#alone(
        removed.filter((each) => !renamed.some((pair) => pair.before === each)),
        "removed",
      )),
      ...(await this.#alone(
        added.filter((each) => !renamed.some((pair) => pair.after === each)),
        "added",
      )),
    ].sort((a, b) => (a.name < b.name ? -1 : 1));
    const expectations = compareExpectations(
      await readExpectations(this.#api, before, old),
      await readExpectations(this.#api, after, now),
    );
    return {
      before,
      after,
      same: datasets.every(({ status }) => status === "same") && expectations.length === 0,
      rowsCompared: datasets.reduce((sum, { rows, status }) => sum + (status === "added" ? 0 : rows.before), 0),
      datasets,
      expectations,
    };
  }

  /** Datasets that have gone on under another name: same columns, same rows. */
  async #renamed(removed: readonly Dataset[], added: readonly Dataset[]): Promise<Changed<Dataset>[]> {
    const { before, after } = this.#options;
    const found: Changed<Dataset>[] = [];
    for (const old of removed) {
      const alike = added.filter((each) => shape(each) === shape(old) && !found.some((pair) => pair.after === each));
      for (const candidate of alike) {
        const columns = this.#compared(old, candidate);
        const [was, is] = await this.#checksums([
          { catalog: before, dataset: old, columns },
          { catalog: after, dataset: candidate, columns },
        ]);
        if (was!.rows === 0 || was!.sum !== is!.sum) continue;
        found.push({ before: old, after: candidate });
        break;
      }
    }
    return found;
  }

  async #checksums(sides: readonly (sql.Side & { columns: readonly string[] })[]): Promise<Checksum[]> {
    const found: Checksum[] = [];
    for (let at = 0; at < sides.length; at += BATCH) {
      const batch = sides.slice(at, at + BATCH).map((side, index) => ({ ...side, label: String(index) }));
      const rows = await this.#api.query(sql.checksums(batch));
      const byLabel = new Map(rows.map((row) => [row.label, row]));
      for (const { label } of batch) {
        const row = byLabel.get(label)!;
        found.push({ rows: Number(row.n), sum: `${row.n} ${row.x} ${row.s}` });
      }
    }
    return found;
  }

  async #pairs(pairs: readonly Changed<Dataset>[]): Promise<DatasetDiff[]> {
    const { before, after } = this.#options;
    const sides = pairs.flatMap((pair) => {
      const columns = this.#compared(pair.before, pair.after);
      return [
        { catalog: before, dataset: pair.before, columns },
        { catalog: after, dataset: pair.after, columns },
      ];
    });
    const sums = await this.#checksums(sides);
    const found: DatasetDiff[] = [];
    for (const [at, pair] of pairs.entries()) {
      found.push(await this.#pair(pair, sums[2 * at]!, sums[2 * at + 1]!));
    }
    return found;
  }

  async #pair(pair: Changed<Dataset>, was: Checksum, is: Checksum): Promise<DatasetDiff> {
    const definition = await this.#definition(pair);
    const rows = { before: was.rows, after: is.rows, added: 0, removed: 0, changed: 0 };
    const same = was.sum === is.sum;
    const data = same
      ? { rows, changedColumns: {}, totals: [], samples: [] }
      : await this.#rows(pair, rows, definition.key);
    const renamed = pair.before.name !== pair.after.name;
    const changed =
      !same || definition.columns.length > 0 || Object.keys(definition).some((key) => /Changed$/.test(key));
    return {
      name: pair.after.name,
      status: renamed ? "renamed" : changed ? "changed" : "same",
      ...(renamed ? { previousName: pair.before.name } : {}),
      ...definition,
      ...data,
    };
  }

  async #definition({
    before,
    after,
  }: Changed<Dataset>): Promise<
    Pick<DatasetDiff, "key" | "columns" | "keyChanged" | "kindChanged" | "commentChanged">
  > {
    const differ = (a: string, b: string): Changed<string> | undefined =>
      a === b ? undefined : { before: a, after: b };
    const keyChanged = differ(before.key.join(", "), after.key.join(", "));
    const kindChanged = differ(before.kind, after.kind);
    const commentChanged = differ(before.comment ?? "", after.comment ?? "");
    return {
      key: after.key,
      columns: await this.#columns(before, after),
      ...(keyChanged ? { keyChanged } : {}),
      ...(kindChanged ? { kindChanged } : {}),
      ...(commentChanged ? { commentChanged } : {}),
    };
  }

  async #columns(before: Dataset, after: Dataset): Promise<ColumnChange[]> {
    const find = (columns: readonly Column[], name: string): Column | undefined =>
      columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
    const gone = before.columns.filter(({ name }) => !find(after.columns, name));
    const came = after.columns.filter(({ name }) => !find(before.columns, name));
    const changes: ColumnChange[] = [];
    for (const column of gone) {
      const heir = await this.#heir(before, after, column, came);
      if (heir) {
        came.splice(came.indexOf(heir), 1);
        changes.push({ name: heir.name, change: "renamed", before: column.name, after: heir.name });
      } else {
        changes.push({ name: column.name, change: "removed", before: column.type });
      }
    }
    for (const { name, type } of came) changes.push({ name, change: "added", after: type });
    for (const column of before.columns) {
      const now = find(after.columns, column.name);
      if (!now) continue;
      if (now.type !== column.type)
        changes.push({ name: now.name, change: "type", before: column.type, after: now.type });
      if ((now.comment ?? "") !== (column.comment ?? "")) {
        changes.push({ name: now.name, change: "comment", before: column.comment ?? "", after: now.comment ?? "" });
      }
    }
    return changes;
  }

  /** The new column that holds what a column that has gone held. */
  async #heir(before: Dataset, after: Dataset, column: Column, came: readonly Column[]): Promise<Column | undefined> {
    for (const candidate of came.filter(({ type }) => type === column.type)) {
      const [was, is] = await this.#checksums([
        { catalog: this.#options.before, dataset: before, columns: [column.name] },
        { catalog: this.#options.after, dataset: after, columns: [candidate.name] },
      ]);
      if (was!.rows > 0 && was!.sum === is!.sum) return candidate;
    }
    return undefined;
  }

  async #rows(
    pair: Changed<Dataset>,
    rows: DatasetDiff["rows"],
    key: readonly string[],
  ): Promise<Pick<DatasetDiff, "rows" | "changedColumns" | "totals" | "samples"> & { note?: string }> {
    const before = { catalog: this.#options.before, dataset: pair.before };
    const after = { catalog: this.#options.after, dataset: pair.after };
    const columns = this.#compared(pair.before, pair.after);
    const totals = await this.#totals(before, after, columns);
    const note = await this.#noKey(before, after, key, columns);
    if (note !== undefined) {
      const [counts] = await this.#api.query(sql.countWholeRows(before, after, columns));
      const found = { ...rows, added: Number(counts!.added), removed: Number(counts!.removed) };
      return { note, rows: found, changedColumns: {}, totals, samples: [] };
    }
    const values = columns.filter((name) => !key.some((each) => each.toLowerCase() === name.toLowerCase()));
    const [counts] = await this.#api.query(sql.countChanges(before, after, key, values));
    const changedColumns = Object.fromEntries(
      values.map((name, at) => [name, Number(counts![`c${at}`])] as const).filter(([, count]) => count > 0),
    );
    const found = {
      ...rows,
      added: Number(counts!.added),
      removed: Number(counts!.removed),
      changed: Number(counts!.changed),
    };
    const samples = await this.#sample(before, after, key, Object.keys(changedColumns));
    return { rows: found, changedColumns, totals, samples };
  }

  /** Why rows cannot be found again by their key; undefined where they can. */
  async #noKey(
    before: sql.Side,
    after: sql.Side,
    key: readonly string[],
    columns: readonly string[],
  ): Promise<string | undefined> {
    if (key.length === 0) return "no key is declared (a property 'grain' or a primary key), so whole rows are compared";
    const missing = key.find((name) => !columns.some((column) => column.toLowerCase() === name.toLowerCase()));
    if (missing !== undefined) return `the key's column ${missing} is not on both sides, so whole rows are compared`;
    for (const side of [before, after]) {
      const [found] = await this.#api.query(sql.repeated(side, key));
      if (Number(found!.n) > 0) {
        return `the key (${key.join(", ")}) repeats ${found!.n} times in ${side.catalog}, so whole rows are compared`;
      }
    }
    return undefined;
  }

  async #totals(before: sql.Side, after: sql.Side, columns: readonly string[]): Promise<Total[]> {
    const shared = sql
      .numericColumns(after.dataset.columns)
      .filter((name) => columns.includes(name) && sql.numericColumns(before.dataset.columns).includes(name));
    if (shared.length === 0) return [];
    const [was] = await this.#api.query(sql.totals(before, shared));
    const [is] = await this.#api.query(sql.totals(after, shared));
    return shared
      .map((column, at) => ({ column, before: was![`t${at}`] ?? null, after: is![`t${at}`] ?? null }))
      .filter((total) => total.before !== total.after);
  }

  async #sample(
    before: sql.Side,
    after: sql.Side,
    key: readonly string[],
    columns: readonly string[],
  ): Promise<RowSample[]> {
    if (this.#samples === 0) return [];
    const rows = await this.#api.query(sql.sampleChanges(before, after, key, columns, this.#samples));
    const shown = (name: string, value: string | null): string | null =>
      value !== null && this.#isMasked(after.dataset.name, name) ? MASKED : value;
    return rows.map((row: Row) => {
      const change = row.change as RowSample["change"];
      const keys = Object.fromEntries(key.map((name, at) => [name, shown(name, row[`k${at}`] ?? null)]));
      if (change !== "changed") return { change, key: keys };
      const differing = columns
        .map((name, at) => ({ name, before: row[`b${at}`] ?? null, after: row[`a${at}`] ?? null }))
        .filter((value) => value.before !== value.after)
        .map(
          ({ name, before: was, after: is }) => [name, { before: shown(name, was), after: shown(name, is) }] as const,
        );
      return { change, key: keys, columns: Object.fromEntries(differing) };
    });
  }

  async #alone(datasets: readonly Dataset[], status: "added" | "removed"): Promise<DatasetDiff[]> {
    const catalog = status === "added" ? this.#options.after : this.#options.before;
    const sums = await this.#checksums(datasets.map((dataset) => ({ catalog, dataset, columns: [] })));
    return datasets.map(({ name, key }, at) => {
      const count = sums[at]!.rows;
      const rows =
        status === "added"
          ? { before: 0, after: count, added: count, removed: 0, changed: 0 }
          : { before: count, after: 0, added: 0, removed: count, changed: 0 };
      return { name, status, rows, key, columns: [], changedColumns: {}, totals: [], samples: [] };
    });
  }

  /** Columns that both sides have, but for those that differ in every run. */
  #compared(before: Dataset, after: Dataset): string[] {
    const now = new Set(after.columns.map(({ name }) => name.toLowerCase()));
    const ignored = this.#options.ignoreColumns ?? NOTHING;
    if (before.name !== after.name && shape(before) !== shape(after)) return [];
    return before.columns.map(({ name }) => name).filter((name) => now.has(name.toLowerCase()) && !ignored.test(name));
  }

  #isMasked(dataset: string, column: string): boolean {
    const name = `${dataset}.${column}`.toLowerCase();
    return this.#personal.has(name) || (this.#options.maskColumns ?? NOTHING).test(column);
  }

  /** `schema.table.column` of columns with a mask or a tag that says personal data. */
  async #personalColumns(catalogs: readonly string[]): Promise<Set<string>> {
    const found = new Set<string>();
    for (const catalog of catalogs) {
      const schema = `${sql.quote(catalog)}.information_schema`;
      const columns = "schema_name, table_name, column_name";
      const tags = await this.#api.query(`SELECT ${columns}, tag_name, tag_value FROM ${schema}.column_tags`);
      const personal = tags.filter(
        ({ tag_name, tag_value }) => PERSONAL.test(tag_name ?? "") || PERSONAL.test(tag_value ?? ""),
      );
      const masks = await this.#api.query(
        `SELECT table_schema AS schema_name, table_name, column_name FROM ${schema}.column_masks`,
      );
      for (const row of [...personal, ...masks]) {
        found.add(`${row.schema_name}.${row.table_name}.${row.column_name}`.toLowerCase());
      }
    }
    return found;
  }
}

function shape({ columns }: Dataset): string {
  return columns.map(({ name, type }) => `${name.toLowerCase()} ${type}`).join("\n");
}

/** Those that differ. */
export function compareExpectations(
  before: readonly Expectations[],
  after: readonly Expectations[],
): ExpectationDiff[] {
  const found = new Map<string, ExpectationDiff>();
  for (const [side, all] of [
    ["before", before],
    ["after", after],
  ] as const) {
    for (const { dataset, name, passed, failed } of all) {
      const key = `${dataset} ${name}`;
      found.set(key, { dataset, name, ...found.get(key), [side]: { passed, failed } });
    }
  }
  return [...found.values()].filter(
    ({ before: was, after: is }) => was?.passed !== is?.passed || was?.failed !== is?.failed,
  );
}
