import { strict as assert } from "node:assert";
import type { WorkspaceRequest } from "lakehouse-engine/protocol";
import { type Json, TestWorkspace } from "../client.ts";

const ADMIN = "admin@local.workspace";

describe("what a query asks of Unity Catalog while Spark analyses it", () => {
  const workspace = new TestWorkspace();
  let outsider: string;
  const view = async (name: string, principal: string | null = ADMIN, catalog = "main"): Promise<Json[]> => {
    const asked = { principal, catalog, view: name };
    const { schema, rows } = await workspace.engine.ask("catalog.informationSchema", asked);
    const columns = schema.split(", ").map((column: string) => column.split(" ")[0]!);
    return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
  };
  /** Without what a view says of information_schema itself. */
  const of = async (name: string, principal: string | null = ADMIN) =>
    (await view(name, principal)).filter(({ table_schema }) => table_schema !== "information_schema");
  const run = (statement: WorkspaceRequest<"catalog.statement">["statement"]) =>
    workspace.engine.ask("catalog.statement", { statement, principal: ADMIN });

  before(async () => {
    await workspace.start();
    outsider = (await workspace.servicePrincipal("outsider")).name;
    const columns = [
      { name: "id", type_text: "int", type_name: "INT", nullable: false, comment: "key" },
      { name: "email", type_text: "string", type_name: "STRING" },
    ];
    const table = {
      fullName: "main.default.people",
      tableType: "MANAGED" as const,
      location: "file:/x",
      comment: "all",
      columns,
    };
    await workspace.engine.ask("catalog.putTable", { table, principal: ADMIN });
    await workspace.engine.ask("catalog.putTable", {
      table: { fullName: "main.default.window", tableType: "VIEW" as const, viewDefinition: "SELECT 1", columns: [] },
      principal: ADMIN,
    });
    await run({
      kind: "setTags",
      securableType: "TABLE",
      name: "main.default.people",
      column: "email",
      tags: { pii: "yes" },
    });
    await run({ kind: "createCatalog", name: "other" });
  });
  after(() => workspace.stop());

  it("lists tables, columns, views and tags with what is on record", async () => {
    const [people] = (await view("tables")).filter(({ table_name }) => table_name === "people");
    assert.deepEqual(
      [people?.table_catalog, people?.table_schema, people?.table_type, people?.table_owner, people?.comment],
      ["main", "default", "MANAGED", ADMIN, "all"],
    );
    assert.deepEqual(
      (await of("columns")).map((row) => [row.column_name, row.ordinal_position, row.is_nullable, row.comment]),
      [
        ["id", 1, "NO", "key"],
        ["email", 2, "YES", null],
      ],
    );
    assert.deepEqual(
      (await view("views")).map((row) => [row.table_name, row.view_definition, row.is_materialized]),
      [["window", "SELECT 1", false]],
    );
    const [tag] = await view("column_tags");
    assert.deepEqual(
      [tag?.table_name, tag?.column_name, tag?.tag_name, tag?.tag_value],
      ["people", "email", "pii", "yes"],
    );
    assert.deepEqual(await view("table_tags"), []);
  });

  it("shows a catalog its own, system all of them, and a principal only what it may see", async () => {
    const catalogs = async (catalog: string, principal: string | null) =>
      (await view("catalogs", principal, catalog)).map((row) => row.catalog_name);
    assert.deepEqual(await catalogs("main", ADMIN), ["main"]);
    assert.ok((await catalogs("system", ADMIN)).includes("other"));
    assert.ok(!(await catalogs("system", outsider)).includes("other"));
    assert.deepEqual(await of("tables", outsider), []);
    assert.equal((await of("tables", null)).length, 2);
    await run({
      kind: "grant",
      securableType: "TABLE",
      name: "main.default.people",
      privileges: ["SELECT"],
      grantee: outsider,
    });
    assert.deepEqual(
      (await of("tables", outsider)).map((row) => row.table_name),
      ["people"],
    );
    const [grant] = await view("table_privileges", outsider);
    assert.deepEqual([grant?.grantee, grant?.privilege_type, grant?.inherited_from], [outsider, "SELECT", "NONE"]);
  });

  it("lists its own views and their columns to who sees the catalog", async () => {
    const own = async (name: string) =>
      (await view(name, outsider)).filter(({ table_schema }) => table_schema === "information_schema");
    const tables = await own("tables");
    assert.ok(tables.length > 20 && tables.every((row) => row.table_type === "VIEW" && row.table_catalog === "main"));
    const [first] = (await own("columns")).filter(({ table_name }) => table_name === "volumes");
    assert.deepEqual(
      [first?.column_name, first?.full_data_type, first?.data_type],
      ["volume_catalog", "string", "STRING"],
    );
  });

  it("names the views it has when one is asked for that it has not", async () => {
    await assert.rejects(view("nope"), /main\.information_schema\.nope is not in the local workspace, .*column_tags/);
  });

  it("knows a principal's groups, and asks no privilege on a table that a view reads", async () => {
    const { groups } = await workspace.engine.ask("principal.groups", { principal: ADMIN });
    assert.ok(groups.includes("admins") && !groups.includes(ADMIN));
    const check = { privilege: "SELECT", securableType: "TABLE", fullName: "main.default.window" };
    const ask = (more: Json) =>
      workspace.engine.ask("catalog.authorize", { principal: outsider, checks: [{ ...check, ...more }] });
    await assert.rejects(ask({}), /User does not have/);
    assert.deepEqual(await ask({ throughView: true }), { tables: [] });
  });

  it("asks the owner of a view or function, a group, too, what it reads for others", async () => {
    const { admin, engine } = workspace;
    const definer = { securableType: "TABLE", fullName: "main.default.seen" };
    const ask = () => {
      const check = { privilege: "SELECT", securableType: "TABLE", fullName: "main.default.window", definer };
      return engine.ask("catalog.authorize", { principal: outsider, checks: [check] });
    };
    const table = {
      fullName: definer.fullName,
      tableType: "VIEW" as const,
      viewDefinition: "SELECT 1 AS n",
      columns: [],
    };
    await engine.ask("catalog.putTable", { table, principal: ADMIN });
    const owned = (owner: string) => admin.ok("PATCH", "/api/2.1/unity-catalog/tables/main.default.seen", { owner });
    assert.deepEqual(await ask(), { tables: [] });
    await owned(outsider);
    await assert.rejects(ask(), new RegExp(`'${outsider}', the owner of 'main.default.seen', does not have`));
    await owned("admins");
    assert.deepEqual(await ask(), { tables: [] });
  });

  it("lets nobody but an admin give a view, function or model to others, whose rights it would read with", async () => {
    const { admin } = workspace;
    const UC = "/api/2.1/unity-catalog";
    const mallory = await workspace.servicePrincipal("mallory");
    await admin.ok("POST", `${UC}/catalogs`, { name: "mallorys" });
    await admin.ok("PATCH", `${UC}/catalogs/mallorys`, { owner: mallory.name });
    const { client } = mallory;
    await client.ok("POST", `${UC}/schemas`, { name: "s", catalog_name: "mallorys" });
    const put = (name: string, tableType: "VIEW" | "MANAGED") => {
      const table = { fullName: `mallorys.s.${name}`, tableType, viewDefinition: "SELECT 1 AS n", columns: [] };
      return workspace.engine.ask("catalog.putTable", { table, principal: mallory.name });
    };
    await put("seen", "VIEW");
    await put("held", "MANAGED");
    const shape = { catalog_name: "mallorys", schema_name: "s" };
    const body = { data_type: "INT", full_data_type: "INT", routine_body: "SQL", routine_definition: "1" };
    const rest = { parameter_style: "S", is_deterministic: true, sql_data_access: "CONTAINS_SQL", is_null_call: false };
    const function_info = { ...shape, ...body, ...rest, name: "f", security_type: "DEFINER", specific_name: "f" };
    await client.ok("POST", `${UC}/functions`, { function_info });
    await client.ok("POST", `${UC}/models`, { ...shape, name: "m" });
    for (const path of ["tables/mallorys.s.seen", "functions/mallorys.s.f", "models/mallorys.s.m"]) {
      const refused = await client.refused("PERMISSION_DENIED", "PATCH", `${UC}/${path}`, { owner: ADMIN });
      assert.match(refused, /^Only a metastore admin can give .* to 'admin@local\.workspace'/);
      await client.ok("PATCH", `${UC}/${path}`, { owner: mallory.name });
      await admin.ok("PATCH", `${UC}/${path}`, { owner: "admins" });
    }
    await client.ok("PATCH", `${UC}/tables/mallorys.s.held`, { owner: ADMIN });
  });
});
