/** What a comparison of two catalogs says: plain data that every format shows. */

export interface Column {
  name: string;
  /** As Unity Catalog spells it: `decimal(18,2)`. */
  type: string;
  comment?: string | undefined;
}

export interface Dataset {
  /** `schema.table`, in lower case. */
  name: string;
  kind: string;
  comment?: string | undefined;
  columns: readonly Column[];
  /** Columns that identify a row; empty when neither a property `grain` nor a primary key says which. */
  key: readonly string[];
  pipelineId?: string | undefined;
}

export interface Expectations {
  dataset: string;
  name: string;
  passed: number;
  failed: number;
}

export interface Changed<T> {
  before: T;
  after: T;
}

export interface ColumnChange {
  name: string;
  change: "added" | "removed" | "renamed" | "type" | "comment";
  before?: string;
  after?: string;
}

export type Row = Readonly<Record<string, string | null>>;

export interface RowSample {
  change: "added" | "removed" | "changed";
  key: Row;
  /** Of a changed row: the columns that differ. */
  columns?: Readonly<Record<string, Changed<string | null>>>;
}

export interface Total {
  column: string;
  before: string | null;
  after: string | null;
}

export interface DatasetDiff {
  name: string;
  status: "same" | "changed" | "added" | "removed" | "renamed";
  /** Of a renamed dataset: what it was called. */
  previousName?: string;
  rows: { before: number; after: number; added: number; removed: number; changed: number };
  /** Why rows are compared as whole rows: no key is declared, or the declared one repeats. */
  note?: string;
  key: readonly string[];
  keyChanged?: Changed<string>;
  kindChanged?: Changed<string>;
  commentChanged?: Changed<string>;
  columns: readonly ColumnChange[];
  /** How many rows differ in a column. */
  changedColumns: Readonly<Record<string, number>>;
  totals: readonly Total[];
  samples: readonly RowSample[];
}

export interface ExpectationDiff {
  dataset: string;
  name: string;
  before?: { passed: number; failed: number };
  after?: { passed: number; failed: number };
}

export interface CatalogDiff {
  before: string;
  after: string;
  same: boolean;
  rowsCompared: number;
  datasets: readonly DatasetDiff[];
  expectations: readonly ExpectationDiff[];
}
