"""sql.execute on the real engine: values, parameters, limits, formats, the catalog's record, permissions, cancel."""

from __future__ import annotations

import csv
import io
import time

import pyarrow as pa
import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess


def test_values_are_formatted_as_on_databricks(engine: EngineProcess) -> None:
    rows = engine.sql(
        "SELECT 1, 2.50, true, null, DATE'2024-02-01', TIMESTAMP'2024-01-02 03:04:05.678', array(1, 2), "
        "named_struct('a', 1, 'b', CAST(null AS INT)), map('k', 1.5), X'6162', 'é', CAST(1 AS DOUBLE), '1', '2', "
        "TIMESTAMP_NTZ'2024-01-02 03:04:05'"
    )
    assert rows == [
        [
            *("1", "2.50", "true", None, "2024-02-01", "2024-01-02T03:04:05.678Z", '["1","2"]'),
            *('{"a":"1","b":null}', '{"k":"1.5"}', "YWI=", "é", "1.0", "1", "2", "2024-01-02T03:04:05.000"),
        ]
    ]
    columns = engine.result["columns"]
    assert [c["type_name"] for c in columns[:4]] == ["INT", "DECIMAL", "BOOLEAN", "NULL"]
    assert (columns[1]["type_precision"], columns[1]["type_scale"], columns[1]["position"]) == (3, 2, 1)


def test_parameters_keep_their_types_and_inject_no_sql(engine: EngineProcess) -> None:
    given = [
        {"name": "i", "value": "41", "type": "INT"},
        {"name": "b", "value": "3", "type": "BIGINT"},
        {"name": "d", "value": "2024-01-01", "type": "DATE"},
        {"name": "m", "value": "1.5", "type": "DECIMAL(10,2)"},
        {"name": "n", "value": None, "type": "STRING"},
        {"name": "s", "value": "x' OR '1' = '1", "type": "STRING"},
    ]
    rows = engine.sql("SELECT :i + 1, typeof(:b), date_add(:d, 1), :m, :n, :s, ':i'", parameters=given)
    assert rows == [["42", "bigint", "2024-01-02", "1.50", None, "x' OR '1' = '1", ":i"]]


def test_a_parameter_that_does_not_fit_its_type_is_refused(engine: EngineProcess) -> None:
    with pytest.raises(EngineFailed, match=r"Parameter 'i': 'x' is not a value of type INT"):
        engine.sql("SELECT :i", parameters=[{"name": "i", "value": "x", "type": "INT"}])


def test_limits_cut_a_result_and_say_so(engine: EngineProcess) -> None:
    assert engine.sql("SELECT id FROM range(10) ORDER BY id", rowLimit=3) == [["0"], ["1"], ["2"]]
    assert engine.result["truncated"] and engine.result["totalRowCount"] == 3
    engine.sql("SELECT id FROM range(3)", rowLimit=3)
    assert not engine.result["truncated"]
    engine.sql("SELECT repeat('x', 1000) FROM range(100)", byteLimit=10_000)
    assert engine.result["truncated"] and 1 < engine.result["totalRowCount"] < 11


def test_chunks_hold_every_row(engine: EngineProcess) -> None:
    rows = engine.sql("SELECT id, repeat('x', 1000) FROM range(40000) ORDER BY id")
    assert len(engine.result["chunks"]) > 1
    assert [int(row[0]) for row in rows] == list(range(40000))
    assert [c["rowOffset"] for c in engine.result["chunks"]][1] == engine.result["chunks"][0]["rowCount"]


def test_arrow_and_csv_results_are_readable(engine: EngineProcess) -> None:
    query = "SELECT id, CAST(id AS STRING) AS text FROM range(3) ORDER BY id"
    table = pa.ipc.open_stream(engine.sql(query, format="ARROW_STREAM")).read_all()
    assert table.to_pydict() == {"id": [0, 1, 2], "text": ["0", "1", "2"]}
    data = list(csv.reader(io.StringIO(engine.sql(query, format="CSV").decode())))
    assert data == [["id", "text"], ["0", "0"], ["1", "1"], ["2", "2"]]


