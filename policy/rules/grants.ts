/** Rules on Unity Catalog grants, whatever the spelling of privileges and principals. */
import { type Finding, type Resource, type Rule, resourceRule, stackRule } from "../rule.ts";
import { objects, texts, type Value } from "../values.ts";

const PRIVILEGES = "https://docs.databricks.com/aws/en/data-governance/unity-catalog/manage-privileges/privileges";
const BEST_PRACTICES = "https://docs.databricks.com/aws/en/data-governance/unity-catalog/best-practices";
const TYPES = ["Grant", "Grants"];

interface Granted {
  readonly path: string;
  readonly principal: Value;
  readonly privileges: readonly string[];
}

/** The grants of either resource; the singular one has a single principal at its top. */
function granted({ type, props }: Resource): Granted[] {
  if (type === "Grant") return [{ path: "", principal: props.principal, privileges: texts(props.privileges) }];
  return objects(props.grants).map((grant, at) => ({
    path: `grants[${at}].`,
    principal: grant.principal,
    privileges: texts(grant.privileges),
  }));
}

/** Unity Catalog reads names without case, quotes and surrounding or doubled spaces. */
const principalName = (text: string): string => text.replace(/[`'"]/g, "").replace(/\s+/g, " ").trim().toLowerCase();

/** "all privileges", "ALL-PRIVILEGES" and ALL_PRIVILEGES are one privilege. */
export const privilegeName = (text: string): string =>
  text
    .replace(/[`'"]/g, "")
    .trim()
    .replace(/[\s_-]+/g, "_")
    .toUpperCase();

function eachGrant(resource: Resource, check: (grant: Granted) => Finding[]): Finding[] {
  return granted(resource).flatMap(check);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const grantRules: readonly Rule[] = [
  resourceRule({
    name: "grant-forbid-everyone",
    title: "Nothing is granted to everyone",
    level: "mandatory",
    severity: "high",
    why: "A grant to all users of the account is a grant to people nobody has thought of.",
    fix: "Grant to the group that needs it.",
    source: "own",
    url: PRIVILEGES,
    types: TYPES,
    limits: {
      everyone: { type: "array", default: ["account users", "users"], description: "Groups that hold everyone" },
    },
    check: (resource, { everyone }) =>
      eachGrant(resource, ({ path, principal }) =>
        typeof principal === "string" && everyone.map(principalName).includes(principalName(principal))
          ? [{ property: `${path}principal`, problem: `is '${principal}', which holds everyone` }]
          : [],
      ),
  }),
  resourceRule({
    name: "grant-forbid-all-privileges",
    title: "Privileges are named one by one",
    level: "mandatory",
    severity: "high",
    why: "ALL PRIVILEGES grows with every privilege that Databricks adds.",
    fix: "List the privileges that the principal needs.",
    source: "Unity Catalog best practices",
    url: BEST_PRACTICES,
    types: TYPES,
    check: (resource) =>
      eachGrant(resource, ({ path, privileges }) =>
        privileges
          .filter((privilege) => ["ALL_PRIVILEGES", "ALL"].includes(privilegeName(privilege)))
          .map((privilege) => ({ property: `${path}privileges`, problem: `has '${privilege}'` })),
      ),
  }),
  resourceRule({
    name: "grant-restrict-manage",
    title: "MANAGE is for admins",
    level: "mandatory",
    severity: "high",
    why: "Who holds MANAGE can grant everything else, to themselves too.",
    fix: "Remove MANAGE, or add the principal to `admins` in the pack's configuration.",
    source: "Unity Catalog best practices",
    url: BEST_PRACTICES,
    types: TYPES,
    limits: {
      admins: {
        type: "array",
        default: ["platform-admins"],
        description: "Groups and service principals that may hold MANAGE",
      },
    },
    check: (resource, { admins }) =>
      eachGrant(resource, ({ path, principal, privileges }) => {
        if (typeof principal !== "string" || admins.map(principalName).includes(principalName(principal))) return [];
        return privileges
          .filter((privilege) => privilegeName(privilege) === "MANAGE")
          .map(() => ({ property: `${path}privileges`, problem: `gives MANAGE to '${principal}', who is no admin` }));
      }),
  }),
  resourceRule({
    name: "grant-require-groups",
    title: "Grants go to groups",
    level: "mandatory",
    severity: "medium",
    why: "People change teams; a grant to a person stays.",
    fix: "Grant to a group, or add the service principal to `servicePrincipals` in the pack's configuration.",
    source: "Unity Catalog best practices",
    url: BEST_PRACTICES,
    types: TYPES,
    limits: {
      servicePrincipals: {
        type: "array",
        default: [],
        description: "Application ids of service principals that may be granted to",
      },
    },
    check: (resource, { servicePrincipals }) =>
      eachGrant(resource, ({ path, principal }) => {
        if (typeof principal !== "string") return [];
        const name = principalName(principal);
        if (name.includes("@")) return [{ property: `${path}principal`, problem: "is a person, not a group" }];
        if (!UUID.test(name) || servicePrincipals.map(principalName).includes(name)) return [];
        return [{ property: `${path}principal`, problem: `is the service principal ${name}, which is not allowed` }];
      }),
  }),
  stackRule({
    name: "grant-single-owner",
    title: "One resource owns the grants of a securable",
    level: "mandatory",
    severity: "high",
    why: "Grants is authoritative: a second one, or a Grant beside it, removes what the other gave at every update.",
    fix: "Merge them into one Grants resource.",
    source: "Terraform provider documentation",
    url: "https://registry.terraform.io/providers/databricks/databricks/latest/docs/resources/grants",
    types: TYPES,
    check: (resources) => {
      const bySecurable = Map.groupBy(
        resources.flatMap((resource) => securables(resource).map((securable) => ({ securable, resource }))),
        ({ securable }) => securable,
      );
      return [...bySecurable.values()].flatMap((found) => {
        const owners = found.map(({ resource }) => resource);
        if (owners.length < 2 || owners.every(({ type }) => type === "Grant")) return [];
        return owners.slice(1).map((resource) => {
          const others = owners.filter(({ urn }) => urn !== resource.urn).map(({ name }) => `'${name}'`);
          return {
            urn: resource.urn,
            name: resource.name,
            property: "the securable",
            problem: `has its grants in ${others.join(", ")}, too`,
          };
        });
      });
    },
  }),
];

const NOT_SECURABLE = new Set(["grants", "principal", "privileges", "providerConfig", "id", "__defaults"]);

/** What a resource grants on: kind and name; while the name is unknown, the resource that it comes from. */
function securables({ props, propertyDependencies }: Resource): string[] {
  return Object.entries(props).flatMap(([kind, name]) => {
    if (NOT_SECURABLE.has(kind) || name === undefined || name === null || name === "") return [];
    if (typeof name === "string") return [`${kind} ${principalName(name).replaceAll(" ", "")}`];
    const from = propertyDependencies[kind] ?? [];
    return from.length > 0 ? [`${kind} ${[...from].sort().join(" ")}`] : [];
  });
}
