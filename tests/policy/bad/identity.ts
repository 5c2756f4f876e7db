/** Identities, tokens and who is an admin. */
import * as d from "@pulumi/databricks";
import { type BadProgram, group, PRINCIPAL, permissions } from "./resources.ts";

export const IDENTITY: readonly BadProgram[] = [
  [
    "account-admin-restrict",
    "engineers as admins of the account",
    () => void new d.GroupRole("r", { groupId: group("data-engineers").id, role: "account_admin" }),
  ],
  [
    "account-admin-restrict",
    "a CI's service principal as admin of the account",
    () => {
      const ci = new d.ServicePrincipal("ci", { displayName: "ci" });
      new d.ServicePrincipalRole("r", { servicePrincipalId: ci.id, role: "account_admin" });
    },
  ],
  [
    "admin-limit-number",
    "a person as admin of the account",
    () => {
      const user = new d.User("a", { userName: "a@acme.io" });
      new d.UserRole("r", { userId: user.id, role: "account_admin" });
    },
  ],
  [
    "admin-limit-number",
    "a person as admin of a workspace, by the account's assignment",
    () => {
      const user = new d.User("a", { userName: "a@acme.io" });
      new d.MwsPermissionAssignment("p", { workspaceId: "1", principalId: user.id, permissions: ["ADMIN"] });
    },
  ],
  [
    "admins-forbid-nesting",
    "engineers in admins",
    () => void new d.GroupMember("m", { groupId: group("admins").id, memberId: group("data-engineers").id }),
  ],
  [
    "admins-forbid-nesting",
    "engineers in admins, by the second version",
    () => {
      const admins = new d.WorkspaceIamGroupV2("admins", { groupName: "admins" });
      const engineers = new d.AccountIamGroupV2("e", { groupName: "engineers" });
      new d.WorkspaceIamDirectGroupMemberV2("m", {
        groupId: admins.groupId.apply(Number),
        principalId: engineers.id,
      });
    },
  ],
  [
    "group-forbid-foreign-nesting",
    "engineers in a group that is looked up, as admins is",
    () => void new d.GroupMember("m", { groupId: "123456", memberId: group("data-engineers").id }),
  ],
  [
    "identity-forbid-compute",
    "everybody makes clusters",
    () => void new d.Entitlements("e", { groupId: "1", allowClusterCreate: true }),
  ],
  ["token-bound-lifetime", "a token for ever", () => void new d.Token("t", { comment: "for the BI tool" })],
  [
    "token-bound-lifetime",
    "a service principal's token of years",
    () => void new d.OboToken("t", { applicationId: PRINCIPAL, lifetimeSeconds: 3 * 365 * 86400 }),
  ],
  [
    "secret-of-principal-bounded",
    "a secret of two years",
    () => void new d.ServicePrincipalSecret("s", { servicePrincipalId: "1" }),
  ],
  [
    "federation-bounded",
    "every repository of an owner",
    () =>
      void new d.ServicePrincipalFederationPolicy("f", {
        servicePrincipalId: 1,
        oidcPolicy: { issuer: "https://token.actions.githubusercontent.com", subject: "repo:acme/*" },
      }),
  ],
  [
    "oauth-limit-scopes",
    "an application with all APIs",
    () =>
      void new d.CustomAppIntegration("bi", {
        name: "bi",
        redirectUrls: ["https://bi.acme.io/callback"],
        scopes: ["all-apis", "offline_access"],
      }),
  ],
  [
    "app-integration-bounded",
    "a callback to any host",
    () =>
      void new d.CustomAppIntegration("bi", { name: "bi", redirectUrls: ["https://*.acme.io/cb"], scopes: ["sql"] }),
  ],
  [
    "access-require-groups",
    "a person who acts as the deployer",
    () =>
      void new d.AccessControlRuleSet("a", {
        name: "accounts/a/servicePrincipals/s/ruleSets/default",
        grantRules: [{ principals: ["users/a@acme.io"], role: "roles/servicePrincipal.user" }],
      }),
  ],
  [
    "principal-use-bounded",
    "everybody acts as the deployer",
    () =>
      void new d.AccessControlRuleSet("a", {
        name: "accounts/a/servicePrincipals/s/ruleSets/default",
        grantRules: [{ principals: ["groups/users"], role: "roles/servicePrincipal.user" }],
      }),
  ],
  [
    "permissions-forbid-everyone",
    "everybody makes tokens",
    () =>
      permissions({ authorization: "tokens", accessControls: [{ groupName: "users", permissionLevel: "CAN_USE" }] }),
  ],
  [
    "uc-forbid-force-destroy",
    "a person's notebooks go with the account",
    () => void new d.User("a", { userName: "a@acme.io", forceDeleteHomeDir: true }),
  ],
  [
    "forbid-secret-literals",
    "a Git credential in clear",
    () => void new d.GitCredential("g", { gitProvider: "gitHub", personalAccessToken: `ghp_${"a1B2".repeat(9)}` }),
  ],
];
