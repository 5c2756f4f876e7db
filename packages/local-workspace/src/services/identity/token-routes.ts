/** Tokens: one's own, the admins' view of all, tokens and secrets of service principals. https://docs.databricks.com/api/workspace/tokens */
import { z } from "zod";
import { invalid, notFound } from "../../core/errors.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { requireAdmin } from "./rules.ts";
import { clientSecret, createdToken, createOboToken, createToken, empty, tokenInfo, tokenList } from "./schemas.ts";
import { findIdentity, getIdentity, type Identity, isAdmin } from "./store.ts";
import {
  type ClientSecret,
  deleteClientSecret,
  deleteToken,
  getToken,
  insertClientSecret,
  insertToken,
  listClientSecrets,
  listTokens,
  newTokenValue,
  type Token,
} from "./tokens.ts";

const MANAGEMENT = "/api/2.0/token-management";
const SECRETS = "/api/2.0/accounts/servicePrincipals/:principal_id/credentials/secrets";
/** Two years, the longest that Databricks gives a secret or a token with a lifetime. */
const MAX_LIFETIME = 730 * 24 * 3600;

const shortInfo = (token: Token) => ({
  token_id: token.id,
  creation_time: token.created_at,
  expiry_time: token.expires_at ?? -1,
  ...(token.comment === null ? {} : { comment: token.comment }),
});

function longInfo(db: Database, token: Token) {
  const creator = findIdentity(db, "user", token.created_by) ?? findIdentity(db, "service_principal", token.created_by);
  return {
    ...shortInfo(token),
    created_by_username: token.created_by,
    ...(creator ? { created_by_id: Number(creator.id) } : {}),
    owner_id: Number(token.identity_id),
  };
}

function checkLifetime(seconds: number | undefined): void {
  if (seconds !== undefined && (seconds <= 0 || seconds > MAX_LIFETIME)) {
    throw invalid(`lifetime_seconds must be between 1 and ${MAX_LIFETIME}, got ${seconds}.`);
  }
}

const missing = (id: string) => notFound(`Token ${id} does not exist!`);

export function tokenRoutes(app: App, context: Context): void {
  ownTokenRoutes(app, context);
  managedTokenRoutes(app, context);
  onBehalfRoute(app, context);
  secretRoutes(app, context.db);
}

function ownTokenRoutes(app: App, { db }: Context): void {
  app.post(
    "/api/2.0/token/create",
    { schema: { body: createToken, response: { 200: createdToken } } },
    async ({ body, principal }) => {
      checkLifetime(body.lifetime_seconds);
      const value = newTokenValue();
      const token = insertToken(db, {
        value,
        identityId: principal.id,
        createdBy: principal.name,
        comment: body.comment,
        lifetimeSeconds: body.lifetime_seconds,
      });
      return { token_value: value, token_info: shortInfo(token) };
    },
  );
  app.get("/api/2.0/token/list", { schema: { response: { 200: tokenList } } }, async ({ principal }) => ({
    token_infos: listTokens(db)
      .filter((token) => token.identity_id === principal.id)
      .map(shortInfo),
  }));
  app.post(
    "/api/2.0/token/delete",
    { schema: { body: z.object({ token_id: z.string() }), response: { 200: empty } } },
    async ({ body, principal }) => {
      const token = getToken(db, body.token_id);
      if (token?.identity_id !== principal.id) throw missing(body.token_id);
      deleteToken(db, token.id);
      return {};
    },
  );
}

