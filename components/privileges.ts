/** Roles × privileges. A privilege that a securable does not have is a compile error. */
import { PRIVILEGES } from "./privilege-lists.ts";

export { PRIVILEGES };

export type SecurableKind = keyof typeof PRIVILEGES;
export type Privilege<Kind extends SecurableKind> = (typeof PRIVILEGES)[Kind][number];

/** Roles × privileges on one securable. */
export type RoleMatrix<Role extends string, Kind extends SecurableKind> = {
  readonly [R in Role]?: readonly Privilege<Kind>[];
};

export interface Grant {
  principal: string;
  privileges: string[];
}

/**
 * Turns a matrix into grants: roles without a principal drop out, roles that share a principal are merged; sorted, so
 * that the order of the settings never shows as a change.
 */
export function grantsFor(
  matrix: Readonly<Record<string, readonly string[] | undefined>>,
  principals: Readonly<Record<string, readonly string[]>>,
): Grant[] {
  const byPrincipal = new Map<string, Set<string>>();
  for (const [role, privileges = []] of Object.entries(matrix)) {
    if (privileges.length === 0) continue;
    for (const principal of principals[role] ?? []) {
      const all = byPrincipal.get(principal) ?? new Set<string>();
      for (const privilege of privileges) all.add(privilege);
      byPrincipal.set(principal, all);
    }
  }
  return [...byPrincipal]
    .map(([principal, privileges]) => ({ principal, privileges: [...privileges].sort() }))
    .sort((a, b) => (a.principal < b.principal ? -1 : 1));
}
