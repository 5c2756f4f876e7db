/** What a `table_type` means. */

/** Views that hold no rows: each query runs theirs, with their owner's privileges. */
export const isQueriedView = (type: unknown): boolean => type === "VIEW" || type === "METRIC_VIEW";

export const isView = (type: unknown): boolean => isQueriedView(type) || type === "MATERIALIZED_VIEW";