function managedTokenRoutes(app: App, { db }: Context): void {
  app.get(
    `${MANAGEMENT}/tokens`,
    {
      schema: {
        querystring: z.object({
          created_by_id: z.coerce.number().optional(),
          created_by_username: z.string().optional(),
        }),
        response: { 200: tokenList },
      },
    },
    async ({ query, principal }) => {
      requireAdmin(db, principal, "manage tokens");
      const infos = listTokens(db).map((token) => longInfo(db, token));
      return {
        token_infos: infos.filter(
          (info) =>
            (query.created_by_id === undefined || info.created_by_id === query.created_by_id) &&
            (query.created_by_username === undefined || info.created_by_username === query.created_by_username),
        ),
      };
    },
  );
  app.get(
    `${MANAGEMENT}/tokens/:token_id`,
    { schema: { params: z.object({ token_id: z.string() }), response: { 200: z.object({ token_info: tokenInfo }) } } },
    async ({ params, principal }) => {
      requireAdmin(db, principal, "manage tokens");
      const token = getToken(db, params.token_id);
      if (!token) throw missing(params.token_id);
      return { token_info: longInfo(db, token) };
    },
  );
  app.delete(
    `${MANAGEMENT}/tokens/:token_id`,
    { schema: { params: z.object({ token_id: z.string() }), response: { 200: empty } } },
    async ({ params, principal }) => {
      requireAdmin(db, principal, "manage tokens");
      if (!getToken(db, params.token_id)) throw missing(params.token_id);
      deleteToken(db, params.token_id);
      return {};
    },
  );
}

function onBehalfRoute(app: App, { db }: Context): void {
  app.post(
    `${MANAGEMENT}/on-behalf-of/tokens`,
    { schema: { body: createOboToken, response: { 200: createdToken } } },
    async ({ body, principal }) => {
      requireAdmin(db, principal, "create tokens on behalf of service principals");
      checkLifetime(body.lifetime_seconds);
      const owner = findIdentity(db, "service_principal", body.application_id);
      if (!owner) throw notFound(`Service principal with application ID ${body.application_id} does not exist.`);
      const value = newTokenValue();
      const token = insertToken(db, {
        value,
        identityId: owner.id,
        createdBy: principal.name,
        comment: body.comment,
        lifetimeSeconds: body.lifetime_seconds,
      });
      return { token_value: value, token_info: longInfo(db, token) };
    },
  );
}

const iso = (time: number): string => new Date(time).toISOString();
const secretInfo = (record: ClientSecret) => ({
  id: record.id,
  secret_hash: record.hash,
  status: "ACTIVE" as const,
  create_time: iso(record.created_at),
  update_time: iso(record.created_at),
  expire_time: iso(record.expires_at),
});

function ownPrincipal(db: Database, id: string, caller: Principal): Identity {
  const identity = getIdentity(db, id);
  if (identity?.kind !== "service_principal") throw notFound(`Service principal with id ${id} not found.`);
  if (identity.id !== caller.id && !isAdmin(db, caller))
    requireAdmin(db, caller, "manage secrets of service principals");
  return identity;
}

function secretRoutes(app: App, db: Database): void {
  const params = z.object({ principal_id: z.string() });
  app.post(
    SECRETS,
    { schema: { params, body: z.object({ lifetime: z.string().optional() }), response: { 200: clientSecret } } },
    async (request) => {
      const owner = ownPrincipal(db, request.params.principal_id, request.principal);
      const { lifetime } = request.body;
      if (lifetime !== undefined && !/^\d+s$/.test(lifetime)) {
        throw invalid(`lifetime must be a number of seconds such as '3600s', got '${lifetime}'.`);
      }
      const seconds = lifetime === undefined ? MAX_LIFETIME : Number(lifetime.slice(0, -1));
      checkLifetime(seconds);
      const { secret, record } = insertClientSecret(db, owner.id, seconds);
      return { ...secretInfo(record), secret };
    },
  );
  app.get(
    SECRETS,
    { schema: { params, response: { 200: z.object({ secrets: z.array(clientSecret) }) } } },
    async (request) => ({
      secrets: listClientSecrets(db, ownPrincipal(db, request.params.principal_id, request.principal).id).map(
        secretInfo,
      ),
    }),
  );
  app.delete(
    `${SECRETS}/:secret_id`,
    { schema: { params: params.extend({ secret_id: z.string() }), response: { 200: empty } } },
    async (request) => {
      const owner = ownPrincipal(db, request.params.principal_id, request.principal);
      if (!deleteClientSecret(db, owner.id, request.params.secret_id)) {
        throw notFound(`Secret ${request.params.secret_id} does not exist.`);
      }
      return {};
    },
  );
}
