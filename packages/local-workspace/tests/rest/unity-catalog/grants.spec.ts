import { strict as assert } from "node:assert";
import { type Json, TestWorkspace } from "../client.ts";

const UC = "/api/2.1/unity-catalog";
const GRANTS = `${UC}/permissions`;

describe("grants and what they allow", () => {
  const workspace = new TestWorkspace();
  let analyst: Awaited<ReturnType<TestWorkspace["servicePrincipal"]>>;
  before(async () => {
    await workspace.start();
    await workspace.admin.ok("POST", `${UC}/catalogs`, { name: "c" });
    await workspace.admin.ok("POST", `${UC}/schemas`, { name: "s", catalog_name: "c" });
    const table = {
      fullName: "c.s.t",
      tableType: "MANAGED" as const,
      columns: [
        { name: "id", type_text: "string", type_name: "STRING" },
        { name: "email", type_text: "string", type_name: "STRING" },
      ],
    };
    await workspace.engine.ask("catalog.putTable", { table, principal: "admin@local.workspace" });
    analyst = await workspace.servicePrincipal("analyst");
  });
  after(() => workspace.stop());
  const authorize = (privilege = "SELECT") =>
    workspace.engine.ask("catalog.authorize", {
      principal: analyst.name,
      checks: [{ privilege, securableType: "TABLE", fullName: "c.s.t" }],
    });

  it("asks for USE CATALOG, USE SCHEMA and the privilege, in this order and by name", async () => {
    await assert.rejects(authorize(), {
      errorCode: "PERMISSION_DENIED",
      message: "User does not have USE CATALOG on Catalog 'c'.",
    });
    await workspace.grant("catalog", "c", analyst.name, "USE_CATALOG");
    await assert.rejects(authorize(), { message: "User does not have USE SCHEMA on Schema 'c.s'." });
    await workspace.grant("schema", "c.s", analyst.name, "USE_SCHEMA");
    await assert.rejects(authorize(), { message: "User does not have SELECT on Table 'c.s.t'." });
    await workspace.grant("catalog", "c", "users", "SELECT");
    assert.deepEqual(await authorize(), { tables: [] });
    await assert.rejects(authorize("MODIFY"), { message: "User does not have MODIFY on Table 'c.s.t'." });
  });

  it("CREATE MATERIALIZED VIEW suffices for a materialized view and for nothing else", async () => {
    const maker = await workspace.servicePrincipal("maker");
    await workspace.grant("catalog", "c", maker.name, "USE_CATALOG", "USE_SCHEMA");
    const put = (name: string, tableType: "MATERIALIZED_VIEW" | "STREAMING_TABLE") =>
      workspace.engine.ask("catalog.putTable", {
        table: { fullName: `c.s.${name}`, tableType, columns: [{ name: "id", type_text: "string" }] },
        principal: maker.name,
      });
    await assert.rejects(put("mv", "MATERIALIZED_VIEW"), {
      message: "User does not have CREATE MATERIALIZED VIEW on Schema 'c.s'.",
    });
    await workspace.grant("schema", "c.s", maker.name, "CREATE_MATERIALIZED_VIEW");
    await put("mv", "MATERIALIZED_VIEW");
    await assert.rejects(put("st", "STREAMING_TABLE"), { message: "User does not have CREATE TABLE on Schema 'c.s'." });
    await workspace.grant("schema", "c.s", maker.name, "CREATE_TABLE");
    await put("st", "STREAMING_TABLE");
  });

  it("shows effective permissions with where they come from", async () => {
    const { privilege_assignments } = await workspace.admin.ok(
      "GET",
      `${UC}/effective-permissions/table/c.s.t?principal=users`,
    );
    assert.deepEqual(privilege_assignments, [
      {
        principal: "users",
        privileges: [{ privilege: "SELECT", inherited_from_type: "CATALOG", inherited_from_name: "c" }],
      },
    ]);
  });

  it("refuses privileges that a securable cannot have and principals that do not exist, and then changes nothing", async () => {
    const change = { changes: [{ principal: "users", add: ["MODIFY", "USE_CATALOG"] }] };
    const message = await workspace.admin.refused("INVALID_PARAMETER_VALUE", "PATCH", `${GRANTS}/table/c.s.t`, change);
    assert.match(message, /^Privilege USE CATALOG is not applicable to this entity/);
    assert.deepEqual((await workspace.admin.ok("GET", `${GRANTS}/table/c.s.t`)).privilege_assignments, []);
    const nobody = {
      changes: [
        { principal: "users", add: ["SELECT"] },
        { principal: "nobody", add: ["SELECT"] },
      ],
    };
    await workspace.admin.refused("PRINCIPAL_DOES_NOT_EXIST", "PATCH", `${GRANTS}/table/c.s.t`, nobody);
    assert.deepEqual((await workspace.admin.ok("GET", `${GRANTS}/table/c.s.t`)).privilege_assignments, []);
  });

  it("takes privileges in any spelling, and removes them", async () => {
    await workspace.admin.ok("PATCH", `${GRANTS}/schema/c.s`, {
      changes: [{ principal: "users", add: ["create table", "Use Schema"] }],
    });
    const after = await workspace.admin.ok("PATCH", `${GRANTS}/schema/c.s`, {
      changes: [{ principal: "users", remove: ["CREATE_TABLE"] }],
    });
    const users = after.privilege_assignments.find((entry: Json) => entry.principal === "users");
    assert.deepEqual(users.privileges, ["USE_SCHEMA"]);
    const none = await workspace.admin.ok("PATCH", `${GRANTS}/schema/c.s`, {
      changes: [{ principal: "users", remove: ["ALL_PRIVILEGES"], add: ["SELECT"] }],
    });
    const left = none.privilege_assignments.find((entry: Json) => entry.principal === "users");
    assert.deepEqual(left.privileges, ["SELECT"]);
  });

  it("lets only owners and MANAGE look at grants and change them; ALL PRIVILEGES is not MANAGE", async () => {
    await workspace.grant("schema", "c.s", analyst.name, "ALL_PRIVILEGES");
    await analyst.client.refused("PERMISSION_DENIED", "GET", `${GRANTS}/schema/c.s`);
    const change = { changes: [{ principal: analyst.name, add: ["MODIFY"] }] };
    await analyst.client.refused("PERMISSION_DENIED", "PATCH", `${GRANTS}/schema/c.s`, change);
    await workspace.grant("schema", "c.s", analyst.name, "MANAGE");
    await analyst.client.ok("PATCH", `${GRANTS}/schema/c.s`, change);
  });

  it("lists only what a principal may see", async () => {
    await workspace.admin.ok("POST", `${UC}/catalogs`, { name: "hidden" });
    const { catalogs } = await analyst.client.ok("GET", `${UC}/catalogs`);
    assert.ok(!catalogs.some(({ name }: Json) => name === "hidden"));
    const message = await analyst.client.refused("PERMISSION_DENIED", "GET", `${UC}/catalogs/hidden`);
    assert.match(message, /Catalog 'hidden'/);
  });

  it("an isolated catalog is out of reach until this workspace is bound, and read only when bound so", async () => {
    await workspace.admin.ok("POST", `${UC}/catalogs`, { name: "iso" });
    await workspace.admin.ok("PATCH", `${UC}/catalogs/iso`, { isolation_mode: "ISOLATED" });
    await workspace.admin.refused("PERMISSION_DENIED", "GET", `${UC}/catalogs/iso`);
    const bind = (binding_type: string) =>
      workspace.admin.ok("PATCH", `${UC}/bindings/catalog/iso`, {
        add: [{ workspace_id: workspace.id, binding_type }],
      });
    await bind("BINDING_TYPE_READ_ONLY");
    await workspace.admin.ok("GET", `${UC}/catalogs/iso`);
    await workspace.admin.refused("PERMISSION_DENIED", "POST", `${UC}/schemas`, { name: "x", catalog_name: "iso" });
    await bind("BINDING_TYPE_READ_WRITE");
    await workspace.admin.ok("POST", `${UC}/schemas`, { name: "x", catalog_name: "iso" });
  });
});
