/** The built plugin must agree with the npm SDK, which the vendor generates from the official plugin's schema. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "mocha";
import { ensureToolchain } from "../src/index.ts";
import { NpmTypes, type Shape } from "./npm-types.ts";

interface Property {
  type?: string;
  $ref?: string;
  items?: Property;
  additionalProperties?: Property;
}
interface Bag {
  properties?: Record<string, Property>;
  required?: string[];
}
interface Schema {
  resources: Record<string, Bag & { inputProperties: Record<string, Property>; requiredInputs?: string[] }>;
  functions: Record<string, { inputs?: Bag }>;
  types: Record<string, Bag>;
}

const RESOURCES =
  `AccessControlRuleSet AlertV2 BudgetPolicy Catalog Cluster ClusterPolicy Dashboard DataQualityMonitor Directory
  EntityTagAssignment ExternalLocation File Grant Grants Group GroupMember IpAccessList Job Notebook NotificationDestination OboToken Permissions
  Pipeline PolicyInfo Query Recipient RegisteredModel Schema Secret SecretScope ServicePrincipal SqlEndpoint SqlTable StorageCredential TagPolicy
  Token User Volume WorkspaceBinding WorkspaceFile`.split(/\s+/);
const FUNCTIONS =
  "getCurrentConfig getCurrentMetastore getCurrentUser getGroup getServicePrincipal getSqlWarehouse getUser".split(" ");

/**
 * The npm SDK was generated from a Terraform provider newer than the newest one that the module proxy serves: these are its additions,
 * which the built plugin does not know. Nothing of the program may use them.
 */
const ADDED_SINCE: [type: RegExp, properties: string[]][] = [
  [/^Grants?$/, ["mcpService", "modelProviderService", "modelService", "secret"]],
  [/^Job$/, ["triggers"]],
  [/^JobContinuous$/, ["maintenanceWindow"]],
  [/^JobTrigger$/, ["continuous", "schedule"]],
  [/^Job.*AlertTask$/, ["parameters"]],
  [/^Job.*AiRuntimeTask$/, ["dockerImageUrl", "mlflowArtifactLocation"]],
  [/^Job.*AiRuntimeTaskDeploymentCompute$/, ["provisionedCapacityId"]],
  [/(Driver|Worker)NodeTypeFlexibility$/, ["awsContextId"]],
  [
    /^PipelineIngestionDefinitionObject(Schema|Table)ConnectorOptions$/,
    ["apiSourceConnectorOptions", "linkedinAdsOptions", "marketoOptions", "rabbitmqOptions"],
  ],
  [/^PipelineIngestionDefinitionObject.*Transform(er)?$/, ["inputColumn", "outputColumn"]],
  [/^PipelineIngestionDefinitionSourceConfiguration$/, ["apiSourceConnectorConfig"]],
  [/^PolicyInfo$/, ["deny"]],
  [/^PolicyInfo(ColumnMask|RowFilter)Using$/, ["functionArgExpression"]],
];
/** Optional in the npm SDK, required in the built plugin, for the same reason. */
const RELAXED_SINCE: Record<string, string[]> = {
  JobJobCluster: ["newCluster"],
  PipelineIngestionDefinitionObjectSchema: ["sourceSchema"],
  PipelineIngestionDefinitionObjectTable: ["sourceTable"],
};

/** What the npm SDK says of a type, without what is newer than the plugin. */
function known(type: string, wanted: Shape): Shape {
  const left = Object.entries(wanted).filter(
    ([name]) => !ADDED_SINCE.some(([types, names]) => types.test(type) && names.includes(name)),
  );
  return Object.fromEntries(
    left.map(([name, text]) => [name, RELAXED_SINCE[type]?.includes(name) ? text.replace(/\?$/, "") : text]),
  );
}

const lower = (name: string): string => name[0]!.toLowerCase() + name.slice(1);
const upper = (name: string): string => name[0]!.toUpperCase() + name.slice(1);

function text(property: Property): string {
  if (property.$ref) return upper(property.$ref.replace(/.*[:/]/, ""));
  if (property.type === "array") return `${text(property.items!)}[]`;
  if (property.type === "object") return `{${text(property.additionalProperties ?? { type: "string" })}}`;
  return property.type === "integer" ? "number" : property.type!;
}

function shape(properties: Record<string, Property> = {}, required: string[] = []): Shape {
  return Object.fromEntries(
    Object.entries(properties)
      // The provider's own bookkeeping, which the SDK's generator leaves out.
      .filter(([name]) => !name.startsWith("__"))
      .map(([name, property]) => [name, text(property) + (required.includes(name) ? "" : "?")]),
  );
}

describe("the built Databricks plugin", () => {
  const npm = new NpmTypes();
  let schema: Schema;

  before(async function () {
    const { pluginSchema } = await ensureToolchain({ parts: ["pulumi"] });
    if (!pluginSchema) return this.skip(); // the vendor's own plugin
    schema = JSON.parse(readFileSync(pluginSchema, "utf8")) as Schema;
  });

  for (const name of RESOURCES) {
    it(`takes and gives what the npm SDK's ${name} says`, () => {
      const resource = schema.resources[`databricks:index/${lower(name)}:${name}`];
      assert.ok(resource, `the plugin has no resource ${name}`);
      const inputs = shape(resource.inputProperties, resource.requiredInputs);
      assert.deepEqual(inputs, known(name, npm.inputs(lower(name), `${name}Args`)), `inputs of ${name}`);
      assert.deepEqual(
        shape(resource.properties, resource.required),
        known(name, npm.outputs(lower(name), name)),
        `outputs of ${name}`,
      );
      for (const type of reachable(schema, resource.inputProperties)) {
        const wanted = known(type.name, npm.nested("input", type.name) ?? {});
        assert.deepEqual(shape(type.properties, type.required), wanted, `nested type ${type.name} of ${name}`);
      }
    });
  }

  for (const name of FUNCTIONS) {
    it(`takes what the npm SDK's ${name} says`, () => {
      const found = schema.functions[`databricks:index/${name}:${name}`];
      assert.ok(found, `the plugin has no function ${name}`);
      assert.deepEqual(shape(found.inputs?.properties, found.inputs?.required), npm.inputs(name, `${upper(name)}Args`));
    });
  }
});

/** The nested types that the properties refer to, directly or not. */
function reachable(schema: Schema, properties: Record<string, Property>): (Bag & { name: string })[] {
  const found = new Map<string, Bag>();
  const visit = (property: Property | undefined): void => {
    if (!property) return;
    visit(property.items);
    visit(property.additionalProperties);
    if (!property.$ref?.startsWith("#/types/")) return;
    const token = property.$ref.slice("#/types/".length);
    if (found.has(token)) return;
    found.set(token, schema.types[token]!);
    Object.values(schema.types[token]!.properties ?? {}).forEach(visit);
  };
  Object.values(properties).forEach(visit);
  return [...found].map(([token, bag]) => ({ name: token.replace(/.*:/, ""), ...bag }));
}
