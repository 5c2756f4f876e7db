/** What a new workspace has: its system groups, the admin who runs it, and that admin's token in `<data dir>/token`. */

import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "lakehouse-toolchain/files";
import type { Context } from "../../core/service.ts";
import { addMember, findIdentity, insertIdentity } from "./store.ts";
import { holderOf, insertToken, newTokenValue } from "./tokens.ts";

export const ADMIN_USER = "admin@local.workspace";
const SYSTEM_GROUPS = ["users", "admins", "account users"] as const;

export const tokenFile = (dataDir: string): string => join(dataDir, "token");

export function bootstrap({ db, dataDir }: Context): void {
  const admin = db.transaction(() => {
    for (const name of SYSTEM_GROUPS) {
      if (!findIdentity(db, "group", name)) insertIdentity(db, { kind: "group", name, system: true });
    }
    const user =
      findIdentity(db, "user", ADMIN_USER) ??
      insertIdentity(db, { kind: "user", name: ADMIN_USER, displayName: "Workspace admin", system: true });
    for (const group of ["users", "admins"]) addMember(db, findIdentity(db, "group", group)!.id, user.id);
    return user;
  });
  adminToken(dataDir, (value) => {
    db.transaction(() => {
      if (!holderOf(db, value)) {
        insertToken(db, { value, identityId: admin.id, createdBy: admin.name, comment: "made by the local workspace" });
      }
    });
  });
}

/** The file keeps the token over restarts; a file that is missing or not a token is written anew, whole or not at all. */
function adminToken(dataDir: string, register: (value: string) => void): void {
  const path = tokenFile(dataDir);
  const kept = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  if (/^dapi[0-9a-f]{32}$/.test(kept)) {
    chmodSync(path, 0o600);
    register(kept);
    return;
  }
  const value = newTokenValue();
  register(value);
  replaceFile(path, `${value}\n`);
}
