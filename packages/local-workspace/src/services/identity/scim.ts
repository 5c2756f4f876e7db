/** SCIM resources: how identities look on the wire, and how what was sent becomes an identity. */
import type { Database } from "../../store/database.ts";
import { ScimError } from "./rules.ts";
import {
  addMember,
  directGroups,
  findIdentity,
  getIdentity,
  type Identity,
  type IdentityKind,
  insertIdentity,
  membersOf,
  newApplicationId,
  removeMember,
  updateIdentity,
} from "./store.ts";

export type Resource = Record<string, unknown>;

const CORE = "urn:ietf:params:scim:schemas:core:2.0";
export const COLLECTION: Record<IdentityKind, string> = {
  user: "Users",
  service_principal: "ServicePrincipals",
  group: "Groups",
};
const LABEL: Record<IdentityKind, string> = { user: "User", service_principal: "Service principal", group: "Group" };
/** Kept as sent; the others are computed. */
const KEPT = ["name", "emails", "entitlements", "roles", "externalId"] as const;

const reference = (identity: Identity): Resource => ({
  display: identity.displayName,
  value: identity.id,
  $ref: `${COLLECTION[identity.kind]}/${identity.id}`,
});

export function render(db: Database, identity: Identity): Resource {
  const groups = directGroups(db, identity.id).map((group) => ({ ...reference(group), type: "direct" }));
  const common = { id: identity.id, displayName: identity.displayName, ...(groups.length > 0 ? { groups } : {}) };
  if (identity.kind === "group") {
    const members = membersOf(db, identity.id).map(reference);
    return {
      schemas: [`${CORE}:Group`],
      ...common,
      ...identity.extra,
      ...(members.length > 0 ? { members } : {}),
      meta: { resourceType: identity.system ? "WorkspaceGroup" : "Group" },
    };
  }
  if (identity.kind === "service_principal") {
    return {
      schemas: [`${CORE}:ServicePrincipal`],
      ...common,
      applicationId: identity.name,
      active: identity.active,
      ...identity.extra,
    };
  }
  return {
    schemas: [`${CORE}:User`, "urn:ietf:params:scim:schemas:extension:workspace:2.0:User"],
    ...common,
    userName: identity.name,
    active: identity.active,
    emails: [{ type: "work", value: identity.name, primary: true }],
    ...identity.extra,
  };
}

/** `attributes=` and `excludedAttributes=`: top-level names, dotted ones by their first part; ids always come along. */
export function project(resource: Resource, attributes?: string, excluded?: string): Resource {
  const names = (list: string) => list.split(",").map((name) => name.trim().split(".")[0]!.toLowerCase());
  let entries = Object.entries(resource);
  if (attributes) {
    const wanted = new Set(["id", "schemas", "applicationid", ...names(attributes)]);
    entries = entries.filter(([key]) => wanted.has(key.toLowerCase()));
  }
  if (excluded) {
    const unwanted = new Set(names(excluded));
    entries = entries.filter(([key]) => key === "id" || !unwanted.has(key.toLowerCase()));
  }
  return Object.fromEntries(entries);
}

export function requireIdentity(db: Database, kind: IdentityKind, id: string): Identity {
  const identity = getIdentity(db, id);
  if (identity?.kind !== kind) throw new ScimError(404, `${LABEL[kind]} with id ${id} not found.`);
  return identity;
}

function taken(kind: IdentityKind, name: string): ScimError {
  const what = {
    user: "User with username",
    service_principal: "Service principal with application ID",
    group: "Group with name",
  };
  return new ScimError(409, `${what[kind]} ${name} already exists.`, "uniqueness");
}

function nameOf(kind: IdentityKind, sent: Resource): string {
  const key = { user: "userName", service_principal: "applicationId", group: "displayName" }[kind];
  const name = sent[key] ?? (kind === "service_principal" ? newApplicationId() : undefined);
  if (typeof name !== "string" || name.trim() === "") {
    throw new ScimError(400, `${key} is required and must be a non-empty string`, "invalidValue");
  }
  return name;
}

function displayNameOf(kind: IdentityKind, sent: Resource, name: string): string {
  if (typeof sent.displayName === "string" && sent.displayName !== "") return sent.displayName;
  const person = sent.name as { givenName?: string; familyName?: string } | undefined;
  const full = [person?.givenName, person?.familyName].filter(Boolean).join(" ");
  return kind === "user" && full ? full : name;
}

/** Lists keep only entries that say something: the provider sends `[{ "value": "" }]` to empty one. */
function extraOf(sent: Resource): Resource {
  const extra: Resource = {};
  for (const key of KEPT) {
    const value = sent[key];
    if (value === undefined) continue;
    if (!Array.isArray(value)) extra[key] = value;
    else {
      const kept = value.filter((item: { value?: unknown }) => item.value !== undefined && item.value !== "");
      if (kept.length > 0) extra[key] = kept;
    }
  }
  return extra;
}

function setMembers(db: Database, group: Identity, sent: unknown): void {
  const wanted = ((sent ?? []) as { value?: unknown }[]).map(({ value }) => String(value));
  for (const id of wanted) {
    if (!getIdentity(db, id)) throw new ScimError(404, `Member with id ${id} not found.`);
    if (id === group.id || isInside(db, group.id, id)) {
      throw new ScimError(400, `Adding ${id} to the group ${group.name} would make a cycle`, "invalidValue");
    }
  }
  for (const member of membersOf(db, group.id)) {
    if (!wanted.includes(member.id)) removeMember(db, group.id, member.id);
  }
  for (const id of wanted) addMember(db, group.id, id);
}

/** Is `innerId` a (nested) member of `outerId`? */
function isInside(db: Database, innerId: string, outerId: string): boolean {
  return membersOf(db, outerId).some((member) => member.id === innerId || isInside(db, innerId, member.id));
}

export function create(db: Database, kind: IdentityKind, sent: Resource): Identity {
  const name = nameOf(kind, sent);
  if (findIdentity(db, kind, name)) throw taken(kind, name);
  const identity = insertIdentity(db, {
    kind,
    name,
    displayName: displayNameOf(kind, sent, name),
    active: sent.active !== false,
    extra: extraOf(sent),
  });
  if (kind === "group") setMembers(db, identity, sent.members);
  else addMember(db, findIdentity(db, "group", "users")!.id, identity.id);
  if (kind !== "group") joinGroups(db, identity, sent.groups);
  return identity;
}

function joinGroups(db: Database, identity: Identity, sent: unknown): void {
  for (const { value } of (sent ?? []) as { value?: unknown }[]) {
    const group = requireIdentity(db, "group", String(value));
    addMember(db, group.id, identity.id);
  }
}

export function replace(db: Database, identity: Identity, sent: Resource): void {
  const { kind } = identity;
  const name = kind === "service_principal" ? identity.name : nameOf(kind, sent);
  if (name.toLowerCase() !== identity.name.toLowerCase()) {
    if (identity.system) throw new ScimError(403, `${LABEL[kind]} ${identity.name} cannot be renamed.`);
    if (findIdentity(db, kind, name)) throw taken(kind, name);
  }
  updateIdentity(db, {
    ...identity,
    name,
    displayName: displayNameOf(kind, sent, name),
    active: sent.active !== false,
    extra: extraOf(sent),
  });
  if (kind === "group" && "members" in sent) setMembers(db, identity, sent.members);
}
