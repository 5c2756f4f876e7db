import { strict as assert } from "node:assert";
import { EngineError } from "../../../src/core/engine-client.ts";
import { type Json, TestWorkspace } from "../client.ts";
import { answerStatements, ThriftClient, warehouseOf } from "./client.ts";

const FINISHED = 2;
const text = (batch: Json): string => `${batch.batch.toString()} ${batch.rowCount}`;

describe("statements over Thrift", function () {
  this.timeout(20_000);
  let workspace: TestWorkspace;
  let client: ThriftClient;
  let sessionHandle: Json;
  beforeEach(async () => {
    workspace = await new TestWorkspace().start();
    answerStatements(workspace);
    client = new ThriftClient(workspace.admin, await warehouseOf(workspace), "endpoints");
    sessionHandle = (await client.open()).sessionHandle;
  });
  afterEach(() => workspace.stop());

  const execute = (more: Json = {}): Promise<Json> =>
    client.ok("ExecuteStatement", { sessionHandle, statement: "SELECT 1", runAsync: true, ...more });

  const until = async (operationHandle: Json, state: number): Promise<Json> => {
    for (let tries = 0; tries < 50; tries += 1) {
      const status = await client.ok("GetOperationStatus", { operationHandle });
      if (status.operationState === state) return status;
    }
    return assert.fail(`the operation did not come to state ${state}`);
  };

  it("answer with all of a small result at once, in columns, and close it", async () => {
    answerStatements(workspace, [
      ["9007199254740993", "ä"],
      [null as unknown as string, null as unknown as string],
    ]);
    const { directResults, operationHandle } = await execute({ getDirectResults: { maxRows: 10 } });
    assert.equal(directResults.operationStatus.operationState, FINISHED);
    assert.equal(directResults.resultSetMetadata.resultFormat, 1);
    const names = directResults.resultSetMetadata.schema.columns.map((column: Json) => column.columnName);
    assert.deepEqual(names, ["id", "name"]);
    const [id, name] = directResults.resultSet.results.columns;
    assert.deepEqual(id.i64Val.values, [9007199254740993n, 0n]);
    assert.deepEqual([...id.i64Val.nulls], [2]);
    assert.deepEqual(name.stringVal.values, ["ä", ""]);
    assert.equal(directResults.resultSet.hasMoreRows, false);
    assert.equal(directResults.closeOperation.status.statusCode, 0);
    await client.ok("CloseOperation", { operationHandle });
    assert.equal(workspace.engine.paramsOf("sql.execute")[0]?.format, "SQL_TEXT");
  });

  it("give Arrow batches whole, as many as were asked for, and go on where they stopped", async () => {
    answerStatements(workspace, [], [3, 3, 2]);
    const { directResults, operationHandle } = await execute({
      canReadArrowResult: true,
      canDecompressLZ4Result: true,
      useArrowNativeTypes: { decimalAsArrow: true, complexTypesAsArrow: true, timestampAsArrow: true },
      getDirectResults: { maxRows: 4, maxBytes: 1_000_000 },
    });
    assert.deepEqual(workspace.engine.paramsOf("sql.execute")[0]?.arrowAsText, ["INTERVAL"]);
    const { resultFormat, lz4Compressed, arrowSchema } = directResults.resultSetMetadata;
    assert.deepEqual([resultFormat, lz4Compressed, arrowSchema.toString()], [0, false, "schema"]);
    assert.deepEqual(directResults.resultSet.results.arrowBatches.map(text), ["<b0> 3"]);
    assert.equal(directResults.resultSet.hasMoreRows, true);
    const next = await client.ok("FetchResults", { operationHandle, orientation: 0, maxRows: 100, maxBytes: 4 });
    assert.equal(next.results.startRowOffset, 3);
    assert.deepEqual(next.results.arrowBatches.map(text), ["<b1> 3"]);
    const last = await client.ok("FetchResults", { operationHandle, orientation: 0, includeResultSetMetadata: true });
    assert.deepEqual([last.hasMoreRows, last.resultSetMetadata.resultFormat], [false, 0]);
    const first = await client.ok("FetchResults", { operationHandle, orientation: 4 });
    assert.deepEqual(first.results.arrowBatches.map(text), ["<b0> 3", "<b1> 3", "<b2> 2"]);
  });

  it("fetch rows in stretches, and refuse to go where there are none", async () => {
    answerStatements(
      workspace,
      Array.from({ length: 25 }, (_, index) => [String(index), "x"]),
    );
    const { operationHandle } = await execute();
    await until(operationHandle, FINISHED);
    const seen: bigint[] = [];
    for (let more = true; more; ) {
      const part = await client.ok("FetchResults", { operationHandle, orientation: 0, maxRows: 10 });
      seen.push(...part.results.columns[0].i64Val.values);
      more = part.hasMoreRows;
    }
    assert.deepEqual(
      seen.map(Number),
      Array.from({ length: 25 }, (_, index) => index),
    );
    const wrong: [Json, RegExp][] = [
      [{ orientation: 1 }, /Orientation 1/],
      [{ startRowOffset: 26 }, /startRowOffset/],
      [{ maxRows: -1 }, /maxRows/],
      [{ fetchType: 1 }, /log/],
    ];
    for (const [more, reason] of wrong) {
      assert.match((await client.refused("FetchResults", { operationHandle, ...more })).errorMessage, reason);
    }
  });

  it("fail with the engine's message and SQLSTATE, in the state of the operation", async () => {
    workspace.engine.on("sql.execute", () => {
      throw new EngineError("[TABLE_OR_VIEW_NOT_FOUND] no t", { sql_state: "42P01" });
    });
    const { directResults, operationHandle } = await execute({ getDirectResults: {} });
    const { operationState, sqlState, displayMessage } = directResults.operationStatus;
    assert.deepEqual([operationState, sqlState, displayMessage], [5, "42P01", "[TABLE_OR_VIEW_NOT_FOUND] no t"]);
    assert.equal(directResults.resultSet, undefined);
    for (const method of ["GetResultSetMetadata", "FetchResults"]) {
      assert.equal((await client.refused(method, { operationHandle })).sqlState, "42P01");
    }
    const sync = await client.refused("ExecuteStatement", { sessionHandle, statement: "SELECT * FROM t" });
    assert.deepEqual([sync.sqlState, sync.errorMessage], ["42P01", "[TABLE_OR_VIEW_NOT_FOUND] no t"]);
  });

  it("are cancelled, and time out", async () => {
    let end: (error: Error) => void = () => undefined;
    workspace.engine.on("sql.execute", () => new Promise((_, reject) => (end = reject)));
    workspace.engine.on("sql.cancel", () => end(new Error("cancelled")));
    const first = (await execute()).operationHandle;
    assert.equal((await client.ok("GetOperationStatus", { operationHandle: first })).operationState, 1);
    assert.match((await client.refused("FetchResults", { operationHandle: first })).errorMessage, /RUNNING/);
    await client.ok("CancelOperation", { operationHandle: first });
    assert.equal((await until(first, 3)).operationState, 3);

    const second = (await execute({ queryTimeout: 9 })).operationHandle;
    assert.equal(workspace.engine.paramsOf("sql.execute")[1]?.timeout, 9);
    end(new EngineError("too long", { error_class: "QUERY_EXECUTION_TIMEOUT_EXCEEDED" }));
    assert.equal((await until(second, 8)).errorMessage, "too long");
  });

  it("take parameters by name and by place, with their types, arrays and maps", async () => {
    const parameters = [
      { ordinal: 2, type: "STRING", value: { stringValue: "b" } },
      { ordinal: 1, type: "DOUBLE", value: { doubleValue: 1.5 } },
      { ordinal: 3, type: "BOOLEAN", value: { booleanValue: false } },
      { ordinal: 4, type: "VOID" },
      { ordinal: 5, type: "ARRAY", arguments: [{ type: "MAP", arguments: [{ value: "k" }, { value: "v" }] }] },
    ];
    await execute({ parameters, resultRowLimit: 5 });
    const [asked] = workspace.engine.paramsOf("sql.execute");
    assert.equal(asked?.rowLimit, 5);
    const string = { type: "STRING" };
    assert.deepEqual(asked?.parameters, [
      { type: "DOUBLE", value: "1.5" },
      { type: "STRING", value: "b" },
      { type: "BOOLEAN", value: "false" },
      { type: "VOID", value: null },
      {
        type: "ARRAY",
        value: null,
        arguments: [
          {
            type: "MAP",
            value: null,
            arguments: [
              { ...string, value: "k" },
              { ...string, value: "v" },
            ],
          },
        ],
      },
    ]);
    const twice = [{ name: "a" }, { name: "a" }];
    const status = await client.refused("ExecuteStatement", {
      sessionHandle,
      statement: "SELECT :a",
      parameters: twice,
    });
    assert.match(status.errorMessage, /'a' is given twice/);
  });

  it("refuse what they would have to ignore", async () => {
    const wrong: [Json, RegExp][] = [
      [{ confOverlay: new Map([["spark.sql.ansi.enabled", "false"]]) }, /spark.sql.ansi.enabled.*SET/],
      [{ statementConf: { sessionless: true } }, /session/],
      [{ statement: "  " }, /empty/],
      [{ queryTimeout: -1 }, /negative/],
    ];
    for (const [more, reason] of wrong) {
      const status = await client.refused("ExecuteStatement", { sessionHandle, statement: "SELECT 1", ...more });
      assert.match(status.errorMessage, reason);
    }
    await execute({ confOverlay: new Map([["query_tags", "team:a"]]) });
    for (const method of ["GetDelegationToken", "RenewDelegationToken", "CancelDelegationToken"]) {
      assert.match((await client.refused(method, { sessionHandle })).errorMessage, /Delegation tokens/);
    }
  });

  it("are in the history under the operation's id, and not statements of the REST API", async () => {
    const { operationHandle } = await execute({ getDirectResults: {} });
    const { res } = await workspace.admin.ok("GET", "/api/2.0/sql/history/queries");
    const id = res[0].query_id as string;
    assert.equal(operationHandle.operationId.guid.toString("hex"), id.replaceAll("-", ""));
    assert.equal(res[0].status, "FINISHED");
    await workspace.admin.refused("RESOURCE_DOES_NOT_EXIST", "GET", `/api/2.0/sql/statements/${id}`);
  });

  it("end with their session, and others' operations cannot be reached", async () => {
    const { operationHandle } = await execute();
    await until(operationHandle, FINISHED);
    const { client: other } = await workspace.servicePrincipal("other");
    const warehouse = client.path.split("/").at(-1)!;
    await workspace.admin.ok("PATCH", `/api/2.0/permissions/sql/warehouses/${warehouse}`, {
      access_control_list: [{ group_name: "users", permission_level: "CAN_USE" }],
    });
    const theirs = new ThriftClient(other, warehouse);
    assert.match((await theirs.refused("FetchResults", { operationHandle })).errorMessage, /Invalid OperationHandle/);
    await client.ok("CloseSession", { sessionHandle });
    const status = await client.refused("GetOperationStatus", { operationHandle });
    assert.deepEqual([status.statusCode, status.sqlState], [4, "HY000"]);
    assert.match(status.errorMessage, /^Invalid OperationHandle: OperationHandle \[/);
  });

  const volume = async (): Promise<string> => {
    const unity = "/api/2.1/unity-catalog";
    await workspace.admin.ok("POST", `${unity}/schemas`, { catalog_name: "main", name: "s" });
    const made = { catalog_name: "main", schema_name: "s", name: "v", volume_type: "MANAGED" };
    await workspace.admin.ok("POST", `${unity}/volumes`, made);
    return "/Volumes/main/s/v";
  };

  it("send files of volumes to the Files API, which a client calls itself", async () => {
    const direct = { getDirectResults: {} };
    const path = await volume();
    const { directResults } = await execute({ statement: `PUT '/tmp/a b' INTO '${path}/ä.csv' OVERWRITE`, ...direct });
    assert.equal(directResults.resultSetMetadata.isStagingOperation, true);
    const types = directResults.resultSetMetadata.schema.columns.map((column: Json) => column.typeDesc.types[0]);
    assert.deepEqual(
      types.map(({ primitiveEntry }: Json) => primitiveEntry.type),
      [7, 7, 11, 7],
      "headers are a map, which some drivers read as one",
    );
    const values = directResults.resultSet.results.columns.map(({ stringVal }: Json) => stringVal.values[0]);
    assert.deepEqual(values, [
      "PUT",
      `${workspace.admin.host}/api/2.0/fs/files/Volumes/main/s/v/%C3%A4.csv?overwrite=true`,
      JSON.stringify({ Authorization: `Bearer ${workspace.admin.token}` }),
      "/tmp/a b",
    ]);
    assert.equal(workspace.engine.paramsOf("sql.execute").length, 0);
  });

  it("remove a file of a volume, and do not mind that there is none", async () => {
    const path = `${await volume()}/ä.csv`;
    await workspace.admin.fetch("PUT", `/api/2.0/fs/files${path}`, Buffer.from("x"));
    const { directResults } = await execute({ statement: `REMOVE '${path}'`, getDirectResults: {} });
    const [, url, ...more] = directResults.resultSet.results.columns.map(({ stringVal }: Json) => stringVal);
    assert.equal(more.length, 1, "there is no column for a local file");
    const remove = () => workspace.admin.fetch("DELETE", url.values[0].slice(workspace.admin.host.length));
    assert.equal((await remove()).status, 204);
    assert.equal((await workspace.admin.fetch("GET", `/api/2.0/fs/files${path}`)).status, 404);
    assert.equal((await remove()).status, 204);
  });

  it("refuse files of volumes that the client need not try", async () => {
    const path = await volume();
    await workspace.admin.fetch("PUT", `/api/2.0/fs/files${path}/there`, Buffer.from("x"));
    const refused = async (statement: string): Promise<Json> =>
      client.refused("ExecuteStatement", { sessionHandle, statement });
    const wrong: [string, RegExp, string][] = [
      [`PUT '/tmp/a' INTO '${path}/there'`, /^\[FILE_IN_STAGING_PATH_ALREADY_EXISTS\]/, "42K04"],
      [`PUT '' INTO '${path}/x'`, /^\[EMPTY_LOCAL_FILE_IN_STAGING_ACCESS_QUERY\]/, "22023"],
      [`PUT '/tmp/a' INTO 'stage://x'`, /^\[INVALID_STAGING_PATH_IN_STAGING_ACCESS_QUERY\]/, "42604"],
      [`GET '/Volumes/main/s/nope/x' TO '/tmp/a'`, /nope.*does not exist/, "HY000"],
    ];
    for (const [statement, message, state] of wrong) {
      const { errorMessage, sqlState } = await refused(statement);
      assert.match(errorMessage, message);
      assert.equal(sqlState, state);
    }
    const { directResults, operationHandle } = await execute({ statement: wrong[0]![0], getDirectResults: {} });
    const { operationState, displayMessage } = directResults.operationStatus;
    assert.deepEqual([operationState, displayMessage.slice(0, 25)], [5, "[FILE_IN_STAGING_PATH_ALR"]);
    assert.match((await client.refused("FetchResults", { operationHandle })).errorMessage, wrong[0]![1]);
  });

  it("end where they run when their session is closed", async () => {
    workspace.engine.on("sql.execute", () => new Promise(() => {}));
    const { operationHandle } = await execute();
    await client.ok("GetOperationStatus", { operationHandle });
    await client.ok("CloseSession", { sessionHandle });
    assert.equal(workspace.engine.paramsOf("sql.cancel").length, 1);
  });
});
