/** Apps, models, dashboards, networks and settings. */
import * as d from "@pulumi/databricks";
import { type BadProgram, job, permissions, served, servedElsewhere } from "./resources.ts";

export const SERVICES: readonly BadProgram[] = [
  [
    "app-restrict-secrets",
    "an app that manages a scope of secrets",
    () =>
      void new d.App("a", {
        name: "a",
        resources: [{ name: "s", secret: { scope: "erp", key: "password", permission: "MANAGE" } }],
      }),
  ],
  [
    "app-restrict-secrets",
    "a space of apps that writes secrets",
    () =>
      void new d.AppSpace("a", {
        name: "a",
        resources: [{ name: "s", secret: { scope: "erp", key: "password", permission: "WRITE" } }],
      }),
  ],
  [
    "app-prefer-use",
    "an app that manages a job",
    () =>
      void new d.App("a", {
        name: "a",
        resources: [{ name: "j", job: { id: job({}).id, permission: "CAN_MANAGE" } }],
      }),
  ],
  [
    "serving-restrict-query",
    "everybody queries a model",
    () =>
      permissions({
        servingEndpointId: "e",
        accessControls: [{ groupName: "users", permissionLevel: "CAN_QUERY" }],
      }),
  ],
  [
    "serving-restrict-query",
    "all of the account query a model",
    () =>
      permissions({
        servingEndpointId: served({}).servingEndpointId,
        accessControls: [{ groupName: "account users", permissionLevel: "CAN_QUERY" }],
      }),
  ],
  [
    "forbid-secret-literals",
    "a key among a model's variables",
    () => void served({ environmentVars: { OPENAI_API_KEY: `sk-${"a1B2c3D4".repeat(6)}` } }),
  ],
  [
    "forbid-secret-literals",
    "another provider's key in clear",
    () => void servedElsewhere({ openaiApiKeyPlaintext: "sk-mine" }),
  ],
  [
    "forbid-secret-literals",
    "a gateway's key in clear",
    () =>
      void new d.AiGatewayModelProviderService("m", {
        modelProviderServiceId: "m",
        parent: "p",
        config: {
          rateLimits: [{ key: "user", renewalPeriod: "minute", requests: 10 }],
          openai: { direct: { apiKey: { plaintext: "sk-mine-and-nobodys" } } },
        },
      }),
  ],
  [
    "serving-limit-rate",
    "another provider's model without a limit",
    () => void servedElsewhere({ openaiApiKey: "{{secrets/ml/openai}}" }),
  ],
  [
    "run-as-viewer",
    "a dashboard with the publisher's rights",
    () =>
      void new d.Dashboard("d", {
        displayName: "Orders",
        parentPath: "/Workspace/apps",
        warehouseId: "w",
        embedCredentials: true,
      }),
  ],
  [
    "setting-restrict-embedding",
    "dashboards on every site",
    () =>
      void new d.AibiDashboardEmbeddingAccessPolicySetting("a", {
        aibiDashboardEmbeddingAccessPolicy: { accessPolicyType: "ALLOW_ALL_DOMAINS" },
      }),
  ],
  [
    "ip-list-bounded",
    "a list that is off",
    () =>
      void new d.IpAccessList("i", {
        label: "office",
        listType: "ALLOW",
        ipAddresses: ["203.0.113.0/24"],
        enabled: false,
      }),
  ],
  [
    "workspace-conf-enforce-access",
    "lists that are not enforced",
    () => void new d.WorkspaceConf("w", { customConfig: { enableIpAccessLists: "false" } }),
  ],
  [
    "workspace-conf-token-lifetime",
    "tokens without a limit",
    () => void new d.WorkspaceConf("w", { customConfig: { maxTokenLifetimeDays: "0" } }),
  ],
  [
    "workspace-conf-forbid-shells",
    "a terminal on clusters",
    () => void new d.WorkspaceConf("w", { customConfig: { enableWebTerminal: "true" } }),
  ],
  [
    "workspace-conf-forbid-export",
    "results that are downloaded",
    () => void new d.WorkspaceConf("w", { customConfig: { enableResultsDownloading: "true" } }),
  ],
  [
    "network-policy-restrict",
    "serverless compute that sends anywhere",
    () =>
      void new d.AccountNetworkPolicy("n", {
        networkPolicyId: "n",
        egress: { networkAccess: { restrictionMode: "FULL_ACCESS" } },
      }),
  ],
  [
    "secret-scope-acl",
    "everybody's scope",
    () => void new d.SecretScope("s", { name: "s", initialManagePrincipal: "users" }),
  ],
  [
    "access-require-groups",
    "a person who manages a scope",
    () => void new d.SecretAcl("s", { scope: "s", principal: "a@acme.io", permission: "MANAGE" }),
  ],
  [
    "permissions-forbid-everyone",
    "everybody edits the code",
    () =>
      permissions({
        directoryPath: "/Workspace/apps",
        accessControls: [{ groupName: "users", permissionLevel: "CAN_EDIT" }],
      }),
  ],
];
