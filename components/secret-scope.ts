/** A secret scope with its access control list. Values are put in by people or CI: they would lie in the state otherwise. */
import type * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import { Component, make, plain, type Transform, Violations } from "./component.ts";
import { sdk } from "./databricks.ts";
import { type Naming, stackNaming } from "./names.ts";

export type SecretLevel = "READ" | "WRITE" | "MANAGE";

export interface LakehouseSecretScopeArgs {
  /** Name of the scope. Default: made by `naming`, in the characters that a scope's name has. */
  name?: pulumi.Input<string>;
  /** Makes the name. Default: Pulumi's project and stack. */
  naming?: Naming;
  /**
   * Permission of each group, user or service principal (application id), by its name; one whose name is known later, by a
   * key of your own. Everyone else sees nothing.
   */
  access: Readonly<Record<string, SecretLevel | { principal: pulumi.Input<string>; level: pulumi.Input<SecretLevel> }>>;
  transform?: { scope?: Transform<databricks.SecretScopeArgs>; acl?: Transform<databricks.SecretAclArgs> };
}

export class LakehouseSecretScope extends Component {
  readonly scope: databricks.SecretScope;
  /** What `{{secrets/<scope>/<key>}}` and `dbutils.secrets` take. */
  readonly scopeName: pulumi.Output<string>;

  constructor(name: string, args: LakehouseSecretScopeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("LakehouseSecretScope", name, opts);
    const scopeName = args.name ?? (args.naming ?? stackNaming()).display(name).replaceAll(/[^A-Za-z0-9_.@-]/g, "_");
    checkArgs(name, plain(scopeName), args.access);
    this.scope = make(sdk.SecretScope, name, { name: scopeName }, { parent: this }, args.transform?.scope);
    this.scopeName = this.scope.name;
    for (const [key, rule] of Object.entries(args.access)) {
      const { principal, level } = typeof rule === "string" ? { principal: key, level: rule } : rule;
      const acl = { scope: this.scopeName, principal, permission: level };
      make(sdk.SecretAcl, `${name}-${key}`, acl, { parent: this }, args.transform?.acl);
    }
    this.registerOutputs({ scopeName: this.scopeName });
  }

  /** Reference to a secret of the scope, as job and pipeline settings take it. */
  reference(key: string): pulumi.Output<string> {
    return pulumi.interpolate`{{secrets/${this.scopeName}/${key}}}`;
  }
}

function checkArgs(name: string, scope: string | undefined, access: LakehouseSecretScopeArgs["access"]): void {
  const wrong = new Violations();
  // https://docs.databricks.com/api/workspace/secrets/createscope
  if (scope !== undefined && !/^[A-Za-z0-9_.@-]{1,128}$/.test(scope))
    wrong.add("name", `'${scope}' is not 1 to 128 of letters, digits and _ - . @`);
  for (const [key, rule] of Object.entries(access)) {
    const [principal, level] = typeof rule === "string" ? [key, rule] : [plain(rule.principal), plain(rule.level)];
    if (principal === "users" && level === "MANAGE")
      wrong.add(`access.${key}`, "MANAGE for everyone would let everyone read and delete");
  }
  wrong.check("LakehouseSecretScope", name);
}
