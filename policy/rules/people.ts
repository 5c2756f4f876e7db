/** Rules on who owns, who may manage, and who acts as whom. */
import { accessControls, everyoneGroup, isPerson, ownersOf } from "../read/principals.ts";
import { type Resource, type Rule, resourceRule, shortType, stackRule } from "../rule.ts";
import { isBlank, isTrue, objects, principalName, UNKNOWN, type Value } from "../values.ts";

const BEST_PRACTICES = "https://docs.databricks.com/aws/en/data-governance/unity-catalog/best-practices";
const ACLS = "https://docs.databricks.com/aws/en/security/auth/access-control/";

/** Types with an owner. */
const OWNED = [
  ...[
    "Catalog",
    "Schema",
    "Volume",
    "SqlTable",
    "Table",
    "RegisteredModel",
    "ExternalLocation",
    "StorageCredential",
    "Credential",
  ],
  ...["Metastore", "MetastoreDataAccess", "Connection", "Share", "Recipient", "SecretUc", "Query", "Alert"],
];

/** Levels that let one look at an object, or run queries on it, and no more. */
const LOOKING = ["CAN_READ", "CAN_VIEW", "CAN_USE", "CAN_VIEW_METADATA", "CAN_QUERY"];

/** Issuers whose identities everybody can have. */
const PUBLIC_ISSUER =
  /^https?:\/\/(token\.actions\.githubusercontent\.com|gitlab\.com|app\.terraform\.io|api\.pulumi\.com|oidc\.circleci\.com|accounts\.google\.com|api\.bitbucket\.org)(\/|$)/i;

/**
 * What a Permissions is about: an id, or the resource of that kind whose id it is while that is not known. Of several workspaces
 * each may have an object of one path or name. Jobs have a rule of their own.
 */
function objectOf({ props, propertyDependencies }: Resource): { property: string; key: string } | undefined {
  const [property] = Object.keys(props).filter((key) => key.endsWith("Id") && !isBlank(props[key]));
  if (property === undefined || property === "jobId") return undefined;
  const value = props[property]!;
  if (typeof value === "string" || typeof value === "number") return { property, key: `${property} ${value}` };
  const from = propertyDependencies[property] ?? [];
  const kind = property.replace(/Id$/, "").toLowerCase();
  const same = from.length === 1 && shortType(from[0]!.split("::")[2] ?? "")?.toLowerCase() === kind;
  return value === UNKNOWN && same ? { property, key: `${property} ${from[0]}` } : undefined;
}

