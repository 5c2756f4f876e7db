/** `catalog.statement`: Unity Catalog's SQL statements as the engine has read them. Names are full names without quotes. */
import { z } from "zod";
import { tableConstraint } from "./records.ts";

const text = z.string();
const optional = z.string().nullish();
const flag = z.boolean().default(false);
const properties = z.record(text, text).nullish();
const target = { securableType: text, name: text };
const creation = { name: text, ifNotExists: flag, comment: optional, properties };
const using = z.array(text).default([]);
const newGrants = { ...target, privileges: z.array(text), grantee: text };

const kind = <const Kind extends string, const Shape extends z.ZodRawShape>(name: Kind, shape: Shape) =>
  z
    .strictObject({ kind: z.literal(name), ...shape })
    .meta({ id: `${name.charAt(0).toUpperCase()}${name.slice(1)}Statement` });

export const catalogStatement = z
  .discriminatedUnion("kind", [
    kind("createCatalog", creation),
    kind("createSchema", creation),
    kind("createVolume", { ...creation, external: flag }),
    kind("createFunction", { ...creation, orReplace: flag, function: z.looseObject({}) }),
    kind("drop", { ...target, ifExists: flag, cascade: flag }),
    kind("alter", {
      ...target,
      newName: optional,
      owner: optional,
      comment: optional,
      properties,
      predictiveOptimization: z.enum(["ENABLE", "DISABLE", "INHERIT"]).nullish(),
    }),
    kind("comment", { ...target, comment: optional }),
    kind("grant", newGrants),
    kind("revoke", newGrants),
    kind("showGrants", { ...target, grantee: optional }),
    kind("showVolumes", { name: text, pattern: optional }),
    kind("describeVolume", { name: text }),
    kind("setTags", { ...target, column: optional, tags: z.record(text, text.nullable()) }),
    kind("unsetTags", { ...target, column: optional, keys: z.array(text) }),
    kind("setMask", { table: text, column: text, function: text.nullable(), using }),
    kind("setRowFilter", { table: text, function: text.nullable(), using }),
    kind("addConstraint", { table: text, constraint: tableConstraint }),
    kind("setConstraints", { table: text, constraints: z.array(tableConstraint) }),
    kind("createPolicy", { orReplace: flag, policy: z.looseObject({}) }),
    kind("dropPolicy", { ...target, policy: text }),
    kind("dropConstraint", {
      table: text,
      name: optional,
      foreignKey: z.array(text).nullish(),
      ifExists: flag,
      cascade: flag,
    }),
  ])
  .describe(
    "`securableType`: CATALOG, SCHEMA, TABLE, VIEW, VOLUME, FUNCTION, METASTORE, EXTERNAL_LOCATION, STORAGE_CREDENTIAL. " +
      "`function` of createFunction: fields of Databricks' FunctionInfo; `policy` of createPolicy: of PolicyInfo. `setConstraints`: all that the table has from then " +
      "on. `dropConstraint` with neither name nor foreignKey: the primary key",
  )
  .meta({ id: "CatalogStatement" });

export type CatalogStatement = z.output<typeof catalogStatement>;
export type StatementOf<Kind extends CatalogStatement["kind"]> = Extract<CatalogStatement, { kind: Kind }>;
