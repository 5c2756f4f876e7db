/**
 * The workspace's side of the engine protocol, typed by method (lakehouse-engine/protocol). What comes from the engine is
 * validated here; what goes to it is checked by its types, and by the fake engine of the tests. `process.ts` is the real one.
 */
import {
  type CatalogChange,
  type EngineMethod,
  type EngineNotification,
  type EngineParams,
  type EngineResult,
  engineMethods,
  engineNotifications,
  type NotificationParams,
  type WorkspaceMethod,
  type WorkspaceParams,
  type WorkspaceResult,
  workspaceMethods,
} from "lakehouse-engine/protocol";
import { z } from "zod";
import { invalid } from "./errors.ts";

export type Params = Record<string, unknown>;
type MaybePromise<T> = T | Promise<T>;

export abstract class EngineClient {
  abstract readonly state: "starting" | "ready" | "failed" | "stopped";
  /** Waits for the engine to be ready, then sends. Rejects with EngineError, also when the engine dies meanwhile. */
  abstract send(method: string, params: Params): Promise<unknown>;
  /** Sends what changed in the catalog; dropped when the engine has not started (it will read the whole then). */
  abstract notifyCatalog(changes: readonly CatalogChange[]): Promise<void>;
  /** Called with the reason when the engine process ends without being asked to. */
  abstract onExit(handler: (reason: string) => void): void;
  abstract stop(): Promise<void>;
  /** `handler` gets every notification of `method` as it came. */
  protected abstract listen(method: string, handler: (params: unknown) => void): void;
  /** `handler` answers the engine's requests of `method` as they came. */
  protected abstract answer(method: string, handler: (params: unknown) => unknown): void;

  /** As `send`; rejects with ENGINE_ANSWER_INVALID where the answer is not what the protocol says. */
  async request<M extends EngineMethod>(method: M, params: EngineParams<M>): Promise<EngineResult<M>> {
    const answer = engineMethods[method].result.safeParse(await this.send(method, params as Params));
    if (answer.success) return answer.data as EngineResult<M>;
    throw new EngineError(`The engine's answer to ${method} is not of the protocol: ${z.prettifyError(answer.error)}`, {
      error_class: "ENGINE_ANSWER_INVALID",
      error_code: "INTERNAL_ERROR",
    });
  }

  /** A notification that is not of the protocol throws; the process's side logs it. */
  onNotification<N extends EngineNotification>(method: N, handler: (params: NotificationParams<N>) => void): void {
    this.listen(method, (params) => handler(engineNotifications[method].parse(params) as NotificationParams<N>));
  }

  /** Answers the engine's own requests. An ApiError thrown by the handler reaches the engine with its code. */
  onRequest<M extends WorkspaceMethod>(
    method: M,
    handler: (params: WorkspaceParams<M>) => MaybePromise<WorkspaceResult<M>>,
  ): void {
    this.answer(method, (params) => {
      const read = workspaceMethods[method].params.safeParse(params);
      if (!read.success) throw invalid(`${method}: ${z.prettifyError(read.error)}`);
      return handler(read.data as WorkspaceParams<M>);
    });
  }
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
