/** The workspace's tree: notebooks, files and directories by path, kept in the store. */
import { posix } from "node:path";
import { notFound } from "../../core/errors.ts";
import type { Context, Principal, Service } from "../../core/service.ts";
import { hasLevel, requireLevel } from "../permissions/access.ts";
import { registerObjectType } from "../permissions/registry.ts";
import { languageOfName } from "./notebook-format.ts";
import { PERMISSION_TYPE, workspaceRoutes } from "./routes.ts";
import { checkedPath, makeDirectories } from "./rules.ts";
import { below, contentOf, findObject, migrations, objectById, putObject, type TreeObject } from "./store.ts";
import { provideTree, type WorkspaceObject, type WorkspaceTree } from "./tree.ts";

const asTreeObject = ({ db }: Context, object: TreeObject): WorkspaceObject => {
  const language = object.language ?? languageOfName(object.path);
  return {
    path: object.path,
    kind: object.type === "NOTEBOOK" ? "notebook" : "file",
    ...(language ? { language } : {}),
    content: contentOf(db, object.path),
  };
};

/** The nearest folder that exists decides. A file's copy on disk may outlive it, and that of a notebook has another name. */
function mayReadAbove(context: Context, principal: Principal, path: string): boolean {
  let at = posix.dirname(path);
  while (!findObject(context.db, at) && at !== "/") at = posix.dirname(at);
  const folder = findObject(context.db, at);
  return (
    folder !== undefined && hasLevel(context, principal, PERMISSION_TYPE[folder.type], String(folder.id), "CAN_READ")
  );
}

const tree: WorkspaceTree = {
  read(context, path) {
    const object = findObject(context.db, checkedPath(path));
    return object && object.type !== "DIRECTORY" ? asTreeObject(context, object) : undefined;
  },
  requireRead(context, principal, path) {
    const asked = checkedPath(path);
    const object = findObject(context.db, asked);
    if (object) requireLevel(context, principal, PERMISSION_TYPE[object.type], String(object.id), "CAN_READ");
    else if (!mayReadAbove(context, principal, asked)) throw notFound(`Path (${path}) doesn't exist.`);
  },
  isDirectory: (context, path) => findObject(context.db, checkedPath(path))?.type === "DIRECTORY",
  below: (context, directory) =>
    below(context.db, checkedPath(directory))
      .filter((object) => object.type !== "DIRECTORY")
      .map((object) => asTreeObject(context, object)),
};

function registerTypes(context: Context): void {
  for (const [type, name] of Object.entries(PERMISSION_TYPE)) {
    registerObjectType(context, name, {
      exists: ({ db }, id) => objectById(db, Number(id))?.type === type,
      inherits({ db }, id) {
        const object = objectById(db, Number(id));
        const parent = object && object.path !== "/" ? findObject(db, object.parent) : undefined;
        return parent ? [{ type: "directories", id: String(parent.id) }] : [];
      },
      /** A home is its owner's, `/Shared` is everybody's. */
      standing({ db }, id) {
        const path = objectById(db, Number(id))?.path ?? "";
        const home = /^\/Users\/([^/]+)$/.exec(path)?.[1];
        if (home !== undefined) return [{ principal: home, level: "CAN_MANAGE" }];
        return path === "/Shared" ? [{ principal: "users", level: "CAN_MANAGE" }] : [];
      },
    });
  }
}

export const workspace: Service = {
  name: "workspace",
  migrations,
  routes(app, context) {
    registerTypes(context);
    provideTree(context, tree);
    workspaceRoutes(app, context);
  },
  start({ db }) {
    db.transaction(() => {
      if (!findObject(db, "/")) putObject(db, { path: "/", type: "DIRECTORY", principal: "System user" });
      for (const path of ["/Users", "/Shared", "/Repos"]) makeDirectories(db, path, "System user");
    });
  },
};
