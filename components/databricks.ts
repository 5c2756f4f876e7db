/**
 * The provider's SDK as its index means it to be used: each resource's module is loaded when it is first used. An `import` of the
 * index reads every name that it exports, and so loads all of its 250 modules. Types come from `import type`.
 */
import { createRequire } from "node:module";

export const sdk = createRequire(import.meta.url)("@pulumi/databricks") as typeof import("@pulumi/databricks");
