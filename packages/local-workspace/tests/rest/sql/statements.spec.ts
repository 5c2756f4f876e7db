import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../../src/core/engine-client.ts";
import { fillParameters, splitStatements } from "../../../src/services/sql/script.ts";
import { Harness } from "../harness.ts";

const COLUMNS = [{ name: "id", type_text: "bigint", type_name: "LONG", position: 0, nullable: false }];

describe("SQL statements", function () {
  this.timeout(20_000);
  let h: Harness;
  let warehouse: string;
  beforeEach(async () => {
    h = await new Harness().start();
    warehouse = (await h.ok("GET", "/api/2.0/sql/warehouses")).warehouses[0].id;
    h.engine.on("sql.execute", ({ resultDir }) => {
      const chunks = [["1"], ["2"]].map((row, index) => {
        const file = join(String(resultDir), `${index}.json`);
        writeFileSync(file, JSON.stringify([row]));
        return { index, rowOffset: index, rowCount: 1, byteCount: 7, file };
      });
      return { columns: COLUMNS, chunks, totalRowCount: 2, totalByteCount: 14, truncated: false };
    });
  });
  afterEach(() => h.stop());

  const execute = (more: object = {}) =>
    h.call("POST", "/api/2.0/sql/statements", {
      statement: "SELECT 1",
      warehouse_id: warehouse,
      wait_timeout: "5s",
      ...more,
    });

  it("give rows inline, chunk by chunk", async () => {
    const { body } = await execute();
    assert.equal(body.status.state, "SUCCEEDED");
    assert.deepEqual(body.result.data_array, [["1"]]);
    assert.equal(body.manifest.total_row_count, 2);
    assert.deepEqual(body.manifest.schema.columns, [
      { name: "id", type_text: "bigint", type_name: "LONG", position: 0 },
    ]);
    const next = await h.ok("GET", body.result.next_chunk_internal_link);
    assert.deepEqual(next.data_array, [["2"]]);
    assert.equal(next.next_chunk_index, undefined);
    assert.equal((await h.call("GET", `/api/2.0/sql/statements/${body.statement_id}/result/chunks/2`)).status, 404);
  });

  it("external links open without a token, and not when they were changed", async () => {
    const { body } = await execute({ disposition: "EXTERNAL_LINKS", format: "CSV" });
    const link = body.result.external_links[0].external_link as string;
    const answer = await fetch(link);
    assert.equal(await answer.text(), '[["1"]]');
    const forged = await fetch(
      link.replace(/signature=./, (text) => (text.endsWith("A") ? "signature=B" : "signature=A")),
    );
    assert.equal(forged.status, 403);
    assert.equal((await fetch(link.replace("/0?", "/1?"))).status, 403);
  });

  it("a failed statement says why in its status, not in the answer's", async () => {
    h.engine.on("sql.execute", () => {
      throw new EngineError("[TABLE_OR_VIEW_NOT_FOUND] no t", {
        error_code: "BAD_REQUEST",
        error_class: "TABLE_OR_VIEW_NOT_FOUND",
        sql_state: "42P01",
      });
    });
    const { status, body } = await execute();
    assert.equal(status, 200);
    assert.deepEqual(body.status, {
      state: "FAILED",
      error: { error_code: "BAD_REQUEST", message: "[TABLE_OR_VIEW_NOT_FOUND] no t" },
      sql_state: "42P01",
    });
  });

  it("run on in the background with wait_timeout 0s and can be cancelled", async () => {
    let release: (error: Error) => void = () => undefined;
    h.engine.on(
      "sql.execute",
      () =>
        new Promise((_resolve, reject) => {
          release = reject;
        }),
    );
    h.engine.on("sql.cancel", () => release(new Error("cancelled")));
    const { body } = await execute({ wait_timeout: "0s" });
    assert.equal(body.status.state, "PENDING");
    await h.ok("POST", `/api/2.0/sql/statements/${body.statement_id}/cancel`);
    assert.equal((await h.ok("GET", `/api/2.0/sql/statements/${body.statement_id}`)).status.state, "CANCELED");
  });

  it("take parameters without names in the order of their ordinals", async () => {
    await execute({
      parameters: [
        { ordinal: 2, value: "b" },
        { ordinal: 1, value: "1", type: "INT" },
      ],
    });
    assert.deepEqual(h.engine.paramsOf("sql.execute")[0]?.parameters, [
      { value: "1", type: "INT" },
      { value: "b", type: "STRING" },
    ]);
  });

  it("end where they run when their session is closed", async () => {
    h.engine.on("sql.openSession", () => ({ catalog: "main", schema: "default" }));
    h.engine.on("sql.execute", () => new Promise(() => {}));
    const { session_id } = await h.ok("POST", "/api/2.0/sql/sessions", { warehouse_id: warehouse });
    const { body } = await execute({ session_id, wait_timeout: "0s" });
    await h.ok("DELETE", `/api/2.0/sql/sessions/${session_id}?warehouse_id=${warehouse}`);
    const { status } = await h.ok("GET", `/api/2.0/sql/statements/${body.statement_id}`);
    assert.equal(status.state, "CANCELED");
    assert.equal(h.engine.paramsOf("sql.cancel").length, 1);
  });

  it("can be sent to a session of a warehouse by its path, and are found there", async () => {
    h.engine.on("sql.openSession", () => ({ catalog: "main", schema: "default" }));
    const sessions = `/api/2.0/sql/warehouses/${warehouse}/sessions`;
    const { session_id } = await h.ok("POST", sessions, { catalog: "main", execution_mode: "FAST" });
    const statements = `${sessions}/${session_id}/statements`;
    const sent = await h.ok("POST", statements, { statement: "SELECT 1", session_id });
    assert.equal(sent.status.state, "SUCCEEDED");
    assert.equal(h.engine.paramsOf("sql.execute")[0]?.sessionId, session_id);
    assert.equal((await h.ok("GET", `${statements}/${sent.statement_id}`)).manifest.total_row_count, 2);
    assert.deepEqual((await h.ok("GET", `${statements}/${sent.statement_id}/result/chunks/1`)).data_array, [["2"]]);
    const wrong = await h.call("POST", statements, { statement: "SELECT 1", warehouse_id: "other" });
    assert.match(wrong.body.message, /warehouse_id is '.*' in the path and 'other' in the body/);
    await h.ok("DELETE", `${statements}/${sent.statement_id}`);
    const again = { statement: "SELECT 1", session_id, warehouse_id: warehouse };
    assert.equal((await h.ok("POST", "/api/2.0/sql/statements/", again)).status.state, "SUCCEEDED");
    await h.ok("DELETE", `${sessions}/${session_id}`);
    assert.equal((await h.call("POST", statements, { statement: "SELECT 1" })).status, 404);
  });

  it("a result above the inline limit fails and says how to get it", async () => {
    h.engine.on("sql.execute", () => ({
      columns: COLUMNS,
      chunks: [],
      totalRowCount: 9,
      totalByteCount: 26214401,
      truncated: true,
    }));
    const { body } = await execute();
    assert.equal(body.status.state, "FAILED");
    assert.match(body.status.error.message, /EXTERNAL_LINKS/);
  });

  it("wrong requests are refused before they run", async () => {
    for (const [more, wrong] of [
      [{ format: "CSV" }, /EXTERNAL_LINKS/],
      [{ wait_timeout: "3s" }, /wait_timeout/],
      [{ warehouse_id: "nope" }, /nope does not exist/],
      [{ parameters: [{ name: "a" }, { name: "a" }] }, /'a' is given twice/],
    ] as const) {
      const { status, body } = await execute(more);
      assert.ok(status >= 400 && status < 500);
      assert.match(body.message, wrong);
    }
    assert.equal(h.engine.paramsOf("sql.execute").length, 0);
  });

  it("the history names what ran", async () => {
    await execute({ statement: "select 7" });
    const { res } = await h.ok("GET", "/api/2.0/sql/history/queries");
    assert.equal(res[0].query_text, "select 7");
    assert.equal(res[0].status, "FINISHED");
  });

  it("drivers that ask for flags go by their defaults", async () => {
    const answer = await h.ok("GET", "/api/2.0/connector-service/feature-flags/PYTHON/4.9.0");
    assert.deepEqual(answer, { flags: [], ttl_seconds: 900 });
  });

  it("scripts split at semicolons outside strings and comments", () => {
    const script = 'select \';\' ; -- no; comment\nselect "a;\\"b", `c;d` /* ; /* ; */ ; */ ; ;\n';
    assert.deepEqual(splitStatements(script), [
      "select ';'",
      '-- no; comment\nselect "a;\\"b", `c;d` /* ; /* ; */ ; */',
    ]);
    const body = "create function f() returns int language python as $$ x = ';'; return 1; # it's $$";
    assert.deepEqual(splitStatements(`${body}; select 1`), [body, "select 1"]);
  });

  // https://docs.databricks.com/aws/en/sql/language-manual/control-flow/compound-stmt
  it("scripts keep a compound statement whole", () => {
    const inner =
      "IF x THEN SELECT CASE WHEN a THEN 1 END; ELSE BEGIN SELECT 2; END; END IF; CASE x WHEN 1 THEN SET y = 1; END CASE;";
    const loops =
      "l: LOOP LEAVE l; END LOOP l; WHILE a DO SET a = b; END WHILE; FOR r AS SELECT 1 DO SELECT r.end; END FOR;";
    const compound = `BEGIN DECLARE x INT; ${inner} ${loops} REPEAT SET a = 1; UNTIL a END REPEAT; END`;
    const procedure = "CREATE OR REPLACE PROCEDURE p() AS BEGIN SELECT 1; END";
    const statements = [
      "SELECT begin, end FROM t",
      compound,
      `l: ${compound} l`,
      procedure,
      "BEGIN TRANSACTION",
      "BEGIN",
      "COMMIT",
    ];
    assert.deepEqual(splitStatements(`${statements.join(";\n")};`), statements);
  });

  // https://docs.databricks.com/aws/en/sql/user/queries/query-parameters: a text comes with its quotation marks
  it("query parameters are texts in quotation marks", () => {
    const refuse = (message: string): never => {
      throw new Error(message);
    };
    const fill = (script: string): string => fillParameters(script, { c: "main", odd: "a'b\\" }, refuse);
    assert.equal(fill("USE CATALOG {{c}}; SELECT {{ odd }}"), "USE CATALOG 'main'; SELECT 'a\\'b\\\\'");
    assert.equal(fill("-- {{x}}\nSELECT '{{x}}' /* {{c}} */"), "-- {{x}}\nSELECT '{{x}}' /* {{c}} */");
    assert.throws(() => fill("SELECT {{x}}"), /\{\{x\}\} has no value.*c, odd/);
    assert.throws(() => fill("SELECT '{{c}}'"), /leave them out/);
  });
});
