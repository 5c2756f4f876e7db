/** Files in volumes. https://docs.databricks.com/api/workspace/files */
import { createReadStream, createWriteStream, mkdirSync, statSync } from "node:fs";
import { link, mkdir, open, readdir, rename, rm, rmdir, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { ApiError, denied, invalid } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { paginate } from "../../core/paging.ts";
import type { App, Context } from "../../core/service.ts";
import { filesError, resolveVolumePath } from "./paths.ts";
import { parseRange } from "./range.ts";

const SIZE_LIMIT = 5 * 1024 ** 3;
const PAGE = 1000;
const params = z.object({ "*": z.string() });
const flag = z.enum(["true", "false"]).transform((text) => text === "true");

const fileMissing = () => filesError("NOT_FOUND", "FILE_NOT_FOUND", "The file being accessed is not found.");
const directoryMissing = () =>
  filesError("NOT_FOUND", "DIRECTORY_NOT_FOUND", "The directory being accessed is not found.");

/** Undefined, too, where a part of the path is a file, so that nothing can lie below it. */
function statOf(file: string) {
  try {
    return statSync(file, { throwIfNoEntry: false, bigint: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}
const httpDate = (time: Date): string => time.toUTCString();

export function fileRoutes(app: App, context: Context): void {
  const uploads = join(context.dataDir, "uploads");
  // the body is the file, whatever its type: it is streamed, not parsed
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  uploadRoute(app, context, uploads);
  downloadRoute(app, context);
  deleteRoute(app, context);
  directoryRoutes(app, context);
  presignedRoutes(app, context);
  mkdirSync(uploads, { recursive: true });
}

function uploadRoute(app: App, context: Context, uploads: string): void {
  app.put(
    "/api/2.0/fs/files/*",
    { schema: { params, querystring: z.object({ overwrite: flag.optional() }) } },
    async (request, reply) => {
      const target = resolveVolumePath(context, request.principal, request.params["*"], "WRITE_VOLUME");
      const length = Number(request.headers["content-length"] ?? 0);
      if (length > SIZE_LIMIT) throw invalid(`A file can have ${SIZE_LIMIT} bytes at most, got ${length}.`);
      if (target.isRoot || statOf(target.file)?.isDirectory()) {
        throw filesError("INVALID_PARAMETER_VALUE", "PATH_IS_A_DIRECTORY", `The path ${target.path} is a directory.`);
      }
      const overwrite = request.query.overwrite !== false; // unspecified means true
      const exists = () =>
        filesError("ALREADY_EXISTS", "FILE_ALREADY_EXISTS", "The file being created already exists.");
      if (!overwrite && statOf(target.file)) throw exists();
      const temporary = join(uploads, uuid());
      try {
        await receive(request.body as Readable | undefined, temporary);
        await makeFolder(dirname(target.file), isNotDirectory);
        if (overwrite) await rename(temporary, target.file);
        else {
          // link fails when somebody else's file came first; rename would replace it
          await link(temporary, target.file).catch((error: NodeJS.ErrnoException) => {
            throw error.code === "EEXIST" ? exists() : error;
          });
        }
      } finally {
        await rm(temporary, { force: true });
      }
      await syncFolder(dirname(target.file));
      return reply.status(204).send();
    },
  );
}

function downloadRoute(app: App, context: Context): void {
  app.route({
    method: ["GET", "HEAD"],
    url: "/api/2.0/fs/files/*",
    schema: { params },
    handler: async (request, reply) => {
      const target = resolveVolumePath(
        context,
        request.principal,
        (request.params as { "*": string })["*"],
        "READ_VOLUME",
      );
      const found = statOf(target.file);
      if (!found?.isFile()) throw fileMissing();
      void reply
        .type("application/octet-stream")
        .header("last-modified", httpDate(found.mtime))
        .header("accept-ranges", "bytes");
      const unmodified = request.headers["if-unmodified-since"];
      if (unmodified && Math.floor(found.mtimeMs / 1000) * 1000 > Date.parse(unmodified)) {
        throw new ApiError("INVALID_STATE", "The file was modified since the given time.", { status: 412 });
      }
      const range = parseRange(request.headers.range, found.size);
      if (range === "unsatisfiable") {
        void reply.header("content-range", `bytes */${found.size}`);
        throw new ApiError("INVALID_PARAMETER_VALUE", `The range is not within the file's ${found.size} bytes.`, {
          status: 416,
        });
      }
      const { start, end } = range ?? { start: 0, end: found.size - 1 };
      if (range) void reply.status(206).header("content-range", `bytes ${start}-${end}/${found.size}`);
      void reply.header("content-length", end - start + 1);
      if (request.method === "HEAD" || end < start) return reply.send("");
      return reply.send(createReadStream(target.file, { start, end }));
    },
  });
}

function deleteRoute(app: App, context: Context): void {
  app.delete("/api/2.0/fs/files/*", { schema: { params } }, async (request, reply) => {
    const target = resolveVolumePath(context, request.principal, request.params["*"], "WRITE_VOLUME");
    if (!statOf(target.file)?.isFile()) throw fileMissing();
    await unlink(target.file);
    return reply.status(204).send();
  });
}

async function receive(body: Readable | undefined, file: string): Promise<void> {
  if (body && typeof body.pipe === "function") await pipeline(body, createWriteStream(file, { flags: "wx" }));
  const handle = await open(file, "a");
  try {
    if ((await handle.stat()).size > SIZE_LIMIT) throw invalid(`A file can have ${SIZE_LIMIT} bytes at most.`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the new name itself durable, not only what it names. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const isNotDirectory = () =>
  filesError("INVALID_PARAMETER_VALUE", "PATH_IS_NOT_A_DIRECTORY", "A part of the path is a file, not a directory.");

/** Makes a folder and those above it. */
async function makeFolder(folder: string, onFile: () => ApiError): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw onFile();
    throw code === "ENOTDIR" ? isNotDirectory() : error;
  }
}

function directoryRoutes(app: App, context: Context): void {
  const url = "/api/2.0/fs/directories/*";
  app.put(url, { schema: { params } }, async (request, reply) => {
    const target = resolveVolumePath(context, request.principal, request.params["*"], "WRITE_VOLUME");
    await makeFolder(target.file, () => filesError("ALREADY_EXISTS", "FILE_ALREADY_EXISTS", "The path is a file."));
    return reply.status(204).send();
  });
  app.head(url, { schema: { params } }, async (request, reply) => {
    const target = resolveVolumePath(context, request.principal, request.params["*"], "READ_VOLUME");
    if (!statOf(target.file)?.isDirectory()) throw directoryMissing();
    return reply.status(200).send();
  });
  app.get(
    url,
    {
      exposeHeadRoute: false,
      schema: {
        params,
        querystring: z.object({ page_size: z.coerce.number().int().optional(), page_token: z.string().optional() }),
      },
    },
    async (request) => {
      const target = resolveVolumePath(context, request.principal, request.params["*"], "READ_VOLUME");
      if (!statOf(target.file)?.isDirectory()) throw directoryMissing();
      const names = (await readdir(target.file)).sort();
      const { page_size, page_token } = request.query;
      const page = paginate(
        names,
        { pageToken: page_token, size: Math.min(page_size ?? 0, PAGE) },
        { fallback: PAGE, max: PAGE, name: "page_size" },
      );
      const contents = await Promise.all(page.items.map((name) => describe(target.path, join(target.file, name))));
      return {
        contents: contents.filter((entry) => entry !== undefined),
        ...(page.next_page_token ? { next_page_token: page.next_page_token } : {}),
      };
    },
  );
  app.delete(url, { schema: { params } }, async (request, reply) => {
    const target = resolveVolumePath(context, request.principal, request.params["*"], "WRITE_VOLUME");
    if (target.isRoot) throw denied(`${target.path} is a volume: delete it through Unity Catalog.`);
    if (!statOf(target.file)?.isDirectory()) throw directoryMissing();
    await rmdir(target.file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY") throw error;
      throw filesError("DIRECTORY_NOT_EMPTY", "DIRECTORY_IS_NOT_EMPTY", "The directory being deleted is not empty.");
    });
    return reply.status(204).send();
  });
}

async function describe(parent: string, file: string) {
  const found = await stat(file).catch(() => undefined);
  if (!found) return undefined; // gone since it was listed
  const name = basename(file);
  return {
    path: `${parent}/${name}${found.isDirectory() ? "/" : ""}`,
    name,
    is_directory: found.isDirectory(),
    last_modified: Math.trunc(found.mtimeMs),
    ...(found.isDirectory() ? {} : { file_size: found.size }),
  };
}

/** Newer SDKs ask for presigned cloud URLs first. There is no cloud here: this answer sends them to the plain endpoints. */
function presignedRoutes(app: App, context: Context): void {
  const refuse = async () => {
    throw new ApiError("PERMISSION_DENIED", "Presigned URLs API is not enabled", {
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "FILES_API_API_IS_NOT_ENABLED",
          domain: "filesystem.databricks.com",
          metadata: { api_name: "Presigned URLs API" },
        },
      ],
    });
  };
  for (const name of ["create-upload-part-urls", "create-resumable-upload-url", "create-download-url"]) {
    app.post(`/api/2.0/fs/${name}`, refuse);
  }
  // having fallen back, they abort what they began; there is nothing to abort
  app.post("/api/2.0/fs/create-abort-upload-url", async () => ({
    abort_upload_url: { url: `${context.host()}/api/2.0/fs/aborted-uploads`, headers: [] },
  }));
  app.delete("/api/2.0/fs/aborted-uploads", { config: { public: true } }, async (_request, reply) =>
    reply.status(200).send(),
  );
  // SDKs fall back to one plain PUT when a begun upload gets no URLs for its parts, not when it cannot be begun; what they
  // began they abort, newer ones here
  app.post(
    "/api/2.0/fs/files/*",
    { schema: { params, querystring: z.object({ action: z.string().optional() }) } },
    async (request) => {
      resolveVolumePath(context, request.principal, request.params["*"], "WRITE_VOLUME");
      if (request.query.action === "abort-upload") return {};
      if (request.query.action !== "initiate-upload") return refuse();
      return { multipart_upload: { session_token: uuid() } };
    },
  );
}
