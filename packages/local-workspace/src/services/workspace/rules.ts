/** Checks of the workspace's tree, with Databricks' errors. */
import { posix } from "node:path";
import { ApiError, invalid, notFound } from "../../core/errors.ts";
import { canonical } from "../../core/workspace-path.ts";
import type { Database } from "../../store/database.ts";
import { findIdentity } from "../identity/store.ts";
import { findObject, putObject, type TreeObject } from "./store.ts";

/** What one import or export carries. https://docs.databricks.com/api/workspace/workspace/import */
export const SIZE_LIMIT = 10 * 1024 * 1024;

/** A path that a request names, in its canonical form. */
export function checkedPath(path: string): string {
  if (!path.startsWith("/")) throw invalid(`Path (${path}) doesn't start with '/'`);
  if (path.includes("\0")) throw invalid("Path must not contain a NUL character");
  if (path.split("/").some((part) => part === "." || part === "..")) {
    throw invalid(`Path (${path}) must not contain '.' or '..' as a part`);
  }
  const found = canonical(path);
  refuseUnwritable(found);
  return found;
}

/** Runs find the tree as real files: bytes of a part, with the ending that a notebook gets, and of a path. */
const [PART_LIMIT, PATH_LIMIT] = [255, 3000];
const LONGEST_ENDING = ".scala".length;

function refuseUnwritable(path: string): void {
  const long = path.split("/").find((part) => Buffer.byteLength(part) > PART_LIMIT);
  if (long !== undefined) {
    throw invalid(`Path part (${long.slice(0, 40)}…) is too long: ${Buffer.byteLength(long)} bytes of ${PART_LIMIT}`);
  }
  if (Buffer.byteLength(path) > PATH_LIMIT) {
    throw invalid(`Path (${path.slice(0, 40)}…) is too long: ${Buffer.byteLength(path)} bytes of ${PATH_LIMIT}`);
  }
  if (!path.isWellFormed()) throw invalid("Path must be valid Unicode");
}

/** Gives a path back in the form in which it was asked for. */
export const likeAsked = (asked: string, path: string): string =>
  /^\/Workspace(\/|$)/.test(asked) ? `/Workspace${path === "/" ? "" : path}` : path;

/** @param asked the path as the request has it, which the refusal shows */
export function requireObject(db: Database, path: string, asked = path): TreeObject {
  const found = findObject(db, path) ?? homeOf(db, path);
  if (!found) throw notFound(`Path (${/^\/+Workspace\//.test(asked) ? asked : path}) doesn't exist.`);
  return found;
}

/** Every user's and service principal's home is there from the first time that somebody looks. */
function homeOf(db: Database, path: string): TreeObject | undefined {
  const name = /^\/Users\/([^/]+)$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  const owner = findIdentity(db, "user", name) ?? findIdentity(db, "service_principal", name);
  return owner?.name === name ? putObject(db, { path, type: "DIRECTORY", principal: name }) : undefined;
}

export function requireParent(db: Database, path: string): TreeObject {
  const parent = posix.dirname(path);
  const found = findObject(db, parent) ?? homeOf(db, parent);
  if (found?.type !== "DIRECTORY") throw notFound(`The parent folder (${parent}) does not exist.`);
  return found;
}

export function refuseRoot(path: string, verb: string): void {
  const fixed = path === "/" || path === "/Users" || path === "/Shared" || path === "/Repos";
  if (fixed) throw new ApiError("PERMISSION_DENIED", `Folder ${path} is protected and cannot be ${verb}.`);
}

/** May `path` be written as `type`? */
export function checkTarget(
  existing: TreeObject | undefined,
  path: string,
  type: "NOTEBOOK" | "FILE",
  overwrite: boolean,
): void {
  const most = PART_LIMIT - (type === "NOTEBOOK" ? LONGEST_ENDING : 0);
  if (!existing && Buffer.byteLength(posix.basename(path)) > most) {
    throw invalid(`The name of a notebook has at most ${most} bytes, got ${Buffer.byteLength(posix.basename(path))}`);
  }
  if (!existing) return;
  if (existing.type !== type) {
    throw invalid(
      `Cannot overwrite the asset at ${path} due to type mismatch (asked: ${type}, actual: ${existing.type})`,
    );
  }
  if (!overwrite) throw new ApiError("RESOURCE_ALREADY_EXISTS", `Path (${path}) already exists.`);
}

/** Makes a directory and those above it. */
export function makeDirectories(db: Database, path: string, principal: string): void {
  const parts = path.split("/").filter((part) => part !== "");
  let at = "";
  for (const part of parts) {
    at += `/${part}`;
    const existing = findObject(db, at);
    if (existing && existing.type !== "DIRECTORY") {
      throw new ApiError("RESOURCE_ALREADY_EXISTS", `Path (${at}) already exists and is not a folder.`);
    }
    if (!existing) putObject(db, { path: at, type: "DIRECTORY", principal });
  }
}
