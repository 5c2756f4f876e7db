/**
 * Sensitive data by tag: a tag policy, tags on columns, and for each kind of data a mask that an ABAC policy puts on every
 * column with its tag, for everyone but the exempt. https://docs.databricks.com/data-governance/unity-catalog/abac/policies
 */
import type * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import { Component, given, make, plain, type Transform, Violations } from "./component.ts";
import { sdk } from "./databricks.ts";
import { SqlFunction, type SqlFunctionArgs } from "./sql-function.ts";

export interface Mask {
  /** SQL expression of what others see; the column's value is `value`. For example `'***'` or `sha2(value, 256)`. */
  readonly mask: pulumi.Input<string>;
  /** SQL type of the columns. Default STRING. */
  readonly type?: pulumi.Input<string>;
}

export interface RowFilter<Kind extends string> {
  /** SQL condition of the rows that others see; the value of the column of this kind is `value`. */
  readonly condition: pulumi.Input<string>;
  readonly kind: Kind;
  /** SQL type of the column. Default STRING. */
  readonly type?: pulumi.Input<string>;
}

export interface TaggedColumn<Kind extends string> {
  /** `<catalog>.<schema>.<table>`. The table must exist. */
  readonly table: pulumi.Input<string>;
  readonly column: string;
  readonly kind: Kind;
  /** Names the child. Default: the table where it is plain text, else the kind; with the column. */
  readonly key?: string;
}

export interface SensitiveDataArgs<Kind extends string> {
  /** The catalog or the schema that the policies protect, with all that is in it. */
  on: { readonly catalog: pulumi.Input<string> } | { readonly schema: pulumi.Input<string> };
  /** `<catalog>.<schema>` for the functions. Only admins should be able to change what is in it. */
  functions: pulumi.Input<string>;
  /** SQL warehouse that creates the functions. */
  warehouseId: pulumi.Input<string>;
  /** Key of the governed tag; its values are the kinds. */
  tagKey: pulumi.Input<string>;
  /** Makes the tag policy, which is the account's: exactly one stack may. Default false. */
  tagPolicy?: boolean;
  /** Kinds of data, the values of the tag, with how others see them. */
  kinds: Readonly<Record<Kind, Mask>>;
  /** Row filters by name, for everyone that the masks are for. */
  rowFilters?: Readonly<Record<string, RowFilter<NoInfer<Kind>>>>;
  /** Columns to tag. Those of tables that pipelines make are tagged after these have run. */
  columns?: readonly TaggedColumn<NoInfer<Kind>>[];
  /** Groups, users and service principals that see the data in clear: those who need it, and who runs the pipelines. */
  exempt: readonly pulumi.Input<string>[];
  /** Whom the masks are for. Default everyone, `account users`. */
  principals?: readonly pulumi.Input<string>[];
  /** Functions and policies stay when they leave the program, as the data that they protect does. Default true. */
  protectData?: boolean;
  transform?: {
    function?: Transform<SqlFunctionArgs>;
    policy?: Transform<databricks.PolicyInfoArgs>;
    tag?: Transform<databricks.EntityTagAssignmentArgs>;
    tagPolicy?: Transform<databricks.TagPolicyArgs>;
  };
}

export class SensitiveData<const Kind extends string> extends Component {
  /** By `mask_<kind>` and `filter_<name>`. */
  readonly functions: Readonly<Record<string, SqlFunction>>;
  /** By `mask_<kind>` and `filter_<name>`. */
  readonly policies: Readonly<Record<string, databricks.PolicyInfo>>;

  constructor(name: string, args: SensitiveDataArgs<Kind>, opts?: pulumi.ComponentResourceOptions) {
    super("SensitiveData", name, opts);
    checkArgs(name, args as SensitiveDataArgs<string>);
    const maker = new Maker(this, name, args as SensitiveDataArgs<string>);
    maker.tags();
    for (const [kind, { mask, type = "STRING" }] of Object.entries<Mask>(args.kinds)) {
      maker.policy(`mask_${kind}`, kind, { body: mask, type, masks: true });
    }
    for (const [key, filter] of Object.entries(args.rowFilters ?? {})) {
      const { condition, kind, type = "STRING" } = filter as RowFilter<string>;
      maker.policy(`filter_${key}`, kind, { body: condition, type, masks: false });
    }
    this.functions = maker.functions;
    this.policies = maker.policies;
    this.registerOutputs({});
  }
}

const keyOf = ({ key, table, column, kind }: TaggedColumn<string>): string =>
  key ?? `${plain(table) ?? kind}-${column}`;

