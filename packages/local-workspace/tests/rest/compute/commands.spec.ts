/** Commands on clusters. https://docs.databricks.com/api/workspace/commandexecution */
import { strict as assert } from "node:assert";
import { Harness, type Json } from "../harness.ts";

const API = "/api/1.2";

describe("commands", function () {
  this.timeout(20_000);
  let h: Harness;
  let clusterId: string;
  before(async () => {
    h = await new Harness().start();
    const cluster = { cluster_name: "c", spark_version: "17.3.x-scala2.13", node_type_id: "local", num_workers: 0 };
    const sent = {
      ...cluster,
      node_type_id: (await h.ok("GET", "/api/2.0/clusters/list-node-types")).node_types[0].node_type_id,
    };
    clusterId = (await h.ok("POST", "/api/2.0/clusters/create", sent)).cluster_id;
  });
  after(() => h.stop());

  const open = async (language = "python"): Promise<string> =>
    (await h.ok("POST", `${API}/contexts/create`, { clusterId, language })).id;
  const start = async (contextId: string, command: string, language = "python"): Promise<string> =>
    (await h.ok("POST", `${API}/commands/execute`, { clusterId, contextId, language, command })).id;
  const status = (contextId: string, commandId: string) =>
    h.ok("GET", `${API}/commands/status?clusterId=${clusterId}&contextId=${contextId}&commandId=${commandId}`);
  const ended = (contextId: string, commandId: string) =>
    h.until(
      () => status(contextId, commandId),
      (found: Json) => !["Running", "Cancelling"].includes(found.status),
      "its end",
    );

  it("print text, show a table, or tell of an error", async () => {
    const contextId = await open();
    assert.equal(
      (await h.ok("GET", `${API}/contexts/status?clusterId=${clusterId}&contextId=${contextId}`)).status,
      "Running",
    );
    h.engine.on("command.run", ({ runId }) => {
      h.engine.notify("notebook.output", { runId, text: "hello\n" });
      return {};
    });
    assert.deepEqual((await ended(contextId, await start(contextId, "print('hello')"))).results, {
      resultType: "text",
      data: "hello",
    });
    const columns = [
      { name: "n", type_json: JSON.stringify({ name: "n", type: "integer", nullable: true, metadata: {} }) },
    ];
    h.engine.on("command.run", () => ({ table: { columns, rows: [[1], [null]], truncated: false } }));
    assert.deepEqual((await ended(contextId, await start(contextId, "SELECT 1", "sql"))).results, {
      resultType: "table",
      data: [[1], [null]],
      schema: [{ name: "n", type: '"integer"', metadata: "{}" }],
      truncated: false,
      isJsonSchema: true,
    });
    h.engine.on("command.run", () => ({ error: { message: "ValueError: x", trace: "Traceback …" } }));
    const failed = await ended(contextId, await start(contextId, "raise ValueError('x')"));
    assert.equal(failed.status, "Finished");
    assert.deepEqual(failed.results, { resultType: "error", summary: "ValueError: x", cause: "Traceback …" });
    assert.deepEqual(
      h.engine.paramsOf("command.run").map(({ language }) => language),
      ["PYTHON", "SQL", "PYTHON"],
    );
  });

  it("of a context run one after another; cancel ends the one that runs and those that wait", async () => {
    const contextId = await open();
    let release: () => void = () => undefined;
    h.engine.on("command.run", async () => {
      await new Promise<void>((resolve) => (release = resolve));
      return {};
    });
    const before = h.engine.paramsOf("command.run").length;
    const [first, second] = [await start(contextId, "a"), await start(contextId, "b")];
    await h.until(
      async () => h.engine.paramsOf("command.run").length,
      (count) => count === before + 1,
      "the first command",
    );
    for (const commandId of [second, first])
      await h.ok("POST", `${API}/commands/cancel`, { clusterId, contextId, commandId });
    assert.equal((await status(contextId, first)).status, "Cancelling");
    release();
    assert.equal((await ended(contextId, first)).status, "Cancelled");
    assert.deepEqual(await ended(contextId, second), { id: second, status: "Cancelled", results: null });
    assert.equal(h.engine.paramsOf("command.run").length, before + 1);
  });

  it("need a context of the caller on a running cluster, and a language that runs", async () => {
    const contextId = await open("sql");
    const refused = async (method: "GET" | "POST", path: string, body?: object) => {
      const answer = await h.call(method, `${API}/${path}`, body);
      assert.ok(answer.status >= 400 && answer.status < 500, JSON.stringify(answer));
      return answer.body.message as string;
    };
    assert.match(await refused("POST", "contexts/create", { clusterId, language: "scala" }), /use python or sql/);
    assert.match(await refused("POST", "contexts/create", { clusterId: "none", language: "sql" }), /none/);
    const missing = `commands/status?clusterId=${clusterId}&contextId=${contextId}&commandId=x`;
    assert.match(await refused("GET", missing), /CommandNotFound/);
    assert.equal((await h.ok("POST", `${API}/contexts/destroy`, { clusterId, contextId })).id, contextId);
    assert.match(
      await refused("GET", `contexts/status?clusterId=${clusterId}&contextId=${contextId}`),
      /ContextNotFound/,
    );
    await h.ok("POST", "/api/2.0/clusters/delete", { cluster_id: clusterId });
    assert.match(await refused("POST", "contexts/create", { clusterId, language: "sql" }), /ClusterNotReadyException/);
  });
});
