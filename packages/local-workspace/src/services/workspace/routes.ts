/** Workspace objects: import, export, list, get-status, mkdirs, delete. https://docs.databricks.com/api/workspace/workspace */
import multipart from "@fastify/multipart";
import { z } from "zod";
import { ApiError, invalid, notImplemented } from "../../core/errors.ts";
import type { App, Context, Principal } from "../../core/service.ts";
import { forgetObject, requireLevel } from "../permissions/access.ts";
import { decodeContent, importObject } from "./import.ts";
import { EXTENSION, toJupyter } from "./notebook-format.ts";
import { toHtml } from "./notebook-html.ts";
import { checkedPath, likeAsked, makeDirectories, refuseRoot, requireObject, SIZE_LIMIT } from "./rules.ts";
import { findSavedObject, savedObject } from "./saved.ts";
import {
  deleteBody,
  exportQuery,
  importBody,
  importFileQuery,
  listQuery,
  objectInfo,
  objectList,
  pathBody,
  statusQuery,
} from "./schemas.ts";
import { below, children, contentOf, findObject, removeTree, type TreeObject } from "./store.ts";

const BASE = "/api/2.0/workspace";
const nothing = z.object({});
export const PERMISSION_TYPE = { DIRECTORY: "directories", NOTEBOOK: "notebooks", FILE: "files" } as const;

function show(object: TreeObject, asked: string) {
  return {
    object_type: object.type,
    path: likeAsked(asked, object.path),
    object_id: object.id,
    resource_id: String(object.id),
    created_at: object.created_at,
    modified_at: object.modified_at,
    ...(object.language ? { language: object.language } : {}),
    ...(object.type === "FILE" ? { size: object.size } : {}),
  };
}

/** What a principal must hold on objects of the tree. */
function accessOf(context: Context) {
  const { db } = context;
  const need = (principal: Principal, object: TreeObject, level: "CAN_READ" | "CAN_EDIT" | "CAN_MANAGE") =>
    requireLevel(context, principal, PERMISSION_TYPE[object.type], String(object.id), level);
  /** To write below a path: the nearest directory that exists decides. */
  const needWrite = (principal: Principal, path: string) => {
    let at = path;
    while (!findObject(db, at) && at !== "/" && !/^\/Users\/[^/]+$/.test(at))
      at = at.slice(0, at.lastIndexOf("/")) || "/";
    need(principal, requireObject(db, at), "CAN_EDIT");
  };
  return { need, needWrite };
}

type Access = ReturnType<typeof accessOf>;

function writeRoutes(app: App, { db }: Context, { needWrite }: Access): void {
  app.post(
    `${BASE}/mkdirs`,
    { schema: { body: pathBody, response: { 200: nothing } } },
    async ({ body, principal }) => {
      const path = checkedPath(body.path);
      needWrite(principal, path);
      db.transaction(() => makeDirectories(db, path, principal.name));
      return {};
    },
  );

  app.post(
    `${BASE}/import`,
    {
      schema: {
        body: z.looseObject({ path: z.string() }),
        response: { 200: z.object({ object_id: z.number().optional() }) },
      },
    },
    async ({ body, principal }) => {
      const { content, ...fields } = body as { content?: unknown };
      const raw = Buffer.isBuffer(content) ? content : undefined;
      const request = parse(importBody, { ...fields, ...(raw ? {} : { content }) });
      needWrite(principal, checkedPath(request.path));
      const made = importObject(db, {
        path: request.path,
        content: raw ?? decodeContent(request.content),
        format: request.format ?? "SOURCE",
        language: request.language,
        overwrite: request.overwrite === true,
        principal: principal.name,
      });
      return { object_id: made.id };
    },
  );
}

function readRoutes(app: App, context: Context, { need }: Access): void {
  const { db } = context;
  app.get(
    `${BASE}/get-status`,
    { schema: { querystring: statusQuery, response: { 200: objectInfo } } },
    async ({ query, principal }) => {
      const saved = savedObject(context, principal, query.path);
      if (saved) return saved;
      const object = requireObject(db, checkedPath(query.path), query.path);
      need(principal, object, "CAN_READ");
      const shown = show(object, query.path);
      // Bundles of the Databricks CLI ask which file a notebook is: notebooks are kept as source here.
      return query.return_export_info && object.type === "NOTEBOOK"
        ? { ...shown, repos_export_format: "SOURCE" }
        : shown;
    },
  );

  app.get(
    `${BASE}/list`,
    { schema: { querystring: listQuery, response: { 200: objectList } } },
    async ({ query, principal }) => {
      const object = requireObject(db, checkedPath(query.path));
      if (object.path !== "/" && object.path !== "/Users") need(principal, object, "CAN_READ");
      const found = object.type === "DIRECTORY" ? children(db, object.path) : [object];
      const after = query.notebooks_modified_after;
      const objects = found.filter(
        (child) => after === undefined || child.type !== "NOTEBOOK" || child.modified_at > after,
      );
      return objects.length > 0 ? { objects: objects.map((child) => show(child, query.path)) } : {};
    },
  );
}

