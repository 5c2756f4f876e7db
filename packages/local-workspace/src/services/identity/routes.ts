/** SCIM v2: Me, Users, Groups, ServicePrincipals. https://docs.databricks.com/api/workspace/users */
import type { App, Context } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { requireScimAdmin, ScimError } from "./rules.ts";
import { empty, scimId, scimList, scimPatch, scimQuery, scimResource } from "./schemas.ts";
import { COLLECTION, create, project, type Resource, render, replace, requireIdentity } from "./scim.ts";
import { parseFilter } from "./scim-filter.ts";
import { patched } from "./scim-patch.ts";
import { deleteIdentity, getIdentity, type IdentityKind, listIdentities } from "./store.ts";

const SCIM = "/api/2.0/preview/scim/v2";
/** What one answer of a list holds at most, and when nothing is asked for. */
const MAX_COUNT = 10_000;

interface ListQuery {
  attributes?: string | undefined;
  excludedAttributes?: string | undefined;
  filter?: string | undefined;
  startIndex?: number | undefined;
  count?: number | undefined;
  sortBy?: string | undefined;
  sortOrder?: "ascending" | "descending" | undefined;
}

function list(db: Database, kind: IdentityKind, query: ListQuery) {
  const matches = query.filter ? parseFilter(query.filter) : () => true;
  const all = listIdentities(db, kind)
    .map((identity) => render(db, identity))
    .filter(matches);
  if (query.sortBy) {
    const key = (resource: Resource) => String(resource[query.sortBy!] ?? "").toLowerCase();
    all.sort((a, b) => key(a).localeCompare(key(b)) * (query.sortOrder === "descending" ? -1 : 1));
  }
  const startIndex = Math.max(1, query.startIndex ?? 1);
  const count = Math.min(Math.max(0, query.count ?? MAX_COUNT), MAX_COUNT);
  const page = all.slice(startIndex - 1, startIndex - 1 + count);
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    totalResults: all.length,
    startIndex,
    itemsPerPage: page.length,
    Resources: page.map((resource) => project(resource, query.attributes, query.excludedAttributes)),
  };
}

export function scimRoutes(app: App, { db }: Context): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/scim+json", { parseAs: "string" }, (request, body, done) => {
    if (body.length === 0) done(null, {});
    else parse(request, body as string, done);
  });

  app.get(`${SCIM}/Me`, { schema: { querystring: scimQuery, response: { 200: scimResource } } }, async (request) =>
    project(
      // a service principal asks for itself as for a user, whose name is its application id
      { ...render(db, getIdentity(db, request.principal.id)!), userName: request.principal.name },
      request.query.attributes,
      request.query.excludedAttributes,
    ),
  );

  for (const kind of ["user", "group", "service_principal"] as const) {
    readRoutes(app, db, kind);
    writeRoutes(app, db, kind);
    deleteRoute(app, db, kind);
  }
}

type Kind = "user" | "group" | "service_principal";
const pathOf = (kind: Kind): string => `${SCIM}/${COLLECTION[kind]}`;

function readRoutes(app: App, db: Database, kind: Kind): void {
  const path = pathOf(kind);
  app.get(path, { schema: { querystring: scimQuery, response: { 200: scimList } } }, async (request) =>
    list(db, kind, request.query),
  );
  app.get(
    `${path}/:id`,
    { schema: { params: scimId, querystring: scimQuery, response: { 200: scimResource } } },
    async ({ params, query }) =>
      project(render(db, requireIdentity(db, kind, params.id)), query.attributes, query.excludedAttributes),
  );
}

function writeRoutes(app: App, db: Database, kind: Kind): void {
  const path = pathOf(kind);
  app.post(path, { schema: { body: scimResource, response: { 201: scimResource } } }, async (request, reply) => {
    requireScimAdmin(db, request.principal);
    const made = db.transaction(() => create(db, kind, request.body));
    return reply.status(201).send(render(db, made));
  });
  app.put(
    `${path}/:id`,
    { schema: { params: scimId, body: scimResource, response: { 200: scimResource } } },
    async (request) => {
      requireScimAdmin(db, request.principal);
      db.transaction(() => replace(db, requireIdentity(db, kind, request.params.id), request.body));
      return render(db, getIdentity(db, request.params.id)!);
    },
  );
  app.patch(
    `${path}/:id`,
    { schema: { params: scimId, body: scimPatch, response: { 200: scimResource } } },
    async (request) => {
      requireScimAdmin(db, request.principal);
      db.transaction(() => {
        const identity = requireIdentity(db, kind, request.params.id);
        const before = render(db, identity);
        replace(db, identity, patched(kind === "group" ? { members: [], ...before } : before, request.body.Operations));
      });
      return render(db, getIdentity(db, request.params.id)!);
    },
  );
}

function deleteRoute(app: App, db: Database, kind: Kind): void {
  const path = pathOf(kind);
  app.delete(`${path}/:id`, { schema: { params: scimId, response: { 204: empty } } }, async (request, reply) => {
    requireScimAdmin(db, request.principal);
    db.transaction(() => {
      const identity = requireIdentity(db, kind, request.params.id);
      if (identity.system) throw new ScimError(403, `${identity.name} belongs to the workspace and cannot be deleted.`);
      if (identity.id === request.principal.id) throw new ScimError(403, "You cannot delete yourself.");
      deleteIdentity(db, identity.id);
    });
    return reply.status(204).send({});
  });
}
