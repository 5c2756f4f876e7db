/** Puts together authentication, errors and the services; knows none of them. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import swagger from "@fastify/swagger";
import Fastify, { type FastifyError } from "fastify";
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import type { EngineClient } from "../engine/client.ts";
import { Database } from "../store/database.ts";
import { ApiError, notImplemented } from "./errors.ts";
import { numericId } from "./ids.ts";
import type { App, Context, Principal, Service } from "./service.ts";

export interface WorkspaceOptions {
  dataDir: string;
  services: readonly Service[];
  engine: EngineClient;
  logger?: boolean;
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

export async function createWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { dataDir, services, engine } = options;
  const volumesRoot = join(dataDir, "volumes");
  const tablesRoot = join(dataDir, "tables");
  for (const dir of [dataDir, volumesRoot, tablesRoot]) mkdirSync(dir, { recursive: true });
  const db = new Database(join(dataDir, "state.db"));
  db.migrate([{ id: "core/1-workspace", sql: "CREATE TABLE workspace (id INTEGER PRIMARY KEY) STRICT" }]);
  db.migrate(services.flatMap((service) => service.migrations ?? []));

  let host = "";
  const id = workspaceId(db);
  const context: Context = { db, engine, dataDir, volumesRoot, tablesRoot, workspaceId: id, host: () => host };
  const app: App = Fastify({ logger: options.logger ?? false, bodyLimit: BODY_LIMIT, forceCloseConnections: true })
    .withTypeProvider<ZodTypeProvider>()
    .setValidatorCompiler(validatorCompiler)
    .setSerializerCompiler(serializerCompiler);

  await app.register(swagger, {
    openapi: { info: { title: "Local workspace", version: "1.0.0" }, servers: [] },
    transform: jsonSchemaTransform,
  });

  // SDKs read the workspace's id from this header (CurrentWorkspaceID).
  app.addHook("onSend", async (_request, reply) => void reply.header("x-databricks-org-id", String(id)));
  emptyJsonBodies(app);
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

/** Some clients send `content-type: application/json` with no body on DELETE and POST; Databricks takes that as `{}`. */
function emptyJsonBodies(app: App): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.length === 0) done(null, {});
    else parse(request, body as string, done);
  });
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
    const [scheme, token] = (request.headers.authorization ?? "").split(" ");
    if (scheme?.toLowerCase() !== "bearer" || !token) {
      throw new ApiError("UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API.");
    }
    const principal = authenticate(token);
    if (!principal) throw new ApiError("PERMISSION_DENIED", "Invalid access token.", { status: 403 });
    request.principal = principal;
  });
}

function errors(app: App): void {
  app.setNotFoundHandler((request) => {
    const path = request.url.split("?")[0];
    throw notImplemented(
      `${request.method} ${path} is not part of the local workspace; docs/local-workspace.md lists what is.`,
    );
  });
  app.setErrorHandler((error: FastifyError | Error, request, reply) => {
    const answer = toApiError(error);
    if (answer.status >= 500 && answer.errorCode === "INTERNAL_ERROR") request.log.error(error);
    void reply.status(answer.status).type("application/json").send(JSON.stringify(answer));
  });
}

function toApiError(error: FastifyError | Error): ApiError {
  if (error instanceof ApiError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const problems = error.validation.map(({ instancePath, message }) => {
      const key = instancePath.replace(/^\//, "").replaceAll("/", ".");
      return key ? `${key}: ${message}` : message;
    });
    return new ApiError("INVALID_PARAMETER_VALUE", problems.join("; "));
  }
  const status = "statusCode" in error ? (error.statusCode ?? 500) : 500;
  if (status === 400 || status === 415) {
    return new ApiError("MALFORMED_REQUEST", `Could not read the request: ${error.message}`);
  }
  if (status === 413) return new ApiError("MAX_LIST_SIZE_EXCEEDED", error.message, { status: 413 });
  return new ApiError("INTERNAL_ERROR", `The local workspace failed: ${error.message}. Its log has the trace.`);
}
