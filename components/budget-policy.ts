/** A serverless usage policy: its tags are on every bill of the serverless compute that names it. Needs a provider of the account. */
import type * as databricks from "@pulumi/databricks";
import type * as pulumi from "@pulumi/pulumi";
import { Component, make, type Transform, Violations } from "./component.ts";
import { sdk } from "./databricks.ts";
import { type Naming, stackNaming } from "./names.ts";

export interface BudgetPolicyArgs {
  /** Name, unique in the account. Default: made by `naming`. */
  name?: pulumi.Input<string>;
  /** Makes the name. Default: Pulumi's project and stack. */
  naming?: Naming;
  /** Tags of the usage; at least one. */
  tags: Readonly<Record<string, pulumi.Input<string>>>;
  /** Workspaces that may use it. Default: all of the account. */
  workspaceIds?: readonly pulumi.Input<number>[];
  transform?: { policy?: Transform<databricks.BudgetPolicyArgs> };
}

export class BudgetPolicy extends Component {
  readonly policy: databricks.BudgetPolicy;
  /** What `budgetPolicyId` of pipelines and jobs takes. */
  readonly policyId: pulumi.Output<string>;

  constructor(name: string, args: BudgetPolicyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("BudgetPolicy", name, opts);
    const tags = Object.entries(args.tags);
    const wrong = new Violations();
    if (tags.length === 0) wrong.add("tags", "is empty, so the policy would attribute nothing");
    wrong.check("BudgetPolicy", name);
    const policyArgs: databricks.BudgetPolicyArgs = {
      policyName: args.name ?? (args.naming ?? stackNaming()).display(name),
      customTags: tags.map(([key, value]) => ({ key, value })),
      ...(args.workspaceIds === undefined ? {} : { bindingWorkspaceIds: [...args.workspaceIds] }),
    };
    this.policy = make(sdk.BudgetPolicy, name, policyArgs, { parent: this }, args.transform?.policy);
    this.policyId = this.policy.policyId;
    this.registerOutputs({ policyId: this.policyId });
  }
}
