"""sql.execute on the real engine: values, parameters, limits, formats, the catalog's record, permissions, cancel."""

from __future__ import annotations

import os
import re

import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess


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


def test_an_error_has_its_condition_and_the_users_names(engine: EngineProcess) -> None:
    with pytest.raises(EngineFailed) as error:
        engine.sql("SELECT nope FROM main.raw.nothing")
    assert error.value.data["error_class"] == "TABLE_OR_VIEW_NOT_FOUND"
    assert error.value.data["sql_state"] == "42P01"
    assert "`main`.`raw`.`nothing`" in str(error.value) and "spark_catalog" not in str(error.value)


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


def test_list_files_lists_a_volume(engine: EngineProcess) -> None:
    """https://docs.databricks.com/aws/en/sql/language-manual/functions/list_files"""
    folder = engine.folder / "volumes/main/raw/landing/listed"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.json").write_text("{}")
    (folder / "deep/_b").write_text("12345")
    (folder / "link").symlink_to("/etc/passwd")
    for file in (folder / "a.json", folder / "deep/_b"):
        os.utime(file, (1700000000, 1700000000.25))
    path = "/Volumes/main/raw/landing/listed"
    seen = "SELECT replace(path, '/Volumes/main/raw/landing/listed/', ''), size, date_format(modification_time, 'y-D')"
    rows = engine.sql(f"{seen}, file.uri, file.content_type FROM list_files('{path}') ORDER BY ALL")
    assert rows == [
        ["a.json", "2", "2023-318", f"dbfs:{path}/a.json", "application/json"],
        ["deep/_b", "5", "2023-318", f"dbfs:{path}/deep/_b", None],
    ]
    asked = [c for m, p in engine.asked if m == "catalog.authorize" for c in p["checks"]][-1]
    assert (asked["privilege"], asked["fullName"]) == ("READ_VOLUME", "main.raw.landing")
    flat = engine.sql(f"SELECT path, size, file IS NULL FROM list_files('dbfs:{path}/', recursive => false) ORDER BY 1")
    assert flat == [[f"{path}/a.json", "2", "false"], [f"{path}/deep", "0", "true"]]
    assert engine.sql(f"SELECT path FROM list_files('{path}/a.json')") == [[f"{path}/a.json"]]
    for call, message in {
        f"'{path}/none'": "the path /Volumes/main/raw/landing/listed/none does not exist",
        f"'{path}', connection => 'c'": "connection is not supported here",
        f"'{path}', recursive => 'some'": "recursive is 'some'; allowed: true, false",
        f"'{path}', pattern => '*'": "list_files has no argument pattern",
        "'/etc'": "is not in a volume",
        "": "list_files needs a path",
    }.items():
        with pytest.raises(EngineFailed, match=re.escape(message)):
            engine.sql(f"SELECT * FROM list_files({call})")


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
