/** Whose a catalog or folder is: two stacks that claim the same name must not touch each other's resources. */
import { AsyncResource } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import { sdk } from "./databricks.ts";

/** Property of a catalog, and of a schema in somebody else's catalog, that names the Pulumi stack which made it. */
export const OWNER_PROPERTY = "pulumi_stack";

/** This stack as `organization/project/stack`. */
export const stackId = (): string => `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;

/** `npm run pulumi -- recover` previews in order to find what exists and is not in the state; only updates refuse it then. */
const recovers = (): boolean => process.env.LAKEHOUSE_RECOVER === "1" && pulumi.runtime.isDryRun();

/** Pulumi's mocks know no hooks, and a program would wait for their registration for ever. */
export function hooks(binding: () => pulumi.ResourceHookBinding): pulumi.CustomResourceOptions {
  const mocked = typeof pulumi.runtime.getMonitor()?.registerResourceHook !== "function";
  return mocked ? {} : { hooks: binding() };
}

const ADOPT =
  "To take it into this stack's state, set `adopt: true` for one update; to leave it alone, choose another name.";

/**
 * Runs before a catalog is created, in previews too. Names the owner, which the provider's "already exists" does not.
 * @throws Error when the catalog exists
 */
export function claimCatalog(component: pulumi.Resource, name: string): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-claim`,
    // Pulumi calls a hook of a component plugin outside of the call that makes the component, and so without the engine.
    AsyncResource.bind(async ({ newInputs }: pulumi.ResourceHookArgs) => {
      const catalog: unknown = newInputs?.name;
      if (typeof catalog === "string" && !recovers()) await refuseExisting(catalog, component);
    }),
    { onDryRun: true },
  );
}

async function refuseExisting(catalog: string, parent: pulumi.Resource): Promise<void> {
  const { ids } = await sdk.getCatalogs({}, { parent });
  if (!ids.includes(catalog)) return;
  const { catalogInfo } = await sdk.getCatalog({ name: catalog }, { parent });
  refuse(`Catalog '${catalog}'`, catalogInfo.properties);
}

/**
 * Runs before a schema is created in a catalog of somebody else's, in previews too: that catalog carries no mark of this
 * stack, and two stacks may name the same one.
 * @throws Error when the schema exists
 */
export function claimSchema(component: pulumi.Resource, name: string): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-claim`,
    AsyncResource.bind(async ({ newInputs }: pulumi.ResourceHookArgs) => {
      const [catalogName, schema]: unknown[] = [newInputs?.catalogName, newInputs?.name];
      if (typeof catalogName !== "string" || typeof schema !== "string" || recovers()) return;
      const full = `${catalogName}.${schema}`;
      const { ids } = await sdk.getSchemas({ catalogName }, { parent: component });
      if (!ids.includes(full)) return;
      const { schemaInfo } = await sdk.getSchema({ name: full }, { parent: component });
      // A stack marks its own catalog for all that is in it.
      const { catalogInfo } = await sdk.getCatalog({ name: catalogName }, { parent: component });
      refuse(`Schema '${full}'`, { ...catalogInfo.properties, ...schemaInfo.properties });
    }),
    { onDryRun: true },
  );
}

function refuse(what: string, properties: Readonly<Record<string, string>> | undefined): never {
  const owner = properties?.[OWNER_PROPERTY];
  if (owner === undefined) throw new Error(`${what} exists, and no Pulumi stack is on record as its owner. ${ADOPT}`);
  if (owner === stackId()) {
    throw new Error(`${what} belongs to this stack (${owner}) but is not in its state. ${ADOPT}`);
  }
  throw new Error(
    `${what} belongs to the Pulumi stack ${owner}, and this is ${stackId()}. Give this stack another name; nothing was changed.`,
  );
}

/**
 * Runs before an update of a catalog, in previews too. The provider reports a rename as an update in place and renames
 * nothing (terraform-provider-databricks issue 5890).
 * @throws Error when the name changes
 */
export function refuseRename(name: string): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-rename`,
    ({ oldInputs, newInputs }) => {
      const [from, to]: unknown[] = [oldInputs?.name, newInputs?.name];
      if (typeof from !== "string" || typeof to !== "string" || from === to) return;
      throw new Error(
        `Catalog '${from}' cannot be renamed to '${to}': Databricks keeps the name, and the provider reports success (terraform-provider-databricks issue 5890). ` +
          `Set the old name again; or deploy '${to}' as a stack of its own, copy the data, then destroy this one, which deletes '${from}'.`,
      );
    },
    { onDryRun: true },
  );
}

/**
 * Runs before a folder is created, in previews too: creating one that exists succeeds, and destroying it would remove
 * what others put there.
 * @throws Error when the folder exists
 */
export function claimFolder(component: pulumi.Resource, name: string): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-claim-folder`,
    AsyncResource.bind(async ({ newInputs }: pulumi.ResourceHookArgs) => {
      const path: unknown = newInputs?.path;
      if (typeof path !== "string" || recovers() || !(await folderExists(path, component))) return;
      throw new Error(
        `The workspace folder '${path}' exists and is not in this stack's state. To take it over, set \`adopt: true\` for one update; to leave it alone, choose another folder.`,
      );
    }),
    { onDryRun: true },
  );
}

async function folderExists(path: string, parent: pulumi.Resource): Promise<boolean> {
  try {
    await sdk.getDirectory({ path }, { parent });
    return true;
  } catch (error) {
    if (/does ?n['o]?t exist|RESOURCE_DOES_NOT_EXIST|not found/i.test(String(error))) return false;
    throw error;
  }
}
