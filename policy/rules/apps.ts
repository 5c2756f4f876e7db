/** Rules on what apps and applications may do: the resources that an app uses, and the scopes of OAuth. */
import { type Finding, type Rule, resourceRule } from "../rule.ts";
import { isFields, objects, type Value } from "../values.ts";

const upper = (value: Value): string => (typeof value === "string" ? value.trim().toUpperCase() : "");
/** CAN_MANAGE_RUN starts runs and no more. */
const MANAGES = /^((CAN[_ ])?MANAGE|(IS[_ ])?OWNER|ALL[_ ]PRIVILEGES)$/;
const SCOPES = ["scopes", "userAuthorizedScopes", "userApiScopes"] as const;

export const appRules: readonly Rule[] = [
  resourceRule({
    name: "app-restrict-resources",
    title: "Apps use their resources and manage none",
    level: "mandatory",
    severity: "high",
    why: "Whoever takes over an app has its rights: with MANAGE it changes jobs and permissions, and a secret's permission is for every secret of the scope.",
    fix: "Give READ on secrets, and the level that the app needs elsewhere: CAN_USE, CAN_QUERY, CAN_VIEW, CAN_RUN or CAN_MANAGE_RUN.",
    source: "Databricks Apps documentation",
    url: "https://docs.databricks.com/aws/en/dev-tools/databricks-apps/resources",
    types: ["App", "AppSpace"],
    limits: {
      managed: {
        type: "array",
        default: [],
        description: "Kinds of resources that apps may manage, for example experiment, and secret for writing",
      },
    },
    check: ({ props }, { managed }) =>
      objects(props.resources).flatMap((resource, at) =>
        Object.entries(resource).flatMap(([kind, used]): Finding[] => {
          if (!isFields(used) || managed.includes(kind)) return [];
          const level = upper(used.permission);
          const property = `resources[${at}].${kind}.permission`;
          if (MANAGES.test(level)) return [{ property, problem: `lets the app manage the ${words(kind)}` }];
          return kind === "secret" && /^(CAN[_ ])?WRITE$/.test(level)
            ? [{ property, problem: "lets the app write the scope's secrets" }]
            : [];
        }),
      ),
  }),
  resourceRule({
    name: "oauth-limit-scopes",
    title: "Applications ask for the scopes that they need",
    level: "production",
    severity: "high",
    why: "A token of all-apis does whatever its user may, admins included, in any API.",
    fix: "List scopes such as sql, files or offline_access, or allow the broad one in `broad` of the pack's configuration.",
    source: "Databricks OAuth documentation",
    url: "https://docs.databricks.com/aws/en/integrations/enable-disable-oauth",
    types: ["CustomAppIntegration", "App", "AppSpace", "AccountSettingV2", "WorkspaceSettingV2"],
    limits: {
      broad: { type: "array", default: ["all-apis", "*"], description: "Scopes that are for too much" },
    },
    check: ({ props }, { broad }) => {
      const names = broad.map((scope) => scope.toLowerCase());
      const broadIn = (property: string, list: Value): Finding[] =>
        (Array.isArray(list) ? (list as readonly Value[]) : [list]).flatMap((scope, at) => {
          const found = typeof scope === "string" ? names.indexOf(scope.trim().toLowerCase()) : -1;
          return found < 0 ? [] : [{ property: `${property}[${at}]`, problem: `is ${broad[found]}` }];
        });
      return [
        ...SCOPES.flatMap((property) => broadIn(property, props[property])),
        ...objects(props.allowedAppsUserApiScopes).flatMap(({ allowedScopes }) =>
          broadIn("allowedAppsUserApiScopes.allowedScopes", allowedScopes),
        ),
      ];
    },
  }),
];

/** A kind of resource as prose; names of other kinds are not repeated. */
const KINDS: Readonly<Record<string, string>> = {
  app: "app",
  database: "database",
  experiment: "experiment",
  genieSpace: "Genie space",
  job: "job",
  postgres: "database",
  secret: "scope of secrets",
  servingEndpoint: "serving endpoint",
  sqlWarehouse: "warehouse",
  ucSecurable: "securable",
};
const words = (kind: string): string => KINDS[kind] ?? "resource";
