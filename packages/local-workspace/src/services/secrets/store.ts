/**
 * Secret scopes, secrets and their access lists. Values are kept encrypted (AES-256-GCM) under a key that lies beside the
 * store, readable by its owner only: a copy of the database alone gives nothing away.
 */

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "lakehouse-toolchain/files";
import type { Context } from "../../core/service.ts";
import type { Database, Migration } from "../../store/database.ts";

export const migrations: readonly Migration[] = [
  {
    id: "secrets/1-scopes",
    sql: `
      CREATE TABLE secret_scopes (name TEXT PRIMARY KEY COLLATE NOCASE) STRICT;
      CREATE TABLE secrets (
        scope TEXT NOT NULL COLLATE NOCASE REFERENCES secret_scopes (name) ON DELETE CASCADE,
        key TEXT NOT NULL,
        value BLOB NOT NULL,
        updated_at INTEGER NOT NULL,
        PRIMARY KEY (scope, key)
      ) STRICT;
      CREATE TABLE secret_acls (
        scope TEXT NOT NULL COLLATE NOCASE REFERENCES secret_scopes (name) ON DELETE CASCADE,
        principal TEXT NOT NULL,
        permission TEXT NOT NULL,
        PRIMARY KEY (scope, principal)
      ) STRICT;`,
  },
];

function masterKey({ dataDir }: Context): Buffer {
  const path = join(dataDir, "secrets.key");
  if (existsSync(path)) return Buffer.from(readFileSync(path, "utf8").trim(), "hex");
  const key = randomBytes(32);
  replaceFile(path, `${key.toString("hex")}\n`);
  return key;
}

export function encrypt(context: Context, value: Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", masterKey(context), nonce);
  const body = Buffer.concat([cipher.update(value), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

export function decrypt(context: Context, stored: Uint8Array): Buffer {
  const bytes = Buffer.from(stored);
  const decipher = createDecipheriv("aes-256-gcm", masterKey(context), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
}

export interface Acl {
  principal: string;
  permission: "READ" | "WRITE" | "MANAGE";
}

export const scopeNames = (db: Database): string[] =>
  db.all<{ name: string }>("SELECT name FROM secret_scopes ORDER BY name").map(({ name }) => name);

export const aclsOf = (db: Database, scope: string): Acl[] =>
  db.all<Acl>("SELECT principal, permission FROM secret_acls WHERE scope = ? ORDER BY principal", scope);

export function putAcl(db: Database, scope: string, { principal, permission }: Acl): void {
  db.run("INSERT OR REPLACE INTO secret_acls VALUES (?, ?, ?)", scope, principal, permission);
}

/** For the engine's dbutils.secrets and for `{{secrets/scope/key}}`: the value, or undefined. */
export function readSecret(context: Context, scope: string, key: string): Buffer | undefined {
  const row = context.db.get<{ value: Uint8Array }>(
    "SELECT value FROM secrets WHERE scope = ? AND key = ?",
    scope,
    key,
  );
  return row && decrypt(context, row.value);
}
