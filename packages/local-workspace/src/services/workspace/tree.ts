/**
 * What runs need of the workspace's tree: notebooks and files by path, and folders with everything below them.
 * The service that keeps the tree provides it; runs never read a checkout.
 */
import { Part } from "../../core/part.ts";
import type { Context, Principal } from "../../core/service.ts";

export interface WorkspaceObject {
  path: string;
  kind: "notebook" | "file";
  /** Of a notebook; of a file by its ending. */
  language?: "PYTHON" | "SQL" | "SCALA" | "R";
  content: Buffer;
}

export interface WorkspaceTree {
  read(context: Context, path: string): WorkspaceObject | undefined;
  /** @throws PERMISSION_DENIED when `principal` may not read the object at `path`; nothing where there is none */
  requireRead(context: Context, principal: Principal, path: string): void;
  isDirectory(context: Context, path: string): boolean;
  /** Every notebook and file below `directory`, sorted by path. */
  below(context: Context, directory: string): WorkspaceObject[];
}

const trees = new Part<WorkspaceTree>(() => {
  throw new Error("no service of this workspace keeps notebooks and files");
});

/** The service that keeps the tree of this workspace says so when it starts. */
export const provideTree = (context: Context, tree: WorkspaceTree): void => trees.provide(context, tree);

export const workspaceTree = (context: Context): WorkspaceTree => trees.of(context);
