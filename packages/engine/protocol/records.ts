/** What both sides know of tables, columns, functions and pipelines. Fields in snake_case are Databricks' own. */
import { z } from "zod";

const text = z.string();
const optional = z.string().nullish();
const texts = z.array(z.string());

export const columnInfo = z
  .looseObject({
    name: text,
    type_text: text,
    type_name: text.optional(),
    type_json: text.optional(),
    position: z.int().optional(),
    nullable: z.boolean().optional(),
    comment: text.optional(),
    type_precision: z.int().optional(),
    type_scale: z.int().optional(),
    partition_index: z.int().optional(),
    mask: z.looseObject({ function_name: text, using_column_names: texts.optional() }).optional(),
  })
  .describe("Databricks' ColumnInfo")
  .meta({ id: "ColumnInfo" });

const columns = z.array(z.string()).min(1);

export const primaryKey = z
  .looseObject({ name: text.min(1), child_columns: columns, timeseries_columns: texts.optional() })
  .meta({ id: "PrimaryKey" });

export const foreignKey = z
  .looseObject({ name: text.min(1), child_columns: columns, parent_table: text, parent_columns: columns })
  .meta({ id: "ForeignKey" });

export const tableConstraint = z
  .object({
    primary_key_constraint: primaryKey.optional(),
    foreign_key_constraint: foreignKey.optional(),
    named_table_constraint: z.looseObject({ name: text.min(1) }).optional(),
  })
  .describe("Databricks' TableConstraint: one of the three")
  .meta({ id: "TableConstraint" });

export const tableRecord = z
  .strictObject({
    fullName: text,
    tableType: z.enum([
      "MANAGED",
      "EXTERNAL",
      "VIEW",
      "STREAMING_TABLE",
      "MATERIALIZED_VIEW",
      "MANAGED_SHALLOW_CLONE",
      "METRIC_VIEW",
    ]),
    tableId: optional,
    location: optional,
    dataSourceFormat: optional,
    columns: z.array(columnInfo).optional(),
    comment: optional,
    properties: z.record(text, text).optional(),
    viewDefinition: optional,
    pipelineId: optional,
    owner: optional,
    clusteringColumns: texts.nullish(),
    partitionColumns: texts.nullish(),
    constraints: z.array(tableConstraint).nullish(),
    rowFilter: z.looseObject({ function_name: text, input_column_names: texts.optional() }).nullish(),
  })
  .describe("a table or view on record")
  .meta({ id: "TableRecord" });

export const functionRecord = z
  .looseObject({ fullName: text, owner: text.optional(), comment: optional })
  .describe("Databricks' FunctionInfo with the function's full name")
  .meta({ id: "FunctionRecord" });

export const pipelineSource = z
  .strictObject({
    path: text,
    kind: z.enum(["notebook", "file"]),
    language: z.enum(["PYTHON", "SQL"]),
    content: text,
  })
  .describe("a source from the workspace's store, not from any checkout")
  .meta({ id: "PipelineSource" });

export const pipelineSpec = z
  .looseObject({
    id: text,
    name: text.optional(),
    catalog: text.optional(),
    schema: text.optional(),
    target: text.optional(),
    continuous: z.boolean().optional(),
    configuration: z.record(text, text).optional(),
    parameters: z.record(text, text).optional(),
    event_log: z.looseObject({ name: text.optional(), catalog: text.optional(), schema: text.optional() }).optional(),
    sources: z.array(pipelineSource),
    files: z.array(z.strictObject({ path: text, content: text })),
    rootPath: text,
  })
  .describe(
    "the pipeline's REST settings; `sources` with globs expanded, sorted by path; `files`, the other workspace files under " +
      "`rootPath`, with their content in base64",
  )
  .meta({ id: "PipelineSpec" });

export const parameter = z
  .strictObject({
    name: text.optional(),
    value: text.nullable(),
    type: text,
    get arguments() {
      return z.array(parameter).optional();
    },
  })
  .describe("without a name it stands for the statement's next `?`; arrays and maps have arguments")
  .meta({ id: "Parameter" });

