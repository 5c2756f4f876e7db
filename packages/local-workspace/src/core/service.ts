/** What a service gives the core, and what the core gives a service. The core knows no service by name. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Database, Migration } from "../store/database.ts";
import type { EngineClient } from "./engine-client.ts";

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Who sent a request. `name` is what grants and permissions name: a user's user name, a service principal's application id. */
export interface Principal {
  readonly id: string;
  readonly kind: "user" | "service_principal";
  readonly name: string;
  readonly displayName: string;
}

declare module "fastify" {
  interface FastifyRequest {
    principal: Principal;
  }
  interface FastifyContextConfig {
    /** Routes that a client calls before it has a token (host metadata, OAuth token endpoint, the page's assets). */
    public?: boolean;
  }
}

export interface Context {
  readonly db: Database;
  readonly engine: EngineClient;
  /** Base URL without a trailing slash, e.g. http://127.0.0.1:4680; known once the server listens. */
  host(): string;
  readonly dataDir: string;
  readonly volumesRoot: string;
  readonly tablesRoot: string;
  /** Only workspace admins run Python. */
  readonly strict: boolean;
  /** What services share: see `Part`. */
  readonly parts: Map<object, unknown>;
  /** The number that SDKs call the workspace's or organisation's id. */
  readonly workspaceId: number;
}

export interface Service {
  readonly name: string;
  readonly migrations?: readonly Migration[];
  /** Adds routes. Called once, before the server listens. */
  routes(app: App, context: Context): void;
  /** Brings the state to order after a start: what a new workspace has, what a kill left half done. */
  start?(context: Context): void | Promise<void>;
  /** Stops what runs. The database is still open. */
  stop?(context: Context): void | Promise<void>;
  /** The identity service answers here for every request that carries a token. */
  authenticate?(token: string, context: Context): Principal | undefined;
}
