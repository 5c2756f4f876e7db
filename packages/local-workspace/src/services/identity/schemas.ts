/** Shapes of the identity service: SCIM, tokens, OAuth. */
import { z } from "zod";

const member = z.looseObject({ value: z.string().optional(), display: z.string().optional() });
const attribute = z.looseObject({ value: z.string().optional(), primary: z.boolean().optional() });

/** One shape for users, groups and service principals: each kind has more, which is kept as sent. */
export const scimResource = z.looseObject({
  schemas: z.array(z.string()).optional(),
  id: z.string().optional(),
  userName: z.string().optional(),
  displayName: z.string().optional(),
  applicationId: z.string().optional(),
  externalId: z.string().optional(),
  active: z.boolean().optional(),
  name: z.looseObject({ givenName: z.string().optional(), familyName: z.string().optional() }).optional(),
  emails: z.array(attribute).optional(),
  entitlements: z.array(attribute).optional(),
  roles: z.array(attribute).optional(),
  groups: z.array(member).optional(),
  members: z.array(member).optional(),
});

export const scimPatch = z.object({
  schemas: z.array(z.string()).optional(),
  Operations: z.array(z.object({ op: z.string(), path: z.string().optional(), value: z.unknown().optional() })),
});

export const scimId = z.object({ id: z.string() });
export const scimQuery = z.object({
  attributes: z.string().optional(),
  excludedAttributes: z.string().optional(),
  filter: z.string().optional(),
  startIndex: z.coerce.number().int().optional(),
  count: z.coerce.number().int().optional(),
  sortBy: z.string().optional(),
  sortOrder: z.enum(["ascending", "descending"]).optional(),
});
export const scimList = z.object({
  schemas: z.array(z.string()),
  totalResults: z.number(),
  startIndex: z.number(),
  itemsPerPage: z.number(),
  Resources: z.array(scimResource),
});

export const tokenInfo = z.object({
  token_id: z.string(),
  creation_time: z.number(),
  expiry_time: z.number().meta({ description: "Milliseconds since the epoch; -1: never" }),
  comment: z.string().optional(),
  created_by_id: z.number().optional(),
  created_by_username: z.string().optional(),
  owner_id: z.number().optional(),
});
export const createToken = z.object({
  comment: z.string().optional(),
  lifetime_seconds: z.number().int().optional(),
  scopes: z.array(z.string()).optional(),
  autoscope_enabled: z.boolean().optional(),
});
export const createOboToken = z.object({
  application_id: z.string(),
  comment: z.string().optional(),
  lifetime_seconds: z.number().int().optional(),
  scopes: z.array(z.string()).optional(),
});
export const createdToken = z.object({ token_value: z.string(), token_info: tokenInfo });
export const tokenList = z.object({ token_infos: z.array(tokenInfo).optional() });

export const clientSecret = z.object({
  id: z.string(),
  secret: z.string().optional(),
  secret_hash: z.string(),
  status: z.literal("ACTIVE"),
  create_time: z.string(),
  update_time: z.string(),
  expire_time: z.string(),
});

export const oauthToken = z.object({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  scope: z.string(),
  expires_in: z.number(),
});

export const empty = z.object({});
