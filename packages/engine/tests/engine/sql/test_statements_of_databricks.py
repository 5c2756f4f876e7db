"""Statements and functions of Databricks' SQL that Spark has not: they work, or are refused by their names."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lakehouse_engine.routines import REFUSED
from lakehouse_engine.testing import EngineFailed, EngineProcess


def record(engine: EngineProcess, name: str) -> dict:
    """What the catalog was last told of the table."""
    put = [p["table"] for method, p in engine.asked if method == "catalog.putTable"]
    return next(table for table in reversed(put) if table["fullName"] == f"main.default.{name}")


def functions_of(engine: EngineProcess) -> Callable[[dict], dict]:
    """The workspace's answer to CREATE FUNCTION."""

    def made(params: dict) -> dict:
        statement = params["statement"]
        function = {**statement["function"], "fullName": statement["name"]}
        engine.send("catalog.apply", {"changes": [{"op": "putFunction", "function": function}]})
        return {}

    return made


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("iff(1 > 2, 'a', 'b')", "b"),
        ("charindex('b', 'abcb')", "2"),
        ("charindex('b', 'abcb', 3)", "4"),
        ("getdate() = current_timestamp()", "true"),
    ],
)
def test_functions_that_spark_has_not(engine: EngineProcess, expression: str, value: str) -> None:
    assert engine.sql(f"SELECT {expression}") == [[value]]


@pytest.mark.parametrize("family", REFUSED, ids=lambda family: family.names[0])
def test_a_function_is_refused_by_its_name(engine: EngineProcess, family) -> None:
    name = family.names[-1]
    with pytest.raises(EngineFailed, match=f"^{name} is a function of Databricks that .* does not have: ") as refused:
        engine.sql(f"SELECT * FROM {name}('a')" if family.table else f"SELECT {name}('a', 1)")
    assert refused.value.data["error_class"] == "UNSUPPORTED_FEATURE"


def test_the_number_of_arguments_is_checked(engine: EngineProcess) -> None:
    with pytest.raises(EngineFailed, match="iff` requires 3 parameters but the actual number is 1"):
        engine.sql("SELECT iff(true)")


@pytest.mark.parametrize(
    ("kind", "value", "type_name"),
    [("DECIMAL(6,2)", "12.35", "decimal(6,2)"), ("DECIMAL", "12", "decimal(10,0)"), ("FLOAT", "12.345", "float")],
)
def test_a_parameter_has_its_declared_type(engine: EngineProcess, kind: str, value: str, type_name: str) -> None:
    named = [{"name": "p", "value": "12.345", "type": kind}]
    assert engine.sql("SELECT typeof(:p), :p", parameters=named) == [[type_name, value]]
    placed = [{"value": "12.345", "type": kind}]
    assert engine.sql("SELECT typeof(?)", parameters=placed) == [[type_name]]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM nowhere.a.b",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM main.default.x, nowhere.a.b)",
        "CREATE VIEW of_nowhere AS SELECT * FROM nowhere.a.b",
        "CREATE TABLE nowhere.a.b (x INT)",
        "INSERT INTO nowhere.a.b VALUES (1)",
        "DELETE FROM nowhere.a.b",
        "ALTER TABLE nowhere.a.b ADD COLUMN x INT",
        "DROP TABLE IF EXISTS nowhere.a.b",
        "DESCRIBE TABLE nowhere.a.b",
        "SHOW TABLES IN nowhere.a",
        "SHOW SCHEMAS IN nowhere",
        "USE nowhere.a",
        "USE CATALOG nowhere",
    ],
)
def test_a_catalog_that_does_not_exist_is_named(engine: EngineProcess, statement: str) -> None:
    with pytest.raises(EngineFailed, match=r"Catalog 'nowhere' was not found\.") as failed:
        engine.sql(statement)
    assert failed.value.data["error_class"] == "NO_SUCH_CATALOG_EXCEPTION"
    assert failed.value.data["sql_state"] == "42704"


