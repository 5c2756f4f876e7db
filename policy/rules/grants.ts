/** Rules on Unity Catalog grants, whatever the spelling of privileges and principals. */
import { type Finding, type Resource, type Rule, resourceRule, shortType, stackRule } from "../rule.ts";
import { isBlank, objects, principalName, texts, type Value } from "../values.ts";

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

/** Letters of each privilege in a text: "all privileges", "All-Privileges" and ALL_PRIVILEGES are one privilege. */
const privilegeNames = (text: string): string[] =>
  text.split(/[,;\n]/).map((name) =>
    name
      .normalize("NFKC")
      .replace(/[^A-Za-z]/g, "")
      .toUpperCase(),
  );
const names = (privileges: readonly string[]): string[] => privileges.flatMap(privilegeNames);

function eachGrant(resource: Resource, check: (grant: Granted) => Finding[]): Finding[] {
  return granted(resource).flatMap(check);
}

/** Resource types that make a securable which is known by its name, not by an id. */
const NAMED_LIKE_THEIR_KIND = [
  ...["Catalog", "Schema", "Volume", "Share", "Recipient"],
  ...["ExternalLocation", "StorageCredential", "Credential"],
];
/** Those that are not named like their kind of securable. */
const OTHER_TYPES: Readonly<Record<string, readonly string[]>> = {
  table: ["SqlTable"],
  model: ["RegisteredModel"],
  foreignConnection: ["Connection"],
  secret: ["SecretUc"],
};

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
        everyone
          .filter((group) => typeof principal === "string" && principalName(group) === principalName(principal))
          .map((group) => ({ property: `${path}principal`, problem: `is '${group}', which holds everyone` })),
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
        names(privileges).some((privilege) => privilege === "ALLPRIVILEGES" || privilege === "ALL")
          ? [{ property: `${path}privileges`, problem: "has ALL_PRIVILEGES" }]
          : [],
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
        return names(privileges).includes("MANAGE")
          ? [{ property: `${path}privileges`, problem: "gives MANAGE to a principal that is no admin" }]
          : [];
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
        return [{ property: `${path}principal`, problem: "is a service principal that is not allowed" }];
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
    looksUp: [...NAMED_LIKE_THEIR_KIND, ...Object.values(OTHER_TYPES).flat()],
    check: (resources) => {
      const names = new Map(resources.flatMap((one) => (TYPES.includes(one.type) ? [] : [[one.urn, fullName(one)]])));
      // Filed by securable: all, those that own all grants of it, and those of one principal.
      const all = new Filed();
      const owners = new Filed();
      const ofPrincipal = new Filed();
      return resources.flatMap((resource) => {
        if (!TYPES.includes(resource.type)) return [];
        const { urn, name, type, props } = resource;
        const filed = { name, securables: securables(resource, names) };
        const principal = typeof props.principal === "string" ? principalName(props.principal) : undefined;
        const others =
          type === "Grants"
            ? all.find(filed)
            : [...owners.find(filed), ...(principal === undefined ? [] : ofPrincipal.find(filed, principal))];
        all.add(filed);
        if (type === "Grants") owners.add(filed);
        else if (principal !== undefined) ofPrincipal.add(filed, principal);
        if (others.length === 0) return [];
        const problem = `has its grants in ${others.map((other) => `'${other.name}'`).join(", ")}, too`;
        return [{ urn, name, property: "the securable", problem }];
      });
    },
  }),
];

interface Securable {
  readonly kind: string;
  /** Full name; undefined while it is not known. */
  readonly name: string | undefined;
  /** The one resource of that kind whose name or id this is. */
  readonly from: string | undefined;
}

interface Granting {
  readonly name: string;
  readonly securables: readonly Securable[];
}

/** Resources by what they have in common, so that not every pair has to be compared. */
class Filed {
  readonly #files = new Map<string, Granting[]>();

  add(one: Granting, principal = ""): void {
    for (const key of one.securables.flatMap(keysOf)) {
      const file = this.#files.get(`${key} ${principal}`);
      if (file) file.push(one);
      else this.#files.set(`${key} ${principal}`, [one]);
    }
  }

  /** Those of the same securable. */
  find(one: Granting, principal = ""): Granting[] {
    const found = new Set(
      one.securables.flatMap(keysOf).flatMap((key) => this.#files.get(`${key} ${principal}`) ?? []),
    );
    return [...found].filter((other) => other.securables.some((a) => one.securables.some((b) => isSame(a, b))));
  }
}

const keysOf = ({ kind, name, from }: Securable): string[] => [
  ...(name === undefined ? [] : [`${kind} ${name}`]),
  ...(from === undefined ? [] : [`${kind} from ${from}`]),
];

const isSame = (a: Securable, b: Securable): boolean => {
  if (a.kind !== b.kind) return false;
  return a.name !== undefined && b.name !== undefined ? a.name === b.name : a.from !== undefined && a.from === b.from;
};

const NOT_SECURABLE = new Set(["grants", "principal", "privileges", "providerConfig", "id", "__defaults"]);

function securables(
  { props, propertyDependencies }: Resource,
  names: ReadonlyMap<string, string | undefined>,
): Securable[] {
  return Object.entries(props).flatMap(([kind, value]) => {
    if (NOT_SECURABLE.has(kind) || isBlank(value)) return [];
    const sources = propertyDependencies[kind] ?? [];
    // Of a name put together from several resources, or from another kind's, only the whole name tells what it is.
    const [only] = sources.length === 1 ? sources : [];
    const from = only !== undefined && isOfKind(only, kind) ? only : undefined;
    // An id that is still to be made stands for the name that its resource is given.
    const name = typeof value === "string" ? securableName(value) : from === undefined ? undefined : names.get(from);
    return [{ kind, name, from }];
  });
}

const securableName = (text: string): string => principalName(text).replaceAll(" ", "");

/** The name that a securable will have, from its own inputs; undefined while a part of it is not known. */
function fullName({ type, props }: Resource): string | undefined {
  const inSchema = ["Volume", "SqlTable", "RegisteredModel", "SecretUc"].includes(type);
  const parts = [
    ...(inSchema || type === "Schema" ? [props.catalogName] : []),
    ...(inSchema ? [props.schemaName] : []),
    props.name,
  ];
  return parts.every((part) => typeof part === "string" && !isBlank(part))
    ? parts.map((part) => securableName(String(part))).join(".")
    : undefined;
}

/** Whether a URN is of a resource that makes securables of a kind; for most kinds the type's name is the kind's. */
function isOfKind(urn: string, kind: string): boolean {
  const type = shortType(urn.split("::")[2]?.split("$").pop() ?? "");
  return type !== undefined && (OTHER_TYPES[kind]?.includes(type) || type.toLowerCase() === kind.toLowerCase());
}
