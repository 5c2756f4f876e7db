/** An engine without Spark: answers what a test tells it to, records what it was asked, and can die. */
import { type EngineClient, EngineError, type Params } from "../../src/engine/client.ts";

export type Answer = (params: Params, engine: FakeEngine) => unknown;

export class FakeEngine implements EngineClient {
  readonly state = "ready" as const;
  readonly asked: { method: string; params: Params }[] = [];
  readonly #answers = new Map<string, Answer>();
  readonly #notifications = new Map<string, ((params: Params) => void)[]>();
  readonly #requests = new Map<string, (params: Params) => unknown>();
  readonly #exits: ((reason: string) => void)[] = [];
  readonly #outstanding = new Set<(error: Error) => void>();

  /** What `method` answers; a method without an answer gives {}. */
  on(method: string, answer: Answer): this {
    this.#answers.set(method, answer);
    return this;
  }

  request<T>(method: string, params: Params): Promise<T> {
    this.asked.push({ method, params });
    return new Promise<T>((resolve, reject) => {
      this.#outstanding.add(reject);
      Promise.resolve()
        .then(() => this.#answers.get(method)?.(params, this) ?? {})
        .then((value) => resolve(value as T), reject)
        .finally(() => this.#outstanding.delete(reject));
    });
  }

  async notifyCatalog(changes: readonly Params[]): Promise<void> {
    this.asked.push({ method: "catalog.apply", params: { changes } });
  }

  onNotification(method: string, handler: (params: Params) => void): void {
    this.#notifications.set(method, [...(this.#notifications.get(method) ?? []), handler]);
  }

  onRequest(method: string, handler: (params: Params) => unknown): void {
    this.#requests.set(method, handler);
  }

  onExit(handler: (reason: string) => void): void {
    this.#exits.push(handler);
  }

  /** As the engine: tells the workspace something. */
  notify(method: string, params: Params): void {
    for (const handler of this.#notifications.get(method) ?? []) handler(params);
  }

  /** As the engine: asks the workspace something. */
  async ask<T>(method: string, params: Params): Promise<T> {
    const handler = this.#requests.get(method);
    if (!handler) throw new Error(`the workspace does not answer ${method}`);
    return (await handler(params)) as T;
  }

  die(reason = "The Spark engine was ended by SIGKILL."): void {
    for (const reject of this.#outstanding) {
      reject(new EngineError(reason, { error_class: "ENGINE_DIED", error_code: "INTERNAL_ERROR" }));
    }
    this.#outstanding.clear();
    for (const handler of this.#exits) handler(reason);
  }

  async stop(): Promise<void> {
    for (const reject of this.#outstanding) reject(new EngineError("stopped", { error_class: "ENGINE_STOPPED" }));
    this.#outstanding.clear();
  }

  /** The parameters of every request of `method`. */
  paramsOf(method: string): Params[] {
    return this.asked.filter((request) => request.method === method).map(({ params }) => params);
  }
}
