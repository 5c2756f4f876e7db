/**
 * Entitlements: what a principal may do in the workspace itself, given over SCIM to it or to a group that it is in.
 * https://docs.databricks.com/aws/en/security/auth/entitlements
 */
import { denied } from "../../core/errors.ts";
import type { Principal } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { isAdmin } from "../identity/store.ts";

export type Entitlement = "allow-cluster-create" | "allow-instance-pool-create";

/** Admins have every entitlement. */
export function hasEntitlement(db: Database, principal: Principal, wanted: Entitlement): boolean {
  if (isAdmin(db, principal)) return true;
  const rows = db.all<{ extra: string }>(
    `WITH RECURSIVE up (id) AS (
       SELECT ? UNION SELECT m.group_id FROM group_members m JOIN up ON m.member_id = up.id)
     SELECT extra FROM identities WHERE id IN (SELECT id FROM up)`,
    principal.id,
  );
  return rows.some(({ extra }) => {
    const { entitlements = [] } = JSON.parse(extra) as { entitlements?: { value?: string }[] };
    return entitlements.some(({ value }) => value === wanted);
  });
}

export function requireEntitlement(db: Database, principal: Principal, wanted: Entitlement, what: string): void {
  if (hasEntitlement(db, principal, wanted)) return;
  throw denied(
    `${principal.name} is not authorized to ${what}: it needs the entitlement ${wanted}. Ask a workspace admin.`,
  );
}
