/** Checks on identities, each with the error that Databricks gives. */
import { ApiError, denied } from "../../core/errors.ts";
import type { Principal } from "../../core/service.ts";
import type { Database } from "../../store/database.ts";
import { findPrincipal, type Identity, isAdmin } from "./store.ts";

/** SCIM endpoints answer in SCIM's own error form (RFC 7644, 3.12), which the SDKs read too. */
export class ScimError extends ApiError {
  readonly scimType: string | undefined;

  constructor(status: 400 | 403 | 404 | 409, message: string, scimType?: string) {
    super(status === 404 ? "NOT_FOUND" : status === 403 ? "PERMISSION_DENIED" : "INVALID_PARAMETER_VALUE", message, {
      status,
    });
    this.scimType = scimType;
  }

  override toJSON(): Record<string, unknown> {
    return {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
      detail: this.message,
      status: String(this.status),
      ...(this.scimType ? { scimType: this.scimType } : {}),
    };
  }
}

export function requireAdmin(db: Database, principal: Principal, what: string): void {
  if (!isAdmin(db, principal)) throw denied(`Only workspace admins can ${what}.`);
}

export function requireScimAdmin(db: Database, principal: Principal): void {
  if (!isAdmin(db, principal))
    throw new ScimError(403, "Only workspace admins can manage users, groups and service principals.");
}

/** A grant's or an owner's principal must exist. */
export function requirePrincipal(db: Database, name: string): Identity {
  const identity = findPrincipal(db, name);
  if (!identity) throw new ApiError("PRINCIPAL_DOES_NOT_EXIST", `Could not find principal with name ${name}.`);
  return identity;
}
