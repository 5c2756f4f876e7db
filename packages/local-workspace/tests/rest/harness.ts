/** A workspace of all services on a temporary folder and a fake engine, with a tree kept in a map. */

import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWorkspace, type Workspace } from "../../src/core/server.ts";
import { canonical } from "../../src/core/workspace-path.ts";
import { services } from "../../src/services/index.ts";
import { provideTree, type WorkspaceObject } from "../../src/services/workspace/tree.ts";
import { FakeEngine } from "./fake-engine.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into as they come
export type Json = Record<string, any>;

export interface Answer {
  status: number;
  body: Json;
}

export class Harness {
  readonly engine: FakeEngine;
  readonly dataDir: string;
  readonly files: Map<string, WorkspaceObject>;
  #workspace: Workspace | undefined;
  #token = "";

  constructor(before?: Harness) {
    this.dataDir = before?.dataDir ?? mkdtempSync(join(tmpdir(), "workspace-"));
    this.files = before?.files ?? new Map();
    this.engine = new FakeEngine();
  }

  async start(): Promise<this> {
    this.#workspace = await createWorkspace({ dataDir: this.dataDir, services, engine: this.engine });
    provideTree(this.#workspace.context, {
      read: (_context, path) => this.files.get(canonical(path)),
      requireRead: () => undefined, // permissions on the tree are the workspace service's; tree.spec.ts has it
      isDirectory: (_context, path) => [...this.files.keys()].some((file) => file.startsWith(`${canonical(path)}/`)),
      below: (_context, path) =>
        [...this.files.values()]
          .filter((file) => file.path.startsWith(`${canonical(path)}/`))
          .sort((a, b) => (a.path < b.path ? -1 : 1)),
    });
    await this.#workspace.listen(0);
    this.#token = readFileSync(join(this.dataDir, "token"), "utf8").trim();
    return this;
  }

  get host(): string {
    return this.#workspace!.context.host();
  }

  notebook(path: string, content = "print(1)", language: WorkspaceObject["language"] = "PYTHON"): void {
    this.files.set(path, { path, kind: "notebook", language, content: Buffer.from(content) });
  }

  file(path: string, content: string): void {
    const language = path.endsWith(".py") ? "PYTHON" : path.endsWith(".sql") ? "SQL" : undefined;
    this.files.set(path, { path, kind: "file", language, content: Buffer.from(content) });
  }

  async call(method: "GET" | "POST" | "PUT" | "DELETE", url: string, body?: unknown): Promise<Answer> {
    const payload = body === undefined ? undefined : (body as Json);
    const headers = { authorization: `Bearer ${this.#token}` };
    const answer = await this.#workspace!.app.inject({ method, url, headers, ...(payload ? { payload } : {}) });
    return { status: answer.statusCode, body: answer.body ? (answer.json() as Json) : {} };
  }

  async ok(method: "GET" | "POST" | "PUT" | "DELETE", url: string, body?: unknown): Promise<Json> {
    const { status, body: answer } = await this.call(method, url, body);
    assert.equal(status, 200, JSON.stringify(answer));
    return answer;
  }

  async createJob(settings: Json): Promise<number> {
    return (await this.ok("POST", "/api/2.2/jobs/create", settings)).job_id as number;
  }

  async runNow(jobId: number, more: Json = {}): Promise<number> {
    return (await this.ok("POST", "/api/2.2/jobs/run-now", { job_id: jobId, ...more })).run_id as number;
  }

  async run(runId: number, query = ""): Promise<Json> {
    return this.ok("GET", `/api/2.2/jobs/runs/get?run_id=${runId}${query}`);
  }

  async until<T>(read: () => Promise<T>, done: (value: T) => boolean, what: string, most = 5000): Promise<T> {
    const deadline = Date.now() + most;
    for (;;) {
      const value = await read();
      if (done(value)) return value;
      if (Date.now() > deadline) assert.fail(`${what} did not happen; last: ${JSON.stringify(value)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** The run once it has ended. */
  ended(runId: number): Promise<Json> {
    const over = ({ state }: Json): boolean =>
      ["TERMINATED", "SKIPPED", "INTERNAL_ERROR"].includes(state.life_cycle_state);
    return this.until(() => this.run(runId), over, `the end of run ${runId}`);
  }

  running(runId: number, task: string): Promise<Json> {
    const going = ({ tasks }: Json): boolean =>
      tasks.find((t: Json) => t.task_key === task)?.state.life_cycle_state === "RUNNING";
    return this.until(() => this.run(runId), going, `task ${task} of run ${runId} running`);
  }

  /** Ends this process's part, as after a kill the next one finds the folder. */
  async restart(): Promise<Harness> {
    await this.#workspace!.close();
    this.#workspace = undefined;
    return new Harness(this).start();
  }

  async stop(): Promise<void> {
    await this.#workspace?.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

export const results = (run: Json): Record<string, string> =>
  Object.fromEntries(
    run.tasks.map((task: Json) => [task.task_key, task.state.result_state ?? task.state.life_cycle_state]),
  );
