/** Puts together authentication, errors and the services; knows none of them. */
import { mkdirSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import swagger from "@fastify/swagger";
import Fastify, { type FastifyError, type FastifyReply } from "fastify";
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import { config } from "zod";
import { Database } from "../store/database.ts";
import { answerBroken, giveUpStalled, LONGEST_PART, PATIENCE, requireOwnHost } from "./connection.ts";
import type { EngineClient } from "./engine-client.ts";
import { ApiError, isDiskFull, notImplemented } from "./errors.ts";
import { numericId } from "./ids.ts";
import { whyRefused } from "./refusals.ts";
import type { App, Context, Principal, Service } from "./service.ts";

export interface WorkspaceOptions {
  dataDir: string;
  services: readonly Service[];
  engine: EngineClient;
  logger?: boolean;
  /** Refuses Python code of principals that are no workspace admins. */
  strict?: boolean;
}

export interface Workspace {
  readonly app: App;
  readonly context: Context;
  /** Listens on 127.0.0.1; port 0 takes a free one. Resolves to the base URL. */
  listen(port: number): Promise<string>;
  close(): Promise<void>;
}

/** Largest request body: a notebook import (10 MB in base64) fits; volume uploads stream and are not bound by it. */
const BODY_LIMIT = 64 * 1024 * 1024;

/** "warehouse_id: is required" instead of what was expected and that undefined was received. */
config({
  customError: ({ code, input, expected }) => {
    if (code !== "invalid_type" || input !== undefined) return undefined;
    return expected === "object" ? "a JSON object is required" : "is required";
  },
});

/** A server without a route: its limits, and how it reads and answers. */
function server(logger: NonNullable<WorkspaceOptions["logger"]>): App {
  return Fastify({
    logger,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    http: { headersTimeout: PATIENCE, connectionsCheckingInterval: PATIENCE / 10 },
    routerOptions: { maxParamLength: LONGEST_PART },
    clientErrorHandler: answerBroken,
    frameworkErrors: (error, _request, reply) => void answer(toApiError(error), reply),
  })
    .withTypeProvider<ZodTypeProvider>()
    .setValidatorCompiler(validatorCompiler)
    .setSerializerCompiler(serializerCompiler);
}

export async function createWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { dataDir, services, engine } = options;
  const volumesRoot = join(dataDir, "volumes");
  const tablesRoot = join(dataDir, "tables");
  for (const dir of [dataDir, volumesRoot, tablesRoot]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  const db = new Database(join(dataDir, "state.db"));
  db.migrate([{ id: "core/1-workspace", sql: "CREATE TABLE workspace (id INTEGER PRIMARY KEY) STRICT" }]);
  db.migrate(services.flatMap((service) => service.migrations ?? []));

  let host = "";
  const id = workspaceId(db);
  const { strict = false } = options;
  const context: Context = {
    ...{ db, engine, dataDir, volumesRoot, tablesRoot, strict },
    parts: new Map(),
    workspaceId: id,
    host: () => host,
  };
  const app = server(options.logger ?? false);
  await app.register(swagger, {
    openapi: { info: { title: "Local workspace", version: "1.0.0" }, servers: [] },
    transform: describe,
  });

  // SDKs read the workspace's id from this header (CurrentWorkspaceID).
  app.addHook("onSend", async (_request, reply) => void reply.header("x-databricks-org-id", String(id)));
  app.addHook("onRequest", async (request) => {
    requireOwnHost(request.headers.host);
    giveUpStalled(request.raw);
  });
  jsonBodies(app);
  authentication(app, services, context);
  errors(app);
  for (const service of services) {
    await app.register(async (scope) => service.routes(scope as unknown as App, context), { prefix: "" });
  }

  // after the services: it describes every route that is there
  app.get("/api/2.0/openapi.json", { schema: { hide: true } }, async () => app.swagger());

  return {
    app,
    context,
    async listen(port) {
      for (const service of services) await service.start?.(context);
      host = await app.listen({ host: "127.0.0.1", port });
      return host;
    },
    async close() {
      await app.close();
      for (const service of [...services].reverse()) await service.stop?.(context);
      await engine.stop();
      db.close();
    },
  };
}

/** OpenAPI has no wildcards: what follows the last slash is a parameter named `path`. */
const describe: typeof jsonSchemaTransform = (input) => {
  const { schema, url } = jsonSchemaTransform(input);
  const params = schema?.params as { properties: Record<string, object>; required?: string[] } | undefined;
  if (!url.endsWith("/*")) return { schema, url };
  const path = url.replace(/\*$/, ":path");
  if (!params?.properties["*"]) return { schema, url: path };
  const { "*": rest, ...properties } = params.properties;
  return {
    schema: { ...schema, params: { ...params, properties: { ...properties, path: rest }, required: ["path"] } },
    url: path,
  };
};

/** The workspace's number, drawn once and kept. */
function workspaceId(db: Database): number {
  return db.transaction(() => {
    const row = db.get<{ id: number }>("SELECT id FROM workspace");
    if (row) return row.id;
    const id = numericId();
    db.run("INSERT INTO workspace VALUES (?)", id);
    return id;
  });
}

/**
 * A body is JSON whatever its content type says, as on Databricks: `curl --data '{…}'` calls it a form. Some clients send
 * `content-type: application/json` with no body on DELETE and POST, which is `{}`.
 */
function jsonBodies(app: App): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser(["application/json", "text/plain"]);
  for (const type of ["application/json", "*"]) {
    app.addContentTypeParser(type, { parseAs: "string" }, (request, body, done) => {
      if (body.length === 0) done(null, {});
      else parse(request, body as string, (error, read) => done(error ?? halfCharacter(body as string, read), read));
    });
  }
}

