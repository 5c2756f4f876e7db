/** Pulumi's mocks: every resource that a component makes, with its inputs and options. Import before the components. */
import * as pulumi from "@pulumi/pulumi";

export interface Made {
  type: string;
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into the inputs of any resource
  inputs: Record<string, any>;
  /** Of a resource that exists and is read. */
  id?: string;
}

export const made: Made[] = [];

export function forget(): void {
  made.length = 0;
}

const IDS: Record<string, (inputs: Record<string, unknown>) => string> = {
  "databricks:index/schema:Schema": (inputs) => `${inputs.catalogName}.${inputs.name}`,
  "databricks:index/volume:Volume": (inputs) => `${inputs.catalogName}.${inputs.schemaName}.${inputs.name}`,
};

/** Properties that the provider makes. */
const COMPUTED: Record<string, object> = {
  "databricks:index/budgetPolicy:BudgetPolicy": { policyId: "usage-policy" },
  "databricks:index/servicePrincipal:ServicePrincipal": { applicationId: "application-id" },
};

const CALLS: Record<string, object> = {
  "databricks:index/getCurrentUser:getCurrentUser": { userName: "deployer@acme.io" },
};

/** From here on the program is of this project and stack. */
export function mockAs(project: string, stack: string): void {
  pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs, id }) {
        made.push(id ? { type, name, inputs, id } : { type, name, inputs });
        // What is read has its name as its id.
        const state = id ? { ...inputs, name: id } : { ...inputs, ...COMPUTED[type] };
        return { id: id || (IDS[type]?.(inputs) ?? `${name}-id`), state };
      },
      call({ token }) {
        const answer = CALLS[token];
        if (!answer) throw new Error(`the program calls ${token}, which the mock does not know`);
        return answer;
      },
    },
    project,
    stack,
    false,
    "acme",
  );
}
mockAs("sales-lakehouse", "test");

/** Resources of a type such as `Job`, by name, once all of the given resources are made. */
export async function all(type: string, ...resources: pulumi.Resource[]): Promise<Made[]> {
  await new Promise<void>((resolve) =>
    pulumi.all(resources.map((resource) => pulumi.output(resource).apply((r) => r.urn))).apply(() => resolve()),
  );
  await settle();
  return made
    .filter((resource) => resource.type.startsWith("databricks:") && resource.type.endsWith(`:${type}`))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Waits until no further resource is registered. */
export async function settle(): Promise<void> {
  for (let before = -1; before !== made.length; ) {
    before = made.length;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Runs what must throw InputPropertiesError, and answers the violations as `path: reason`. */
export function violations(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (!pulumi.InputPropertiesError.isInstance(error)) throw error;
    return error.errors.map(({ propertyPath, reason }) => `${propertyPath}: ${reason}`);
  }
  throw new Error("nothing was refused");
}
