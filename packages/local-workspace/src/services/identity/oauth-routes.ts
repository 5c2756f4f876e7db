/** What a client asks before it has a token: the host's metadata, OAuth's, and the token endpoint for service principals. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { App, Context } from "../../core/service.ts";
import { oauthToken } from "./schemas.ts";
import { findIdentity } from "./store.ts";
import { insertToken, matchClientSecret } from "./tokens.ts";

const ACCESS_TOKEN_SECONDS = 3600;

const tokenRequest = z.looseObject({
  grant_type: z.string().optional(),
  scope: z.string().optional(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
});

function basicCredentials(header: string | undefined): { id: string; secret: string } | undefined {
  const [scheme, value] = (header ?? "").split(" ");
  if (scheme?.toLowerCase() !== "basic" || !value) return undefined;
  const text = Buffer.from(value, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  // OAuth 2.0 (RFC 6749, 2.3.1) form-encodes both halves
  const decode = (part: string) => {
    try {
      return decodeURIComponent(part.replaceAll("+", " "));
    } catch {
      return part;
    }
  };
  return { id: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) };
}

export function oauthRoutes(app: App, context: Context): void {
  discoveryRoutes(app, context);
  tokenRoute(app, context);
}

function discoveryRoutes(app: App, context: Context): void {
  app.get("/.well-known/databricks-config", { config: { public: true } }, async () => ({
    oidc_endpoint: `${context.host()}/oidc`,
    workspace_id: String(context.workspaceId),
    cloud: "AWS",
    host_type: "WORKSPACE_HOST",
    token_federation_default_oidc_audiences: [`${context.host()}/oidc/v1/token`],
  }));

  for (const path of ["/oidc/.well-known/oauth-authorization-server", "/oidc/.well-known/openid-configuration"]) {
    app.get(path, { config: { public: true } }, async () => ({
      issuer: `${context.host()}/oidc`,
      authorization_endpoint: `${context.host()}/oidc/v1/authorize`,
      token_endpoint: `${context.host()}/oidc/v1/token`,
      grant_types_supported: ["client_credentials"],
      response_types_supported: [],
      scopes_supported: ["all-apis"],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    }));
  }
}

function tokenRoute(app: App, { db }: Context): void {
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(body as string))),
  );

  app.post(
    "/oidc/v1/token",
    {
      config: { public: true },
      schema: { body: tokenRequest, response: { 200: oauthToken, "4xx": z.looseObject({ error: z.string() }) } },
    },
    async (request, reply) => {
      const { body } = request;
      if (body.grant_type !== "client_credentials") {
        return reply.status(400).send({
          error: "unsupported_grant_type",
          error_description: `The grant type '${body.grant_type ?? ""}' is not supported; use client_credentials.`,
        });
      }
      const given = basicCredentials(request.headers.authorization) ?? {
        id: body.client_id ?? "",
        secret: body.client_secret ?? "",
      };
      const owner = findIdentity(db, "service_principal", given.id);
      const secret = owner?.active ? matchClientSecret(db, owner.id, given.secret) : undefined;
      if (!owner || !secret) {
        return reply.status(401).send({ error: "invalid_client", error_description: "Client authentication failed" });
      }
      const value = `dapo${randomBytes(24).toString("hex")}`;
      insertToken(db, {
        value,
        identityId: owner.id,
        createdBy: owner.name,
        kind: "oauth",
        lifetimeSeconds: ACCESS_TOKEN_SECONDS,
        clientSecretId: secret.id,
      });
      return reply.send({
        access_token: value,
        token_type: "Bearer" as const,
        scope: body.scope ?? "all-apis",
        expires_in: ACCESS_TOKEN_SECONDS,
      });
    },
  );
}