/** An error for a text with one half of a surrogate pair: no encoding of Unicode has it, so it could not be kept or answered. */
function halfCharacter(body: string, read: unknown): ApiError | null {
  // JSON.stringify escapes just these (https://tc39.es/ecma262/#sec-quotejsonstring).
  if (!/\\ud[89a-f]/i.test(body) || !/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(JSON.stringify(read))) return null;
  return new ApiError(
    "MALFORMED_REQUEST",
    "Could not read the request: a text has half of a surrogate pair (\\ud800 to \\udfff).",
  );
}

/** The token of `Bearer <token>`, or of basic authentication as the user `token`. */
function tokenOf(authorization: string): string | undefined {
  const [scheme = "", value = ""] = authorization.split(" ");
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme.toLowerCase() !== "basic") return undefined;
  const [user, ...password] = Buffer.from(value, "base64").toString("utf8").split(":");
  return user === "token" ? password.join(":") : undefined;
}

function authentication(app: App, services: readonly Service[], context: Context): void {
  const authenticate = (token: string): Principal | undefined => {
    for (const service of services) {
      const principal = service.authenticate?.(token, context);
      if (principal) return principal;
    }
    return undefined;
  };
  app.decorateRequest("principal", null as unknown as Principal);
  app.addHook("onRequest", async (request) => {
    if (request.routeOptions.config.public) return;
    const token = tokenOf(request.headers.authorization ?? "");
    if (!token) {
      throw new ApiError("UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API.");
    }
    const principal = authenticate(token);
    if (!principal) throw new ApiError("PERMISSION_DENIED", "Invalid access token.", { status: 403 });
    request.principal = principal;
  });
}

function errors(app: App): void {
  app.setNotFoundHandler((request) => {
    const path = request.url.split("?")[0]!;
    const why = whyRefused(path);
    throw notImplemented(
      `${request.method} ${path} is not part of the local workspace${why ? `: ${why}` : ""}; docs/local-workspace.md lists what is.`,
    );
  });
  app.setErrorHandler(async (error: FastifyError | Error, request, reply) => {
    const found = toApiError(error);
    if (found.status >= 500 && found.errorCode === "INTERNAL_ERROR") request.log.error(error);
    if (found.status === 413) await swallow(request.raw);
    return answer(found, reply);
  });
}

const answer = (error: ApiError, reply: FastifyReply): FastifyReply =>
  reply.status(error.status).type("application/json").send(JSON.stringify(error));

/** Reads what is left of a body that is refused: clients that still send see a reset connection instead of the answer. */
async function swallow(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  const over = new Promise<void>((resolve) => {
    for (const event of ["end", "close", "error"] as const) request.once(event, () => resolve());
  });
  request.resume();
  await over;
}

/** What the reader of multipart bodies says of one that is broken; its errors have neither code nor status. */
const MULTIPART = /^(Multipart: |Malformed |Unexpected end of |Unsupported content type)/;

function toApiError(error: FastifyError | Error): ApiError {
  if (error instanceof ApiError) return error;
  if (isDiskFull(error)) {
    const message =
      "The disk that holds the workspace's data folder is full. Nothing was changed; free some space and try again.";
    return new ApiError("INTERNAL_ERROR", message);
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const problems = error.validation.map(({ instancePath, message }) => {
      const key = instancePath.replace(/^\//, "").replaceAll("/", ".");
      return key ? `${key}: ${message}` : message;
    });
    return new ApiError("INVALID_PARAMETER_VALUE", problems.join("; "));
  }
  if (error instanceof RangeError && error.message.includes("call stack")) {
    return new ApiError("MALFORMED_REQUEST", "Could not read the request: it is nested too deeply.");
  }
  if ("code" in error && error.code === "FST_ERR_MAX_PARAM_LENGTH") {
    return new ApiError("INVALID_PARAMETER_VALUE", "A part of the request's path is longer than any name can be.");
  }
  const status = "statusCode" in error ? (error.statusCode ?? 500) : 500;
  if ("code" in error && error.code === "FST_ERR_CTP_INVALID_JSON_BODY") {
    return new ApiError("MALFORMED_REQUEST", "Could not read the request: the body is not valid JSON.");
  }
  if (status === 400 || status === 415 || MULTIPART.test(error.message)) {
    return new ApiError("MALFORMED_REQUEST", `Could not read the request: ${error.message}`);
  }
  if (status === 413) return new ApiError("MAX_LIST_SIZE_EXCEEDED", error.message, { status: 413 });
  // What the file system says names places on this machine.
  const said = "syscall" in error && "code" in error ? `${error.code} in ${error.syscall}` : error.message;
  return new ApiError("INTERNAL_ERROR", `The local workspace failed: ${said}. Its log has the trace.`);
}
