/**
 * The dynamic resource for SQL functions, as Pulumi serializes it, against a workspace whose engine reads the two
 * statements that it writes.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { TestWorkspace } from "lakehouse-local-workspace/testing/fake-engine";
import { SqlFunction } from "../../components/index.ts";
import { ADMIN } from "./deployed.ts";
import { all, forget, made } from "./mocks.ts";

const NAME = "main.default.mask_name";
const FUNCTION = `/api/2.1/unity-catalog/functions/${NAME}`;
// biome-ignore lint/suspicious/noExplicitAny: the provider as plain JavaScript
type Provider = Record<keyof pulumi.dynamic.ResourceProvider, (...args: any[]) => Promise<any>>;

/** Executes what the resource sends, and nothing else. */
function readStatements({ engine }: TestWorkspace): void {
  const name = (quoted: string): string => quoted.replaceAll("`", "");
  engine.on("sql.execute", async ({ statement }) => {
    const create =
      /^CREATE OR REPLACE FUNCTION (\S+)\((\w+) (\w+)\) RETURNS (\w+)(?: COMMENT '(.*?)')? RETURN (.*)$/s.exec(
        statement,
      );
    const drop = /^DROP FUNCTION IF EXISTS (\S+)$/.exec(statement);
    if (create) {
      const [, full, parameter, type, returns, comment, body] = create as unknown as string[];
      const fn = {
        input_params: { parameters: [{ name: parameter, type_text: type!.toLowerCase() }] },
        data_type: returns,
        full_data_type: returns,
        routine_definition: body,
      };
      const made = { kind: "createFunction" as const, name: name(full!), orReplace: true, function: fn };
      await engine.ask("catalog.statement", { statement: { ...made, comment: comment ?? null }, principal: ADMIN });
    } else if (drop) {
      const dropped = { kind: "drop" as const, securableType: "FUNCTION", name: name(drop[1]!), ifExists: true };
      await engine.ask("catalog.statement", { statement: dropped, principal: ADMIN });
    } else throw new Error(`no statement of the resource: ${statement}`);
  });
}

describe("SqlFunction", () => {
  const workspace = new TestWorkspace();
  const dir = mkdtempSync(join(import.meta.dirname, ".provider-"));
  const { DATABRICKS_HOST, DATABRICKS_TOKEN } = process.env;
  let provider: Provider;
  let inputs: Record<string, string>;

  before(async () => {
    await workspace.start();
    readStatements(workspace);
    process.env.DATABRICKS_HOST = workspace.admin.host;
    process.env.DATABRICKS_TOKEN = workspace.admin.token!;
    forget();
    const { warehouses } = await workspace.admin.ok("GET", "/api/2.0/sql/warehouses");
    const args = { schema: "main.default", name: "mask_name", parameters: { value: "STRING" }, returns: "STRING" };
    await all("none", new SqlFunction("mask", { ...args, body: "'***'", warehouseId: warehouses[0].id }));
    const { __provider: text, ...rest } = made.find(({ name }) => name === "mask")!.inputs;
    inputs = rest as Record<string, string>;
    writeFileSync(join(dir, "provider.cjs"), text as string);
    provider = createRequire(import.meta.url)(join(dir, "provider.cjs")).handler() as Provider;
  });
  after(async () => {
    await workspace.stop();
    rmSync(dir, { recursive: true });
    Object.assign(process.env, { DATABRICKS_HOST, DATABRICKS_TOKEN });
    if (DATABRICKS_HOST === undefined) delete process.env.DATABRICKS_HOST;
    if (DATABRICKS_TOKEN === undefined) delete process.env.DATABRICKS_TOKEN;
  });

  it("is created, replaced when it changes, read back without a difference, and dropped", async () => {
    const { id, outs } = await provider.create(inputs);
    assert.equal(id, NAME);
    assert.equal((await workspace.admin.ok("GET", FUNCTION)).routine_definition, "'***'");
    assert.deepEqual(await provider.diff(id, outs, inputs), { changes: false, replaces: [] });
    assert.deepEqual(await provider.diff(id, (await provider.read(id, outs)).props, inputs), {
      changes: false,
      replaces: [],
    });

    const changed = { ...inputs, body: "left(value, 1)", comment: "hides names" };
    assert.deepEqual(await provider.diff(id, outs, changed), { changes: true, replaces: [] });
    await provider.update(id, outs, changed);
    assert.equal((await workspace.admin.ok("GET", FUNCTION)).routine_definition, "left(value, 1)");
    assert.deepEqual(await provider.diff(id, outs, { ...inputs, fullName: "main.default.other" }), {
      changes: true,
      replaces: ["fullName"],
    });

    await provider.delete(id, changed);
    await workspace.admin.refused("FUNCTION_DOES_NOT_EXIST", "GET", FUNCTION);
    assert.deepEqual(await provider.read(id, changed), { id: "" });
  });

  it("sees what somebody changed by hand, and does not take over what is not its own", async () => {
    const { id, outs } = await provider.create(inputs);
    const { warehouseId } = inputs;
    await workspace.admin.ok("POST", "/api/2.0/sql/statements", {
      statement: "CREATE OR REPLACE FUNCTION `main`.`default`.`mask_name`(value STRING) RETURNS STRING RETURN value",
      warehouse_id: warehouseId,
      wait_timeout: "30s",
    });
    const { props } = await provider.read(id, outs);
    assert.equal(props.body, "value");
    assert.equal((await provider.diff(id, props, inputs)).changes, true);
    await assert.rejects(provider.create(inputs), /exists and is not in this stack's state/);
    await provider.delete(id, outs);
  });
});
