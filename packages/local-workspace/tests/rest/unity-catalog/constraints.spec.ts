/** Primary and foreign keys that are set over REST. */

import { strict as assert } from "node:assert";
import type { ColumnInfo } from "lakehouse-engine/protocol";
import { type Client, type Json, TestWorkspace } from "../client.ts";

const UC = "/api/2.1/unity-catalog";
const ADMIN = "admin@local.workspace";

describe("constraints of tables", () => {
  const workspace = new TestWorkspace();
  let admin: Client;
  const column = (name: string, type_text: string, nullable = false): ColumnInfo => ({ name, type_text, nullable });
  const put = (name: string, ...columns: ColumnInfo[]): Promise<unknown> =>
    workspace.engine.ask("catalog.putTable", {
      table: { fullName: `main.default.${name}`, tableType: "MANAGED" as const, columns },
      principal: ADMIN,
    });
  const orders = [column("id", "bigint"), column("customer", "string", true), column("wrong", "int", true)];
  before(async () => {
    admin = (await workspace.start()).admin;
    await put("customers", column("id", "string"), column("name", "string", true));
    await put("orders", ...orders);
  });
  after(() => workspace.stop());

  const add = (table: string, constraint: Json): Json => ({ full_name_arg: `main.default.${table}`, constraint });
  const primary = (name: string, ...child_columns: string[]): Json => ({
    primary_key_constraint: { name, child_columns },
  });
  const foreign = (name: string, child: string, parent = "id"): Json => ({
    foreign_key_constraint: {
      name,
      child_columns: [child],
      parent_table: "main.default.customers",
      parent_columns: [parent],
    },
  });
  const keys = async (table: string): Promise<Json[]> =>
    (await admin.ok("GET", `${UC}/tables/main.default.${table}`)).table_constraints ?? [];
  const refused = (table: string, constraint: Json, code = "INVALID_PARAMETER_VALUE"): Promise<string> =>
    admin.refused(code, "POST", `${UC}/constraints`, add(table, constraint));

  it("are refused where they cannot hold, with the reason", async () => {
    assert.match(await refused("customers", primary("pk", "name")), /`name` is nullable/);
    assert.match(await refused("customers", primary("pk", "nope")), /'nope' does not exist/);
    const keyless = await refused("orders", foreign("fk", "customer"), "NOT_FOUND");
    assert.match(
      keyless,
      /ErrorClass=NOT_FOUND\.UC_REFERENTIAL_CONSTRAINT_DOES_NOT_EXIST\] Table `main`\.`default`\.`customers` does not have either a primary key/,
    );
    assert.match(await refused("customers", {}), /exactly one of/);
    await refused("nope", primary("pk", "id"), "TABLE_DOES_NOT_EXIST");
    const robot = await workspace.servicePrincipal("robot");
    const body = add("customers", primary("pk", "id"));
    await robot.client.refused("PERMISSION_DENIED", "POST", `${UC}/constraints`, body);
  });

  it("come back with the table, and stay when its data change", async () => {
    const pk = primary("customers_pk", "id");
    assert.deepEqual(await admin.ok("POST", `${UC}/constraints`, add("customers", pk)), pk);
    assert.match(await refused("customers", primary("other", "id")), /has the primary key 'customers_pk' already/);
    assert.match(await refused("orders", foreign("fk", "wrong")), /different types/);
    await refused("orders", primary("customers_pk", "id"), "ALREADY_EXISTS");
    const fk = foreign("orders_fk", "customer");
    await admin.ok("POST", `${UC}/constraints`, add("orders", fk));
    await put("orders", ...orders, column("later", "int", true));
    assert.deepEqual([await keys("customers"), await keys("orders")], [[pk], [fk]]);
    await put("orders", column("id", "bigint"));
    assert.deepEqual(await keys("orders"), []);
    await put("orders", ...orders);
    await admin.ok("POST", `${UC}/constraints`, add("orders", fk));
  });

  it("a primary key that others refer to goes only with them", async () => {
    const path = `${UC}/constraints/main.default.customers?constraint_name=customers_pk&cascade=`;
    assert.match(await admin.refused("INVALID_PARAMETER_VALUE", "DELETE", `${path}false`), /'orders_fk'/);
    await admin.ok("DELETE", `${path}true`);
    assert.deepEqual([await keys("customers"), await keys("orders")], [[], []]);
    await admin.refused("RESOURCE_DOES_NOT_EXIST", "DELETE", `${path}true`);
  });
});
