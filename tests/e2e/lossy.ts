/** Stands before a workspace and loses answers: the request is done, and who sent it never hears so. */
import { createServer, type IncomingMessage, type Server, type ServerResponse, request as send } from "node:http";
import type { AddressInfo } from "node:net";

/** How an answer is lost: the connection ends without a byte, is reset, or ends within the answer. */
export type Loss = "close" | "reset" | "truncate";
/** What is done with a request: its answer is lost, or it is refused with a status without being done. */
export type Fault = Loss | number;

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export class LossyProxy {
  readonly #server: Server;
  readonly #target: URL;
  fault: (request: Request) => Fault | undefined = () => undefined;

  constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, answer) => void this.#pass(incoming, answer));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = "GET", url = "/" } = incoming;
    const fault = this.fault({ method, path: url, body: body.toString() });
    if (typeof fault === "number") {
      answer.writeHead(fault, { "content-type": "application/json", "retry-after": "0" });
      answer.end(JSON.stringify({ error_code: "TEMPORARILY_UNAVAILABLE", message: "a fault of the test" }));
      return;
    }
    const headers = { ...incoming.headers, host: this.#target.host };
    const { hostname, port } = this.#target;
    const passed = send({ hostname, port, method, path: url, headers }, (got) => {
      const parts: Buffer[] = [];
      got.on("data", (part: Buffer) => parts.push(part));
      got.on("end", () => finish(answer, got, Buffer.concat(parts), fault));
    });
    passed.on("error", () => answer.destroy());
    passed.end(body);
  }
}

function finish(answer: ServerResponse, got: IncomingMessage, body: Buffer, loss: Loss | undefined): void {
  if (loss === "close") return void answer.socket?.destroy();
  if (loss === "reset") return void answer.socket?.resetAndDestroy();
  const { "transfer-encoding": _, ...headers } = got.headers;
  answer.writeHead(got.statusCode ?? 502, { ...headers, "content-length": String(body.length) });
  if (loss === undefined) return void answer.end(body);
  answer.write(body.subarray(0, Math.floor(body.length / 2)), () => answer.socket?.destroy());
}
