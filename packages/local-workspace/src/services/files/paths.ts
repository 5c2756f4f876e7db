/** From `/Volumes/<catalog>/<schema>/<volume>/…` to a file on this disk, and nowhere outside of that volume's folder. */
import { lstatSync, realpathSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { ApiError, invalid } from "../../core/errors.ts";
import type { Context, Principal } from "../../core/service.ts";
import { actor, requireBinding, requirePrivilege, requireUse } from "../unity-catalog/access.ts";
import { volumeFolder } from "../unity-catalog/disk.ts";
import { requireSecurable } from "../unity-catalog/names.ts";

/** Files API errors carry a reason that SDKs can read beside the code. */
export const filesError = (
  code: "NOT_FOUND" | "ALREADY_EXISTS" | "INVALID_PARAMETER_VALUE" | "DIRECTORY_NOT_EMPTY",
  reason: string,
  message: string,
): ApiError =>
  new ApiError(code, message, {
    details: [
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        reason: `FILES_API_${reason}`,
        domain: "filesystem.databricks.com",
      },
    ],
  });

/** Of file systems here, and of the object stores behind volumes. */
const LONGEST_NAME = 255;

export interface VolumePath {
  /** `/Volumes/c/s/v/a/b`, without a slash at its end. */
  path: string;
  /** The volume's folder on this disk. */
  root: string;
  file: string;
  isRoot: boolean;
}

/** @param given what follows `/api/2.0/fs/files/` or `…/directories/`, decoded */
export function resolveVolumePath(
  context: Context,
  principal: Principal,
  given: string,
  privilege: "READ_VOLUME" | "WRITE_VOLUME",
): VolumePath {
  const parts = given.split("/").filter((part) => part !== "");
  if (parts[0] !== "Volumes" || parts.length < 4) {
    throw invalid(`Path '/${parts.join("/")}' must be /Volumes/<catalog>/<schema>/<volume>/…`);
  }
  if (parts.some((part) => part === "." || part === ".." || part.includes("\0") || part.includes("\\"))) {
    throw invalid(`Path '/${parts.join("/")}' must not contain '.', '..', NUL or backslash in a part.`);
  }
  const long = parts.find((part) => Buffer.byteLength(part) > LONGEST_NAME);
  if (long !== undefined) throw invalid(`A part of a path has ${LONGEST_NAME} bytes at most: '${long.slice(0, 40)}…'.`);
  const [catalog, schema, volume, ...rest] = parts.slice(1) as [string, string, string, ...string[]];
  const { db } = context;
  const item = requireSecurable(db, "VOLUME", `${catalog}.${schema}.${volume}`);
  const who = actor(db, principal);
  requireBinding(db, context.workspaceId, item, privilege === "WRITE_VOLUME");
  requireUse(db, who, item);
  requirePrivilege(db, who, item, privilege);
  const root = volumeFolder(context, item.fullName);
  const file = join(root, ...rest);
  stayInside(root, file);
  return { path: `/${parts.join("/")}`, root, file, isRoot: rest.length === 0 };
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return false;
    throw error;
  }
}

/** A link that a notebook left in a volume must not lead out of it. */
function stayInside(root: string, file: string): void {
  const real = realpathSync(root);
  let at = file;
  while (!exists(at)) at = dirname(at);
  const target = realpathSync(at);
  if (target !== real && !target.startsWith(real + sep)) {
    throw invalid("The path leads out of its volume.");
  }
}
