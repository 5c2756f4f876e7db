import { strict as assert } from "node:assert";
import type { WorkspaceRequest } from "lakehouse-engine/protocol";
import { parseCondition } from "../../../src/services/tags/conditions.ts";
import { type Json, TestWorkspace } from "../client.ts";

const UC = "/api/2.1/unity-catalog";
const TAGS = `${UC}/entity-tag-assignments`;
const ADMIN = "admin@local.workspace";

describe("tags and the policies that read them", () => {
  const workspace = new TestWorkspace();
  let reader: Awaited<ReturnType<TestWorkspace["servicePrincipal"]>>;
  before(async () => {
    await workspace.start();
    const table = {
      fullName: "main.default.t",
      tableType: "MANAGED" as const,
      columns: [
        { name: "id", type_text: "string", type_name: "STRING" },
        { name: "email", type_text: "string", type_name: "STRING" },
      ],
    };
    await workspace.engine.ask("catalog.putTable", { table, principal: ADMIN });
    for (const name of ["hide", "keep"]) {
      const statement = {
        kind: "createFunction" as const,
        name: `main.default.${name}`,
        function: { data_type: "STRING", full_data_type: "STRING", routine_definition: "'x'" },
      };
      await workspace.engine.ask("catalog.statement", { statement, principal: ADMIN });
    }
    reader = await workspace.servicePrincipal("reader");
    await workspace.grant("schema", "main.default", reader.name, "USE_SCHEMA", "SELECT");
  });
  after(() => workspace.stop());
  const tag = (entity_type: string, entity_name: string, tag_key: string, tag_value?: string) => ({
    entity_type,
    entity_name,
    tag_key,
    ...(tag_value === undefined ? {} : { tag_value }),
  });

  it("assigns, changes, lists and removes tags of tables and columns", async () => {
    await workspace.admin.ok("POST", TAGS, tag("tables", "main.default.t", "layer", "gold"));
    await workspace.admin.ok("POST", TAGS, tag("columns", "main.default.t.id", "key"));
    const url = `${TAGS}/tables/main.default.t/tags`;
    await workspace.admin.ok("PATCH", `${url}/layer?update_mask=tag_value`, { tag_value: "silver" });
    const { tag_assignments } = await workspace.admin.ok("GET", url);
    assert.deepEqual(
      tag_assignments.map((each: Json) => [each.tag_key, each.tag_value]),
      [["layer", "silver"]],
    );
    await workspace.admin.ok("DELETE", `${url}/layer`);
    await workspace.admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", `${url}/layer`);
    await workspace.admin.refused("INVALID_PARAMETER_VALUE", "POST", TAGS, tag("columns", "main.default.t.nope", "k"));
    await workspace.admin.refused("INVALID_PARAMETER_VALUE", "POST", TAGS, tag("tables", "main.default.t", "a.b"));
    await reader.client.refused("PERMISSION_DENIED", "POST", TAGS, tag("tables", "main.default.t", "mine"));
  });

  it("a governed tag takes only the values of its policy", async () => {
    await workspace.admin.ok("POST", "/api/2.1/tag-policies", {
      tag_key: "class",
      values: [{ name: "email" }, { name: "name" }],
    });
    const message = await workspace.admin.refused(
      "INVALID_PARAMETER_VALUE",
      "POST",
      TAGS,
      tag("schemas", "main.default", "class", "other"),
    );
    assert.match(message, /allows email, name/);
    await workspace.admin.ok("PATCH", "/api/2.1/tag-policies/class?update_mask=description", { description: "d" });
    const policy = await workspace.admin.ok("GET", "/api/2.1/tag-policies/class");
    assert.deepEqual([policy.description, policy.values], ["d", [{ name: "email" }, { name: "name" }]]);
  });

  it("a column mask policy on the catalog reaches tagged columns, for all but the excepted", async () => {
    await workspace.admin.ok("POST", TAGS, tag("columns", "main.default.t.email", "class", "email"));
    const policy = {
      name: "mask_email",
      policy_type: "POLICY_TYPE_COLUMN_MASK",
      on_securable_type: "CATALOG",
      on_securable_fullname: "main",
      for_securable_type: "TABLE",
      to_principals: ["account users"],
      except_principals: ["admins"],
      match_columns: [{ alias: "c", condition: "has_tag_value('class', 'email')" }],
      column_mask: { function_name: "main.default.hide", on_column: "c" },
    };
    const made = await workspace.admin.ok("POST", `${UC}/policies`, policy);
    assert.deepEqual({ ...policy, ...made }, made, "the policy does not come back as sent");
    const ask = (principal: string) =>
      workspace.engine.ask("catalog.authorize", {
        principal,
        checks: [{ privilege: "SELECT", securableType: "TABLE", fullName: "main.default.t" }],
      });
    assert.deepEqual((await ask(ADMIN)).tables, []);
    assert.deepEqual((await ask(reader.name)).tables[0]?.columnMasks, [
      { column: "email", function: "main.default.hide", using: [] },
    ]);
    await workspace.admin.ok("PATCH", `${UC}/policies/CATALOG/main/mask_email?update_mask=when_condition`, {
      when_condition: "has_tag('nowhere')",
    });
    assert.deepEqual((await ask(reader.name)).tables, []);
    await workspace.admin.ok("DELETE", `${UC}/policies/CATALOG/main/mask_email`);
    await workspace.admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", `${UC}/policies/CATALOG/main/mask_email`);
    const run = (statement: WorkspaceRequest<"catalog.statement">["statement"], principal: string) =>
      workspace.engine.ask("catalog.statement", { statement, principal });
    await assert.rejects(run({ kind: "createPolicy", policy }, reader.name), /MANAGE/);
    await run({ kind: "createPolicy", policy }, ADMIN);
    await assert.rejects(run({ kind: "createPolicy", policy }, ADMIN), /already exists/);
    await run({ kind: "createPolicy", orReplace: true, policy: { ...policy, comment: "by SQL" } }, ADMIN);
    assert.equal((await workspace.admin.ok("GET", `${UC}/policies/CATALOG/main/mask_email`)).comment, "by SQL");
    assert.equal((await ask(reader.name)).tables[0]?.columnMasks.length, 1);
    await assert.rejects(
      run({ kind: "createPolicy", policy: { ...policy, to_principals: [] } }, ADMIN),
      /to_principals/,
    );
    await run({ kind: "dropPolicy", policy: "mask_email", securableType: "CATALOG", name: "main" }, ADMIN);
    assert.deepEqual((await ask(reader.name)).tables, []);
  });

  it("reads conditions with their precedence, and says where one is wrong", () => {
    const holds = (source: string, tags: Json) => parseCondition(source)(new Map(Object.entries(tags)));
    assert.equal(holds("has_tag('a') OR has_tag('b') AND NOT has_tag('c')", { a: "" }), true);
    assert.equal(holds("(has_tag('a') OR has_tag('b')) AND NOT has_tag('c')", { a: "", c: "" }), false);
    assert.equal(holds("hasTagValue('a', 'it''s')", { a: "it's" }), true);
    for (const wrong of ["has_tag(a)", "has_tag('a'", "has_tag('a') has_tag('b')", "", "drop('a')", "has_tag('a') &"]) {
      assert.throws(() => parseCondition(wrong), { errorCode: "INVALID_PARAMETER_VALUE" }, wrong);
    }
  });
});
