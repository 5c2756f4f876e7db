"""Columns of tables and views by SQL on the real engine: what they may hold, and what is on record of them."""

from __future__ import annotations

import json

import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess


def test_a_column_becomes_not_null_only_without_nulls(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE requiring (id INT, name STRING) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')")
    engine.sql("INSERT INTO requiring VALUES (1, 'x'), (2, NULL)")
    engine.sql("ALTER TABLE requiring ALTER COLUMN ID SET NOT NULL")
    with pytest.raises(EngineFailed, match=r"DELTA_NOT_NULL_CONSTRAINT_VIOLATED.*rows have no value in it"):
        engine.sql("ALTER TABLE main.default.requiring CHANGE COLUMN name SET NOT NULL")
    engine.sql("DELETE FROM requiring WHERE id = 2")
    engine.sql("ALTER TABLE requiring CHANGE COLUMN name SET NOT NULL")
    told = [q["table"] for m, q in engine.asked if q.get("table", {}).get("fullName", "").endswith(".requiring")]
    assert [column["nullable"] for column in told[-1]["columns"]] == [False, False]
    with pytest.raises(EngineFailed, match="DELTA_NOT_NULL_CONSTRAINT_VIOLATED"):
        engine.sql("INSERT INTO requiring VALUES (NULL, 'x')")
    with pytest.raises(EngineFailed, match="the table has no such column"):
        engine.sql("ALTER TABLE requiring ALTER COLUMN none SET NOT NULL")
    engine.sql("ALTER TABLE requiring ALTER COLUMN id DROP NOT NULL")
    engine.sql("INSERT INTO requiring VALUES (NULL, 'x')")


def test_the_size_of_a_text_is_kept(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE sized (v VARCHAR(5) COMMENT 'five', c CHAR(3), s STRING)")
    told = next(q["table"] for m, q in reversed(engine.asked) if "sized" in q.get("table", {}).get("fullName", ""))
    shown = [(column["type_text"], column["type_name"]) for column in told["columns"]]
    assert shown == [("varchar(5)", "STRING"), ("char(3)", "CHAR"), ("string", "STRING")]
    expected = {"name": "v", "type": "varchar(5)", "nullable": True, "metadata": {"comment": "five"}}
    assert json.loads(told["columns"][0]["type_json"]) == expected
    engine.sql("SELECT v, c FROM sized")  # in results they are texts, as for Databricks' drivers
    assert [column["type_name"] for column in engine.result["columns"]] == ["STRING", "STRING"]
    with pytest.raises(EngineFailed, match="DELTA_EXCEED_CHAR_VARCHAR_LIMIT"):
        engine.sql("INSERT INTO sized VALUES ('longer', 'c', 's')")


def test_the_column_of_a_view_can_be_commented(engine: EngineProcess) -> None:
    engine.sql("CREATE VIEW commented_view (one COMMENT 'old', two) AS SELECT 1, 2")
    engine.sql("COMMENT ON COLUMN commented_view.two IS 'it''s two'")
    engine.sql("COMMENT ON COLUMN main.default.commented_view.`ONE` IS NULL")
    told = [q["table"] for m, q in engine.asked if q.get("table", {}).get("fullName", "").endswith("commented_view")]
    assert [(c["name"], c.get("comment")) for c in told[-1]["columns"]] == [("one", None), ("two", "it's two")]
    assert engine.sql("DESCRIBE commented_view") == [["one", "int", None], ["two", "int", "it's two"]]
    assert engine.sql("SELECT * FROM commented_view") == [["1", "2"]]
    with pytest.raises(EngineFailed, match=r"Column 'three' does not exist in view .*; it has one, two"):
        engine.sql("COMMENT ON COLUMN commented_view.three IS 'x'")
