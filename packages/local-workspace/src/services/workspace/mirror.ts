/**
 * The workspace's tree as real files, so that code imports modules that lie beside it. A mirror of one root is written
 * under the data folder; a file is rewritten only when its content differs, what is gone from the workspace goes here, too.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import type { Context } from "../../core/service.ts";
import { canonical } from "../../core/workspace-path.ts";
import { type WorkspaceObject, workspaceTree } from "./tree.ts";

const EXTENSION = { PYTHON: ".py", SQL: ".sql", SCALA: ".scala", R: ".r" } as const;

/** How far above a notebook its imports may reach: the folder above its own (`sys.path.append("..")`). */
function rootOf(path: string): string {
  const folder = posix.dirname(canonical(path));
  const parent = posix.dirname(folder);
  return parent === "/" || parent === "/Users" ? folder : parent;
}

/** @returns the folders for sys.path: the notebook's own first, then the one above it */
export function materialise(context: Context, path: string): string[] {
  if (/^(dbfs:)?\/Volumes\//.test(path)) return [];
  const root = rootOf(path);
  writeTree(context, root);
  const folder = join(mirrorRoot(context), posix.dirname(canonical(path)));
  return [folder];
}

/** Writes what is at a path of the workspace, a file or a folder with all below it. */
export function mirror(context: Context, path: string): void {
  const object = workspaceTree(context).read(context, path);
  if (object) writeObject(context, object);
  else if (workspaceTree(context).isDirectory(context, path)) writeTree(context, canonical(path));
}

/** Where the copy of a path of the workspace is on this disk. */
export const mirrored = (context: Context, path: string): string => join(mirrorRoot(context), canonical(path));

const mirrorRoot = (context: Context): string => join(context.dataDir, "workspace");

function writeTree(context: Context, root: string): void {
  const base = join(mirrorRoot(context), root);
  const wanted = new Set<string>();
  for (const object of workspaceTree(context).below(context, root)) {
    wanted.add(writeObject(context, object));
  }
  mkdirSync(base, { recursive: true });
  for (const entry of readdirSync(base, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !wanted.has(file) && !file.includes("__pycache__")) rmSync(file);
  }
}

/** @returns where the object is on this disk */
function writeObject(context: Context, object: WorkspaceObject): string {
  const file = join(mirrorRoot(context), fileName(object));
  try {
    if (readFileSync(file).equals(object.content)) return file;
  } catch (error) {
    // one name of an older data folder that no file can have must not stop every run
    if ((error as NodeJS.ErrnoException).code === "ENAMETOOLONG") return file;
    mkdirSync(dirname(file), { recursive: true });
  }
  writeFileSync(file, object.content);
  return file;
}

function fileName(object: WorkspaceObject): string {
  if (object.kind === "file" || !object.language) return object.path;
  return object.path.endsWith(EXTENSION[object.language]) ? object.path : object.path + EXTENSION[object.language];
}
