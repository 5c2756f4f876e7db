/** Compares the data of two catalogs of a workspace. */
export { type CompareOptions, compareCatalogs } from "./compare.ts";
export type { CatalogDiff, DatasetDiff, ExpectationDiff } from "./model.ts";
export { FORMATS, type Format, headline, render } from "./render.ts";
