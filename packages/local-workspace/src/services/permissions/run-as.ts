/**
 * `run_as` of jobs and pipelines: https://docs.databricks.com/aws/en/jobs/privileges. It must name a user or service
 * principal of the workspace; who is no admin may name itself, or a service principal that it may use.
 */
import { denied, invalid, notImplemented } from "../../core/errors.ts";
import type { Context, Principal } from "../../core/service.ts";
import { findIdentity, isAdmin, principalNames } from "../identity/store.ts";

export interface RunAs {
  user_name?: string | undefined;
  service_principal_name?: string | undefined;
  group_name?: unknown;
}

const USER_ROLE = "roles/servicePrincipal.user";

/** @returns the name that runs act as; undefined when nothing is set */
export function runAsName(runAs: RunAs | undefined | null): string | undefined {
  return runAs?.user_name ?? runAs?.service_principal_name;
}

/** @throws INVALID_PARAMETER_VALUE when there is no such principal, PERMISSION_DENIED when `principal` may not act as it */
export function requireRunAs(context: Context, principal: Principal, runAs: RunAs | undefined | null): void {
  if (!runAs) return;
  const { user_name: user, service_principal_name: application, group_name: group } = runAs;
  if (group !== undefined) throw notImplemented("run_as.group_name: runs act as a user or a service principal here.");
  if (user && application) throw invalid("run_as: only one of user_name and service_principal_name may be set.");
  const name = user ?? application;
  if (!name) return;
  const kind = user ? "user" : "service_principal";
  const identity = findIdentity(context.db, kind, name);
  if (!identity) {
    throw invalid(
      user
        ? `run_as: user '${name}' does not exist in this workspace.`
        : `run_as: service principal '${name}' does not exist in this workspace; name it by its application id.`,
    );
  }
  if (!identity.active) throw invalid(`run_as: '${name}' is not active.`);
  if (identity.id === principal.id || isAdmin(context.db, principal)) return;
  if (user) throw denied(`run_as: ${principal.name} may not run as user '${name}'. Only workspace admins may.`);
  if (!mayUse(context, principal, application!)) {
    throw denied(`run_as: ${principal.name} does not have the role ${USER_ROLE} on service principal '${name}'.`);
  }
}

interface Grant {
  role: string;
  principals?: string[];
}

/** Rule sets name principals `users/<name>`, `groups/<name>` and `servicePrincipals/<application id>`. */
function mayUse({ db }: Context, principal: Principal, application: string): boolean {
  const suffix = `/servicePrincipals/${application}/ruleSets/default`;
  const rows = db.all<{ name: string; rules: string }>("SELECT name, rules FROM rule_sets");
  const names = principalNames(db, principal);
  return rows
    .filter(({ name }) => name.endsWith(suffix))
    .flatMap(({ rules }) => JSON.parse(rules) as Grant[])
    .filter(({ role }) => role === USER_ROLE || role === "roles/servicePrincipal.manager")
    .some(({ principals = [] }) => principals.some((each) => names.has(each.slice(each.indexOf("/") + 1))));
}
