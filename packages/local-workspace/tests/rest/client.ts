/** A workspace on a free port of 127.0.0.1 with a fake engine, and clients that call it over HTTP as different principals. */
import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWorkspace, type Workspace } from "../../src/core/server.ts";
import { services } from "../../src/services/index.ts";
import { FakeEngine } from "./fake-engine.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into as they come
export type Json = Record<string, any>;
export type Body = string | Buffer | FormData | URLSearchParams;
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";

export class Client {
  readonly host: string;
  readonly token: string | undefined;

  constructor(host: string, token: string | undefined) {
    this.host = host;
    this.token = token;
  }

  fetch(method: Method, path: string, body?: Body, headers: Record<string, string> = {}): Promise<Response> {
    const authorization: Record<string, string> =
      this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
    return fetch(`${this.host}${path}`, {
      method,
      headers: { ...authorization, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }

  async call(method: Method, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
    const json = body === undefined ? undefined : JSON.stringify(body);
    const answer = await this.fetch(
      method,
      path,
      json,
      json === undefined ? {} : { "content-type": "application/json" },
    );
    const text = await answer.text();
    return { status: answer.status, body: text ? (JSON.parse(text) as Json) : {} };
  }

  async ok(method: Method, path: string, body?: unknown): Promise<Json> {
    const answer = await this.call(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path} gave ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** The request must be refused with this code; answers the message. */
  async refused(code: string, method: Method, path: string, body?: unknown): Promise<string> {
    const answer = await this.call(method, path, body);
    assert.equal(
      answer.body.error_code,
      code,
      `${method} ${path} gave ${answer.status} ${JSON.stringify(answer.body)}`,
    );
    return answer.body.message as string;
  }
}

export class TestWorkspace {
  readonly dataDir: string;
  engine = new FakeEngine();
  #workspace: Workspace | undefined;
  admin!: Client;

  constructor(dataDir?: string) {
    this.dataDir = dataDir ?? mkdtempSync(join(tmpdir(), "workspace-"));
  }

  async start(options: { strict?: boolean } = {}): Promise<this> {
    this.engine = new FakeEngine();
    this.#workspace = await createWorkspace({ dataDir: this.dataDir, services, engine: this.engine, ...options });
    const host = await this.#workspace.listen(0);
    this.admin = new Client(host, readFileSync(join(this.dataDir, "token"), "utf8").trim());
    return this;
  }

  get id(): number {
    return this.#workspace!.context.workspaceId;
  }

  anonymous(token?: string): Client {
    return new Client(this.admin.host, token);
  }

  /** A new service principal and a client with a token of its own. */
  async servicePrincipal(displayName: string): Promise<{ client: Client; id: string; name: string }> {
    const made = await this.admin.ok("POST", "/api/2.0/preview/scim/v2/ServicePrincipals", { displayName });
    const { token_value } = await this.admin.ok("POST", "/api/2.0/token-management/on-behalf-of/tokens", {
      application_id: made.applicationId,
    });
    return { client: this.anonymous(token_value), id: made.id, name: made.applicationId };
  }

  grant(type: string, fullName: string, principal: string, ...add: string[]): Promise<Json> {
    return this.admin.ok("PATCH", `/api/2.1/unity-catalog/permissions/${type}/${fullName}`, {
      changes: [{ principal, add }],
    });
  }

  /** @param meanwhile runs on the data folder while no process has it open */
  async restart(meanwhile: () => void = () => undefined): Promise<void> {
    await this.#workspace!.close();
    meanwhile();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.#workspace?.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
