/** Permissions of workspace objects. https://docs.databricks.com/api/workspace/permissions */
import { z } from "zod";
import { denied, invalid, notFound } from "../../core/errors.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { findIdentity, findPrincipal, type IdentityKind } from "../identity/store.ts";
import { direct, effective, type Held, hasLevel, requireExists, requireLevel, typeOf } from "./access.ts";
import { OBJECT_TYPES, type ObjectRef, type ObjectType } from "./registry.ts";
import { type AclEntry, setAcl } from "./store.ts";

const entry = z.object({
  user_name: z.string().optional(),
  group_name: z.string().optional(),
  service_principal_name: z.string().optional(),
  permission_level: z.string(),
});
const body = z.object({ access_control_list: z.array(entry).optional() });
type Entry = z.infer<typeof entry>;

const shown = z.object({
  object_id: z.string(),
  object_type: z.string(),
  access_control_list: z.array(
    z.object({
      user_name: z.string().optional(),
      group_name: z.string().optional(),
      service_principal_name: z.string().optional(),
      display_name: z.string().optional(),
      all_permissions: z.array(
        z.object({
          permission_level: z.string(),
          inherited: z.boolean(),
          inherited_from_object: z.array(z.string()).optional(),
        }),
      ),
    }),
  ),
});

const FIELD: Record<IdentityKind, "user_name" | "group_name" | "service_principal_name"> = {
  user: "user_name",
  group: "group_name",
  service_principal: "service_principal_name",
};

function show(context: Context, ref: ObjectRef, type: ObjectType): z.infer<typeof shown> {
  const byPrincipal = new Map<string, Held[]>();
  for (const held of effective(context, ref)) {
    byPrincipal.set(held.principal, [...(byPrincipal.get(held.principal) ?? []), held]);
  }
  const list = [...byPrincipal].flatMap(([name, permissions]) => {
    const identity = findPrincipal(context.db, name);
    if (!identity) return [];
    return {
      [FIELD[identity.kind]]: name,
      ...(identity.kind === "group" ? {} : { display_name: identity.displayName }),
      all_permissions: permissions.map((held) => ({
        permission_level: held.level,
        inherited: held.inheritedFrom !== undefined,
        ...(held.inheritedFrom === undefined ? {} : { inherited_from_object: [held.inheritedFrom] }),
      })),
    };
  });
  return { object_id: `/${ref.type}/${ref.id}`, object_type: type.label, access_control_list: list };
}

/** One entry of a request: exactly one principal, which exists, and a level that the type has. */
function checked(db: Database, type: ObjectType, sent: Entry): AclEntry {
  const named = (Object.entries(FIELD) as [IdentityKind, keyof Entry][]).filter(([, field]) => sent[field]);
  if (named.length !== 1) {
    throw invalid(
      "Each entry of access_control_list must have exactly one of user_name, group_name, service_principal_name.",
    );
  }
  const [kind, field] = named[0]!;
  const name = sent[field]!;
  // Databricks takes a service principal's application id as user_name, too.
  const identity =
    findIdentity(db, kind, name) ?? (kind === "user" ? findIdentity(db, "service_principal", name) : undefined);
  if (!identity)
    throw notFound(
      `Principal: ${kind === "group" ? "GroupName" : kind === "user" ? "UserName" : "ServicePrincipalName"}(${name}) does not exist`,
    );
  if (!type.levels.includes(sent.permission_level)) {
    throw invalid(
      `Permission level ${sent.permission_level} is not supported for ${type.label}; it has ${type.levels.join(", ")}.`,
    );
  }
  if (sent.permission_level === "IS_OWNER" && kind === "group") {
    throw invalid(`Groups cannot be owner: '${name}' is a group; an owner is a user or a service principal.`);
  }
  return { principal: identity.name, level: sent.permission_level };
}

function checkAll(type: ObjectType, before: readonly Held[], after: readonly AclEntry[]): void {
  const owners = after.filter((item) => item.level === "IS_OWNER");
  if (owners.length > 1) throw invalid(`A ${type.label} can have only one owner, got ${owners.length}.`);
  const lower = after.find(
    (item) =>
      item.principal === "admins" &&
      item.level !== "CAN_MANAGE" &&
      type.levels.includes("CAN_MANAGE") &&
      type.name !== "vector-search-endpoints", // takes it, and admins keep what they inherit
  );
  if (lower) throw invalid("Cannot remove or lower the permissions of the group 'admins'.");
  const owned = before.some((item) => item.level === "IS_OWNER");
  if (type.levels.includes("IS_OWNER") && owned && owners.length === 0) {
    throw invalid(`The ${type.label} must have exactly one owner.`);
  }
}

/** Only admins learn that there is no such job. */
function requireJobSeen(context: Context, { type, id }: ObjectRef, principal: Principal): void {
  if (hasLevel(context, principal, type, id, "CAN_VIEW")) return;
  throw denied(
    `${principal.name} does not have Manage permissions on Job with ID: ElasticJobId(${id}). ` +
      "Please contact the owner or an administrator for access.",
  );
}

