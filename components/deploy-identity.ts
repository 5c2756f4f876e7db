/** A service principal that CI deploys as, without a stored secret: it trusts the tokens that the CI system issues to one repository. */
import type * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import { Component, make, plain, type Transform, Violations } from "./component.ts";
import { sdk } from "./databricks.ts";

export interface DeployIdentityArgs {
  /** Display name of the service principal. */
  name: pulumi.Input<string>;
  /** Account of Databricks: the default audience of a token. */
  accountId: pulumi.Input<string>;
  /** Issuer of the tokens. Default: GitHub Actions. */
  issuer?: pulumi.Input<string>;
  /** Whose tokens are trusted, for example `repo:acme/lakehouse:environment:prod`; one policy each. */
  subjects: readonly pulumi.Input<string>[];
  transform?: {
    servicePrincipal?: Transform<databricks.ServicePrincipalArgs>;
    policy?: Transform<databricks.ServicePrincipalFederationPolicyArgs>;
  };
}

/** Federation policies belong to the account, so the component wants a provider of the account (`accountId`, its host). */
export class DeployIdentity extends Component {
  readonly servicePrincipal: databricks.ServicePrincipal;
  /** Application id: what `runAs`, grants and `DATABRICKS_CLIENT_ID` take. */
  readonly applicationId: pulumi.Output<string>;

  constructor(name: string, args: DeployIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("DeployIdentity", name, opts);
    checkSubjects(name, args.subjects);
    const { issuer = "https://token.actions.githubusercontent.com", transform = {} } = args;
    const principal: databricks.ServicePrincipalArgs = { displayName: args.name };
    this.servicePrincipal = make(sdk.ServicePrincipal, name, principal, { parent: this }, transform.servicePrincipal);
    this.applicationId = this.servicePrincipal.applicationId;
    args.subjects.forEach((subject, at) => {
      const policy: databricks.ServicePrincipalFederationPolicyArgs = {
        servicePrincipalId: this.servicePrincipal.id.apply(Number),
        description: pulumi.interpolate`Trusts ${subject}`,
        oidcPolicy: { issuer, subject, audiences: [args.accountId] },
      };
      const child = `${name}-${at}`;
      make(sdk.ServicePrincipalFederationPolicy, child, policy, { parent: this }, transform.policy);
    });
    this.registerOutputs({ applicationId: this.applicationId });
  }
}

function checkSubjects(name: string, subjects: readonly pulumi.Input<string>[]): void {
  const wrong = new Violations();
  if (subjects.length === 0) wrong.add("subjects", "is empty, so nothing could deploy as this identity");
  subjects.forEach((given, at) => {
    const subject = plain(given);
    if (subject === undefined) return;
    if (subject.includes("*") || subject.trim() === "")
      wrong.add(`subjects[${at}]`, `'${subject}' must be one exact subject: a policy has no wildcards`);
  });
  wrong.check("DeployIdentity", name);
}
