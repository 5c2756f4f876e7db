/** Who may do what with a workspace object: the access control list of a folder, pipeline, job, warehouse, dashboard or alert. */
import type * as databricks from "@pulumi/databricks";
import type * as pulumi from "@pulumi/pulumi";
import { make, type Transform } from "./component.ts";
import { sdk } from "./databricks.ts";

/** One principal and its level. */
export type AccessRule<Level extends string> = { readonly level: pulumi.Input<Level> } & (
  | { readonly group: pulumi.Input<string> }
  | { readonly user: pulumi.Input<string> }
  /** Application id. */
  | { readonly servicePrincipal: pulumi.Input<string> }
);

type Target = Pick<
  databricks.PermissionsArgs,
  "jobId" | "pipelineId" | "directoryPath" | "sqlEndpointId" | "dashboardId" | "alertV2Id"
>;

/** Makes the object's `Permissions`; none for an empty list, which leaves the object to its owner and the admins. */
export function permissions(
  name: string,
  target: Target,
  access: readonly AccessRule<string>[],
  opts: pulumi.CustomResourceOptions,
  transform: Transform<databricks.PermissionsArgs> | undefined,
): databricks.Permissions | undefined {
  if (access.length === 0) return undefined;
  const accessControls = access.map((rule) => ({ ...principal(rule), permissionLevel: rule.level }));
  return make(sdk.Permissions, name, { ...target, accessControls }, opts, transform);
}

function principal(rule: AccessRule<string>): databricks.types.input.PermissionsAccessControl {
  if ("group" in rule) return { groupName: rule.group };
  return "user" in rule ? { userName: rule.user } : { servicePrincipalName: rule.servicePrincipal };
}

/** Who runs a pipeline or job: the application id of a service principal, or a user; the deployer when absent. */
export type RunAs = pulumi.Input<string> | { readonly user: pulumi.Input<string> } | undefined;

export function runAsArgs(runAs: RunAs): {
  runAs?: { servicePrincipalName?: pulumi.Input<string>; userName?: pulumi.Input<string> };
} {
  if (runAs === undefined) return {};
  const isUser = typeof runAs === "object" && "user" in runAs && !("apply" in runAs) && !(runAs instanceof Promise);
  return {
    runAs: isUser ? { userName: runAs.user } : { servicePrincipalName: runAs as pulumi.Input<string> },
  };
}
