/**
 * Personal access tokens, tokens of service principals, and the secrets behind OAuth's client credentials.
 * Only SHA-256 hashes are kept: the values are 128 random bits and more, so a hash cannot be turned back.
 */
import { createHash, randomBytes } from "node:crypto";
import { uuid } from "../../core/ids.ts";
import type { Principal } from "../../core/service.ts";
import type { Database, Migration } from "../../store/database.ts";
import { getIdentity, toPrincipal } from "./store.ts";

export const migrations: readonly Migration[] = [
  {
    id: "identity/2-tokens",
    sql: `
      CREATE TABLE tokens (
        id TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('pat', 'oauth')),
        comment TEXT,
        created_at INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        expires_at INTEGER,
        client_secret_id TEXT REFERENCES client_secrets (id) ON DELETE CASCADE
      ) STRICT;
      CREATE TABLE client_secrets (
        id TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
      ) STRICT;`,
  },
];

export interface Token {
  id: string;
  identity_id: string;
  comment: string | null;
  created_at: number;
  created_by: string;
  expires_at: number | null;
}

export interface ClientSecret {
  id: string;
  hash: string;
  identity_id: string;
  created_at: number;
  expires_at: number;
}

export const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");
export const newTokenValue = (): string => `dapi${randomBytes(16).toString("hex")}`;

export function insertToken(
  db: Database,
  token: {
    value: string;
    identityId: string;
    createdBy: string;
    kind?: "pat" | "oauth";
    comment?: string | undefined;
    lifetimeSeconds?: number | undefined;
    clientSecretId?: string;
  },
): Token {
  const id = hashOf(uuid());
  const now = Date.now();
  db.run(
    "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    id,
    hashOf(token.value),
    token.identityId,
    token.kind ?? "pat",
    token.comment ?? null,
    now,
    token.createdBy,
    token.lifetimeSeconds === undefined ? null : now + token.lifetimeSeconds * 1000,
    token.clientSecretId ?? null,
  );
  return getToken(db, id)!;
}

const LOGIN_SECONDS = 3600;
/** By database and identity: what it was given last, and until when it is given again. */
const logins = new WeakMap<Database, Map<string, { value: string; until: number }>>();

/** A token for code that a run of this identity executes; it holds for at least half an hour. */
export function loginOf(db: Database, identityId: string): string {
  const known = logins.get(db) ?? new Map<string, { value: string; until: number }>();
  logins.set(db, known);
  const found = known.get(identityId);
  if (found && found.until > Date.now()) return found.value;
  const value = newTokenValue();
  db.run("DELETE FROM tokens WHERE kind = 'oauth' AND comment = 'login of a run' AND expires_at < ?", Date.now());
  insertToken(db, {
    ...{ value, identityId, createdBy: identityId, kind: "oauth", comment: "login of a run" },
    lifetimeSeconds: LOGIN_SECONDS,
  });
  known.set(identityId, { value, until: Date.now() + (LOGIN_SECONDS / 2) * 1000 });
  return value;
}

export const getToken = (db: Database, id: string): Token | undefined =>
  db.get<Token>("SELECT * FROM tokens WHERE id = ? AND kind = 'pat'", id);

export const listTokens = (db: Database): Token[] =>
  db.all<Token>("SELECT * FROM tokens WHERE kind = 'pat' ORDER BY created_at, rowid");

export const deleteToken = (db: Database, id: string): boolean =>
  db.run("DELETE FROM tokens WHERE id = ?", id).changes > 0;

/** Who holds this token now; undefined when it is unknown, expired, or its holder is not active. */
export function holderOf(db: Database, value: string): Principal | undefined {
  const row = db.get<{ identity_id: string; expires_at: number | null }>(
    "SELECT identity_id, expires_at FROM tokens WHERE hash = ?",
    hashOf(value),
  );
  if (!row || (row.expires_at !== null && row.expires_at <= Date.now())) return undefined;
  const identity = getIdentity(db, row.identity_id);
  return identity?.active ? toPrincipal(identity) : undefined;
}

export function insertClientSecret(
  db: Database,
  identityId: string,
  lifetimeSeconds: number,
): { secret: string; record: ClientSecret } {
  const secret = `dose${randomBytes(16).toString("hex")}`;
  const id = uuid();
  const now = Date.now();
  db.run(
    "INSERT INTO client_secrets VALUES (?, ?, ?, ?, ?)",
    id,
    hashOf(secret),
    identityId,
    now,
    now + lifetimeSeconds * 1000,
  );
  return { secret, record: db.get<ClientSecret>("SELECT * FROM client_secrets WHERE id = ?", id)! };
}

export const listClientSecrets = (db: Database, identityId: string): ClientSecret[] =>
  db.all<ClientSecret>("SELECT * FROM client_secrets WHERE identity_id = ? ORDER BY created_at, rowid", identityId);

export const deleteClientSecret = (db: Database, identityId: string, id: string): boolean =>
  db.run("DELETE FROM client_secrets WHERE identity_id = ? AND id = ?", identityId, id).changes > 0;

export const matchClientSecret = (db: Database, identityId: string, secret: string): ClientSecret | undefined =>
  db.get<ClientSecret>(
    "SELECT * FROM client_secrets WHERE identity_id = ? AND hash = ? AND expires_at > ?",
    identityId,
    hashOf(secret),
    Date.now(),
  );