def test_a_table_is_made_like_another(engine: EngineProcess) -> None:
    engine.sql(
        "CREATE TABLE model (id INT NOT NULL COMMENT 'key', day DATE) COMMENT 'c' PARTITIONED BY (day)"
        " TBLPROPERTIES ('mine' = 'x')"
    )
    engine.sql("INSERT INTO model VALUES (1, DATE'2026-01-01')")
    engine.sql("CREATE TABLE made_like LIKE model")
    assert engine.sql("SELECT count(*) FROM made_like") == [["0"]]
    engine.sql("CREATE TABLE cloned DEEP CLONE model")
    assert engine.sql("SELECT * FROM cloned") == [["1", "2026-01-01"]]
    for name in ("made_like", "cloned"):
        made = record(engine, name)
        assert [(c["name"], c["nullable"], c.get("comment")) for c in made["columns"]] == [
            ("id", False, "key"),
            ("day", True, None),
        ]
        assert (made["comment"], made["partitionColumns"], made["properties"]["mine"]) == ("c", ["day"], "x")
    engine.sql("INSERT INTO model VALUES (2, DATE'2026-01-02')")
    assert engine.sql("CREATE OR REPLACE TABLE cloned CLONE model VERSION AS OF 1")[0][2:5:2] == ["0", "0"]
    assert engine.sql("SELECT id FROM cloned") == [["1"]]
    engine.sql("CREATE TABLE IF NOT EXISTS cloned DEEP CLONE model")
    with pytest.raises(EngineFailed, match="exists already"):
        engine.sql("CREATE TABLE cloned LIKE model")
    with pytest.raises(EngineFailed, match="TABLE_OR_VIEW_NOT_FOUND"):
        engine.sql("CREATE TABLE other LIKE nowhere")


def test_clustering_by_auto_is_a_property(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE auto_one (id INT) CLUSTER BY AUTO")
    engine.sql("CREATE TABLE auto_two CLUSTER BY AUTO TBLPROPERTIES ('mine' = 'x') AS SELECT 1 AS id")
    engine.sql("CREATE TABLE auto_three (id INT)")
    engine.sql("ALTER TABLE auto_three CLUSTER BY AUTO")
    for name in ("auto_one", "auto_two", "auto_three"):
        assert record(engine, name)["properties"]["clusterByAuto"] == "true"
    assert record(engine, "auto_two")["properties"]["mine"] == "x"


def test_statistics_are_there_already(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE analyzed AS SELECT 1 AS a")
    for what in ("COMPUTE STATISTICS", "COMPUTE STATISTICS FOR ALL COLUMNS", "COMPUTE DELTA STATISTICS"):
        assert engine.sql(f"ANALYZE TABLE analyzed {what}") == []
    for tables in ("ANALYZE TABLES COMPUTE STATISTICS", "ANALYZE TABLES IN main.raw COMPUTE STATISTICS NOSCAN"):
        assert engine.sql(tables) == []
    with pytest.raises(EngineFailed, match="cannot be found"):
        engine.sql("ANALYZE TABLE nowhere COMPUTE STATISTICS")
    with pytest.raises(EngineFailed, match=r"Schema 'main\.nowhere' does not exist"):
        engine.sql("ANALYZE TABLES FROM nowhere COMPUTE STATISTICS")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SHOW USERS", "SHOW USERS is not supported.*SCIM"),
        ("CREATE WIDGET TEXT x DEFAULT 'a'", "CREATE WIDGET is not supported.*dbutils.widgets"),
        ("CREATE OR REPLACE PROCEDURE p() LANGUAGE SQL AS BEGIN SELECT 1; END", "CREATE PROCEDURE is not supported"),
        ("MSCK REPAIR TABLE t", "MSCK is not supported"),
    ],
)
def test_a_statement_is_refused_by_its_name(engine: EngineProcess, statement: str, message: str) -> None:
    with pytest.raises(EngineFailed, match=message):
        engine.sql(statement)


