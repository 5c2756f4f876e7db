/** Principals wherever they occur, and those that the program makes itself. */

import { type Resource, shortType } from "../rule.ts";
import { type Fields, isFields, objects, principalName, texts, UNKNOWN, type Value } from "../values.ts";

export interface Granted {
  /** Property path of the grant; empty at the top of a resource. */
  readonly path: string;
  /** The top-level property that holds it. */
  readonly property: string;
  readonly principal: Value;
  readonly privileges: readonly string[];
}

/** Resource types that give privileges on data. */
export const GRANT_TYPES = ["Grant", "Grants", "SqlPermissions", "PolicyInfo"];

/** Privileges that a resource gives, whatever its type. */
export function granted({ type, props }: Pick<Resource, "type" | "props">): Granted[] {
  const list = (property: string): Granted[] =>
    objects(props[property]).map((grant, at) => ({
      path: `${property}[${at}].`,
      property,
      principal: grant.principal,
      privileges: texts(grant.privileges),
    }));
  if (type === "Grant")
    return [{ path: "", property: "principal", principal: props.principal, privileges: texts(props.privileges) }];
  if (type === "SqlPermissions") return list("privilegeAssignments");
  if (type === "PolicyInfo") {
    const privileges = objects(props.grant).flatMap((grant) => texts(grant.privileges));
    if (privileges.length === 0) return [];
    const to = Array.isArray(props.toPrincipals) ? (props.toPrincipals as readonly Value[]) : [];
    return to.map((principal, at) => ({
      path: `toPrincipals[${at}] `,
      property: "toPrincipals",
      principal,
      privileges,
    }));
  }
  return list("grants");
}

/** Letters of each privilege in a text: "all privileges", "All-Privileges" and ALL_PRIVILEGES are one privilege. */
const privilegeNames = (text: string): string[] =>
  text.split(/[,;\n]/).map((name) =>
    name
      .normalize("NFKC")
      .replace(/[^A-Za-z]/g, "")
      .toUpperCase(),
  );
export const privilegesOf = (privileges: readonly string[]): string[] => privileges.flatMap(privilegeNames);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Service principals are known by their application id. */
export const isApplicationId = (name: string): boolean => UUID.test(name);
/** People are known by their e-mail address. */
export const isPerson = (name: string): boolean => name.includes("@") && !name.endsWith(".iam.gserviceaccount.com");

/** Groups that hold everyone of a workspace or an account; the last is how workspaces name theirs in Unity Catalog. */
const EVERYONE = ["users", "account users"];
const WORKSPACE_USERS = /^_workspace_users_workspace_\d+$/;
/** The configured or built-in group of everyone that a name is. */
export function everyoneGroup(principal: Value, groups: readonly string[] = EVERYONE): string | undefined {
  if (typeof principal !== "string") return undefined;
  const name = principalName(principal).replace(/^groups\//, "");
  if (WORKSPACE_USERS.test(name)) return "_workspace_users_workspace_<id>";
  return groups.find((group) => principalName(group) === name);
}

/** Types that make a principal; the second version has one for the account and one for the workspace. */
const ofBothVersions = (kind: string): string[] => [kind, `AccountIam${kind}V2`, `WorkspaceIam${kind}V2`];
export const USER_TYPES = ofBothVersions("User");
export const MADE_GROUP_TYPES = ofBothVersions("Group");
export const PRINCIPAL_TYPES = [...ofBothVersions("ServicePrincipal"), ...MADE_GROUP_TYPES, ...USER_TYPES];

interface Made {
  readonly urn: string;
  readonly type: string;
  readonly names: readonly string[];
}

/** The principals that a program makes, by any of their names. */
export class MadePrincipals {
  readonly #byUrn = new Map<string, Made>();
  readonly #byName = new Map<string, Made>();

  constructor(resources: readonly Resource[]) {
    for (const { urn, type, props } of resources) {
      if (!PRINCIPAL_TYPES.includes(type)) continue;
      const { applicationId, displayName, userName, groupName, username, id, groupId } = props;
      const names = texts([applicationId, displayName, userName, groupName, username, id, groupId]).map(principalName);
      const made = { urn, type, names };
      this.#byUrn.set(urn, made);
      for (const name of names) this.#byName.set(name, made);
    }
  }

  /**
   * Who a principal may be: the resource of that name; of a name that is not known yet, those that its value comes from.
   * Undefined when it is none that the program makes, or nobody can tell.
   */
  find(principal: Value, sources: readonly string[]): readonly Made[] | undefined {
    if (typeof principal === "string" || typeof principal === "number") {
      const made = this.#byName.get(principalName(String(principal)));
      return made && [made];
    }
    if (principal !== UNKNOWN) return undefined;
    const made = sources.flatMap((urn) => this.#byUrn.get(urn) ?? []);
    return made.length > 0 ? made : undefined;
  }
}

/** Property path and name of each owner that a resource has. */
export function ownersOf(props: Fields): { property: string; owner: Value }[] {
  return ["owner", "ownerUserName"].flatMap((property) =>
    props[property] === undefined || props[property] === null ? [] : [{ property, owner: props[property] }],
  );
}

/** Entries of a list of permissions on an object of the workspace. */
export function accessControls(props: Fields): { path: string; who: Value; isPerson: boolean; level: string }[] {
  return objects(props.accessControls).flatMap((entry, at) => {
    const [key] = (["groupName", "userName", "servicePrincipalName"] as const).filter(
      (name) => entry[name] !== undefined && entry[name] !== null && entry[name] !== "",
    );
    if (key === undefined) return [];
    const level = typeof entry.permissionLevel === "string" ? entry.permissionLevel.trim().toUpperCase() : "";
    return [{ path: `accessControls[${at}]`, who: entry[key], isPerson: key === "userName", level }];
  });
}

export const urnType = (urn: string): string | undefined => shortType(urn.split("::")[2]?.split("$").pop() ?? "");
export const asFields = (value: Value): Fields => (isFields(value) ? value : {});
