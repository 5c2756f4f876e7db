/** Rules on who is an admin of a workspace or of the account, and that access goes to groups. */
import {
  accessControls,
  everyoneGroup,
  isPerson,
  MADE_GROUP_TYPES,
  MadePrincipals,
  PRINCIPAL_TYPES,
  USER_TYPES,
} from "../read/principals.ts";
import { type Finding, type Resource, type Rule, resourceRule, stackRule } from "../rule.ts";
import { type Fields, isBlank, objects, principalName, texts, UNKNOWN, type Value } from "../values.ts";

const GROUPS = "https://docs.databricks.com/aws/en/admin/users-groups/best-practices";
/** Types that assign a principal to a workspace, with entitlements. */
export const ASSIGNMENTS = ["WorkspaceIamWorkspaceAssignmentV2", "AccountIamWorkspaceAssignmentV2"];
const ROLES = ["UserRole", "GroupRole", "ServicePrincipalRole"];
const MEMBERS = ["GroupMember", "AccountIamDirectGroupMemberV2", "WorkspaceIamDirectGroupMemberV2"];
/** Types that may make a principal an admin. */
const ADMIN_TYPES = ["PermissionAssignment", "MwsPermissionAssignment", ...ASSIGNMENTS, ...ROLES];
/** Properties that say whom a role, a permission or an entitlement is for. */
const WHOM = [
  "principalId",
  "groupId",
  "userId",
  "servicePrincipalId",
  "groupName",
  "userName",
  "servicePrincipalName",
];

const upper = (value: unknown): string => (typeof value === "string" ? value.trim().toUpperCase() : "");
const isAccountAdmin = (role: Value): boolean => /^(ROLES\/)?ACCOUNT[_.-]?ADMIN$/.test(upper(role));

const makesAdmin = ({ type, props }: Resource): boolean => {
  // Of a person every admin's role counts, such as marketplace.admin.
  if (type === "UserRole") return /ADMIN/.test(upper(props.role));
  if (ROLES.includes(type)) return isAccountAdmin(props.role);
  return (
    texts(props.permissions).some((one) => upper(one) === "ADMIN") ||
    texts(props.entitlements).some((one) => /ADMIN$/.test(upper(one)))
  );
};

/** One principal, however many workspaces it is an admin of. */
function principalKey({ urn, props, propertyDependencies }: Resource): string {
  const key = WHOM.find((name) => !isBlank(props[name]));
  if (key === undefined) return urn;
  const value = props[key];
  if (typeof value === "string" || typeof value === "number") return `${key} ${value}`;
  const from = propertyDependencies[key] ?? [];
  return from.length > 0 ? from.join(" ") : urn;
}

/** Who a property names: what the program makes, or the id or name itself. */
function namesOf(made: MadePrincipals, { props, propertyDependencies }: Resource, property: string) {
  const known = made.find(props[property], propertyDependencies[property] ?? []);
  const value = props[property];
  const literal = typeof value === "string" || typeof value === "number" ? [principalName(String(value))] : [];
  return { known, names: [...literal, ...(known ?? []).flatMap(({ names }) => names)] };
}

