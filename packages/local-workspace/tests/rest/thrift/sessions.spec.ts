import { strict as assert } from "node:assert";
import { EngineError } from "../../../src/core/engine-client.ts";
import { IDLE, SqlSessions } from "../../../src/services/sql/sessions.ts";
import { type Json, TestWorkspace } from "../client.ts";
import { answerStatements, encode, ThriftClient, warehouseOf } from "./client.ts";

const TIMESTAMPS = "spark.thriftserver.arrowBasedRowSet.timestampAsString";

describe("sessions over Thrift", function () {
  this.timeout(20_000);
  let workspace: TestWorkspace;
  let client: ThriftClient;
  let warehouse: string;
  beforeEach(async () => {
    workspace = await new TestWorkspace().start();
    answerStatements(workspace);
    warehouse = await warehouseOf(workspace);
    client = new ThriftClient(workspace.admin, warehouse);
  });
  afterEach(() => workspace.stop());

  it("begin with the names and settings that the client sends, without those of the protocol itself", async () => {
    const configuration = new Map([
      ["ansi_mode", "false"],
      [TIMESTAMPS, "false"],
      ["set:hiveconf:timezone", "UTC"],
    ]);
    const answer = await client.open({
      configuration,
      connectionProperties: new Map([["query_tags", "a"]]),
      initialNamespace: { catalogName: "main", schemaName: "raw" },
      canUseMultipleCatalogs: true,
    });
    const [{ sessionId, ...params } = {}] = workspace.engine.paramsOf("sql.openSession");
    assert.deepEqual(params, {
      principal: "admin@local.workspace",
      catalog: "main",
      schema: "raw",
      configuration: { ansi_mode: "false", timezone: "UTC", query_tags: "a" },
    });
    assert.equal(answer.serverProtocolVersion, 0xa507);
    assert.equal(answer.canUseMultipleCatalogs, true);
    assert.deepEqual(answer.initialNamespace, { catalogName: "main", schemaName: "raw" });
    assert.equal(answer.sessionHandle.sessionId.guid.toString("hex"), String(sessionId).replaceAll("-", ""));
  });

  it("speak the version that both sides know, and refuse clients that need rows one by one", async () => {
    assert.equal((await client.open({ client_protocol_i64: 0xa5ff })).serverProtocolVersion, 0xa509);
    const hive = await client.ok("OpenSession", { client_protocol: 9 });
    assert.equal(hive.serverProtocolVersion, 9);
    const { errorMessage, sqlState } = await client.refused("OpenSession", { client_protocol: 3 });
    assert.match(errorMessage, /too old/);
    assert.equal(sqlState, "0A000");
  });

  it("are refused with the engine's reason where a catalog or a setting does not exist", async () => {
    workspace.engine.on("sql.openSession", () => {
      throw new EngineError("[CONFIG_NOT_AVAILABLE] Configuration x is not available.", { sql_state: "42K0I" });
    });
    const status = await client.refused("OpenSession", { configuration: new Map([["x", "1"]]) });
    assert.deepEqual([status.sqlState, status.errorMessage], ["42K0I", status.displayMessage]);
    assert.match(status.errorMessage, /x is not available/);
    const wrong = await client.refused("OpenSession", { configuration: new Map([[TIMESTAMPS, "perhaps"]]) });
    assert.match(wrong.errorMessage, /true or false/);
  });

  it("run their statements in the engine's session, and end with it", async () => {
    const { sessionHandle } = await client.open();
    await client.ok("ExecuteStatement", { sessionHandle, statement: "SELECT 1", getDirectResults: { maxRows: 10 } });
    const [opened] = workspace.engine.paramsOf("sql.openSession");
    assert.equal(workspace.engine.paramsOf("sql.execute")[0]?.sessionId, opened?.sessionId);
    await client.ok("CloseSession", { sessionHandle });
    assert.deepEqual(workspace.engine.paramsOf("sql.closeSession"), [{ sessionId: opened?.sessionId }]);
    const status = await client.refused("ExecuteStatement", { sessionHandle, statement: "SELECT 1" });
    assert.match(status.errorMessage, /^Invalid SessionHandle: SessionHandle \[[0-9a-f-]{36}\]$/);
    assert.match((await client.refused("CloseSession", { sessionHandle })).errorMessage, /Invalid SessionHandle/);
  });

  it("do not outlive the engine", async () => {
    const { sessionHandle } = await client.open();
    workspace.engine.die();
    assert.match((await client.refused("GetCatalogs", { sessionHandle })).errorMessage, /Invalid SessionHandle/);
  });

  it("are their principal's, on their warehouse, with their secret", async () => {
    const { sessionHandle } = await client.open();
    const { client: other } = await workspace.servicePrincipal("other");
    await workspace.admin.ok("PATCH", `/api/2.0/permissions/sql/warehouses/${warehouse}`, {
      access_control_list: [{ group_name: "users", permission_level: "CAN_USE" }],
    });
    const made = await workspace.admin.ok("POST", "/api/2.0/sql/warehouses", { name: "second", cluster_size: "Small" });
    const forged = { sessionId: { ...sessionHandle.sessionId, secret: Buffer.alloc(16) } };
    const tries: [ThriftClient, Json][] = [
      [new ThriftClient(other, warehouse), sessionHandle],
      [new ThriftClient(workspace.admin, made.id), sessionHandle],
      [client, forged],
    ];
    for (const [who, handle] of tries) {
      const status = await who.refused("GetInfo", { sessionHandle: handle, infoType: 17 });
      assert.match(status.errorMessage, /Invalid SessionHandle/);
    }
    const info = await client.ok("GetInfo", { sessionHandle, infoType: 17 });
    assert.equal(info.infoValue.stringValue, "Spark SQL");
    assert.match((await client.refused("GetInfo", { sessionHandle, infoType: 9999 })).errorMessage, /9999/);
  });

  it("are closed when nobody has used them for long, unless a statement runs", async () => {
    let finish: (value: object) => void = () => undefined;
    const context = { engine: workspace.engine } as unknown as ConstructorParameters<typeof SqlSessions>[0];
    const sessions = new SqlSessions(context);
    const idle = await sessions.open("a", warehouse, { configuration: {} });
    const busy = await sessions.open("a", warehouse, { configuration: {} });
    sessions.busy(busy.id, new Promise<object>((resolve) => (finish = resolve)));
    sessions.closeIdle(Date.now() + IDLE - 1000);
    assert.ok(sessions.use(idle.id, "a"));
    sessions.closeIdle(Date.now() + IDLE + 1000);
    assert.equal(sessions.use(idle.id, "a"), undefined);
    assert.ok(sessions.use(busy.id, "a"));
    finish({});
    await new Promise((resolve) => setImmediate(resolve));
    sessions.closeIdle(Date.now() + IDLE + 1000);
    assert.equal(sessions.use(busy.id, "a"), undefined);
  });

  it("are not without end", async () => {
    const handles: Json[] = [];
    for (let index = 0; index < 200; index += 1) handles.push((await client.open()).sessionHandle);
    const answer = await client.post(encode("OpenSession", { client_protocol: 9 }));
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("retry-after"), "5");
    assert.match(answer.headers.get("x-thriftserver-error-message") ?? "", /200 open SQL sessions/);
    await client.ok("CloseSession", { sessionHandle: handles[0] });
    await client.open();
  });

  it("of the Statement Execution API run statements, and are closed", async () => {
    const path = "/api/2.0/sql/sessions";
    const { session_id } = await workspace.admin.ok("POST", path, {
      warehouse_id: warehouse,
      session_confs: { timezone: "Asia/Tokyo" },
    });
    const body = { warehouse_id: warehouse, statement: "SELECT 1", wait_timeout: "5s" };
    const done = await workspace.admin.ok("POST", "/api/2.0/sql/statements", { ...body, session_id });
    assert.equal(done.status.state, "SUCCEEDED");
    assert.equal(workspace.engine.paramsOf("sql.execute")[0]?.sessionId, session_id);
    await workspace.admin.refused("INVALID_PARAMETER_VALUE", "POST", "/api/2.0/sql/statements", {
      ...body,
      session_id,
      catalog: "main",
    });
    await workspace.admin.ok("DELETE", `/api/2.0/sql/statements/${done.statement_id}`);
    const closed = await workspace.admin.ok("GET", `/api/2.0/sql/statements/${done.statement_id}`);
    assert.equal(closed.status.state, "CLOSED");
    await workspace.admin.ok("DELETE", `${path}/${session_id}`, { warehouse_id: warehouse });
    await workspace.admin.refused("RESOURCE_DOES_NOT_EXIST", "POST", "/api/2.0/sql/statements", {
      ...body,
      session_id,
    });
  });
});
