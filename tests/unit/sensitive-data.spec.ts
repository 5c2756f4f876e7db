import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { SensitiveData } from "../../components/sensitive-data.ts";
import { all, forget, made, violations } from "./mocks.ts";

const ARGS = {
  on: { catalog: "c" },
  functions: "c.ops",
  warehouseId: "w",
  tagKey: "pii",
  kinds: { name: { mask: "'***'" }, amount: { mask: "0", type: "DECIMAL(10,2)" } },
  exempt: ["stewards", pulumi.output("7d0c")],
} as const;

describe("SensitiveData", () => {
  beforeEach(forget);

  it("makes a tag policy, column tags, and a function and a policy for each kind and row filter", async () => {
    const data = new SensitiveData("pii", {
      ...ARGS,
      tagPolicy: true,
      columns: [{ table: "c.silver.customers", column: "customer_name", kind: "name" }],
      rowFilters: { small: { kind: "amount", condition: "value < 100", type: "DECIMAL(10,2)" } },
    });
    const policies = await all("PolicyInfo", ...Object.values(data.policies));
    assert.deepEqual(
      policies.map(({ inputs }) => [inputs.name, inputs.policyType, inputs.matchColumns[0].condition]),
      [
        ["filter_small", "POLICY_TYPE_ROW_FILTER", "has_tag_value('pii', 'amount')"],
        ["mask_amount", "POLICY_TYPE_COLUMN_MASK", "has_tag_value('pii', 'amount')"],
        ["mask_name", "POLICY_TYPE_COLUMN_MASK", "has_tag_value('pii', 'name')"],
      ],
    );
    assert.deepEqual(policies[2]!.inputs.exceptPrincipals, ["stewards", "7d0c"]);
    assert.deepEqual(policies[2]!.inputs.columnMask, { functionName: "c.ops.mask_name", onColumn: "sensitive" });
    assert.deepEqual(policies[0]!.inputs.rowFilter, {
      functionName: "c.ops.filter_small",
      usings: [{ alias: "sensitive" }],
    });
    const functions = made.filter(({ type }) => type.endsWith("SqlFunction")).map(({ inputs }) => inputs);
    assert.deepEqual(
      functions.map(({ fullName, parameters, returns, body }) => [fullName, parameters, returns, body]).sort(),
      [
        ["c.ops.filter_small", "value DECIMAL(10,2)", "BOOLEAN", "value < 100"],
        ["c.ops.mask_amount", "value DECIMAL(10,2)", "DECIMAL(10,2)", "0"],
        ["c.ops.mask_name", "value STRING", "STRING", "'***'"],
      ],
    );
    const [tag] = await all("EntityTagAssignment");
    assert.deepEqual(tag!.inputs, {
      entityType: "columns",
      entityName: "c.silver.customers.customer_name",
      tagKey: "pii",
      tagValue: "name",
    });
    assert.deepEqual((await all("TagPolicy"))[0]!.inputs.values, [{ name: "name" }, { name: "amount" }]);
  });

  it("takes columns of tables that are outputs, each by a key where they would share a name", async () => {
    const table = (name: string) => pulumi.output(`c.silver.${name}`);
    const columns = ["customers", "sellers"].map((name) => ({
      table: table(name),
      column: "name",
      kind: "name" as const,
    }));
    assert.deepEqual(
      violations(() => new SensitiveData("pii", { ...ARGS, columns })),
      ["columns[1].key: 'name-name' names columns[0], too; give one a `key`"],
    );
    new SensitiveData("pii", { ...ARGS, columns: columns.map((column, at) => ({ ...column, key: `of-${at}` })) });
    assert.deepEqual(
      (await all("EntityTagAssignment")).map(({ name, inputs }) => [name, inputs.entityName]),
      [
        ["pii-tag-of-0", "c.silver.customers.name"],
        ["pii-tag-of-1", "c.silver.sellers.name"],
      ],
    );
  });

  it("keeps functions and policies that leave the program, unless the data is not protected either", async () => {
    const options = async (protectData?: boolean): Promise<unknown[]> => {
      const seen: unknown[] = [];
      const policy = (_: unknown, opts: pulumi.CustomResourceOptions) =>
        void seen.push([opts.protect, opts.retainOnDelete]);
      new SensitiveData(`kept${protectData}`, {
        ...ARGS,
        ...(protectData === undefined ? {} : { protectData }),
        transform: { policy },
      });
      return seen[0] as unknown[];
    };
    assert.deepEqual(
      [await options(), await options(false)],
      [
        [true, true],
        [false, false],
      ],
    );
  });

  it("refuses kinds that are not declared, and masks without anyone exempt, all at once", () => {
    const columns = [{ table: "c.s.t", column: "x", kind: "mail" as never }];
    assert.deepEqual(
      violations(() => new SensitiveData("pii2", { ...ARGS, exempt: [], columns })).map((text) => text.split(":")[0]),
      ["columns[0].kind", "exempt"],
    );
  });
});
