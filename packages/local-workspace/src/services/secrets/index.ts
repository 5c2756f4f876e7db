/** Secrets. https://docs.databricks.com/api/workspace/secrets */
import { z } from "zod";
import { ApiError, denied, invalid, notFound, notImplemented } from "../../core/errors.ts";
import type { App, Context, Principal, Service } from "../../core/service.ts";
import { requirePrincipal } from "../identity/rules.ts";
import { actingPrincipal, isAdmin, principalNames } from "../identity/store.ts";
import { aclsOf, encrypt, migrations, putAcl, readSecret, scopeNames } from "./store.ts";

const BASE = "/api/2.0/secrets";
const LEVELS = ["READ", "WRITE", "MANAGE"] as const;
type Level = (typeof LEVELS)[number];
const LIMIT = 128 * 1024;

const nothing = z.object({});
const scopeOnly = z.object({ scope: z.string() });
const scopeKey = scopeOnly.extend({ key: z.string() });
const scopePrincipal = scopeOnly.extend({ principal: z.string() });
const acl = z.object({ principal: z.string(), permission: z.enum(LEVELS) });

export function requireScope(context: Context, principal: Principal, scope: string, level: Level): void {
  const { db } = context;
  if (!scopeNames(db).some((name) => name.toLowerCase() === scope.toLowerCase())) {
    throw notFound(`Scope ${scope} does not exist!`);
  }
  if (isAdmin(db, principal)) return;
  const names = principalNames(db, principal);
  const held = aclsOf(db, scope).filter((entry) => names.has(entry.principal));
  if (!held.some(({ permission }) => LEVELS.indexOf(permission) >= LEVELS.indexOf(level))) {
    throw denied(`User ${principal.name} does not have ${level} permission on scope ${scope}`);
  }
}

function checkName(what: string, name: string): void {
  if (!/^[\w@.\-/]{1,128}$/.test(name)) {
    throw invalid(`${what} '${name}' must have 1 to 128 characters: letters, digits, '-', '_', '@', '.' and '/'.`);
  }
}

/** Scopes that a principal may read at least. */
const visibleScopes = ({ db }: Context, principal: Principal): string[] => {
  const names = principalNames(db, principal);
  return scopeNames(db).filter(
    (name) => isAdmin(db, principal) || aclsOf(db, name).some((entry) => names.has(entry.principal)),
  );
};
const secretMissing = (scope: string, key: string) => notFound(`Secret ${key} does not exist in scope ${scope}.`);

function scopeRoutes(app: App, context: Context): void {
  const { db } = context;
  app.post(
    `${BASE}/scopes/create`,
    {
      schema: {
        body: z.object({
          scope: z.string(),
          initial_manage_principal: z.string().optional(),
          scope_backend_type: z.enum(["DATABRICKS", "AZURE_KEYVAULT"]).optional(),
          backend_azure_keyvault: z.looseObject({}).optional(),
        }),
        response: { 200: nothing },
      },
    },
    async ({ body, principal }) => {
      checkName("Scope name", body.scope);
      if (body.scope_backend_type === "AZURE_KEYVAULT" || body.backend_azure_keyvault) {
        throw notImplemented("The local workspace reaches no Azure Key Vault; use scope_backend_type DATABRICKS.");
      }
      const manager = body.initial_manage_principal ?? principal.name;
      if (manager !== "users") requirePrincipal(db, manager);
      db.transaction(() => {
        if (scopeNames(db).some((name) => name.toLowerCase() === body.scope.toLowerCase())) {
          throw new ApiError("RESOURCE_ALREADY_EXISTS", `Scope ${body.scope} already exists!`);
        }
        db.run("INSERT INTO secret_scopes VALUES (?)", body.scope);
        putAcl(db, body.scope, { principal: manager, permission: "MANAGE" });
      });
      return {};
    },
  );
  app.get(`${BASE}/scopes/list`, async ({ principal }) => {
    const seen = visibleScopes(context, principal);
    return seen.length > 0 ? { scopes: seen.map((name) => ({ name, backend_type: "DATABRICKS" })) } : {};
  });
  app.post(
    `${BASE}/scopes/delete`,
    { schema: { body: scopeOnly, response: { 200: nothing } } },
    async ({ body, principal }) => {
      requireScope(context, principal, body.scope, "MANAGE");
      db.run("DELETE FROM secret_scopes WHERE name = ?", body.scope);
      return {};
    },
  );
}