def test_identifier_takes_a_constant_wherever_a_name_stands(engine: EngineProcess) -> None:
    given = [{"name": "s", "value": "default", "type": "STRING"}]
    engine.sql(
        "CREATE OR REPLACE VIEW IDENTIFIER(concat('main', '.', :s, '.named')) AS SELECT 1 AS a", parameters=given
    )
    assert engine.sql("SELECT * FROM IDENTIFIER('main.' || :s || '.named')", parameters=given) == [["1"]]
    engine.ask("sql.openSession", {"sessionId": "names", "principal": "me", "configuration": {}})
    catalog = [{"name": "c", "value": "it's", "type": "STRING"}]
    engine.sql("CREATE CATALOG IF NOT EXISTS IDENTIFIER(:c) COMMENT ':c'", parameters=catalog)
    asked = next(p["statement"] for method, p in reversed(engine.asked) if method == "catalog.statement")
    assert (asked["kind"], asked["name"], asked["comment"]) == ("createCatalog", "it's", ":c")
    engine.sql("USE CATALOG 'main'", sessionId="names")
    engine.sql("USE IDENTIFIER('raw')", sessionId="names")
    assert engine.sql("SELECT current_schema()", sessionId="names") == [["raw"]]
    engine.sql("DECLARE VARIABLE which STRING DEFAULT 'main.default.named'", sessionId="names")
    assert engine.sql("SELECT * FROM IDENTIFIER(which)", sessionId="names") == [["1"]]
    engine.ask("sql.closeSession", {"sessionId": "names"})


def test_a_function_qualifies_its_parameters_by_its_name(engine: EngineProcess) -> None:
    """sql/language-manual/sql-ref-name-resolution"""
    engine.answers["catalog.statement"] = functions_of(engine)
    try:
        engine.sql("CREATE FUNCTION plus_one(x INT) RETURNS INT RETURN plus_one.x + main.default.plus_one.x + x")
        engine.sql("CREATE FUNCTION one_row(n INT) RETURNS TABLE (a INT) RETURN SELECT one_row.n + 1")
        engine.sql("CREATE OR REPLACE TABLE keyed AS SELECT * FROM VALUES (1, 10), (2, 20) AS t(k, x)")
        newest = "(SELECT max(x) FROM keyed WHERE k = newest.k OR k = main.default.newest.k)"
        engine.sql(f"CREATE FUNCTION newest(k INT) RETURNS INT RETURN {newest}")
        rows = "SELECT x, default.rows_of.k FROM keyed WHERE keyed.k = rows_of.k"
        engine.sql(f"CREATE FUNCTION rows_of(k INT) RETURNS TABLE RETURN {rows}")
        engine.sql(
            "CREATE FUNCTION field(p STRUCT<a: INT>) RETURNS INT RETURN field.p.a + main.default.field.p.a + p.a"
        )
    finally:
        del engine.answers["catalog.statement"]
    assert engine.sql("SELECT plus_one(2), (SELECT a FROM one_row(4))") == [["6", "5"]]
    assert engine.sql("SELECT newest(1), newest(2), newest(3), field(named_struct('a', 2))") == [
        ["10", "20", None, "6"]
    ]
    assert engine.sql("SELECT r.* FROM keyed, LATERAL rows_of(keyed.k) AS r ORDER BY 1") == [["10", "1"], ["20", "2"]]


