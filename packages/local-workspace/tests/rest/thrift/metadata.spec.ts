import { strict as assert } from "node:assert";
import type { TableRecord } from "lakehouse-engine/protocol";
import { typeNameOf } from "../../../src/services/thrift/sql-types.ts";
import { type Json, TestWorkspace } from "../client.ts";
import { answerStatements, ThriftClient, warehouseOf } from "./client.ts";

const COLUMNS = [
  { name: "id", type_name: "LONG", type_text: "bigint", position: 0, nullable: false },
  { name: "price", type_name: "DECIMAL", type_text: "decimal(10,2)", position: 1, type_precision: 10, type_scale: 2 },
  { name: "tags", type_name: "ARRAY", type_text: "array<string>", position: 2, comment: "free" },
];

describe("metadata over Thrift", function () {
  this.timeout(20_000);
  let workspace: TestWorkspace;
  let warehouse: string;
  before(async () => {
    workspace = await new TestWorkspace().start();
    answerStatements(workspace);
    warehouse = await warehouseOf(workspace);
    await workspace.admin.ok("POST", "/api/2.1/unity-catalog/catalogs", { name: "shop" });
    for (const name of ["raw_a", "rawxa"]) {
      await workspace.admin.ok("POST", "/api/2.1/unity-catalog/schemas", { name, catalog_name: "shop" });
    }
    const put = (fullName: string, tableType: TableRecord["tableType"], more: Json = {}) =>
      workspace.engine.ask("catalog.putTable", {
        table: { fullName, tableType, columns: COLUMNS, properties: {}, ...more },
        principal: "admin@local.workspace",
      });
    await put("shop.raw_a.items", "MANAGED", {
      comment: "what is sold",
      constraints: [{ primary_key_constraint: { name: "items_pk", child_columns: ["id", "price"] } }],
    });
    await put("shop.raw_a.sales", "STREAMING_TABLE", {
      constraints: [
        {
          foreign_key_constraint: {
            name: "sales_fk",
            child_columns: ["id"],
            parent_table: "shop.raw_a.items",
            parent_columns: ["id"],
          },
        },
      ],
    });
    await put("shop.rawxa.seen", "VIEW", { viewDefinition: "SELECT 1" });
  });
  after(() => workspace.stop());

  /** Rows as objects; null where the bit says so. */
  const ask = async (method: string, req: Json = {}, as = workspace.admin): Promise<Json[]> => {
    const client = new ThriftClient(as, warehouse);
    const { sessionHandle } = await client.open();
    const { directResults } = await client.ok(method, { sessionHandle, getDirectResults: { maxRows: 1000 }, ...req });
    await client.ok("CloseSession", { sessionHandle });
    const names = directResults.resultSetMetadata.schema.columns.map(({ columnName }: Json) => columnName);
    const columns = directResults.resultSet.results.columns.map((column: Json) => Object.values(column)[0]) as Json[];
    return (columns[0]?.values ?? []).map((_: unknown, row: number) =>
      Object.fromEntries(
        columns.map(({ values, nulls }, index) => [
          names[index],
          (nulls[row >> 3] >> (row & 7)) & 1 ? null : values[row],
        ]),
      ),
    );
  };

  it("lists catalogs and schemas by pattern", async () => {
    assert.deepEqual(
      (await ask("GetCatalogs")).map((row) => row.TABLE_CAT),
      ["main", "samples", "shop", "system"],
    );
    const schemas = async (schemaName: string): Promise<string[]> =>
      (await ask("GetSchemas", { catalogName: "SHOP", schemaName })).map((row) => row.TABLE_SCHEM);
    assert.deepEqual(await schemas("raw_a"), ["raw_a", "rawxa"]);
    assert.deepEqual(await schemas("raw\\_a"), ["raw_a"]);
    assert.deepEqual(await schemas("RAW%"), ["raw_a", "rawxa"]);
    assert.deepEqual(await schemas("raw.a"), []);
    assert.deepEqual(await schemas("%"), ["default", "information_schema", "raw_a", "rawxa"]);
  });

  it("lists tables with JDBC's types, and columns in their order", async () => {
    const tables = await ask("GetTables", { catalogName: "shop", schemaName: "raw%", objectName: "%" });
    assert.deepEqual(
      tables.map((row) => [row.TABLE_NAME, row.TABLE_TYPE, row.REMARKS, row.TYPE_CAT]),
      [
        ["items", "TABLE", "what is sold", null],
        ["sales", "TABLE", "", null],
        ["seen", "VIEW", "", null],
      ],
    );
    const views = await ask("GetTables", { catalogName: "shop", schemaName: "raw%", tableTypes: ["VIEW"] });
    assert.deepEqual(
      views.map((row) => row.TABLE_NAME),
      ["seen"],
    );
    const columns = await ask("GetColumns", { catalogName: "shop", objectName: "items", columnName: "%" });
    assert.deepEqual(
      columns.map((row) => [
        row.COLUMN_NAME,
        row.DATA_TYPE,
        row.TYPE_NAME,
        row.COLUMN_SIZE,
        row.DECIMAL_DIGITS,
        row.NULLABLE,
        row.REMARKS,
        row.ORDINAL_POSITION,
        row.IS_NULLABLE,
      ]),
      [
        ["id", -5, "BIGINT", 19, 0, 0, "", 0, "NO"],
        ["price", 3, "DECIMAL(10,2)", 10, 2, 1, "", 1, "YES"],
        ["tags", 2003, "ARRAY<STRING>", null, null, 1, "free", 2, "YES"],
      ],
    );
  });

  it("lists information_schema of every catalog with its columns", async () => {
    const own = { catalogName: "shop", schemaName: "information\\_schema" };
    const views = await ask("GetTables", own);
    assert.ok(views.some((row) => row.TABLE_NAME === "table_constraints" && row.TABLE_TYPE === "VIEW"));
    const columns = await ask("GetColumns", { ...own, objectName: "columns" });
    assert.deepEqual(
      columns.slice(3, 5).map((row) => [row.COLUMN_NAME, row.TYPE_NAME, row.DATA_TYPE, row.ORDINAL_POSITION]),
      [
        ["column_name", "STRING", 12, 3],
        ["ordinal_position", "INT", 4, 4],
      ],
    );
  });

  it("names types as SQL does, fields in their own case", () => {
    const names = {
      "struct<aB:int,c d:map<string,decimal(10,2)>>": "STRUCT<aB: INT, c d: MAP<STRING, DECIMAL(10,2)>>",
      "array<struct<`x,y`:timestamp_ntz>>": "ARRAY<STRUCT<`x,y`: TIMESTAMP_NTZ>>",
      "interval year to month": "INTERVAL YEAR TO MONTH",
    };
    for (const [text, name] of Object.entries(names)) assert.equal(typeNameOf(text), name);
  });

  it("lists keys, functions, types and table types", async () => {
    const items = { catalogName: "shop", schemaName: "raw_a", objectName: "items" };
    assert.deepEqual(
      (await ask("GetPrimaryKeys", items)).map((row) => [row.COLUMN_NAME, row.KEY_SEQ, row.PK_NAME]),
      [
        ["id", 1, "items_pk"],
        ["price", 2, "items_pk"],
      ],
    );
    const [key] = await ask("GetCrossReference", { foreignCatalogName: "shop", foreignTableName: "sales" });
    assert.deepEqual(
      [key?.PKTABLE_NAME, key?.PKCOLUMN_NAME, key?.FKTABLE_NAME, key?.FKCOLUMN_NAME, key?.FK_NAME],
      ["items", "id", "sales", "id", "sales_fk"],
    );
    const none = { parentCatalogName: "shop", parentSchemaName: "raw_a", parentTableName: "other" };
    assert.deepEqual(await ask("GetCrossReference", none), []);
    assert.deepEqual(await ask("GetFunctions", { functionName: "%" }), []);
    assert.deepEqual(
      (await ask("GetTableTypes")).map((row) => row.TABLE_TYPE),
      ["SYSTEM TABLE", "TABLE", "VIEW"],
    );
    const types = await ask("GetTypeInfo");
    assert.equal(types.find((row) => row.TYPE_NAME === "DECIMAL")?.MAXIMUM_SCALE, 38);
    assert.equal(types.find((row) => row.TYPE_NAME === "STRING")?.LITERAL_PREFIX, "'");
  });

  it("has the same keys in information_schema", async () => {
    const read = async (view: string): Promise<unknown[][]> =>
      (await workspace.engine.ask("catalog.informationSchema", { catalog: "shop", view })).rows;
    assert.deepEqual(
      (await read("table_constraints")).map((row) => [row[2], row[5], row[6]]),
      [
        ["items_pk", "items", "PRIMARY KEY"],
        ["sales_fk", "sales", "FOREIGN KEY"],
      ],
    );
    assert.deepEqual(
      (await read("key_column_usage")).map((row) => [row[2], row[6], row[7], row[8]]),
      [
        ["items_pk", "id", 1, null],
        ["items_pk", "price", 2, null],
        ["sales_fk", "id", 1, 1],
      ],
    );
    assert.deepEqual(await read("referential_constraints"), [
      ["shop", "raw_a", "sales_fk", "shop", "raw_a", "items_pk", "FULL", "NO ACTION", "NO ACTION"],
    ]);
    assert.deepEqual((await read("constraint_column_usage")).at(-1), [
      ...["shop", "raw_a", "items", "id"],
      ...["shop", "raw_a", "sales_fk"],
    ]);
    assert.deepEqual((await read("constraint_table_usage")).at(-1)?.slice(2, 3), ["items"]);
  });

  it("shows a principal what it may see, and no more", async () => {
    const { client, name } = await workspace.servicePrincipal("reader");
    await workspace.admin.ok("PATCH", `/api/2.0/permissions/sql/warehouses/${warehouse}`, {
      access_control_list: [{ service_principal_name: name, permission_level: "CAN_USE" }],
    });
    assert.deepEqual(await ask("GetTables", { catalogName: "shop" }, client), []);
    await workspace.grant("catalog", "shop", name, "USE_CATALOG");
    await workspace.grant("schema", "shop.raw_a", name, "USE_SCHEMA");
    await workspace.grant("table", "shop.raw_a.items", name, "SELECT");
    const seen = await ask("GetTables", { catalogName: "shop", tableTypes: ["TABLE"] }, client);
    assert.deepEqual(
      seen.map((row) => row.TABLE_NAME),
      ["items"],
    );
    assert.equal((await ask("GetPrimaryKeys", { catalogName: "shop" }, client)).length, 2);
    assert.deepEqual(await ask("GetCrossReference", {}, client), []);
  });
});
