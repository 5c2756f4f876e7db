"""What a principal may read and change by SQL, and what row filters, column masks and SHOW hide from it."""

from __future__ import annotations

import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess


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


def test_a_mask_knows_who_looks(engine: EngineProcess) -> None:
    engine.answers["principal.groups"] = lambda p: {"groups": ["analysts"]}
    try:
        query = "SELECT is_account_group_member('analysts'), is_member('admins'), current_user(), session_user()"
        assert engine.sql(query) == [["true", "false", "me", "me"]]
    finally:
        del engine.answers["principal.groups"]


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