def test_a_function_in_python_runs_for_who_may_execute_it(engine: EngineProcess) -> None:
    """https://docs.databricks.com/aws/en/udf/unity-catalog"""
    engine.answers["catalog.statement"] = functions_of(engine)
    try:
        engine.sql(
            "CREATE OR REPLACE FUNCTION shout(s STRING, times INT DEFAULT 2) RETURNS STRING COMMENT 'it''s loud' "
            "LANGUAGE PYTHON AS $$\n  import re\n  def louder(text):\n    return re.sub(r\"[';]\", '!', text).upper()\n"
            "  # a comment; isn't code\n  return None if s is None else louder(s) * times\n$$"
        )
        engine.sql(
            "CREATE FUNCTION twice_shout(s STRING) RETURNS STRING RETURN concat(shout(s, 1), main.default.shout(s))"
        )
        share = "share(part INT, of DECIMAL(6, 2)) RETURNS DOUBLE LANGUAGE PYTHON"
        engine.sql(f"CREATE FUNCTION {share} AS 'return part / float(of)'")
        refused = {
            "LANGUAGE PYTHON AS $$ return ( $$": "body of function 'main.default.bad' is no Python",
            "LANGUAGE PYTHON HANDLER 'f' AS $$ return 1 $$": "HANDLER is not supported",
            "LANGUAGE PYTHON ENVIRONMENT (dependencies = '[]') AS $$ return 1 $$": "ENVIRONMENT is not supported",
            "LANGUAGE PYTHON RETURN 1": "expected",
        }
        for clauses, message in refused.items():
            with pytest.raises(EngineFailed, match=message):
                engine.sql(f"CREATE FUNCTION bad() RETURNS INT {clauses}")
    finally:
        del engine.answers["catalog.statement"]
    rows = engine.sql(
        "SELECT shout(s), shout(s, times => 1), share(1, 4) FROM VALUES ('a;'), (NULL) AS t(s) ORDER BY 1"
    )
    assert rows == [[None, None, "0.25"], ["A!A!", "A!", "0.25"]]
    assert engine.sql("SELECT twice_shout('b')") == [["BBB"]]

    def refuse(params: dict) -> dict:
        if any(check["privilege"] == "EXECUTE" for check in params["checks"]):
            raise PermissionError("no EXECUTE")
        return {}

    engine.answers["catalog.authorize"] = refuse
    try:
        with pytest.raises(EngineFailed, match="no EXECUTE"):
            engine.sql("SELECT shout('a')")
    finally:
        del engine.answers["catalog.authorize"]


def test_functions_are_listed_by_schema(engine: EngineProcess) -> None:
    """https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-syntax-aux-show-functions"""
    names = [
        {"fullName": f"main.raw.{name}", "full_data_type": "INT", "routine_definition": "1"} for name in ("uppest", "b")
    ]
    engine.ask("catalog.apply", {"changes": [{"op": "putFunction", "function": each} for each in names]})
    rows = [["raw", "uppest"], ["raw", "b"], ["default", "c"]]
    listed = {"schema": "routine_schema string, routine_name string", "rows": rows}
    engine.answers["catalog.informationSchema"] = lambda p: listed
    try:
        own = [["main.raw.b"], ["main.raw.uppest"]]
        assert engine.sql("SHOW USER FUNCTIONS IN main.raw") == engine.sql("SHOW USER FUNCTIONS FROM raw") == own
        assert engine.sql("SHOW FUNCTIONS IN raw LIKE 'upp*'") == [["upper"], ["main.raw.uppest"]]
        assert engine.sql("SHOW ALL FUNCTIONS IN raw b") == [["main.raw.b"]]
        assert engine.sql("SHOW SYSTEM FUNCTIONS IN raw LIKE 'upp*'") == [["upper"]]
        assert ["read_files"] in engine.sql("SHOW FUNCTIONS")
        with pytest.raises(EngineFailed, match=r"Schema 'main\.nowhere' does not exist"):
            engine.sql("SHOW FUNCTIONS IN nowhere")
    finally:
        del engine.answers["catalog.informationSchema"]
    answer = engine.notebook(
        "own = spark.catalog.listFunctions('main.raw', 'upp*') + spark.catalog.listFunctions('raw', 'b')\n"
        "dbutils.notebook.exit([(f.catalog, f.namespace, f.name) for f in own])"
    )
    assert answer.get("result") == "[('main', ['raw'], 'uppest'), (None, None, 'upper'), ('main', ['raw'], 'b')]", (
        answer
    )
