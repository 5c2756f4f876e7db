"""Unity Catalog statements become what the workspace's protocol says, and Spark's own are left alone."""

from __future__ import annotations

import pytest
from lakehouse_engine.errors import EngineError
from lakehouse_engine.sources.sql.errors import SqlSyntaxError
from lakehouse_engine.sql.securables import CurrentNames
from lakehouse_engine.sql.unity import parse

NAMES = CurrentNames("main", "default")

READ = {
    "CREATE CATALOG IF NOT EXISTS c COMMENT 'x'": {
        "kind": "createCatalog", "name": "c", "ifNotExists": True, "comment": "x",
    },
    "CREATE SCHEMA s": {"kind": "createSchema", "name": "main.s", "ifNotExists": False},
    "create database `my-cat`.s WITH DBPROPERTIES ('a' = '1')": {
        "kind": "createSchema", "name": "my-cat.s", "ifNotExists": False, "properties": {"a": "1"},
    },
    "CREATE SCHEMA s WITH DBPROPERTIES (RemoveAfter=2026112912, a.b = true, 'c' -1.5)": {
        "kind": "createSchema", "name": "main.s", "ifNotExists": False,
        "properties": {"RemoveAfter": "2026112912", "a.b": "true", "c": "-1.5"},
    },
    "CREATE EXTERNAL VOLUME v": {
        "kind": "createVolume", "name": "main.default.v", "ifNotExists": False, "external": True,
    },
    "DROP SCHEMA IF EXISTS c.s CASCADE": {
        "kind": "drop", "securableType": "SCHEMA", "ifExists": True, "name": "c.s", "cascade": True,
    },
    "ALTER SCHEMA s OWNER TO `a@b.c`": {
        "kind": "alter", "securableType": "SCHEMA", "name": "main.s", "owner": "a@b.c",
    },
    "ALTER VOLUME v RENAME TO w": {
        "kind": "alter", "securableType": "VOLUME", "name": "main.default.v", "newName": "main.default.w",
    },
    "GRANT USE CATALOG, SELECT ON CATALOG c TO `g`": {
        "kind": "grant", "privileges": ["USE CATALOG", "SELECT"], "securableType": "CATALOG", "name": "c",
        "grantee": "g",
    },
    "REVOKE ALL PRIVILEGES ON t FROM g": {
        "kind": "revoke", "privileges": ["ALL PRIVILEGES"], "securableType": "TABLE", "name": "main.default.t",
        "grantee": "g",
    },
    "SHOW GRANTS `g` ON SCHEMA c.s": {
        "kind": "showGrants", "securableType": "SCHEMA", "name": "c.s", "grantee": "g",
    },
    "SHOW VOLUMES IN c.s LIKE 'a*'": {"kind": "showVolumes", "name": "c.s", "pattern": "a*"},
    "COMMENT ON VOLUME v IS 'it''s'": {
        "kind": "comment", "securableType": "VOLUME", "name": "main.default.v", "comment": "it's",
    },
    "ALTER TABLE t ALTER COLUMN c SET MASK f USING COLUMNS (d, 'x')": {
        "kind": "setMask", "table": "main.default.t", "column": "c", "function": "main.default.f",
        "using": ["d", "'x'"],
    },
    "ALTER TABLE t DROP ROW FILTER": {
        "kind": "setRowFilter", "table": "main.default.t", "function": None, "using": [],
    },
    "ALTER TABLE t ALTER COLUMN c SET TAGS ('pii' = 'yes', 'old')": {
        "kind": "setTags", "securableType": "TABLE", "name": "main.default.t", "column": "c",
        "tags": {"pii": "yes", "old": ""},
    },
    "ALTER CATALOG c DISABLE PREDICTIVE OPTIMIZATION": {
        "kind": "alter", "securableType": "CATALOG", "name": "c", "predictiveOptimization": "DISABLE",
    },
    "ALTER TABLE t INHERIT PREDICTIVE OPTIMIZATION": {
        "kind": "alter", "securableType": "TABLE", "name": "main.default.t", "predictiveOptimization": "INHERIT",
    },
    "CREATE OR REPLACE POLICY p ON SCHEMA s COMMENT 'x' COLUMN MASK f TO `account users`, g EXCEPT admins FOR TABLES "
    "WHEN has_tag('a') AND has_tag_value('b', 'c') MATCH COLUMNS (has_tag('d') OR has_tag('e')) AS m, has_tag('f') n "
    "ON COLUMN m USING COLUMNS (n, 'x', 4)": {
        "kind": "createPolicy", "orReplace": True, "policy": {
            "name": "p", "on_securable_type": "SCHEMA", "on_securable_fullname": "main.s", "comment": "x",
            "to_principals": ["account users", "g"], "except_principals": ["admins"], "for_securable_type": "TABLE",
            "when_condition": "has_tag('a') AND has_tag_value('b', 'c')",
            "match_columns": [
                {"condition": "(has_tag('d') OR has_tag('e'))", "alias": "m"},
                {"condition": "has_tag('f')", "alias": "n"},
            ],
            "policy_type": "POLICY_TYPE_COLUMN_MASK",
            "column_mask": {
                "function_name": "main.default.f", "on_column": "m",
                "using": [{"alias": "n"}, {"constant": "'x'"}, {"constant": "4"}],
            },
        },
    },
    "CREATE POLICY p ON CATALOG c ROW FILTER c.s.f TO g FOR TABLES USING COLUMNS (true)": {
        "kind": "createPolicy", "orReplace": False, "policy": {
            "name": "p", "on_securable_type": "CATALOG", "on_securable_fullname": "c", "to_principals": ["g"],
            "for_securable_type": "TABLE", "policy_type": "POLICY_TYPE_ROW_FILTER",
            "row_filter": {"function_name": "c.s.f", "using": [{"constant": "true"}]},
        },
    },
    "DROP POLICY p ON TABLE t": {
        "kind": "dropPolicy", "policy": "p", "securableType": "TABLE", "name": "main.default.t",
    },
    "UNSET TAG ON CATALOG c cost": {"kind": "unsetTags", "securableType": "CATALOG", "name": "c", "keys": ["cost"]},
}  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_unity_catalog_statements_are_read_in_full(text: str) -> None:
    expected = READ[text]
    found = parse(text, NAMES)
    assert found is not None
    assert {key: value for key, value in found.items() if key in expected} == expected
    assert set(found) - set(expected) <= {"cascade"}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "CREATE TABLE t (a INT)",
        "CREATE OR REPLACE VIEW v AS SELECT 'GRANT SELECT'",
        "CREATE TEMPORARY FUNCTION f() RETURNS INT RETURN 1",
        "DROP TABLE t",
        "ALTER TABLE t ADD COLUMN x INT",
        "ALTER TABLE t ALTER COLUMN x TYPE BIGINT",
        "ALTER TABLE t SET TBLPROPERTIES ('a' = 'b')",
        "SHOW TABLES",
        "COMMENT ON TABLE t IS 'x'",
        "DESCRIBE t",
        "SET x = 1",
    ],
)
def test_a_statement_of_sparks_own_stays_with_spark(text: str) -> None:
    assert parse(text, NAMES) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("GRANT SELECT t TO g", "expected ON"),
        ("GRANT SELECT ON TABLE t", "expected TO"),
        ("CREATE SCHEMA s NONSENSE", "expected COMMENT"),
        ("DROP SCHEMA s CASCADE now", "expected the end"),
        ("SHOW VOLUMES IN", "expected"),
        ("CREATE POLICY p ON TABLE t COLUMN MASK f TO g FOR TABLES", "expected ON COLUMN"),
        ("CREATE POLICY p ON VOLUME v ROW FILTER f TO g FOR TABLES", "expected CATALOG, SCHEMA or TABLE"),
        ("ALTER SCHEMA s ENABLE OPTIMIZATION", "expected OWNER TO"),
    ],
)
def test_a_wrong_statement_is_refused(text: str, message: str) -> None:
    with pytest.raises(SqlSyntaxError, match=message):
        parse(text, NAMES)


def test_a_name_with_too_many_parts_is_refused() -> None:
    with pytest.raises(EngineError, match="at most 2 parts"):
        parse("CREATE SCHEMA a.b.c", NAMES)


def test_a_function_keeps_its_parameters_and_its_body() -> None:
    text = (
        "CREATE OR REPLACE FUNCTION f(a DECIMAL(10, 2) DEFAULT 1.5 COMMENT 'amount', m MAP<STRING, ARRAY<INT>>) "
        "RETURNS STRING COMMENT 'c' DETERMINISTIC RETURN concat(a, ';', 'RETURN');"
    )
    found = parse(text, NAMES)
    assert found is not None
    assert (found["kind"], found["name"], found["orReplace"], found["comment"]) == (
        "createFunction",
        "main.default.f",
        True,
        "c",
    )
    function = found["function"]
    assert function["routine_definition"] == "concat(a, ';', 'RETURN')"
    assert function["full_data_type"] == "STRING"
    first, second = function["input_params"]["parameters"]
    assert (first["type_text"], first["parameter_default"], first["comment"]) == ("DECIMAL(10, 2)", "1.5", "amount")
    assert (second["type_text"], second["type_name"]) == ("MAP<STRING, ARRAY<INT>>", "MAP")