/** Routes of the permissions of one type of objects. */
function typeRoutes(app: App, context: Context, type: ObjectType): void {
  const { db } = context;
  const single = type.name.startsWith("authorization/");
  const [base, fixedId] = single ? ["authorization", type.name.split("/")[1]] : [type.name, undefined];
  const path = `/api/2.0/permissions/${base}/${fixedId ?? ":id"}`;
  const params = z.object(single ? {} : { id: z.string() });
  const refOf = (given: unknown, principal: Principal): ObjectRef => {
    const ref = { type: type.name, id: fixedId ?? (given as { id: string }).id };
    if (type.name === "jobs") requireJobSeen(context, ref, principal);
    requireExists(context, ref);
    return ref;
  };
  const answer = (ref: ObjectRef) => ({
    ...show(context, ref, type),
    ...(single ? { object_id: `/${type.name}` } : {}),
  });
  const least = type.levels[0]!;
  const manage = type.levels.includes("CAN_MANAGE") ? "CAN_MANAGE" : type.levels.at(-1)!;

  app.get(path, { schema: { params, response: { 200: shown } } }, async (request) => {
    const ref = refOf(request.params, request.principal);
    requireLevel(context, request.principal, ref.type, ref.id, least);
    return answer(ref);
  });
  app.get(`${path}/permissionLevels`, { schema: { params } }, async (request) => {
    refOf(request.params, request.principal);
    return {
      permission_levels: type.levels.map((level) => ({
        permission_level: level,
        description: `${level.replaceAll("_", " ").toLowerCase()} on the ${type.label}`,
      })),
    };
  });
  for (const method of ["PUT", "PATCH"] as const) {
    app.route({
      method,
      url: path,
      schema: { params, body, response: { 200: shown } },
      handler: async (request) => {
        const ref = refOf(request.params, request.principal);
        requireLevel(context, request.principal, ref.type, ref.id, manage);
        const sent = ((request.body as z.infer<typeof body>).access_control_list ?? []).map((item) =>
          checked(db, type, item),
        );
        db.transaction(() => {
          const before = direct(context, ref);
          const after = method === "PUT" ? replaced(type, before, lastOfEach(sent)) : merged(before, lastOfEach(sent));
          checkAll(type, before, after);
          setAcl(db, ref.type, ref.id, after);
        });
        return answer(ref);
      },
    });
  }
}

export function permissionRoutes(app: App, context: Context): void {
  for (const type of OBJECT_TYPES) typeRoutes(app, context, type);
  app.all("/api/2.0/permissions/*", async (request) => {
    const path = (request.params as { "*": string })["*"];
    const kind = path.split("/")[0] ?? "";
    if (typeOf(kind)) throw notFound(`No API found for '${request.method} /permissions/${path}'.`);
    throw invalid(
      `'${kind}' is not a type of object with permissions; there are ${OBJECT_TYPES.map((type) => type.name).join(", ")}.`,
    );
  });
}

/** The `access_control_list` of a request that makes an object; inside its transaction. */
export function grantOnCreate(context: Context, ref: ObjectRef, list: readonly unknown[]): void {
  const type = typeOf(ref.type)!;
  const sent = list.map((item) => {
    const parsed = entry.safeParse(item);
    if (!parsed.success) throw invalid(`access_control_list: ${z.prettifyError(parsed.error)}`);
    return checked(context.db, type, parsed.data);
  });
  const before = direct(context, ref);
  const after = merged(before, lastOfEach(sent));
  checkAll(type, before, after);
  setAcl(context.db, ref.type, ref.id, after);
}

/** Where a principal is named more than once, its last level holds. */
const lastOfEach = (sent: readonly AclEntry[]): AclEntry[] => [
  ...new Map(sent.map((item) => [item.principal, item])).values(),
];

/** PUT replaces; the owner of a warehouse stays where no other is named. */
function replaced(type: ObjectType, before: readonly Held[], sent: readonly AclEntry[]): AclEntry[] {
  const owner = before.find(({ level }) => level === "IS_OWNER");
  const named = sent.some(({ principal, level }) => level === "IS_OWNER" || principal === owner?.principal);
  if (type.label !== "warehouses" || !owner || named) return [...sent];
  return [...sent, { principal: owner.principal, level: owner.level }];
}

/** PATCH adds and changes; a new owner takes the place of the old one. */
function merged(before: readonly Held[], sent: readonly AclEntry[]): AclEntry[] {
  const newOwner = sent.some((item) => item.level === "IS_OWNER");
  const kept = before.filter(
    (old) => !sent.some((item) => item.principal === old.principal) && !(newOwner && old.level === "IS_OWNER"),
  );
  return [...kept.map(({ principal, level }) => ({ principal, level })), ...sent];
}