export const chunk = z
  .strictObject({
    index: z.int(),
    rowOffset: z.int(),
    rowCount: z.int(),
    byteCount: z.int(),
    file: text,
    batches: z.array(z.strictObject({ offset: z.int(), byteCount: z.int(), rowCount: z.int() })).optional(),
  })
  .describe(
    "a file of the result; `batches`: of ARROW_STREAM, where its record batches lie, the schema before the first",
  )
  .meta({ id: "Chunk" });

const rule = { function: text, using: texts };
const rowFilter = z.strictObject(rule).meta({ id: "RowFilter" });
const columnMask = z.strictObject({ column: text, ...rule }).meta({ id: "ColumnMask" });

export const tableProtection = z
  .strictObject({
    fullName: text,
    rowFilters: z.array(rowFilter),
    columnMasks: z.array(columnMask),
  })
  .describe("what protects a table's rows and columns from the principal; `using` has columns and literals")
  .meta({ id: "TableProtection" });

export const privilegeCheck = z
  .strictObject({
    privilege: text,
    securableType: text,
    fullName: text,
    throughView: z.boolean().default(false),
    definer: z.strictObject({ securableType: text, fullName: text }).optional(),
  })
  .describe(
    "`throughView`: a view reads the table, so only what protects it is asked; `definer`: the view (TABLE) or FUNCTION whose owner must hold the privilege, instead of the principal",
  )
  .meta({ id: "PrivilegeCheck" });

const op = <const Op extends string, const Shape extends z.ZodRawShape>(name: Op, shape: Shape) =>
  z.strictObject({ op: z.literal(name), ...shape });

export const catalogChange = z
  .discriminatedUnion("op", [
    op("createCatalog", { catalog: text }).meta({ id: "CreateCatalogChange" }),
    op("dropCatalog", { catalog: text }).meta({ id: "DropCatalogChange" }),
    op("createSchema", { catalog: text, schema: text }).meta({ id: "CreateSchemaChange" }),
    op("dropSchema", { catalog: text, schema: text }).meta({ id: "DropSchemaChange" }),
    op("putTable", { table: tableRecord }).meta({ id: "PutTableChange" }),
    op("dropTable", { fullName: text, location: optional }).meta({ id: "DropTableChange" }),
    op("putFunction", { function: functionRecord }).meta({ id: "PutFunctionChange" }),
    op("dropFunction", { fullName: text }).meta({ id: "DropFunctionChange" }),
  ])
  .describe("a change of the catalog; a rename is drops of the old names and puts of the new")
  .meta({ id: "CatalogChange" });

export const pipelineEvent = z
  .looseObject({
    id: text,
    timestamp: text,
    level: text,
    event_type: text,
    message: text.optional(),
    maturity_level: text.optional(),
    sequence: z.looseObject({}).optional(),
    origin: z.looseObject({}).optional(),
    details: z.looseObject({}).optional(),
    error: z.looseObject({}).optional(),
  })
  .describe("a record of the pipeline event log in Databricks' shape; `details` is the object, not its text")
  .meta({ id: "PipelineEvent" });

export type ColumnInfo = z.infer<typeof columnInfo>;
export type TableConstraint = z.infer<typeof tableConstraint>;
export type TableRecord = z.infer<typeof tableRecord>;
export type FunctionRecord = z.infer<typeof functionRecord>;
export type PipelineSource = z.infer<typeof pipelineSource>;
export type PipelineSpec = z.infer<typeof pipelineSpec>;
export type Parameter = z.infer<typeof parameter>;
export type Chunk = z.infer<typeof chunk>;
export type RowFilter = z.infer<typeof rowFilter>;
export type ColumnMask = z.infer<typeof columnMask>;
export type TableProtection = z.infer<typeof tableProtection>;
export type CatalogChange = z.infer<typeof catalogChange>;
