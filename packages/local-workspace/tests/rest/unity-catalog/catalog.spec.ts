import { strict as assert } from "node:assert";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { emptyQuery } from "../../../src/services/unity-catalog/system-tables.ts";
import { type Json, TestWorkspace } from "../client.ts";

const UC = "/api/2.1/unity-catalog";

describe("Unity Catalog", () => {
  const workspace = new TestWorkspace();
  before(() => workspace.start());
  after(() => workspace.stop());
  const make = async (catalog: string) => {
    await workspace.admin.ok("POST", `${UC}/catalogs`, { name: catalog, comment: "of a test", properties: { k: "v" } });
    await workspace.admin.ok("POST", `${UC}/schemas`, { name: "raw", catalog_name: catalog });
    await workspace.admin.ok("POST", `${UC}/volumes`, {
      name: "landing",
      catalog_name: catalog,
      schema_name: "raw",
      volume_type: "MANAGED",
    });
  };
  const names = (list: Json[]) => list.map(({ name }) => name);
  const folder = (...parts: string[]) => join(workspace.dataDir, "volumes", ...parts);

  it("a new workspace has a metastore and the catalogs main, samples and system; every catalog has its two schemas", async () => {
    const assigned = await workspace.admin.ok("GET", `${UC}/current-metastore-assignment`);
    assert.equal((await workspace.admin.ok("GET", `${UC}/metastore_summary`)).metastore_id, assigned.metastore_id);
    assert.deepEqual(names((await workspace.admin.ok("GET", `${UC}/catalogs`)).catalogs), [
      "main",
      "samples",
      "system",
    ]);
    const { schemas } = await workspace.admin.ok("GET", `${UC}/schemas?catalog_name=main`);
    assert.deepEqual(names(schemas), ["default", "information_schema"]);
  });

  it("gives settings back as sent, names in lower case, and tells the engine", async () => {
    await make("Given");
    const catalog = await workspace.admin.ok("GET", `${UC}/catalogs/GIVEN`);
    assert.deepEqual(
      [catalog.name, catalog.comment, catalog.properties, catalog.isolation_mode, catalog.owner],
      ["given", "of a test", { k: "v" }, "OPEN", "admin@local.workspace"],
    );
    const made = await workspace.admin.ok("POST", `${UC}/schemas`, { name: "new", catalog_name: "given" });
    const read = await workspace.admin.ok("GET", `${UC}/schemas/given.new`);
    const optimization = (schema: Json) => [
      schema.enable_predictive_optimization,
      schema.effective_predictive_optimization_flag?.value,
    ];
    assert.deepEqual(
      [optimization(made), optimization(read)],
      [
        ["INHERIT", undefined],
        ["INHERIT", "DISABLE"],
      ],
    );
    const changes = workspace.engine.paramsOf("catalog.apply").flatMap((params) => params.changes as Json[]);
    assert.ok(changes.some(({ op, catalog: name }) => op === "createCatalog" && name === "given"));
    assert.ok(changes.some(({ op, schema }) => op === "createSchema" && schema === "raw"));
  });

  it("names what does not exist, from the outside in", async () => {
    const get = (path: string) => workspace.admin.call("GET", `${UC}/${path}`);
    const said = async (path: string) => {
      const { status, body } = await get(path);
      return [status, body.error_code, body.message];
    };
    assert.deepEqual(await said("catalogs/x"), [404, "CATALOG_DOES_NOT_EXIST", "Catalog 'x' does not exist."]);
    assert.deepEqual(await said("schemas/x.y"), [404, "CATALOG_DOES_NOT_EXIST", "Catalog 'x' does not exist."]);
    assert.deepEqual(await said("schemas/main.y"), [404, "SCHEMA_DOES_NOT_EXIST", "Schema 'main.y' does not exist."]);
    assert.deepEqual(await said("volumes/main.default.v"), [
      404,
      "VOLUME_DOES_NOT_EXIST",
      "Volume 'main.default.v' does not exist.",
    ]);
    assert.deepEqual(await said("tables/main.default.t"), [
      404,
      "TABLE_DOES_NOT_EXIST",
      "Table 'main.default.t' does not exist.",
    ]);
  });

  it("refuses illegal and taken names, unknown enum values and external volumes", async () => {
    for (const name of ["a.b", "", "a b", "a/b", "x".repeat(256)]) {
      await workspace.admin.refused("INVALID_PARAMETER_VALUE", "POST", `${UC}/catalogs`, { name });
    }
    await workspace.admin.refused("CATALOG_ALREADY_EXISTS", "POST", `${UC}/catalogs`, { name: "MAIN" });
    const mode = await workspace.admin.refused("INVALID_PARAMETER_VALUE", "PATCH", `${UC}/catalogs/main`, {
      isolation_mode: "SHUT",
    });
    assert.match(mode, /isolation_mode/);
    const volume = { name: "v", catalog_name: "main", schema_name: "default", volume_type: "EXTERNAL" };
    await workspace.admin.refused("NOT_IMPLEMENTED", "POST", `${UC}/volumes`, volume);
  });

  it("drops what is not empty only by force, and the files with it", async () => {
    await make("full");
    writeFileSync(join(folder("full", "raw", "landing"), "a.csv"), "1");
    const message = await workspace.admin.refused("INVALID_PARAMETER_VALUE", "DELETE", `${UC}/catalogs/full`);
    assert.match(message, /Catalog 'full' because it is not empty/);
    await workspace.admin.ok("DELETE", `${UC}/catalogs/full?force=true`);
    assert.ok(!existsSync(folder("full")));
    await workspace.admin.refused("CATALOG_DOES_NOT_EXIST", "GET", `${UC}/volumes/full.raw.landing`);
    await make("full");
    assert.deepEqual(readdirSync(folder("full", "raw", "landing")), [], "old files came back with the name");
  });

  it("a rename takes along what is inside, its files and its grants", async () => {
    await make("before");
    writeFileSync(join(folder("before", "raw", "landing"), "a.csv"), "1");
    await workspace.grant("schema", "before.raw", "users", "USE_SCHEMA");
    await workspace.admin.ok("PATCH", `${UC}/catalogs/before`, { new_name: "after" });
    assert.ok(existsSync(join(folder("after", "raw", "landing"), "a.csv")));
    const granted = await workspace.admin.ok("GET", `${UC}/permissions/schema/after.raw`);
    assert.deepEqual(granted.privilege_assignments, [{ principal: "users", privileges: ["USE_SCHEMA"] }]);
    await workspace.admin.refused("CATALOG_DOES_NOT_EXIST", "GET", `${UC}/schemas/before.raw`);
  });

  it("finishes after a restart what a kill left of a volume's move, and removes folders without a record", async () => {
    await make("killed");
    writeFileSync(join(folder("killed", "raw", "landing"), "a.csv"), "1");
    await workspace.restart(() => {
      // as a kill leaves it between the commit of the new name and the move of the folder
      const state = new DatabaseSync(join(workspace.dataDir, "state.db"));
      state.exec(`UPDATE securables SET name = 'moved', full_name = 'killed.raw.moved' WHERE full_name = 'killed.raw.landing';
        INSERT INTO volume_moves VALUES ('killed.raw.landing', 'killed.raw.moved')`);
      state.close();
      mkdirSync(folder("killed", "raw", "orphan"));
    });
    assert.deepEqual(readdirSync(folder("killed", "raw")), ["moved"]);
    assert.deepEqual(readdirSync(folder("killed", "raw", "moved")), ["a.csv"]);
  });

  it("pages: 0 is the server's size, no size gives all, a made-up token is refused", async () => {
    await make("paged");
    for (let i = 0; i < 3; i++)
      await workspace.admin.ok("POST", `${UC}/schemas`, { name: `s${i}`, catalog_name: "paged" });
    const list = (query: string) => workspace.admin.ok("GET", `${UC}/schemas?catalog_name=paged${query}`);
    const all = names((await list("")).schemas);
    assert.equal(all.length, 6);
    const first = await list("&max_results=4");
    const rest = await list(`&max_results=4&page_token=${first.next_page_token}`);
    assert.deepEqual([...names(first.schemas), ...names(rest.schemas)], all);
    assert.equal(rest.next_page_token, undefined);
    await workspace.admin.refused("INVALID_PARAMETER_VALUE", "GET", `${UC}/schemas?catalog_name=paged&page_token=x`);
    await workspace.admin.refused("INVALID_PARAMETER_VALUE", "GET", `${UC}/schemas?catalog_name=paged&max_results=-1`);
  });

  it("system tables have the documented columns, no rows, and are for admins", async () => {
    const { tables } = await workspace.admin.ok("GET", `${UC}/tables?catalog_name=system&schema_name=billing`);
    assert.deepEqual(names(tables), ["list_prices", "usage"]);
    const pricing = tables[0].columns.find(({ name }: Json) => name === "pricing");
    assert.match(pricing.type_text, /^struct<default:decimal\(38,18\),promotional:struct<default:decimal\(38,18\)>,/);
    assert.equal(JSON.parse(pricing.type_json).type.fields[1].type.fields[0].type, "decimal(38,18)");
    assert.match(
      emptyQuery(tables[0].columns),
      /^SELECT CAST\(NULL AS timestamp\) AS `price_start_time`, .* WHERE false$/,
    );
    await workspace.admin.refused("PERMISSION_DENIED", "DELETE", `${UC}/tables/system.billing.usage`);
    const { client, name } = await workspace.servicePrincipal("curious");
    await client.refused("PERMISSION_DENIED", "GET", `${UC}/tables/system.billing.usage`);
    await workspace.grant("schema", "system.billing", name, "USE_SCHEMA", "SELECT");
    assert.equal((await client.ok("GET", `${UC}/tables/system.billing.usage`)).table_type, "MANAGED");
  });

  it("everybody reads the samples, and nobody changes them", async () => {
    const { client } = await workspace.servicePrincipal("reader");
    const { tables } = await client.ok("GET", `${UC}/tables?catalog_name=samples&schema_name=nyctaxi`);
    assert.deepEqual(names(tables), ["trips"]);
    assert.equal(tables[0].columns[0].type_text, "timestamp");
    await client.refused("PERMISSION_DENIED", "DELETE", `${UC}/tables/samples.nyctaxi.trips`);
    await workspace.admin.refused("PERMISSION_DENIED", "PATCH", `${UC}/catalogs/samples`, { owner: "x" });
    await workspace.admin.refused("PERMISSION_DENIED", "POST", `${UC}/schemas`, { name: "x", catalog_name: "samples" });
  });

  it("protects system and information_schema", async () => {
    await workspace.admin.refused("PERMISSION_DENIED", "DELETE", `${UC}/catalogs/system?force=true`);
    await workspace.admin.refused("PERMISSION_DENIED", "DELETE", `${UC}/schemas/main.information_schema`);
    await workspace.admin.refused("PERMISSION_DENIED", "POST", `${UC}/schemas`, { name: "x", catalog_name: "system" });
  });
});
