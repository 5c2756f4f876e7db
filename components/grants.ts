/** Grants by role: one authoritative `Grants` per securable, from matrices that the program states. */
import type * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import type { LakehouseCatalog, SchemaPlans, VolumeKey } from "./catalog.ts";
import { Component, make, type Transform, Violations } from "./component.ts";
import { sdk } from "./databricks.ts";
import { grantsFor, PRIVILEGES, type RoleMatrix, type SecurableKind } from "./privileges.ts";

/** Group name, user's e-mail address, or application id of a service principal; several, or none yet. */
export type Principals = pulumi.Input<string> | readonly pulumi.Input<string>[] | undefined;

/** A securable outside the catalog, or a table, function or model in it. */
export type Securable<Role extends string> = {
  [Kind in SecurableKind]: {
    readonly kind: Kind;
    /** Full name or id, as the attribute of `databricks.Grants` wants it. */
    readonly name: pulumi.Input<string>;
    readonly grants: RoleMatrix<Role, Kind>;
  };
}[SecurableKind];

export interface AccessGrantsArgs<Role extends string, S extends SchemaPlans> {
  /** Principals behind each role; a role without one gets nothing. */
  roles: Readonly<Record<Role, Principals>>;
  /** The catalog that `catalog`, `schemas` and `volumes` are about. */
  lakehouse?: LakehouseCatalog<S>;
  /** On the catalog, and so on all that is in it. */
  catalog?: RoleMatrix<NoInfer<Role>, "catalog">;
  /** By the catalog's schema keys; a schema without an entry gets no grants of its own. */
  schemas?: { readonly [K in keyof NoInfer<S>]?: RoleMatrix<NoInfer<Role>, "schema"> };
  /** By `<schema>.<volume>`. */
  volumes?: { readonly [K in VolumeKey<NoInfer<S>>]?: RoleMatrix<NoInfer<Role>, "volume"> };
  /** Any other securable, by a key of your own that becomes part of the child's name. */
  securables?: Readonly<Record<string, Securable<NoInfer<Role>>>>;
  transform?: { grants?: Transform<databricks.GrantsArgs> };
}

export class AccessGrants<const Role extends string, S extends SchemaPlans = SchemaPlans> extends Component {
  /** By securable: the catalog's key is `catalog`, a schema's and a volume's its own. */
  readonly grants: Readonly<Record<string, databricks.Grants>>;

  constructor(name: string, args: AccessGrantsArgs<Role, S>, opts?: pulumi.ComponentResourceOptions) {
    super("AccessGrants", name, opts);
    const plans = plan(args as unknown as PlainArgs);
    checkArgs(name, args as unknown as PlainArgs, plans);
    const roles = args.roles as Readonly<Record<string, Principals>>;
    const made: Record<string, databricks.Grants> = {};
    for (const { key, kind, securable, matrix } of plans) {
      const wanted = Object.keys(matrix).filter((role) => (matrix[role] ?? []).length > 0);
      if (wanted.every((role) => listed(roles[role]).length === 0)) continue;
      const grants = pulumi
        .output(Object.fromEntries(wanted.map((role) => [role, listed(roles[role])])))
        .apply((principals) => grantsFor(matrix, principals));
      const grantsArgs: databricks.GrantsArgs = { [kind]: securable, grants };
      made[key] = make(
        sdk.Grants,
        `${name}-${key.replaceAll(".", "-")}`,
        grantsArgs,
        { parent: this },
        args.transform?.grants,
      );
    }
    this.grants = made;
    this.registerOutputs({});
  }
}

const listed = (principals: Principals): readonly pulumi.Input<string>[] =>
  principals === undefined ? [] : Array.isArray(principals) ? principals : [principals as pulumi.Input<string>];

type Matrix = Readonly<Record<string, readonly string[] | undefined>>;

/** The arguments without their type parameters. */
interface PlainArgs {
  roles: Readonly<Record<string, Principals>>;
  lakehouse?: LakehouseCatalog;
  catalog?: Matrix;
  schemas?: Readonly<Record<string, Matrix | undefined>>;
  volumes?: Readonly<Record<string, Matrix | undefined>>;
  securables?: Readonly<Record<string, { kind: SecurableKind; name: pulumi.Input<string>; grants: Matrix }>>;
}

interface SecurablePlan {
  key: string;
  /** Property path of the matrix, for errors. */
  path: string;
  kind: SecurableKind;
  /** Undefined when the key names nothing. */
  securable: pulumi.Input<string> | undefined;
  matrix: Matrix;
}

function plan(args: PlainArgs): SecurablePlan[] {
  const { lakehouse, catalog, schemas = {}, volumes = {}, securables = {} } = args;
  const plans: SecurablePlan[] = [];
  if (catalog !== undefined) {
    plans.push({
      key: "catalog",
      path: "catalog",
      kind: "catalog",
      securable: lakehouse?.catalogName,
      matrix: catalog,
    });
  }
  for (const [key, matrix = {}] of Object.entries(schemas)) {
    plans.push({ key, path: `schemas.${key}`, kind: "schema", securable: lakehouse?.schemas[key]?.id, matrix });
  }
  for (const [key, matrix = {}] of Object.entries(volumes)) {
    const volume = (lakehouse?.volumes as Readonly<Record<string, databricks.Volume>> | undefined)?.[key];
    plans.push({ key, path: `volumes.${key}`, kind: "volume", securable: volume?.id, matrix });
  }
  for (const [key, { kind, name, grants }] of Object.entries(securables)) {
    plans.push({ key, path: `securables.${key}`, kind, securable: name, matrix: grants });
  }
  return plans;
}

function checkArgs(name: string, args: PlainArgs, plans: readonly SecurablePlan[]): void {
  const violations = new Violations();
  const keys = new Set<string>();
  for (const { key, path, kind, securable, matrix } of plans) {
    const child = key.replaceAll(".", "-");
    if (keys.has(child)) violations.add(path, `'${child}' names two securables; give one of them another key`);
    keys.add(child);
    if (securable === undefined) {
      violations.add(
        path,
        args.lakehouse === undefined ? "needs `lakehouse`" : `matches nothing; ${known(args, kind)}`,
      );
    }
    for (const [role, privileges = []] of Object.entries(matrix)) {
      if (!(role in args.roles)) {
        violations.add(`${path}.${role}`, `is not a role; roles are ${Object.keys(args.roles).join(", ")}`);
      }
      const all: readonly string[] = PRIVILEGES[kind] ?? [];
      const wrong = privileges.filter((privilege) => !all.includes(privilege));
      if (wrong.length > 0) {
        violations.add(`${path}.${role}`, `a ${kind} has no privilege ${wrong.join(", ")}; it has ${all.join(", ")}`);
      }
    }
  }
  violations.check("AccessGrants", name);
}

function known(args: PlainArgs, kind: SecurableKind): string {
  const keys = Object.keys((kind === "schema" ? args.lakehouse?.schemas : args.lakehouse?.volumes) ?? {});
  return `the catalog has ${keys.length === 0 ? `no ${kind}` : keys.join(", ")}`;
}
