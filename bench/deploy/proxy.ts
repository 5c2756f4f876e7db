/** A proxy in front of the workspace that holds each request for a while, as a network would, and counts them. */
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export class LatencyProxy {
  readonly #server: Server;
  /** Requests since it was last set to 0. */
  requests = 0;

  private constructor(target: URL, milliseconds: number) {
    this.#server = createServer(async (received, answer) => {
      this.requests += 1;
      if (milliseconds > 0) await sleep(milliseconds);
      const { method, url, headers } = received;
      const passed = request({ host: target.hostname, port: target.port, method, path: url, headers }, (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      });
      passed.on("error", (error) => answer.destroy(error));
      received.pipe(passed);
    });
  }

  /** @param target base URL of the workspace */
  static async start(target: string, milliseconds: number): Promise<LatencyProxy> {
    const proxy = new LatencyProxy(new URL(target), milliseconds);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get host(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