export const adminRules: readonly Rule[] = [
  stackRule({
    name: "admin-limit-number",
    title: "Few are admins, and none of them a person by name",
    level: "mandatory",
    severity: "high",
    why: "An admin reads and changes everything; a person's rights stay when the person's task goes.",
    fix: "Assign ADMIN to one group, whose members your identity provider knows.",
    source: "Security Analysis Tool",
    url: GROUPS,
    ids: { sat: ["INFO-6"] },
    types: ADMIN_TYPES,
    looksUp: USER_TYPES,
    limits: { maxAdmins: { type: "integer", default: 2, minimum: 1, description: "Most principals that are admins" } },
    check: (resources, { maxAdmins }) => {
      const people = new Set(resources.filter(({ type }) => USER_TYPES.includes(type)).map(({ urn }) => urn));
      const seen = new Set<string>();
      return resources.filter(makesAdmin).flatMap((resource) => {
        const { urn, name, type, props, propertyDependencies } = resource;
        const byPerson =
          type === "UserRole" ||
          (typeof props.userName === "string" && props.userName !== "") ||
          (propertyDependencies.principalId ?? []).some((source) => people.has(source));
        const property = ROLES.includes(type) ? "role" : ASSIGNMENTS.includes(type) ? "entitlements" : "permissions";
        if (byPerson) return [{ urn, name, property, problem: "makes a person an admin" }];
        const group = everyoneGroup(props.groupName);
        if (group !== undefined)
          return [{ urn, name, property, problem: `makes '${group}' admins, which holds everyone` }];
        const key = principalKey(resource);
        const isNew = !seen.has(key);
        seen.add(key);
        return isNew && seen.size > maxAdmins
          ? [{ urn, name, property, problem: `is one more admin than ${maxAdmins}` }]
          : [];
      });
    },
  }),
  stackRule({
    name: "account-admin-restrict",
    title: "Admins of the account are the admins' group",
    level: "mandatory",
    severity: "critical",
    why: "An account admin makes workspaces, metastores and other admins, and gets at the data of all of them.",
    fix: "Give the role to the group of admins, and list its display name or id in `admins` of the pack's configuration.",
    source: "Unity Catalog best practices, Security Analysis Tool",
    url: "https://docs.databricks.com/aws/en/data-governance/unity-catalog/best-practices",
    ids: { sat: ["INFO-6"] },
    types: ["GroupRole", "ServicePrincipalRole"],
    looksUp: PRINCIPAL_TYPES,
    limits: {
      admins: {
        type: "array",
        default: ["platform-admins", "account-admins", "account admins"],
        description: "Display names of what the program makes, or ids, that may be admins of the account",
      },
    },
    check: (resources, { admins }) => {
      const made = new MadePrincipals(resources);
      const allowed = new Set(admins.map(principalName));
      return resources.flatMap((resource) => {
        const { type, urn, name, props } = resource;
        if (!ROLES.includes(type) || !isAccountAdmin(props.role)) return [];
        const property = type === "GroupRole" ? "groupId" : "servicePrincipalId";
        const { known, names } = namesOf(made, resource, property);
        // Of an id that another resource hands on nobody can tell whose it is.
        if ((props[property] === UNKNOWN && known === undefined) || names.some((one) => allowed.has(one))) return [];
        const whom = type === "GroupRole" ? "a group" : "a service principal";
        return [{ urn, name, property: "role", problem: `makes ${whom} that is not listed an admin of the account` }];
      });
    },
  }),
  stackRule({
    name: "admins-forbid-nesting",
    title: "No group or person is put into the group of admins",
    level: "mandatory",
    severity: "critical",
    why: "Every member of a nested group is an admin, and whoever manages that group makes more of them.",
    fix: "Assign ADMIN to the one group of admins with a PermissionAssignment, or list the member in `members` of the pack's configuration.",
    source: "Databricks identity best practices",
    url: GROUPS,
    types: MEMBERS,
    looksUp: [...PRINCIPAL_TYPES, ...ADMIN_TYPES],
    limits: {
      groups: {
        type: "array",
        default: ["admins"],
        description: "Groups whose members are admins: display names of what the program makes, or ids",
      },
      members: {
        type: "array",
        default: ["platform-admins"],
        description: "Display names or ids of groups and users that may be members",
      },
    },
    check: (resources, { groups, members }) => {
      const made = new MadePrincipals(resources);
      const ofAdmins = new Set(groups.map(principalName));
      const assigned = new Set(
        resources
          .filter((one) => ADMIN_TYPES.includes(one.type) && makesAdmin(one))
          .flatMap((one) => WHOM.flatMap((property) => namesOf(made, one, property).known ?? []))
          .map(({ urn }) => urn),
      );
      const allowed = new Set(members.map(principalName));
      return resources.flatMap((resource) => {
        const { type, urn, name, props } = resource;
        if (!MEMBERS.includes(type)) return [];
        const group = namesOf(made, resource, "groupId");
        const isNamed = group.names.some((one) => ofAdmins.has(one));
        if (!isNamed && !group.known?.some((one) => assigned.has(one.urn))) return [];
        const property = type === "GroupMember" ? "memberId" : "principalId";
        const { known, names } = namesOf(made, resource, property);
        if (names.some((one) => allowed.has(one)) || (props[property] === UNKNOWN && known === undefined)) return [];
        const kinds = new Set((known ?? []).map((one) => one.type));
        const isOf = (types: readonly string[]): boolean => [...kinds].some((kind) => types.includes(kind));
        if (isOf(MADE_GROUP_TYPES)) return [{ urn, name, property, problem: "puts a group into the group of admins" }];
        // People join the group that the program makes admin.
        if (!isNamed) return [];
        if (isOf(USER_TYPES)) return [{ urn, name, property, problem: "puts a person into the group of admins" }];
        return known === undefined
          ? [{ urn, name, property, problem: "puts a member that is not listed into the group of admins" }]
          : [];
      });
    },
  }),
  stackRule({
    name: "group-forbid-foreign-nesting",
    title: "Groups are put into groups of the program's own",
    level: "advisory",
    severity: "medium",
    why: "All of them get what the other group has, which may be everything: its id does not tell whether it is admins.",
    fix: "Nest groups in the identity provider, make the outer group here, or list its id in `outer` of the pack's configuration.",
    source: "Unity Catalog best practices",
    url: "https://docs.databricks.com/aws/en/data-governance/unity-catalog/best-practices",
    types: MEMBERS,
    looksUp: PRINCIPAL_TYPES,
    limits: {
      outer: { type: "array", default: [], description: "Ids of groups, made elsewhere, that others may be put into" },
    },
    check: (resources, { outer }) => {
      const made = new MadePrincipals(resources);
      const allowed = new Set(outer.map(principalName));
      return resources.flatMap((resource) => {
        const { type, urn, name, props } = resource;
        const { groupId } = props;
        if (!MEMBERS.includes(type) || (typeof groupId !== "string" && typeof groupId !== "number")) return [];
        const group = namesOf(made, resource, "groupId");
        if (group.known !== undefined || group.names.some((one) => allowed.has(one))) return [];
        const member = namesOf(made, resource, type === "GroupMember" ? "memberId" : "principalId");
        // People and service principals join groups; of an id that the program does not make nobody can tell.
        return member.known?.some((one) => MADE_GROUP_TYPES.includes(one.type))
          ? [{ urn, name, property: "groupId", problem: "is of a group that the program does not make" }]
          : [];
      });
    },
  }),
  resourceRule({
    name: "access-require-groups",
    title: "Access to objects, secrets and roles goes to groups",
    level: "advisory",
    severity: "medium",
    why: "People change teams; what was given to a person stays.",
    fix: "Give it to a group, or to a service principal.",
    source: "Databricks identity best practices",
    url: GROUPS,
    types: ["Permissions", "SecretAcl", "AccessControlRuleSet", "UserRole", "UserInstanceProfile", "PostgresRole"],
    check: (resource) => {
      const { type, props } = resource;
      // A person who is admin is admin-limit-number's.
      if (type === "UserRole" && makesAdmin(resource)) return [];
      if (type === "UserRole" || type === "UserInstanceProfile")
        return isBlank(props.userId) ? [] : [{ property: "userId", problem: "is a person" }];
      return [...personsIn(props), ...inRules(props), ...inDatabase(props)];
    },
  }),
];

const personsIn = (props: Fields): Finding[] => [
  ...(typeof props.principal === "string" && isPerson(principalName(props.principal))
    ? [{ property: "principal", problem: "is a person" }]
    : []),
  // Owners are owner-require-group's.
  ...accessControls(props)
    .filter(
      ({ who, isPerson: person, level }) =>
        level !== "IS_OWNER" && (person || (typeof who === "string" && isPerson(principalName(who)))),
    )
    .map(({ path }) => ({ property: path, problem: "is for a person" })),
];

const inRules = (props: Fields): Finding[] =>
  objects(props.grantRules).flatMap(({ principals }, at) =>
    (Array.isArray(principals) ? (principals as readonly Value[]) : []).flatMap((principal, index) =>
      typeof principal === "string" && /^\s*users\//i.test(principal)
        ? [{ property: `grantRules[${at}].principals[${index}]`, problem: "is a person" }]
        : [],
    ),
  );

const inDatabase = (props: Fields): Finding[] =>
  objects(props.spec)
    .filter(
      ({ identityType, postgresRole }) =>
        upper(identityType) === "USER" || (typeof postgresRole === "string" && isPerson(principalName(postgresRole))),
    )
    .map(() => ({ property: "spec.identityType", problem: "is a person" }));
