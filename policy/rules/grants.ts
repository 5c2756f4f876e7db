/** Rules on Unity Catalog grants, whatever the spelling of privileges and principals. */
import {
  everyoneGroup,
  GRANT_TYPES,
  type Granted,
  granted,
  isApplicationId,
  isPerson,
  MadePrincipals,
  PRINCIPAL_TYPES,
  privilegesOf,
  USER_TYPES,
} from "../read/principals.ts";
import {
  type Finding,
  type Resource,
  type Rule,
  resourceRule,
  type StackFinding,
  shortType,
  stackRule,
} from "../rule.ts";
import { isBlank, principalName } from "../values.ts";

const PRIVILEGES = "https://docs.databricks.com/aws/en/data-governance/unity-catalog/manage-privileges/privileges";
const BEST_PRACTICES = "https://docs.databricks.com/aws/en/data-governance/unity-catalog/best-practices";
/** Types whose lists of grants are compared with each other. */
const TYPES = ["Grant", "Grants"];

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

/** Privileges that let a credential be used without an external location. */
const CREDENTIAL_USE = ["READFILES", "WRITEFILES", "CREATEEXTERNALTABLE"];

/** What a check finds in each grant of a program, with the resources that the grant's property comes from. */
function eachOf(
  resources: readonly Resource[],
  check: (grant: Granted, sources: readonly string[]) => Finding[],
): StackFinding[] {
  return resources.flatMap((resource) =>
    GRANT_TYPES.includes(resource.type)
      ? granted(resource).flatMap((grant) =>
          check(grant, resource.propertyDependencies[grant.property] ?? []).map((finding) => ({
            ...finding,
            urn: resource.urn,
            name: resource.name,
          })),
        )
      : [],
  );
}

interface ForAdmins {
  readonly name: string;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  readonly source: string;
  readonly privileges: readonly string[];
  readonly ids: { readonly sat?: readonly string[] };
}

/**
 * A rule on privileges that only admins may hold. Names are looked at in each resource; application ids, and what is not known yet, in the
 * whole stack, since they may be of a service principal that the program makes under an admin's name.
 */
function privilegeForAdmins({ privileges: restricted, ...about }: ForAdmins): Rule {
  const forbidden = (names: readonly string[]): number =>
    restricted.findIndex((name) => privilegesOf(names).includes(privilegesOf([name])[0]!));
  const finding = ({ path }: Granted, at: number): Finding => ({
    property: `${path}privileges`,
    problem: `gives ${restricted[at]} to a principal that is no admin`,
  });
  return resourceRule({
    ...about,
    level: "mandatory",
    severity: "high",
    url: BEST_PRACTICES,
    types: GRANT_TYPES,
    limits: {
      admins: {
        type: "array",
        default: ["platform-admins"],
        description: `Groups and service principals that may hold ${restricted.join(", ")}; one that the program makes is also known by its display name`,
      },
    },
    check: (resource, { admins }) =>
      eachGrant(resource, (grant) => {
        const at = forbidden(grant.privileges);
        if (at < 0 || typeof grant.principal !== "string") return [];
        const name = principalName(grant.principal);
        return isApplicationId(name) || admins.map(principalName).includes(name) ? [] : [finding(grant, at)];
      }),
    stack: {
      looksUp: PRINCIPAL_TYPES,
      check: (resources, { admins }) => {
        const made = new MadePrincipals(resources);
        const allowed = new Set(admins.map(principalName));
        return eachOf(resources, (grant, sources) => {
          const at = forbidden(grant.privileges);
          if (at < 0) return [];
          const known = made.find(grant.principal, sources);
          if (known !== undefined)
            return known.some(({ names }) => names.some((name) => allowed.has(name))) || !isId(grant)
              ? []
              : [finding(grant, at)];
          return typeof grant.principal === "string" && isId(grant) && !allowed.has(principalName(grant.principal))
            ? [finding(grant, at)]
            : [];
        });
      },
    },
  });
}

/** Not seen by the check of the single resource. */
const isId = ({ principal }: Granted): boolean =>
  typeof principal !== "string" || isApplicationId(principalName(principal));

