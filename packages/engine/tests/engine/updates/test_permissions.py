"""An update does what its principal may, and sees what it may see."""

from __future__ import annotations

from lakehouse_engine.testing import EngineProcess
from pipelines import Pipeline


def test_an_update_reads_what_its_principal_may_not(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE main.raw.of_others AS SELECT 1 AS a")

    def refuse(params: dict) -> dict:
        if any(check["fullName"] == "main.raw.of_others" for check in params["checks"]):
            raise PermissionError("User does not have SELECT on Table 'main.raw.of_others'.")
        return {"tables": []}

    p = Pipeline(engine)
    p.sql("CREATE OR REFRESH MATERIALIZED VIEW from_sql AS SELECT * FROM main.raw.of_others")
    p.python("@dp.materialized_view\ndef from_python():\n    return spark.read.table('main.raw.of_others')\n")
    p.sql("CREATE OR REFRESH MATERIALIZED VIEW own AS SELECT 1 AS a")
    engine.answers["catalog.authorize"] = refuse
    try:
        assert p.update()["state"] == "FAILED"
        assert p.rows("SELECT * FROM own") == [["1"]]
    finally:
        del engine.answers["catalog.authorize"]
    flows = [e for e in p.events if e["event_type"] == "flow_progress" and e.get("error")]
    failed = [x for e in flows for x in e["error"]["exceptions"]]
    assert failed and all("User does not have SELECT on Table 'main.raw.of_others'." in x["message"] for x in failed)
    assert not any("Refused" in x["message"] or "java" in x["message"] for x in failed)
    p.completed()
    assert p.rows("SELECT * FROM from_sql, from_python") == [["1", "1"]]


def test_an_update_sees_behind_a_mask(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE main.raw.masked AS SELECT 1 AS id, 'x@y.org' AS email")
    hide = {"fullName": "main.raw.hide_all", "full_data_type": "STRING", "routine_definition": "'***'"}
    given = {"parameters": [{"name": "x", "type_text": "STRING"}]}
    engine.ask("catalog.apply", {"changes": [{"op": "putFunction", "function": {**hide, "input_params": given}}]})
    mask = {"column": "email", "function": "main.raw.hide_all", "using": []}
    rule = {"fullName": "main.raw.masked", "rowFilters": [], "columnMasks": [mask]}
    engine.answers["catalog.authorize"] = lambda p: {
        "tables": [
            rule for check in p["checks"] if (check["privilege"], check["fullName"]) == ("SELECT", rule["fullName"])
        ]
    }
    p = Pipeline(engine)
    p.python("@dp.table\ndef copied():\n    return spark.readStream.table('main.raw.masked')\n")
    try:
        p.completed()
    finally:
        del engine.answers["catalog.authorize"]
    assert p.rows("SELECT * FROM copied") == [["1", "***"]]


def test_a_dataset_that_was_refused_is_made_once_its_privilege_is_granted(engine: EngineProcess) -> None:
    """https://github.com/databricks/cli/issues/4573"""
    p = Pipeline(engine)
    p.sql("CREATE OR REFRESH MATERIALIZED VIEW late_view AS SELECT 1 AS a")
    p.python("@dp.table\ndef late_table():\n    return spark.readStream.table('main.raw.late_source')\n")
    engine.sql("CREATE TABLE main.raw.late_source AS SELECT 2 AS a")
    put = engine.answers["catalog.putTable"]

    def refuse(params: dict) -> dict:
        raise PermissionError("User does not have CREATE TABLE on Schema 'main.default'.")

    engine.answers["catalog.putTable"] = refuse
    try:
        assert "User does not have CREATE TABLE" in p.update()["error"]["message"]
    finally:
        engine.answers["catalog.putTable"] = put
    p.completed()
    assert p.rows("SELECT * FROM late_view, late_table") == [["1", "2"]]


def test_schemas_of_a_pipeline_and_its_datasets_are_made_when_they_do_not_exist(engine: EngineProcess) -> None:
    """https://docs.databricks.com/aws/en/ldp/target-schema"""
    p = Pipeline(engine, schema="fresh")
    p.sql("CREATE OR REFRESH MATERIALIZED VIEW v AS SELECT 1 AS a")
    p.sql("CREATE OR REFRESH MATERIALIZED VIEW fresh_gold.v AS SELECT a + 1 AS a FROM v")
    made: list[str] = []

    def make(params: dict) -> dict:
        assert params["principal"] == "me"
        made.append(params["statement"]["name"])
        assert params["statement"] == {"kind": "createSchema", "name": made[-1], "ifNotExists": True}
        schema = made[-1].split(".")[1]
        engine.send("catalog.apply", {"changes": [{"op": "createSchema", "catalog": "main", "schema": schema}]})
        return {}

    def refuse(params: dict) -> dict:
        raise PermissionError("User does not have CREATE SCHEMA on Catalog 'main'.")

    try:
        engine.answers["catalog.statement"] = refuse
        assert "User does not have CREATE SCHEMA" in p.update()["error"]["message"]
        engine.answers["catalog.statement"] = make
        p.completed()
    finally:
        del engine.answers["catalog.statement"]
    assert made == ["main.fresh", "main.fresh_gold"]
    assert p.rows("SELECT * FROM main.fresh.v UNION ALL SELECT * FROM main.fresh_gold.v") == [["1"], ["2"]]
