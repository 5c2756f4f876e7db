/** The components as a Pulumi package: their schema for programs in other languages. */
import assert from "node:assert/strict";
import { type PackageSchema, type Property, packageSchema } from "../../components/plugin/schema.ts";
import { described } from "../../scripts/docs/components.ts";

const TOKEN = "databricks-lakehouse:index:";

describe("schema of the component package", () => {
  let schema: PackageSchema;
  before(() => {
    schema = packageSchema();
  });
  const component = (name: string): PackageSchema["resources"][string] => schema.resources[TOKEN + name]!;

  it("has every component, with what it says of itself", () => {
    // A resource, not a component: its provider is code of the program.
    const components = described().filter(({ name }) => name !== "SqlFunction");
    assert.deepEqual(Object.keys(schema.resources).sort(), components.map(({ name }) => TOKEN + name).sort());
    for (const [token, { description }] of Object.entries(schema.resources)) assert.match(description, /\w/, token);
  });

  it("has every argument but functions and resources of TypeScript", () => {
    const left = described().flatMap(({ name, args }) =>
      args
        .filter((argument) => component(name)?.inputProperties[argument.name] === undefined)
        .map((argument) => `${name}.${argument.name}`),
    );
    const ofTypeScript = (path: string): boolean => /^SqlFunction\.|\.(naming|transform)$/.test(path);
    assert.deepEqual(
      left.filter((path) => !ofTypeScript(path)),
      ["lakehouse", "catalog", "schemas", "volumes"].map((key) => `AccessGrants.${key}`),
    );
    for (const { properties } of Object.values(schema.types)) assert.ok(!("transform" in properties));
  });

  it("tells what must be known at once from what may be an output", () => {
    const { inputProperties, requiredInputs } = component("LakehousePipeline");
    assert.deepEqual(requiredInputs, ["catalog", "root", "schema", "sources"]);
    assert.equal(inputProperties.catalog!.plain, undefined);
    assert.equal(inputProperties.protectData!.plain, true);
    assert.equal(inputProperties.sources!.plain, true);
    assert.deepEqual(inputProperties.channel!.type, "string");
    assert.match(inputProperties.channel!.description!, /One of CURRENT, PREVIEW\.$/);
    assert.deepEqual(Object.keys(component("LakehousePipeline").properties), ["pipelineId"]);
  });

  it("refers to types that it has, and to nothing else", () => {
    const refs = [...JSON.stringify(schema).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref!);
    assert.ok(refs.length > 40, String(refs.length));
    for (const ref of refs) {
      assert.ok(ref === "pulumi.json#/Any" || schema.types[ref.replace("#/types/", "")] !== undefined, ref);
    }
    const alternatives = schema.types[`${TOKEN}LakehousePipelineSources`]!;
    assert.deepEqual(Object.keys(alternatives.properties).sort(), ["file", "folder", "glob", "notebook"]);
    assert.deepEqual(alternatives.required, []);
    // One or several is a list: Python's SDK refuses lists among alternatives.
    assert.equal(component("AccessGrants").inputProperties.roles!.additionalProperties!.type, "array");
    assert.doesNotMatch(JSON.stringify(schema), /"oneOf":\[[^\]]*"type":"array"/);
    const rule: Property | undefined = schema.types[`${TOKEN}SqlWarehouseAccess`]!.properties.level;
    assert.equal(rule?.type, "string");
  });
});