function exportRoute(app: App, context: Context, { need }: Access): void {
  const { db } = context;
  app.get(`${BASE}/export`, { schema: { querystring: exportQuery } }, async ({ query, principal }, reply) => {
    const saved = findSavedObject(context, principal, query.path);
    const object = saved ?? requireObject(db, checkedPath(query.path));
    if ("parent" in object) need(principal, object, "CAN_READ");
    const { content, fileType } =
      "parent" in object
        ? exported(context, object, query.format ?? "SOURCE")
        : { content: Buffer.from(object.content()), fileType: "json" };
    if (content.length > SIZE_LIMIT) {
      throw new ApiError("MAX_NOTEBOOK_SIZE_EXCEEDED", `Size exceeds 10485760 bytes: ${content.length}.`);
    }
    if (!query.direct_download) return reply.send({ content: content.toString("base64"), file_type: fileType });
    const name = object.path
      .split("/")
      .at(-1)!
      .replaceAll(/["\\\r\n]/g, "_");
    return reply
      .header("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(name)}`)
      .type("application/octet-stream")
      .send(content);
  });
}

function deleteRoute(app: App, { db }: Context, { need }: Access): void {
  app.post(
    `${BASE}/delete`,
    { schema: { body: deleteBody, response: { 200: nothing } } },
    async ({ body, principal }) => {
      const object = requireObject(db, checkedPath(body.path));
      refuseRoot(object.path, "deleted");
      need(principal, object, "CAN_MANAGE");
      if (/^\/Users\/[^/]+$/.test(object.path)) {
        throw new ApiError("PERMISSION_DENIED", `Folder ${object.path} is a home folder and cannot be deleted.`);
      }
      db.transaction(() => {
        if (object.type === "DIRECTORY" && !body.recursive && below(db, object.path).length > 0) {
          throw new ApiError("DIRECTORY_NOT_EMPTY", `Folder (${object.path}) is not empty`);
        }
        for (const gone of removeTree(db, object.path)) forgetObject(db, PERMISSION_TYPE[gone.type], String(gone.id));
      });
      return {};
    },
  );
}

export function workspaceRoutes(app: App, context: Context): void {
  const access = accessOf(context);
  void app.register(multipart, {
    attachFieldsToBody: "keyValues",
    limits: { fileSize: SIZE_LIMIT * 2, fieldSize: SIZE_LIMIT * 2 },
    onFile: async (part) => {
      Object.assign(part, { value: await part.toBuffer() });
    },
  });

  writeRoutes(app, context, access);
  readRoutes(app, context, access);
  exportRoute(app, context, access);
  deleteRoute(app, context, access);
  importFileRoute(app, context, access.needWrite);
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "));
}

function exported(context: Context, object: TreeObject, format: string): { content: Buffer; fileType: string } {
  if (object.type === "DIRECTORY") {
    throw notImplemented(
      `${object.path} is a directory; exporting one (format ${format}) is not part of the local workspace: list it and export what it holds.`,
    );
  }
  const content = contentOf(context.db, object.path);
  const ending = /\.([^./]+)$/.exec(object.path)?.[1] ?? "";
  if (object.type === "FILE") {
    if (!["SOURCE", "AUTO", "RAW"].includes(format)) throw invalid(`A file cannot be exported as ${format}; use AUTO.`);
    return { content, fileType: ending };
  }
  const language = object.language!;
  if (format === "JUPYTER") {
    return { content: Buffer.from(toJupyter(language, content.toString("utf8"))), fileType: "ipynb" };
  }
  if (format === "HTML") {
    return { content: Buffer.from(toHtml(object.path, language, content.toString("utf8"))), fileType: "html" };
  }
  if (["SOURCE", "AUTO", "RAW"].includes(format)) return { content, fileType: EXTENSION[language].slice(1) };
  throw notImplemented(`The local workspace does not export format ${format}; use SOURCE, JUPYTER or HTML.`);
}

/** The path of newer clients: the file's bytes are the body. Notebooks are recognised as with format AUTO. */
function importFileRoute(app: App, context: Context, needWrite: (principal: Principal, path: string) => void): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: SIZE_LIMIT * 2 }, (_request, body, done) =>
      done(null, body),
    );
    (scope as unknown as App).post(
      "/api/2.0/workspace-files/import-file/*",
      {
        schema: {
          params: z.object({ "*": z.string() }),
          querystring: importFileQuery,
          response: { 200: z.object({ object_id: z.number() }) },
        },
      },
      async (request) => {
        const path = checkedPath(`/${request.params["*"]}`);
        needWrite(request.principal, path);
        try {
          const made = importObject(context.db, {
            path,
            content: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
            format: "AUTO",
            overwrite: request.query.overwrite === true,
            principal: request.principal.name,
          });
          return { object_id: made.id };
        } catch (error) {
          // this endpoint answers 409 where import answers 400
          if (error instanceof ApiError && error.errorCode === "RESOURCE_ALREADY_EXISTS") {
            throw new ApiError("RESOURCE_ALREADY_EXISTS", error.message, { status: 409 });
          }
          throw error;
        }
      },
    );
  });
}
