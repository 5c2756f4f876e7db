/** What every component shares: its type token, its children's escape hatch, and the check of its arguments. */
import * as pulumi from "@pulumi/pulumi";
import { neverStarts, parseQuartz, QuartzError } from "./quartz.ts";

/**
 * Changes a child before it is made: set properties of `args` and `opts` in place, or return new ones. `opts` takes
 * `import`, `aliases`, `protect`, `ignoreChanges` and all other resource options; `name` is the child's Pulumi name.
 */
export type Transform<Args> = (
  args: Args,
  opts: pulumi.CustomResourceOptions,
  name: string,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that changes in place returns nothing
) => void | { args?: Args; opts?: pulumi.CustomResourceOptions };

type ResourceType<Args, Made> = new (name: string, args: Args, opts: pulumi.CustomResourceOptions) => Made;

/** Makes a child with what its transform leaves of the arguments and options. */
export function make<Args extends object, Made>(
  Type: ResourceType<Args, Made>,
  name: string,
  args: Args,
  opts: pulumi.CustomResourceOptions,
  transform: Transform<Args> | undefined,
): Made {
  const changed = transform?.(args, opts, name);
  const unknown = Object.keys(changed ?? {}).filter((key) => key !== "args" && key !== "opts");
  if (unknown.length > 0) {
    throw new Error(
      `The transform of '${name}' returned '${unknown.join("', '")}'; a transform changes its arguments in place, or returns { args, opts }.`,
    );
  }
  return new Type(name, changed?.args ?? args, changed?.opts ?? opts);
}

/** Types that the components had in earlier releases; stacks of then keep their resources through these aliases. */
const FORMER_TYPES: Readonly<Record<string, string>> = {
  LakehouseCatalog: "olist:lakehouse:Catalog",
  AccessGrants: "olist:lakehouse:Grants",
  NotebookFolder: "olist:lakehouse:NotebookFolder",
  LakehousePipeline: "olist:lakehouse:Pipeline",
  LakehouseJob: "olist:lakehouse:Job",
};

export abstract class Component extends pulumi.ComponentResource {
  protected constructor(type: string, name: string, opts: pulumi.ComponentResourceOptions | undefined) {
    const former = FORMER_TYPES[type];
    super(
      `databricks-lakehouse:index:${type}`,
      name,
      {},
      former === undefined ? opts : pulumi.mergeOptions(opts, { aliases: [{ type: former }] }),
    );
  }
}

/** Collects what is wrong with a component's arguments, so that one error names all of it. */
export class Violations {
  readonly #found: pulumi.InputPropertyErrorDetails[] = [];

  add(propertyPath: string, reason: string): void {
    this.#found.push({ propertyPath, reason });
  }

  /** @throws InputPropertiesError with every violation, when there is one */
  check(component: string, name: string): void {
    if (this.#found.length === 0) return;
    const reasons = this.#found.map(({ propertyPath, reason }) => `\n  ${propertyPath}: ${reason}`).join("");
    throw new pulumi.InputPropertiesError({
      message: `${component} '${name}' has wrong arguments:${reasons}`,
      errors: this.#found,
    });
  }
}

/** A value that is known at construction; undefined for outputs and promises. */
export function plain<T>(value: pulumi.Input<T> | undefined): T | undefined {
  return pulumi.Output.isInstance(value) || value instanceof Promise ? undefined : (value as T | undefined);
}

/** What schedules take for `paused`. */
export const pauseStatus = (paused: pulumi.Input<boolean> = false): pulumi.Output<string> =>
  pulumi.output(paused).apply((is) => (is ? "PAUSED" : "UNPAUSED"));

/** The object without the keys whose value is undefined: an absent argument and an undefined one are the same. */
export function given<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

/** What is wrong with a cron expression; undefined when nothing is, or when it is not known yet. */
export function quartzProblem(expression: pulumi.Input<string> | undefined): string | undefined {
  const known = plain(expression);
  if (known === undefined) return undefined;
  try {
    const never = neverStarts(parseQuartz(known));
    return never === undefined ? undefined : `'${known}' never starts anything: ${never}`;
  } catch (error) {
    if (error instanceof QuartzError) return `'${known}' is no Quartz expression: ${error.message}`;
    throw error;
  }
}