def test_an_insert_says_how_many_rows_it_wrote(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE main.raw.counted (id INT)")
    assert engine.sql("INSERT INTO main.raw.counted VALUES (1), (2)") == [["2", "2"]]
    assert [column["name"] for column in engine.result["columns"]] == ["num_affected_rows", "num_inserted_rows"]
    assert engine.result["modifiedRows"] == 2
    assert engine.sql("INSERT OVERWRITE TABLE counted SELECT 3", schema="raw") == [["1", "1"]]
    assert engine.sql("INSERT INTO `main`.`raw`.`counted` SELECT 1 WHERE false") == [["0", "0"]]
    engine.sql("DROP TABLE main.raw.counted")


def test_deltas_own_statements_run_behind_a_comment(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE main.raw.noted AS SELECT 1 AS a")
    engine.sql('/* {"app": "dbt", "node": "t"} */\n  optimize `main`.`raw`.`noted`')
    with pytest.raises(EngineFailed, match=r"(?s)PARSE_SYNTAX_ERROR.*line 2, pos 0"):
        engine.sql('/* {"app": "dbt"} */\nSELEC 1')
    engine.sql("DROP TABLE main.raw.noted")


def test_timestamps_in_arrow_are_in_the_sessions_zone(engine: EngineProcess) -> None:
    engine.ask(
        "sql.openSession", {"sessionId": "zoned", "principal": "me", "configuration": {"TIMEZONE": "Asia/Tokyo"}}
    )
    query = "SELECT TIMESTAMP'2024-01-02 12:00:00' AS t, array(TIMESTAMP'2024-01-02 12:00:00') AS a"
    table = pa.ipc.open_stream(engine.sql(query, format="ARROW_STREAM", sessionId="zoned")).read_all()
    assert table.schema.field("t").type == pa.timestamp("us", "Asia/Tokyo")
    assert table.schema.field("a").type.value_type == pa.timestamp("us", "Asia/Tokyo")
    assert table.column("t")[0].as_py().isoformat() == "2024-01-02T12:00:00+09:00"
    assert table.column("a")[0].as_py() == [table.column("t")[0].as_py()]
    engine.ask("sql.closeSession", {"sessionId": "zoned"})


def test_months_are_readable_in_arrow(engine: EngineProcess) -> None:
    query = "SELECT INTERVAL '1-2' YEAR TO MONTH AS ym, array(INTERVAL '3' MONTH) AS a, INTERVAL '1' DAY AS d"
    table = pa.ipc.open_stream(engine.sql(query, format="ARROW_STREAM")).read_all()
    assert table.column("ym")[0].as_py() == "INTERVAL '1-2' YEAR TO MONTH"
    assert "3" in table.column("a")[0].as_py()
    assert table.column("d")[0].as_py().days == 1


def test_types_are_named_as_in_sql(engine: EngineProcess) -> None:
    query = "SELECT named_struct('aB', map(1, CAST(1 AS DECIMAL(5, 2)))) AS s, array(1) AS a"
    schema = pa.ipc.open_stream(engine.sql(query, format="ARROW_STREAM")).schema
    assert schema.field("s").metadata[b"Spark:DataType:SqlName"] == b"STRUCT<aB: MAP<INT, DECIMAL(5,2)>>"
    assert schema.field("a").metadata[b"Spark:DataType:SqlName"] == b"ARRAY<INT>"


def test_a_parameter_of_sql_is_shown_under_its_own_name(engine: EngineProcess) -> None:
    engine.ask("sql.openSession", {"sessionId": "set", "principal": "me", "configuration": {"ansi_mode": "False"}})
    assert engine.sql("SET ansi_mode", sessionId="set") == [["ansi_mode", "False"]]
    assert engine.sql("SET ANSI_MODE = true", sessionId="set") == [["ANSI_MODE", "true"]]
    assert engine.sql("SET TIME ZONE 'Asia/Tokyo'", sessionId="set") == [["spark.sql.session.timeZone", "Asia/Tokyo"]]
    engine.ask("sql.closeSession", {"sessionId": "set"})


def test_what_statements_did_is_on_record(engine: EngineProcess) -> None:
    engine.asked.clear()
    engine.sql("CREATE TABLE main.raw.made (id INT COMMENT 'key') COMMENT 'a table'")
    engine.sql("ALTER TABLE main.raw.made ADD COLUMN more STRING")
    engine.sql("CREATE VIEW main.raw.seen AS SELECT id FROM made", schema="raw")
    assert engine.sql("SELECT count(*) FROM main.raw.seen") == [["0"]]
    engine.sql("DROP VIEW main.raw.seen")
    engine.sql("DROP TABLE main.raw.made")
    put = [p["table"] for method, p in engine.asked if method == "catalog.putTable"]
    assert [(t["fullName"], t["tableType"], len(t["columns"])) for t in put] == [
        ("main.raw.made", "MANAGED", 1),
        ("main.raw.made", "MANAGED", 2),
        ("main.raw.seen", "VIEW", 1),
    ]
    assert (put[0]["comment"], put[0]["columns"][0]["comment"]) == ("a table", "key")
    dropped = [p["fullName"] for method, p in engine.asked if method == "catalog.dropTable"]
    assert dropped == ["main.raw.seen", "main.raw.made"]


def test_reading_and_changing_a_table_needs_permission(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE main.raw.closed AS SELECT 1 AS a")
    asked: list[dict] = []

    def refuse(params: dict) -> dict:
        asked.extend(params["checks"])
        raise PermissionError("User does not have SELECT on Table 'main.raw.closed'.")

    engine.answers["catalog.authorize"] = refuse
    try:
        queries = [
            "SELECT * FROM (SELECT 1 AS a) JOIN main.raw.closed USING (a)",
            "WITH c AS (SELECT * FROM main.raw.closed) SELECT (SELECT max(a) FROM c)",
            "INSERT INTO main.raw.closed VALUES (2)",
            "DELETE FROM main.raw.closed",
            "DROP TABLE main.raw.closed",
            "CREATE TABLE main.raw.other AS SELECT 1 AS b",
        ]
        for query in queries:
            with pytest.raises(EngineFailed, match="does not have"):
                engine.sql(query)
    finally:
        del engine.answers["catalog.authorize"]
    assert [(c["privilege"], c["fullName"]) for c in asked] == [
        ("SELECT", "main.raw.closed"),
        ("SELECT", "main.raw.closed"),
        ("MODIFY", "main.raw.closed"),
        ("MODIFY", "main.raw.closed"),
        ("MANAGE", "main.raw.closed"),
        ("CREATE_TABLE", "main.raw"),
    ]
    assert engine.sql("SELECT * FROM main.raw.closed") == [["1"]]


def test_masks_and_row_filters_hide(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE main.raw.secret AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS t(id, name)")
    for name, kind, body in [("hide", "STRING", "concat(left(x, 0), '***')"), ("low", "BOOLEAN", "x < 2")]:
        parameter = {"name": "x", "type_text": "STRING" if name == "hide" else "INT"}
        function = {"fullName": f"main.raw.{name}", "full_data_type": kind, "routine_definition": body}
        change = {"op": "putFunction", "function": {**function, "input_params": {"parameters": [parameter]}}}
        engine.ask("catalog.apply", {"changes": [change]})
    rule = {
        "fullName": "main.raw.secret",
        "rowFilters": [{"function": "main.raw.low", "using": ["id"]}],
        "columnMasks": [{"column": "name", "function": "main.raw.hide", "using": []}],
    }
    read = {"privilege": "SELECT", "fullName": "main.raw.secret"}
    engine.answers["catalog.authorize"] = lambda p: {
        "tables": [rule for check in p["checks"] if check.items() >= read.items()]
    }
    try:
        assert engine.sql("SELECT id, name FROM main.raw.secret s WHERE name <> 'a'") == [["1", "***"]]
        engine.sql("CREATE TABLE main.raw.copy AS SELECT * FROM main.raw.secret")
        engine.sql("CREATE VIEW main.raw.window AS SELECT * FROM main.raw.secret")
        assert engine.sql("SELECT * FROM main.raw.window") == [["1", "***"]]
        assert engine.sql("SELECT * FROM main.raw.secret VERSION AS OF 0") == [["1", "***"]]
        notebook = engine.notebook("dbutils.notebook.exit(str(spark.read.table('main.raw.secret').collect()))")
        assert notebook["result"] == "[Row(id=1, name='***')]"
        for change in ("DELETE FROM main.raw.secret WHERE id = 2", "UPDATE main.raw.secret SET name = 'x'"):
            with pytest.raises(EngineFailed, match="a row filter or column mask hides a part of it from you"):
                engine.sql(change)
    finally:
        del engine.answers["catalog.authorize"]
    assert engine.sql("SELECT * FROM main.raw.copy") == [["1", "***"]]
    assert engine.sql("SELECT raw.hide(name) FROM main.raw.secret WHERE id = 1") == [["***"]]


def test_an_error_has_its_condition_and_the_users_names(engine: EngineProcess) -> None:
    with pytest.raises(EngineFailed) as error:
        engine.sql("SELECT nope FROM main.raw.nothing")
    assert error.value.data["error_class"] == "TABLE_OR_VIEW_NOT_FOUND"
    assert error.value.data["sql_state"] == "42P01"
    assert "`main`.`raw`.`nothing`" in str(error.value) and "spark_catalog" not in str(error.value)


def test_information_schema_is_what_the_workspace_answers(engine: EngineProcess) -> None:
    answer = {
        "schema": "table_name string, position int, created timestamp",
        "rows": [["t", 2, 1704067200000], [None, 1, 0]],
    }
    engine.answers["catalog.informationSchema"] = lambda p: answer
    try:
        query = "SELECT table_name, position + 1, created FROM information_schema.tables t WHERE t.table_name = 't'"
        assert engine.sql(query) == [["t", "3", "2024-01-01T00:00:00.000Z"]]
        assert engine.sql("SELECT count(*) FROM system.information_schema.columns") == [["2"]]
    finally:
        del engine.answers["catalog.informationSchema"]
    asked = [(p["principal"], p["catalog"], p["view"]) for m, p in engine.asked if m == "catalog.informationSchema"]
    assert asked[0] == ("me", "main", "tables") and asked[-1] == ("me", "system", "columns")


def test_a_function_is_found_where_it_is_called(engine: EngineProcess) -> None:
    def put(name: str, kind: str, body: str, **more: object) -> None:
        given = [{"name": "x", "type_text": "INT"}, {"name": "y", "type_text": "INT", "parameter_default": "10"}]
        function = {"fullName": f"main.raw.{name}", "full_data_type": kind, "routine_definition": body, **more}
        change = {"op": "putFunction", "function": {"input_params": {"parameters": given}, **function}}
        engine.ask("catalog.apply", {"changes": [change]})

    put("plus", "INT", "x + y")
    put("twice", "INT", "2 * plus(x)")
    put("upto", "n INT", "SELECT n FROM VALUES (1), (2), (9) AS v(n) WHERE n <= x", data_type="TABLE_TYPE")
    assert engine.sql("SELECT main.raw.plus(1, 2), raw.twice(1), main.raw.plus(y => 5, x => 1)") == [["3", "22", "6"]]
    assert engine.sql("SELECT sum(n) FROM main.raw.upto(4)") == [["3"]]
    engine.sql("CREATE TABLE main.raw.numbers AS SELECT 5 AS a")
    engine.sql("CREATE VIEW main.raw.computed AS SELECT twice(a) AS b FROM numbers WHERE plus(a) > 0", schema="raw")
    assert engine.sql("SELECT b FROM main.raw.computed") == [["30"]]
    read = "spark.table('main.raw.numbers').selectExpr('main.raw.plus(a, 1) AS c').first().c"
    assert engine.notebook(f"dbutils.notebook.exit({read})")["result"] == "6"
    with pytest.raises(EngineFailed, match="`nope` cannot be resolved"):
        engine.sql("CREATE FUNCTION main.raw.wrong_body(x INT) RETURNS INT RETURN nope + 1")
    engine.sql("CREATE FUNCTION main.raw.sized(x STRING, n DECIMAL(5, 2) DEFAULT 1) RETURNS STRING RETURN concat(x, n)")
    asked = engine.asked[-1][1]["statement"]
    assert (asked["kind"], asked["name"]) == ("createFunction", "main.raw.sized")


def test_a_function_without_a_result_type_has_that_of_its_body(engine: EngineProcess) -> None:
    engine.sql("CREATE FUNCTION main.raw.summed(x INT, y DECIMAL(5, 2) DEFAULT 2) RETURN x + y")
    engine.sql("CREATE FUNCTION main.raw.listed(x INT) RETURNS TABLE RETURN SELECT x AS a, 'b' AS b")
    made = [p["statement"]["function"] for m, p in engine.asked if m == "catalog.statement"][-2:]
    assert [f["full_data_type"] for f in made] == ["decimal(13,2)", "a INT,b STRING NOT NULL"]
    with pytest.raises(EngineFailed, match="there is no such function") as error:
        engine.sql("CREATE FUNCTION main.raw.wrong(x INT) RETURNS INT RETURN no_such_function(x)")
    assert error.value.data["error_class"] == "UNRESOLVED_ROUTINE"


def test_a_renamed_table_keeps_its_rows(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE main.raw.before AS SELECT 1 AS a")
    record = next(p["table"] for m, p in reversed(engine.asked) if m == "catalog.putTable")
    renamed = {**record, "fullName": "main.raw.after"}
    drop = {"op": "dropTable", "fullName": "main.raw.before", "location": record["location"]}
    engine.answers["catalog.statement"] = lambda p: (
        engine.send("catalog.apply", {"changes": [drop, {"op": "putTable", "table": renamed}]}) and {}
    )
    try:
        engine.sql("ALTER TABLE main.raw.before RENAME TO main.raw.after")
    finally:
        del engine.answers["catalog.statement"]
    assert engine.asked[-1][1]["statement"]["newName"] == "main.raw.after"
    assert engine.sql("SELECT * FROM main.raw.after") == [["1"]]
    with pytest.raises(EngineFailed, match="it stays in its schema"):
        engine.sql("ALTER TABLE main.raw.after RENAME TO main.default.after")


def test_show_lists_only_what_the_principal_may_see(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE main.raw.shown AS SELECT 1 AS a")
    engine.sql("CREATE TABLE main.raw.hidden AS SELECT 1 AS a")
    tables = {"schema": "table_schema string, table_name string", "rows": [["raw", "shown"], ["default", "hidden"]]}
    engine.answers["catalog.informationSchema"] = lambda p: tables
    try:
        assert engine.sql("SHOW TABLES IN main.raw") == [["raw", "shown", "false"]]
        assert [c["name"] for c in engine.result["columns"]] == ["database", "tableName", "isTemporary"]
    finally:
        del engine.answers["catalog.informationSchema"]
    described = dict(row[:2] for row in engine.sql("DESCRIBE TABLE EXTENDED main.raw.shown"))
    assert described["Type"] == "MANAGED"
    assert engine.sql("DESCRIBE DETAIL raw.shown")[0][2] == "main.raw.shown"
    assert engine.sql("SHOW CREATE TABLE main.raw.shown") == [["CREATE TABLE main.raw.shown (\n  a INT)\nUSING delta"]]


def test_read_files_works_in_a_query(engine: EngineProcess) -> None:
    folder = engine.folder / "volumes/main/raw/landing/in"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("x,y\n1,2\n3,4\n")
    query = "SELECT sum(x), max(_metadata.file_path) FROM read_files('/Volumes/main/raw/landing/in', format => 'csv')"
    assert engine.sql(query) == [["4", "dbfs:/Volumes/main/raw/landing/in/a.csv"]]
    asked = [c for m, p in engine.asked if m == "catalog.authorize" for c in p["checks"]][-1]
    assert (asked["privilege"], asked["fullName"]) == ("READ_VOLUME", "main.raw.landing")
    with pytest.raises(EngineFailed, match="there is no pipeline 4711 that has been updated"):
        engine.sql("SELECT * FROM event_log('4711')")


def test_the_answer_of_optimize_fits_into_arrow(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE optimized CLUSTER BY (id) AS SELECT id FROM range(10)")
    for _ in range(2):
        engine.sql("OPTIMIZE optimized", format="ARROW_STREAM")
        assert engine.result["totalRowCount"] == 1
    row = "named_struct('a', 1, 'b', array(named_struct('c', id)))"
    engine.sql(f"SELECT {row} AS s, map('k', {row}) AS m FROM range(2)", format="ARROW_STREAM")
    assert engine.result["totalRowCount"] == 2


def test_a_write_that_fails_says_why(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE numbers_only (n INT)")
    engine.sql("CREATE TABLE texts AS SELECT * FROM VALUES ('1'), ('one') AS t(s)")
    with pytest.raises(EngineFailed, match=r"^\[CAST_INVALID_INPUT\] The value 'one'") as failed:
        engine.sql("INSERT INTO numbers_only SELECT CAST(s AS INT) FROM texts")
    assert failed.value.data["error_class"].startswith("CAST_INVALID_INPUT")


def test_a_view_keeps_the_names_of_its_columns(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE main.raw.plain AS SELECT 1 AS id, 'x' AS email")
    engine.sql(
        "CREATE VIEW main.raw.named(k COMMENT 'key', e) COMMENT 'view' AS SELECT id, email FROM plain", schema="raw"
    )
    assert engine.sql("SELECT e, k FROM main.raw.named") == [["x", "1"]]
    record = next(p["table"] for m, p in reversed(engine.asked) if m == "catalog.putTable")
    assert [(c["name"], c.get("comment")) for c in record["columns"]] == [("k", "key"), ("e", None)]
    renamed = {**record, "fullName": "main.raw.named_anew"}
    engine.ask("catalog.apply", {"changes": [{"op": "putTable", "table": renamed}]})
    assert engine.sql("SELECT k FROM main.raw.named_anew") == [["1"]]


def test_a_table_that_the_workspace_refuses_is_gone_from_spark(engine: EngineProcess) -> None:
    def refuse(params: dict) -> dict:
        raise PermissionError("'with space' is not a valid name for a Table.")

    before = set((engine.folder / "tables").iterdir())
    put, engine.answers["catalog.putTable"] = engine.answers["catalog.putTable"], refuse
    try:
        for statement in (
            "CREATE TABLE main.raw.`with space` AS SELECT 1 AS a",
            "CREATE VIEW main.raw.`v w` AS SELECT 1",
        ):
            with pytest.raises(EngineFailed, match="not a valid name"):
                engine.sql(statement)
    finally:
        engine.answers["catalog.putTable"] = put
    assert set((engine.folder / "tables").iterdir()) == before
    for name in ("with space", "v w"):
        with pytest.raises(EngineFailed, match="TABLE_OR_VIEW_NOT_FOUND"):
            engine.sql(f"SELECT * FROM main.raw.`{name}`")


def test_a_statement_that_is_not_supported_is_refused_as_such(engine: EngineProcess) -> None:
    for statement in ("CREATE CONNECTION c TYPE mysql OPTIONS (host 'h')", "UNDROP TABLE t"):
        with pytest.raises(EngineFailed, match="is not supported in the local workspace's SQL"):
            engine.sql(statement)


def test_a_managed_table_is_not_readable_by_path_past_its_grants(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE main.raw.by_path AS SELECT 1 AS a")
    location = next(p["table"]["location"] for m, p in reversed(engine.asked) if m == "catalog.putTable")
    for path in (location, location.removeprefix("file:")):
        with pytest.raises(EngineFailed, match="read the table by its name"):
            engine.sql(f"SELECT * FROM delta.`{path}`")
        for statement in (
            "INSERT INTO delta.`{}` VALUES (2)",
            "DELETE FROM delta.`{}`",
            "CREATE TABLE delta.`{}` (a INT)",
        ):
            with pytest.raises(EngineFailed, match="read the table by its name"):
                engine.sql(statement.format(path))


def test_a_mask_knows_who_looks(engine: EngineProcess) -> None:
    engine.answers["principal.groups"] = lambda p: {"groups": ["analysts"]}
    try:
        query = "SELECT is_account_group_member('analysts'), is_member('admins'), current_user(), session_user()"
        assert engine.sql(query) == [["true", "false", "me", "me"]]
    finally:
        del engine.answers["principal.groups"]


def test_a_canceled_statement_ends(engine: EngineProcess) -> None:
    folder = str(engine.folder / "results" / "slow")
    slow = "SELECT count(*) FROM range(100000) a CROSS JOIN range(100000000) b WHERE a.id * b.id % 7 = 3"
    params = {"statementId": "slow", "statement": slow, "resultDir": folder, "principal": "me"}
    running = engine.send("sql.execute", {**params, "catalog": "main"})
    engine.wait_for_job()
    began = time.monotonic()
    engine.ask("sql.cancel", {"statementId": "slow"})
    with pytest.raises(EngineFailed, match="canceled"):
        running.result(30)
    assert time.monotonic() - began < 15


def test_a_cancel_that_overtakes_its_statement_ends_it(engine: EngineProcess) -> None:
    folder = str(engine.folder / "results" / "overtaken")
    params = {"statementId": "overtaken", "statement": "CREATE TABLE main.default.overtaken (id INT)"}
    engine.ask("sql.cancel", {"statementId": "overtaken"})
    with pytest.raises(EngineFailed, match="canceled"):
        engine.ask("sql.execute", {**params, "resultDir": folder, "principal": "me", "catalog": "main"})
    with pytest.raises(EngineFailed, match="TABLE_OR_VIEW_NOT_FOUND"):
        engine.sql("SELECT * FROM main.default.overtaken")