interface PolicyPlan {
  /** SQL of the function, whose parameter is `value`. */
  body: pulumi.Input<string>;
  /** SQL type of the column. */
  type: pulumi.Input<string>;
  /** A mask of the column; a row filter otherwise. */
  masks: boolean;
}

class Maker {
  readonly functions: Record<string, SqlFunction> = {};
  readonly policies: Record<string, databricks.PolicyInfo> = {};
  readonly #parent: pulumi.Resource;
  readonly #name: string;
  readonly #args: SensitiveDataArgs<string>;

  constructor(parent: pulumi.Resource, name: string, args: SensitiveDataArgs<string>) {
    this.#parent = parent;
    this.#name = name;
    this.#args = args;
  }

  tags(): void {
    const { tagKey, tagPolicy = false, kinds, columns = [], transform } = this.#args;
    const parent = this.#parent;
    const values = Object.keys(kinds).map((kind) => ({ name: kind }));
    const governed = tagPolicy
      ? [make(sdk.TagPolicy, `${this.#name}-tag`, { tagKey, values }, { parent }, transform?.tagPolicy)]
      : [];
    for (const tagged of columns) {
      const { table, column, kind } = tagged;
      const entityName = pulumi.interpolate`${table}.${column}`;
      const child = `${this.#name}-tag-${keyOf(tagged)}`;
      const tag = { entityType: "columns", entityName, tagKey, tagValue: kind };
      // The tag's values are governed from the first assignment on.
      make(sdk.EntityTagAssignment, child, tag, { parent, dependsOn: governed }, transform?.tag);
    }
  }

  /** A function and the policy that uses it; the policy's input makes it go first when both go. */
  policy(key: string, kind: string, { body, type, masks }: PolicyPlan): void {
    const { on, functions, warehouseId, tagKey, exempt, principals = ["account users"], transform } = this.#args;
    const protect = this.#args.protectData ?? true;
    const options = { parent: this.#parent, protect, retainOnDelete: protect };
    const returns = masks ? type : "BOOLEAN";
    const fn: SqlFunctionArgs = {
      schema: functions,
      name: key,
      parameters: { value: type },
      returns,
      body,
      warehouseId,
    };
    const made = make(SqlFunction, `${this.#name}-${key}`, fn, { ...options }, transform?.function);
    this.functions[key] = made;
    const { fullName } = made;
    const alias = "sensitive";
    const policy: databricks.PolicyInfoArgs = given({
      name: key,
      onSecurableType: "catalog" in on ? "CATALOG" : "SCHEMA",
      onSecurableFullname: "catalog" in on ? on.catalog : on.schema,
      forSecurableType: "TABLE",
      policyType: masks ? "POLICY_TYPE_COLUMN_MASK" : "POLICY_TYPE_ROW_FILTER",
      toPrincipals: [...principals],
      exceptPrincipals: [...exempt],
      matchColumns: [{ alias, condition: pulumi.interpolate`has_tag_value('${tagKey}', '${kind}')` }],
      rowFilter: masks ? undefined : { functionName: fullName, usings: [{ alias }] },
      columnMask: masks ? { functionName: fullName, onColumn: alias } : undefined,
    });
    this.policies[key] = make(sdk.PolicyInfo, `${this.#name}-${key}`, policy, options, transform?.policy);
  }
}

function checkArgs(name: string, args: SensitiveDataArgs<string>): void {
  const violations = new Violations();
  const kinds = Object.keys(args.kinds);
  const check = (path: string, word: string | undefined): void => {
    if (word !== undefined && !/^\w+$/.test(word)) violations.add(path, `'${word}' must be of letters, digits and _`);
  };
  const known = (path: string, kind: string): void => {
    if (!kinds.includes(kind)) violations.add(path, `'${kind}' is not a kind; kinds are ${kinds.join(", ")}`);
  };
  check("tagKey", plain(args.tagKey));
  for (const kind of kinds) check(`kinds.${kind}`, kind);
  for (const [key, { kind }] of Object.entries(args.rowFilters ?? {})) {
    check(`rowFilters.${key}`, key);
    known(`rowFilters.${key}.kind`, kind);
  }
  const keys = (args.columns ?? []).map(keyOf);
  (args.columns ?? []).forEach(({ kind }, at) => {
    known(`columns[${at}].kind`, kind);
    const first = keys.indexOf(keys[at]!);
    if (first < at)
      violations.add(`columns[${at}].key`, `'${keys[at]}' names columns[${first}], too; give one a \`key\``);
  });
  if (args.exempt.length === 0) {
    violations.add(
      "exempt",
      "must name who sees the data in clear: who runs the pipelines, or their tables would hold masks",
    );
  }
  violations.check("SensitiveData", name);
}
