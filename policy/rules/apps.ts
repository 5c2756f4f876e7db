/** Rules on what apps and applications may do: the resources that an app uses, and the scopes of OAuth. */
import { type Finding, type Rule, resourceRule } from "../rule.ts";
import { type Fields, objects, type Value } from "../values.ts";

const upper = (value: Value): string => (typeof value === "string" ? value.trim().toUpperCase() : "");
/** CAN_MANAGE_RUN starts runs and no more. */
const MANAGES = /^((CAN[_ ])?MANAGE|(IS[_ ])?OWNER|ALL[_ ]PRIVILEGES)$/;
const WRITES = /^(CAN[_ ])?WRITE$/;
/** Kinds of resources as prose. */
const KINDS: Readonly<Record<string, string>> = {
  app: "app",
  database: "database",
  experiment: "experiment",
  genieSpace: "Genie space",
  job: "job",
  postgres: "database",
  servingEndpoint: "serving endpoint",
  sqlWarehouse: "warehouse",
  ucSecurable: "securable",
};

/** What an app uses, with the level of permission. */
const uses = (props: Fields): { kind: string; name: Value; property: string; level: string }[] =>
  objects(props.resources).flatMap((resource, at) =>
    Object.entries(resource).flatMap(([kind, used]) =>
      objects(used).map(({ permission }) => ({
        ...{ kind, name: resource.name, level: upper(permission) },
        property: `resources[${at}].${kind}.permission`,
      })),
    ),
  );
const SCOPES = ["scopes", "userAuthorizedScopes", "userApiScopes"] as const;

export const appRules: readonly Rule[] = [
  resourceRule({
    name: "app-restrict-secrets",
    title: "Apps read secrets, and neither write nor manage them",
    level: "mandatory",
    severity: "high",
    why: "The permission is for every secret of the scope: whoever takes over the app replaces the others', or lets more people read them.",
    fix: 'Set `permission: "READ"`, and give each app a scope of its own.',
    source: "Databricks Apps documentation",
    url: "https://docs.databricks.com/aws/en/dev-tools/databricks-apps/secrets",
    types: ["App", "AppSpace"],
    limits: {
      resources: { type: "array", default: [], description: "Names of apps' resources that may write or manage" },
    },
    check: ({ props }, { resources }) =>
      uses(props).flatMap(({ kind, name, property, level }): Finding[] => {
        if (kind !== "secret" || (typeof name === "string" && resources.includes(name.trim()))) return [];
        if (MANAGES.test(level)) return [{ property, problem: "lets the app manage the scope's secrets" }];
        return WRITES.test(level) ? [{ property, problem: "lets the app write the scope's secrets" }] : [];
      }),
  }),
  resourceRule({
    name: "app-prefer-use",
    title: "Apps use their resources and manage none",
    level: "advisory",
    severity: "medium",
    why: "Whoever takes over an app that manages a job, a warehouse or an endpoint changes it, and who may use it.",
    fix: "Give the level that the app needs: CAN_USE, CAN_QUERY, CAN_VIEW, CAN_RUN or CAN_MANAGE_RUN.",
    source: "Databricks Apps documentation",
    url: "https://docs.databricks.com/aws/en/dev-tools/databricks-apps/resources",
    types: ["App", "AppSpace"],
    check: ({ props }) =>
      uses(props).flatMap(({ kind, property, level }): Finding[] =>
        kind !== "secret" && MANAGES.test(level)
          ? [{ property, problem: `lets the app manage the ${KINDS[kind] ?? "resource"}` }]
          : [],
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