function secretRoutes(app: App, context: Context): void {
  const { db } = context;
  app.post(
    `${BASE}/put`,
    {
      schema: {
        body: scopeKey.extend({ string_value: z.string().optional(), bytes_value: z.string().optional() }),
        response: { 200: nothing },
      },
    },
    async ({ body, principal }) => {
      requireScope(context, principal, body.scope, "WRITE");
      checkName("Secret key", body.key);
      if ((body.string_value === undefined) === (body.bytes_value === undefined)) {
        throw new ApiError("MALFORMED_REQUEST", "Exactly one of string_value and bytes_value must be given.");
      }
      const value =
        body.string_value === undefined ? Buffer.from(body.bytes_value!, "base64") : Buffer.from(body.string_value);
      if (value.length > LIMIT) throw invalid(`A secret can have ${LIMIT} bytes at most, got ${value.length}.`);
      db.run(
        "INSERT OR REPLACE INTO secrets VALUES (?, ?, ?, ?)",
        body.scope,
        body.key,
        encrypt(context, value),
        Date.now(),
      );
      return {};
    },
  );
  app.get(`${BASE}/get`, { schema: { querystring: scopeKey } }, async ({ query, principal }) => {
    requireScope(context, principal, query.scope, "READ");
    const value = readSecret(context, query.scope, query.key);
    if (!value) throw secretMissing(query.scope, query.key);
    return { key: query.key, value: value.toString("base64") };
  });
  app.get(`${BASE}/list`, { schema: { querystring: scopeOnly } }, async ({ query, principal }) => {
    requireScope(context, principal, query.scope, "READ");
    const secrets = db.all<{ key: string; last_updated_timestamp: number }>(
      "SELECT key, updated_at AS last_updated_timestamp FROM secrets WHERE scope = ? ORDER BY key",
      query.scope,
    );
    return secrets.length > 0 ? { secrets } : {};
  });
  app.post(
    `${BASE}/delete`,
    { schema: { body: scopeKey, response: { 200: nothing } } },
    async ({ body, principal }) => {
      requireScope(context, principal, body.scope, "WRITE");
      const { changes } = db.run("DELETE FROM secrets WHERE scope = ? AND key = ?", body.scope, body.key);
      if (changes === 0) throw secretMissing(body.scope, body.key);
      return {};
    },
  );
}

/** What code on the engine asks for: `dbutils.secrets`. */
function engineRequests(context: Context): void {
  const { db } = context;
  context.engine.onRequest("secrets.get", ({ scope, key, principal: name }) => {
    const principal = name === null ? undefined : actingPrincipal(db, name);
    if (!principal) throw denied(`There is no active user or service principal '${name}'.`);
    requireScope(context, principal, scope, "READ");
    const value = readSecret(context, scope, key);
    if (!value) throw secretMissing(scope, key);
    return { value: value.toString("base64") };
  });
  context.engine.onRequest("secrets.list", ({ scope, principal: name }) => {
    const principal = name === null ? undefined : actingPrincipal(db, name);
    if (!principal) throw denied(`There is no active user or service principal '${name}'.`);
    if (scope === undefined) return { names: visibleScopes(context, principal) };
    requireScope(context, principal, scope, "READ");
    const keys = db.all<{ key: string }>("SELECT key FROM secrets WHERE scope = ? ORDER BY key", scope);
    return { names: keys.map(({ key }) => key) };
  });
}

function aclRoutes(app: App, context: Context): void {
  const { db } = context;
  const missing = (scope: string, principal: string) =>
    notFound(`ACL for principal ${principal} does not exist on scope ${scope}.`);
  app.post(
    `${BASE}/acls/put`,
    { schema: { body: acl.extend({ scope: z.string() }), response: { 200: nothing } } },
    async ({ body, principal }) => {
      requireScope(context, principal, body.scope, "MANAGE");
      requirePrincipal(db, body.principal);
      putAcl(db, body.scope, body);
      return {};
    },
  );
  app.get(
    `${BASE}/acls/get`,
    { schema: { querystring: scopePrincipal, response: { 200: acl } } },
    async ({ query, principal }) => {
      requireScope(context, principal, query.scope, "MANAGE");
      const found = aclsOf(db, query.scope).find((entry) => entry.principal === query.principal);
      if (!found) throw missing(query.scope, query.principal);
      return found;
    },
  );
  app.get(
    `${BASE}/acls/list`,
    { schema: { querystring: scopeOnly, response: { 200: z.object({ items: z.array(acl) }) } } },
    async ({ query, principal }) => {
      requireScope(context, principal, query.scope, "MANAGE");
      return { items: aclsOf(db, query.scope) };
    },
  );
  app.post(
    `${BASE}/acls/delete`,
    { schema: { body: scopePrincipal, response: { 200: nothing } } },
    async ({ body, principal }) => {
      requireScope(context, principal, body.scope, "MANAGE");
      const { changes } = db.run(
        "DELETE FROM secret_acls WHERE scope = ? AND principal = ?",
        body.scope,
        body.principal,
      );
      if (changes === 0) throw missing(body.scope, body.principal);
      return {};
    },
  );
}

function routes(app: App, context: Context): void {
  scopeRoutes(app, context);
  secretRoutes(app, context);
  aclRoutes(app, context);
  engineRequests(context);
}

export const secrets: Service = { name: "secrets", migrations, routes };
