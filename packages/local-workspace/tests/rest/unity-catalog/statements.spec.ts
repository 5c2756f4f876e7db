import { strict as assert } from "node:assert";
import type { TableRecord, WorkspaceRequest } from "lakehouse-engine/protocol";
import { type Json, TestWorkspace } from "../client.ts";

const UC = "/api/2.1/unity-catalog";
const ADMIN = "admin@local.workspace";

describe("what the engine asks of Unity Catalog", () => {
  const workspace = new TestWorkspace();
  before(() => workspace.start());
  after(() => workspace.stop());
  const run = (statement: WorkspaceRequest<"catalog.statement">["statement"], principal = ADMIN) =>
    workspace.engine.ask("catalog.statement", { statement, principal });
  const put = (table: TableRecord, principal = ADMIN) => workspace.engine.ask("catalog.putTable", { table, principal });

  it("makes and drops catalogs, schemas and volumes by SQL as by REST", async () => {
    await run({ kind: "createCatalog", name: "sqlc", comment: "by SQL" });
    await run({ kind: "createCatalog", name: "sqlc", ifNotExists: true });
    await assert.rejects(run({ kind: "createCatalog", name: "sqlc" }), { errorCode: "CATALOG_ALREADY_EXISTS" });
    await run({ kind: "createSchema", name: "sqlc.s", properties: { a: "1" } });
    await run({ kind: "createVolume", name: "sqlc.s.v" });
    assert.deepEqual((await workspace.admin.ok("GET", `${UC}/schemas/sqlc.s`)).properties, { a: "1" });
    assert.deepEqual((await run({ kind: "showVolumes", name: "sqlc.s" })).rows, [["s", "v"]]);
    await run({ kind: "alter", securableType: "SCHEMA", name: "sqlc.s", owner: "users" });
    assert.equal((await workspace.admin.ok("GET", `${UC}/schemas/sqlc.s`)).owner, "users");
    await run({ kind: "alter", securableType: "SCHEMA", name: "sqlc.s", predictiveOptimization: "DISABLE" });
    const altered = await workspace.admin.ok("GET", `${UC}/schemas/sqlc.s`);
    assert.deepEqual([altered.enable_predictive_optimization, altered.owner], ["DISABLE", "users"]);
    await assert.rejects(run({ kind: "drop", securableType: "SCHEMA", name: "sqlc.s" }), /not empty/);
    await run({ kind: "drop", securableType: "SCHEMA", name: "sqlc.s", cascade: true });
    await run({ kind: "drop", securableType: "SCHEMA", name: "sqlc.s", ifExists: true });
  });

  it("grants, shows grants, and refuses an unknown statement by what is wrong with it", async () => {
    const target = { securableType: "CATALOG", name: "main" };
    await run({ kind: "grant", ...target, privileges: ["CREATE SCHEMA"], grantee: "users" });
    const { columns, rows } = await run({ kind: "showGrants", ...target, grantee: "users" });
    assert.deepEqual(
      columns.map((column: Json) => column.name),
      ["Principal", "ActionType", "ObjectType", "ObjectKey"],
    );
    assert.deepEqual(rows, [["users", "CREATE SCHEMA", "CATALOG", "main"]]);
    await run({ kind: "revoke", ...target, privileges: ["CREATE SCHEMA"], grantee: "users" });
    await assert.rejects(run({ kind: "dance" } as never), { errorCode: "INVALID_PARAMETER_VALUE" });
  });

  it("lets only admins write functions in Python, in SQL and over REST, and others functions in SQL", async () => {
    const { client, name: principal } = await workspace.servicePrincipal("author");
    for (const privilege of ["USE_SCHEMA", "CREATE_FUNCTION"])
      await workspace.grant("schema", "main.default", principal, privilege);
    await workspace.grant("catalog", "main", principal, "USE_CATALOG");
    const sql = { data_type: "STRING", full_data_type: "STRING", routine_definition: "'x'" };
    const python = { ...sql, routine_body: "EXTERNAL", external_language: "PYTHON", routine_definition: "return 'x'" };
    const create = (name: string, made: object, who?: string): Promise<unknown> =>
      run({ kind: "createFunction", name: `main.default.${name}`, orReplace: true, function: made as never }, who);
    await create("own", sql, principal);
    for (const name of ["own", "other"]) {
      await assert.rejects(create(name, python, principal), {
        errorCode: "PERMISSION_DENIED",
        message: /only workspace admins write one/,
      });
    }
    const sent = { name: "other", catalog_name: "main", schema_name: "default", ...python };
    await client.refused("PERMISSION_DENIED", "POST", `${UC}/functions`, { function_info: sent });
    assert.equal((await client.ok("GET", `${UC}/functions/main.default.own`)).routine_definition, "'x'");
    await create("other", python);
    for (const name of ["own", "other"])
      await run({ kind: "drop", securableType: "FUNCTION", name: `main.default.${name}` });
  });

  it("puts tables on record, keeps their id, grants and masks when they are replaced, and drops them", async () => {
    const table = {
      fullName: "main.default.people",
      tableType: "STREAMING_TABLE" as const,
      pipelineId: "p1",
      location: "/x",
    };
    const columns = [
      { name: "id", type_text: "bigint" },
      { name: "email", type_text: "string" },
    ];
    const { tableId } = await put({ ...table, columns, comment: "People" });
    await workspace.grant("table", "main.default.people", "users", "SELECT");
    await run({
      kind: "createFunction",
      name: "main.default.hide",
      function: {
        input_params: { parameters: [{ name: "v", type_text: "string" }] },
        data_type: "STRING",
        full_data_type: "STRING",
        routine_definition: "'***'",
      },
    });
    await run({ kind: "setMask", table: "main.default.people", column: "EMAIL", function: "main.default.hide" });
    assert.deepEqual(await put({ ...table, columns: [...columns, { name: "age", type_text: "int" }] }), { tableId });
    const shown = await workspace.admin.ok("GET", `${UC}/tables/main.default.people`);
    assert.deepEqual(
      shown.columns.map((column: Json) => column.name),
      ["id", "email", "age"],
    );
    assert.deepEqual(shown.columns[1].mask, { function_name: "main.default.hide", using_column_names: [] });
    assert.equal(shown.pipeline_id, "p1");
    const check = [{ privilege: "SELECT", securableType: "TABLE", fullName: "main.default.people" }];
    assert.deepEqual(await workspace.engine.ask("catalog.authorize", { principal: ADMIN, checks: check }), {
      tables: [
        {
          fullName: "main.default.people",
          rowFilters: [],
          columnMasks: [{ column: "email", function: "main.default.hide", using: [] }],
        },
      ],
    });
    await assert.rejects(put({ ...table, pipelineId: "p2", columns }), /already managed by pipeline p1/);
    await workspace.engine.ask("catalog.dropTable", { fullName: "main.default.people", principal: ADMIN });
    await workspace.admin.refused("TABLE_DOES_NOT_EXIST", "GET", `${UC}/tables/main.default.people`);
  });

  it("refuses a table in a schema that does not exist, and from a principal who may not", async () => {
    const table = { fullName: "main.nowhere.t", tableType: "MANAGED" as const, columns: [] };
    await assert.rejects(put(table), { errorCode: "SCHEMA_DOES_NOT_EXIST" });
    const { name } = await workspace.servicePrincipal("outsider");
    await workspace.admin.ok("POST", `${UC}/schemas`, { name: "private", catalog_name: "main" });
    await assert.rejects(put({ ...table, fullName: "main.private.t" }, name), {
      message: "User does not have USE SCHEMA on Schema 'main.private'.",
    });
    await assert.rejects(
      put({ ...table, fullName: "main.default.t" }, "ghost"),
      /no active user or service principal 'ghost'/,
    );
  });

  it("pages tables by 50 unless told otherwise, and summarises them by pattern", async () => {
    for (let i = 0; i < 52; i++)
      await put({ fullName: `main.default.t_${i}`, tableType: "MANAGED" as const, columns: [] });
    const first = await workspace.admin.ok("GET", `${UC}/tables?catalog_name=main&schema_name=default`);
    assert.equal(first.tables.length, 50);
    const url = `${UC}/table-summaries?catalog_name=main&table_name_pattern=t_5%25`;
    const { tables } = await workspace.admin.ok("GET", url);
    assert.deepEqual(
      tables.map((table: Json) => table.full_name),
      ["main.default.t_5", "main.default.t_50", "main.default.t_51"],
    );
  });
});
