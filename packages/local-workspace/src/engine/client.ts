/**
 * The workspace's side of the engine protocol (docs/architecture.md): JSON-RPC 2.0, a line a message, over the engine's
 * stdin and stdout. The interface is what services use; `process.ts` starts the real one.
 */
export type Params = Record<string, unknown>;

export interface EngineClient {
  readonly state: "starting" | "ready" | "failed" | "stopped";
  /** Waits for the engine to be ready, then sends. Rejects with EngineError, also when the engine dies meanwhile. */
  request<T = unknown>(method: string, params: Params): Promise<T>;
  /** Tells the engine what changed in the catalog; dropped when it has not started (it will read the whole then). */
  notifyCatalog(changes: readonly Params[]): Promise<void>;
  onNotification(method: string, handler: (params: Params) => void): void;
  /** Answers the engine's own requests. An ApiError thrown by the handler reaches the engine with its code. */
  onRequest(method: string, handler: (params: Params) => unknown): void;
  /** Called with the reason when the engine process ends without being asked to. */
  onExit(handler: (reason: string) => void): void;
  stop(): Promise<void>;
}

/** An error answer of the engine, or its death (`errorClass` ENGINE_DIED). */
export class EngineError extends Error {
  readonly errorClass: string;
  readonly errorCode: string;
  readonly data: Params;

  constructor(message: string, data: Params = {}) {
    super(message);
    this.name = "EngineError";
    this.data = data;
    this.errorClass = typeof data.error_class === "string" ? data.error_class : "INTERNAL_ERROR";
    this.errorCode = typeof data.error_code === "string" ? data.error_code : "BAD_REQUEST";
  }
}
