/**
 * An engine without Spark: answers what a test tells it to, records what it was asked, and can die. Both directions are
 * validated against the protocol, so that what a test sees here is what the real engine would get and may say.
 */
import {
  type CatalogChange,
  type EngineMethod,
  type EngineNotification,
  type EngineParams,
  type EngineResult,
  engineMethods,
  type engineNotifications,
  type WorkspaceMethod,
  type WorkspaceParams,
  type WorkspaceResult,
  workspaceMethods,
} from "lakehouse-engine/protocol";
import { z } from "zod";
import { EngineClient, EngineError, type Params } from "../../src/core/engine-client.ts";

/** What a test gives instead of a whole answer: a method's required fields come from `EMPTY`. */
// biome-ignore lint/suspicious/noConfusingVoidType: what a test does on a cancel has no value
type Given<M extends EngineMethod> = Partial<EngineResult<M>> | void;
export type Answer<M extends EngineMethod = EngineMethod> = (
  params: EngineParams<M>,
  engine: FakeEngine,
) => Given<M> | Promise<Given<M>>;

/** The least that each method answers. */
const EMPTY: Partial<{ [M in EngineMethod]: EngineResult<M> }> = {
  "update.run": { state: "COMPLETED" },
  "notebook.run": { truncated: false },
  "python.run": { truncated: false },
  "sql.openSession": { catalog: "main", schema: "default" },
  "sql.execute": { columns: [], chunks: [], totalRowCount: 0, totalByteCount: 0, truncated: false },
};

const fits = (what: string, schema: z.ZodType, value: unknown): void => {
  const read = schema.safeParse(value);
  if (!read.success) throw new Error(`${what} is not of the engine protocol: ${z.prettifyError(read.error)}`);
};

export class FakeEngine extends EngineClient {
  override readonly state = "ready" as const;
  readonly asked: { method: string; params: Params }[] = [];
  readonly #answers = new Map<string, (params: never, engine: FakeEngine) => unknown>();
  readonly #notifications = new Map<string, ((params: unknown) => void)[]>();
  readonly #requests = new Map<string, (params: unknown) => unknown>();
  readonly #exits: ((reason: string) => void)[] = [];
  readonly #outstanding = new Set<(error: Error) => void>();

  /** What `method` answers; a method without an answer gives the least that it may. */
  on<M extends EngineMethod>(method: M, answer: Answer<M>): this {
    this.#answers.set(method, answer);
    return this;
  }

  override send(method: string, params: Params): Promise<unknown> {
    fits(`The request ${method}`, engineMethods[method as EngineMethod].params, params);
    this.asked.push({ method, params });
    return new Promise((resolve, reject) => {
      this.#outstanding.add(reject);
      Promise.resolve()
        .then(() => this.#answers.get(method)?.(params as never, this))
        .then((value) => resolve({ ...EMPTY[method as EngineMethod], ...(value as object | undefined) }), reject)
        .finally(() => this.#outstanding.delete(reject));
    });
  }

  override async notifyCatalog(changes: readonly CatalogChange[]): Promise<void> {
    await this.send("catalog.apply", { changes });
  }

  protected override listen(method: string, handler: (params: unknown) => void): void {
    this.#notifications.set(method, [...(this.#notifications.get(method) ?? []), handler]);
  }

  protected override answer(method: string, handler: (params: unknown) => unknown): void {
    this.#requests.set(method, handler);
  }

  override onExit(handler: (reason: string) => void): void {
    this.#exits.push(handler);
  }

  /** As the engine: tells the workspace something. */
  notify<N extends EngineNotification>(method: N, params: z.input<(typeof engineNotifications)[N]>): void {
    for (const handler of this.#notifications.get(method) ?? []) handler(params);
  }

  /** As the engine: asks the workspace something. */
  async ask<M extends WorkspaceMethod>(
    method: M,
    params: z.input<(typeof workspaceMethods)[M]["params"]>,
  ): Promise<WorkspaceResult<M>> {
    const handler = this.#requests.get(method);
    if (!handler) throw new Error(`the workspace does not answer ${method}`);
    const answer = await handler(JSON.parse(JSON.stringify(params)) as WorkspaceParams<M>);
    fits(`The answer to ${method}`, workspaceMethods[method].result, answer);
    return answer as WorkspaceResult<M>;
  }

  die(reason = "The Spark engine was ended by SIGKILL."): void {
    for (const reject of this.#outstanding) {
      reject(new EngineError(reason, { error_class: "ENGINE_DIED", error_code: "INTERNAL_ERROR" }));
    }
    this.#outstanding.clear();
    for (const handler of this.#exits) handler(reason);
  }

  override async stop(): Promise<void> {
    for (const reject of this.#outstanding) reject(new EngineError("stopped", { error_class: "ENGINE_STOPPED" }));
    this.#outstanding.clear();
  }

  /** The parameters of every request of `method`. */
  paramsOf<M extends EngineMethod>(method: M): EngineParams<M>[] {
    return this.asked.filter((request) => request.method === method).map(({ params }) => params as EngineParams<M>);
  }
}
