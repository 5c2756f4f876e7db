/** What belongs to the account, where the settings ask for it: groups of the roles, a usage policy, the identity of CI. */
import type * as databricks from "@pulumi/databricks";
import type * as pulumi from "@pulumi/pulumi";
import { sdk } from "./components/databricks.ts";
import { BudgetPolicy, DeployIdentity, Groups, type Naming } from "./components/index.ts";
import type { Roles, Settings } from "./settings.ts";

/** With a policy of this program, whose id is known once it exists. */
type WithPolicy<C> = C extends unknown
  ? Omit<C, "budgetPolicyId"> & { budgetPolicyId?: pulumi.Input<string> | undefined }
  : never;

export interface Identities {
  /** Who holds each role: names of groups, known once they exist. */
  roles: { readonly [R in keyof Roles]: pulumi.Input<string> | undefined };
  compute: WithPolicy<Settings["compute"]>;
  /** What has to exist before anything names the groups. */
  made: pulumi.Resource[];
}

export function identities(settings: Settings, naming: Naming, tags: Readonly<Record<string, string>>): Identities {
  const { account, compute } = settings;
  if (!account) return { roles: settings.roles, compute, made: [] };
  const provider = new sdk.Provider("account", { host: account.host, accountId: account.id });
  const opts = { providers: [provider] };
  if (account.deploySubjects.length > 0) {
    const args = { name: naming.display("deploy"), accountId: account.id, subjects: account.deploySubjects };
    new DeployIdentity("deploy", args, opts);
  }
  const policy = account.budgetPolicy ? new BudgetPolicy("usage", { naming, tags }, opts) : undefined;
  return {
    ...makeGroups(settings, provider),
    compute: policy ? { ...compute, budgetPolicyId: policy.policyId } : compute,
  };
}

/** Groups of the account are not in a workspace until they are assigned to it. */
function makeGroups(settings: Settings, provider: databricks.Provider): Pick<Identities, "roles" | "made"> {
  const { account, roles, workspaceIds } = settings;
  const names = [...new Set(Object.values(roles).filter((name) => name !== undefined))];
  if (!account?.groups || names.length === 0) return { roles, made: [] };
  const { groups } = new Groups(
    "groups",
    { groups: Object.fromEntries(names.map((name) => [name, []])) },
    { providers: [provider] },
  );
  const assigned = Object.entries(groups).flatMap(([name, group]) =>
    workspaceIds.map((workspaceId) => {
      const args = { workspaceId, principalId: group.id, permissions: ["USER"] };
      return new sdk.MwsPermissionAssignment(`${name}-${workspaceId}`, args, { provider });
    }),
  );
  const named = Object.entries(roles).map(([role, name]) => [role, name && groups[name]!.displayName]);
  return { roles: Object.fromEntries(named), made: [...Object.values(groups), ...assigned] };
}