export const grantRules: readonly Rule[] = [
  resourceRule({
    name: "grant-forbid-everyone",
    title: "Nothing but BROWSE is granted to everyone",
    level: "mandatory",
    severity: "high",
    why: "A grant to all users of the account is a grant to people nobody has thought of.",
    fix: "Grant to the group that needs it.",
    source: "own",
    url: PRIVILEGES,
    types: GRANT_TYPES,
    limits: {
      everyone: { type: "array", default: ["account users", "users"], description: "Groups that hold everyone" },
      privileges: { type: "array", default: ["BROWSE"], description: "Privileges that everyone may have" },
    },
    check: (resource, { everyone, privileges: allowed }) =>
      eachGrant(resource, ({ path, principal, privileges }) => {
        const group = everyoneGroup(principal, everyone);
        const names = privilegesOf(privileges);
        if (group === undefined || (names.length > 0 && names.every((name) => privilegesOf(allowed).includes(name))))
          return [];
        return [{ property: `${path}principal`, problem: `is '${group}', which holds everyone` }];
      }),
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
    types: GRANT_TYPES,
    check: (resource) =>
      eachGrant(resource, ({ path, privileges }) =>
        privilegesOf(privileges).some((privilege) => privilege === "ALLPRIVILEGES" || privilege === "ALL")
          ? [{ property: `${path}privileges`, problem: "has ALL_PRIVILEGES" }]
          : [],
      ),
  }),
  privilegeForAdmins({
    name: "grant-restrict-manage",
    title: "MANAGE is for admins",
    why: "Who holds MANAGE can grant everything else, to themselves too.",
    fix: "Remove MANAGE, or add the principal to `admins` in the pack's configuration.",
    source: "Unity Catalog best practices",
    privileges: ["MANAGE"],
    ids: {},
  }),
  privilegeForAdmins({
    name: "grant-restrict-sharing",
    title: "Shares and recipients are made by admins",
    why: "Who makes shares and recipients decides what leaves the company.",
    fix: "Remove the privilege, or add the principal to `admins` in the pack's configuration.",
    source: "Security Analysis Tool",
    privileges: ["CREATE_SHARE", "CREATE_RECIPIENT", "CREATE_PROVIDER", "SET_SHARE_PERMISSION"],
    ids: { sat: ["INFO-18"] },
  }),
  privilegeForAdmins({
    name: "grant-restrict-external-use",
    title: "Engines outside of Databricks are let in by admins",
    why: "Its holder gets credentials for the files of whole tables, and reads them past warehouses and their logs.",
    fix: "Remove the privilege, or add the principal to `admins` in the pack's configuration.",
    source: "Unity Catalog documentation",
    privileges: ["EXTERNAL_USE_SCHEMA", "EXTERNAL_USE_LOCATION"],
    ids: {},
  }),
  resourceRule({
    name: "grant-forbid-credential-use",
    title: "Storage is used by external locations, not by credentials",
    level: "mandatory",
    severity: "high",
    why: "Who may use a credential reads and writes everything that it can reach, past every external location.",
    fix: "Grant on an external location or a volume, and leave `storageCredentialName` out of tables.",
    source: "Security Analysis Tool",
    url: BEST_PRACTICES,
    ids: { sat: ["GOV-22"] },
    types: ["Grant", "Grants", "SqlTable", "Table"],
    check: (resource) => {
      const { type, props } = resource;
      if (type === "SqlTable" || type === "Table")
        return isBlank(props.storageCredentialName)
          ? []
          : [{ property: "storageCredentialName", problem: "uses a credential directly" }];
      if (isBlank(props.storageCredential)) return [];
      return eachGrant(resource, ({ path, privileges }) =>
        privilegesOf(privileges).some((name) => CREDENTIAL_USE.includes(name))
          ? [{ property: `${path}privileges`, problem: "lets a credential be used directly" }]
          : [],
      );
    },
  }),
  resourceRule({
    name: "grant-require-groups",
    title: "Grants go to groups",
    level: "mandatory",
    severity: "medium",
    why: "People change teams; a grant to a person stays.",
    fix: "Grant to a group, or to a service principal that the program makes or `servicePrincipals` in the pack's configuration lists.",
    source: "Unity Catalog best practices",
    url: BEST_PRACTICES,
    types: GRANT_TYPES,
    limits: {
      servicePrincipals: {
        type: "array",
        default: [],
        description:
          "Application ids, or names in the program, of service principals that may be granted to, beside those that the program makes",
      },
    },
    check: (resource) =>
      eachGrant(resource, ({ path, principal }) =>
        typeof principal === "string" && isPerson(principalName(principal))
          ? [{ property: `${path}principal`, problem: "is a person, not a group" }]
          : [],
      ),
    stack: {
      looksUp: PRINCIPAL_TYPES,
      check: (resources, { servicePrincipals }) => {
        const made = new MadePrincipals(resources);
        const allowed = new Set(servicePrincipals.map(principalName));
        return eachOf(resources, (grant, sources) => {
          const known = made.find(grant.principal, sources);
          const property = `${grant.path}principal`;
          if (known?.every(({ type }) => USER_TYPES.includes(type)))
            return [{ property, problem: "is a person that the program makes" }];
          if (known !== undefined || typeof grant.principal !== "string") return [];
          const name = principalName(grant.principal);
          return !isApplicationId(name) || allowed.has(name)
            ? []
            : [{ property, problem: "is a service principal that is neither made here nor allowed" }];
        });
      },
    },
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
