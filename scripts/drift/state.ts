/** The resources of a stack as `pulumi stack export` writes them, with what the checks ask of them. */

export type Values = Readonly<Record<string, unknown>>;

/** `taskKey` as the REST API and Terraform name it. */
export const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export interface StackResource {
  readonly urn: string;
  /** "Schema" for databricks:index/schema:Schema. */
  readonly type: string;
  readonly id: string;
  readonly inputs: Values;
  readonly outputs: Values;
  /** URNs. */
  readonly dependencies: readonly string[];
}

interface Exported {
  readonly deployment?: {
    readonly resources?: readonly {
      readonly urn: string;
      readonly type: string;
      readonly id?: string;
      readonly custom?: boolean;
      readonly delete?: boolean;
      readonly inputs?: Values;
      readonly outputs?: Values;
      readonly dependencies?: readonly string[];
    }[];
  };
}

export class State {
  readonly resources: readonly StackResource[];

  constructor(exported: Exported) {
    this.resources = (exported.deployment?.resources ?? []).flatMap(
      ({ urn, type, id, custom, inputs = {}, outputs = {}, dependencies = [], ...more }) => {
        const short = /^databricks:[^:]+:([A-Za-z0-9]+)$/.exec(type)?.[1];
        if (!custom || more.delete || short === undefined || id === undefined) return [];
        return [{ urn, type: short, id, inputs, outputs, dependencies }];
      },
    );
  }

  of(...types: string[]): StackResource[] {
    return this.resources.filter(({ type }) => types.includes(type));
  }
}

/** A text value of a resource; the encrypted envelope of a secret is none. */
export function text(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

export const SECURABLES = ["Catalog", "Schema", "Volume"] as const;

/** `catalog.schema.volume`, the id of these resources. */
export const securableName = ({ id }: StackResource): string => id;