export const peopleRules: readonly Rule[] = [
  resourceRule({
    name: "owner-require-group",
    title: "Owners are groups or service principals",
    level: "mandatory",
    severity: "high",
    why: "What a person owns cannot be administered when the person is gone.",
    fix: "Set the owner to a group, or to a service principal's application id.",
    source: "Security Analysis Tool, Unity Catalog best practices",
    url: BEST_PRACTICES,
    ids: { sat: ["GOV-21"], kics: ["a4edb7e1-c0e0-4f7f-9d7c-d1b603e81ad5"] },
    types: [...OWNED, "Permissions"],
    check: ({ props }) => [
      ...ownersOf(props).flatMap(({ property, owner }) => {
        if (typeof owner !== "string") return [];
        const name = principalName(owner);
        if (isPerson(name)) return [{ property, problem: "is a person" }];
        if (name === "system user") return [{ property, problem: "is nobody who can be asked" }];
        const group = everyoneGroup(owner);
        return group === undefined ? [] : [{ property, problem: `is '${group}', which holds everyone` }];
      }),
      ...accessControls(props)
        .filter(
          ({ level, isPerson: person, who }) =>
            level === "IS_OWNER" && (person || (typeof who === "string" && isPerson(who))),
        )
        .map(({ path }) => ({ property: path, problem: "makes a person the owner" })),
    ],
  }),
  resourceRule({
    name: "permissions-forbid-everyone",
    title: "Not everybody may change or run things, or make tokens",
    level: "mandatory",
    severity: "high",
    why: "Whoever may run or change a job, cluster or folder acts with the rights of its owner; tokens outlive logins.",
    fix: "Give the level to the group that needs it.",
    source: "Security Analysis Tool, KICS",
    url: ACLS,
    ids: { sat: ["IA-8"], kics: ["a4edb7e1-c0e0-4f7f-9d7c-d1b603e81ad5"], cis: ["2.1.6"] },
    types: ["Permissions", "PostgresRole"],
    limits: {
      levels: {
        type: "array",
        default: LOOKING,
        description: "Levels that everybody may have, except on tokens and passwords",
      },
    },
    check: ({ type, props }, { levels }) => {
      if (type === "PostgresRole")
        return objects(props.spec).flatMap(({ postgresRole }) => {
          const group = everyoneGroup(postgresRole);
          return group === undefined ? [] : [{ property: "spec.postgresRole", problem: `lets '${group}' log in` }];
        });
      // Who may use tokens, passwords or an instance pool's machines is no matter of looking.
      const authorization = typeof props.authorization === "string" && props.authorization.trim() !== "";
      const allowed = levels.map((level) => level.toUpperCase());
      return accessControls(props).flatMap(({ path, who, level }) => {
        const group = everyoneGroup(who);
        if (group === undefined || level === "" || (!authorization && allowed.includes(level))) return [];
        return [
          {
            property: path,
            problem: `gives ${authorization ? "tokens or passwords" : "more than looking"} to '${group}'`,
          },
        ];
      });
    },
  }),
  stackRule({
    name: "permissions-single-owner",
    title: "One resource owns the permissions of an object",
    level: "mandatory",
    severity: "high",
    why: "Permissions is authoritative: of two, each removes at every update what the other gave.",
    fix: "Merge them into one Permissions resource.",
    source: "Terraform provider documentation",
    url: "https://registry.terraform.io/providers/databricks/databricks/latest/docs/resources/permissions",
    types: ["Permissions"],
    check: (resources) => {
      const named = resources.flatMap((resource) => {
        const object = objectOf(resource);
        return object === undefined ? [] : [{ ...resource, ...object }];
      });
      return [...Map.groupBy(named, ({ key }) => key).values()].flatMap(([first, ...others]) =>
        others.map(({ urn, name, property }) => ({
          ...{ urn, name, property },
          problem: `has its permissions in '${first!.name}', too`,
        })),
      );
    },
  }),
  resourceRule({
    name: "principal-use-bounded",
    title: "Not everybody may act as a service principal",
    level: "mandatory",
    severity: "critical",
    why: "Who may use a service principal runs jobs with all of its rights.",
    fix: "Name the group of those who deploy with it.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/security/auth/access-control/service-principal-acl",
    types: ["AccessControlRuleSet"],
    check: ({ props }) =>
      objects(props.grantRules).flatMap(({ principals }, at) =>
        (Array.isArray(principals) ? (principals as readonly Value[]) : []).flatMap((principal, index) => {
          const group = everyoneGroup(principal);
          const property = `grantRules[${at}].principals[${index}]`;
          return group === undefined ? [] : [{ property, problem: `is '${group}', which holds everyone` }];
        }),
      ),
  }),
  resourceRule({
    name: "run-as-viewer",
    title: "Dashboards, queries and apps act with the rights of who looks",
    level: "advisory",
    severity: "medium",
    why: "With the publisher's rights, masks and row filters are those of the publisher for everybody.",
    fix: 'Set `embedCredentials: false`, and `runAsMode: "VIEWER"`.',
    source: "own",
    url: "https://docs.databricks.com/aws/en/dashboards/share/",
    types: ["Dashboard", "Query", "SqlQuery", "SqlDashboard"],
    check: ({ props }) => [
      ...(isTrue(props.embedCredentials) ? [{ property: "embedCredentials", problem: "is true" }] : []),
      ...(["runAsMode", "runAsRole"] as const)
        .filter(
          (property) => typeof props[property] === "string" && /^owner$/i.test((props[property] as string).trim()),
        )
        .map((property) => ({ property, problem: "is the owner" })),
    ],
  }),
  resourceRule({
    name: "federation-bounded",
    title: "Federation policies name one identity",
    level: "mandatory",
    severity: "critical",
    why: "A policy without a subject lets every pipeline of a public issuer log in, those of strangers included.",
    fix: "Set `oidcPolicy.subject` to the one repository and environment, without wildcards, and `audiences`.",
    source: "own",
    url: "https://docs.databricks.com/aws/en/dev-tools/auth/oauth-federation-policy",
    types: ["ServicePrincipalFederationPolicy", "AccountFederationPolicy"],
    check: ({ type, props: { oidcPolicy } }) => {
      if (oidcPolicy === UNKNOWN) return [];
      const [policy] = objects(oidcPolicy);
      // An account's policy is for all of its people: the issuer must be the company's own.
      if (type === "AccountFederationPolicy")
        return typeof policy?.issuer === "string" && PUBLIC_ISSUER.test(policy.issuer)
          ? [
              {
                property: "oidcPolicy.issuer",
                problem: "gives identities to strangers, too",
                fix: "Use a ServicePrincipalFederationPolicy with the one subject.",
              },
            ]
          : [];
      const subject = policy?.subject;
      if (subject === UNKNOWN) return [];
      if (typeof subject !== "string" || subject.trim() === "")
        return [{ property: "oidcPolicy.subject", problem: "is not set" }];
      if (/[*?]/.test(subject)) return [{ property: "oidcPolicy.subject", problem: "has a wildcard" }];
      return /:pull_request$/.test(subject.trim())
        ? [{ property: "oidcPolicy.subject", problem: "is any pull request" }]
        : [];
    },
  }),
];
