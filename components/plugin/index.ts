/** What Pulumi starts for a program in another language (PulumiPlugin.yaml): a provider that makes the components. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as components from "../index.ts";
import type { Arguments } from "./arguments.ts";

/** What this needs of the schema that the build writes. */
interface PackageSchema {
  name: string;
  version: string;
  resources: Record<string, { inputProperties: object; properties: object }>;
}

type Maker<Args> = new (name: string, args: Args, opts: pulumi.ComponentResourceOptions) => pulumi.ComponentResource;

const MAKERS: { readonly [Name in keyof Arguments]: Maker<Arguments[Name]> } = {
  LakehouseCatalog: components.LakehouseCatalog,
  AccessGrants: components.AccessGrants,
  NotebookFolder: components.NotebookFolder,
  LakehousePipeline: components.LakehousePipeline,
  LakehouseJob: components.LakehouseJob,
  SensitiveData: components.SensitiveData,
  SqlWarehouse: components.SqlWarehouse,
  LakehouseDashboard: components.LakehouseDashboard,
  QualityAlert: components.QualityAlert,
  LakehouseSecretScope: components.LakehouseSecretScope,
  Groups: components.Groups,
  DeployIdentity: components.DeployIdentity,
  BudgetPolicy: components.BudgetPolicy,
};

const SCHEMA = readFileSync(join(import.meta.dirname, "schema.json"), "utf8");
const { name, version, resources } = JSON.parse(SCHEMA) as PackageSchema;

async function construct(
  child: string,
  type: string,
  inputs: pulumi.Inputs,
  options: pulumi.ComponentResourceOptions,
): Promise<pulumi.provider.ConstructResult> {
  const described = resources[type];
  if (described === undefined) {
    throw new Error(`'${type}' is not a component of ${name}; there are: ${Object.keys(resources).join(", ")}`);
  }
  const known = Object.keys(described.inputProperties);
  const errors = Object.keys(inputs)
    .filter((key) => !known.includes(key))
    .map((propertyPath) => ({ propertyPath, reason: `is not an argument; there are: ${known.join(", ")}` }));
  if (errors.length > 0) {
    const list = errors.map(({ propertyPath, reason }) => `\n  ${propertyPath}: ${reason}`).join("");
    throw new pulumi.InputPropertiesError({ message: `${type} '${child}' has wrong arguments:${list}`, errors });
  }
  const Maker = MAKERS[type.split(":")[2] as keyof Arguments] as Maker<object>;
  const made = new Maker(child, inputs, options);
  const outputs = made as unknown as Record<string, pulumi.Output<unknown>>;
  const state = Object.fromEntries(Object.keys(described.properties).map((key) => [key, outputs[key]]));
  return { urn: made.urn, state };
}

// Pulumi requires this module, so it awaits nothing at its top.
void pulumi.provider.main({ version, schema: SCHEMA, construct }, process.argv.slice(2));
