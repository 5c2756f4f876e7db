/** Clients that read tables' files themselves. https://docs.databricks.com/aws/en/external-access/credential-vending */
import { strict as assert } from "node:assert";
import { type Client, TestWorkspace } from "../client.ts";

const UC = "/api/2.1/unity-catalog";
const CREDENTIALS = `${UC}/temporary-table-credentials`;

describe("clients that read files themselves", () => {
  const workspace = new TestWorkspace();
  let admin: Client;
  before(async () => {
    admin = (await workspace.start()).admin;
    const principal = (await admin.ok("GET", "/api/2.0/preview/scim/v2/Me")).userName;
    const common = { columns: [], properties: {}, dataSourceFormat: "DELTA" };
    const secret = { name: "s", type_text: "string", mask: { function_name: "main.default.hide" } };
    for (const [name, record] of [
      ["t", { ...common, tableType: "MANAGED" as const, location: "file:/somewhere/t" }],
      ["m", { ...common, tableType: "MANAGED" as const, location: "file:/somewhere/m", columns: [secret] }],
      ["e", { ...common, tableType: "EXTERNAL" as const, location: "file:/somewhere/e" }],
      ["v", { columns: [], properties: {}, tableType: "VIEW" as const, viewDefinition: "SELECT 1" }],
    ] as const) {
      const table = {
        ...record,
        columns: [...record.columns],
        fullName: `main.default.${name}`,
        tableId: `id-${name}`,
      };
      await workspace.engine.ask("catalog.putTable", { table, principal });
    }
  });
  after(() => workspace.stop());
  const asked = (table_id: string, operation = "READ") => ({ table_id, operation });

  it("find them by an address with an authority, and get what they need to open them", async () => {
    assert.equal((await admin.ok("GET", `${UC}/tables/main.default.t`)).storage_location, "file:///somewhere/t");
    const { url, expiration_time } = await admin.ok("POST", CREDENTIALS, asked("id-t"));
    assert.equal(url, "file:///somewhere/t");
    assert.ok(expiration_time > Date.now());
    assert.equal((await admin.ok("POST", CREDENTIALS, asked("id-e", "READ_WRITE"))).url, "file:///somewhere/e");
  });

  it("write to external tables alone, and read no views and nothing that a mask hides", async () => {
    const refused = (code: string, body: object) => admin.refused(code, "POST", CREDENTIALS, body);
    assert.match(await refused("PERMISSION_DENIED", asked("id-t", "READ_WRITE")), /'main\.default\.t' is MANAGED/);
    assert.match(await refused("INVALID_PARAMETER_VALUE", asked("id-v")), /is a VIEW, which has no files/);
    assert.match(await refused("PERMISSION_DENIED", asked("id-m")), /has a row filter or column masks for you/);
    await refused("TABLE_DOES_NOT_EXIST", asked("id-none"));
  });

  it("need EXTERNAL USE SCHEMA beside what reads the table in SQL", async () => {
    const { client, name } = await workspace.servicePrincipal("reader");
    await workspace.grant("table", "main.default.t", name, "SELECT");
    const said = await client.refused("PERMISSION_DENIED", "POST", CREDENTIALS, asked("id-t"));
    assert.match(said, /EXTERNAL USE SCHEMA on Schema 'main\.default'/);
    await workspace.grant("schema", "main.default", name, "EXTERNAL_USE_SCHEMA");
    await client.ok("POST", CREDENTIALS, asked("id-t"));
  });
});
