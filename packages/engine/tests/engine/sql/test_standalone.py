"""Materialized views and streaming tables of a warehouse (ldp/dbsql/materialized, ldp/dbsql/streaming)."""

from __future__ import annotations

import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess


def refused(engine: EngineProcess, statement: str, message: str) -> None:
    with pytest.raises(EngineFailed, match=message):
        engine.sql(statement)


def test_a_materialized_view_is_made_refreshed_replaced_and_dropped(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE mv_source AS SELECT 1 AS a")
    engine.sql("CREATE MATERIALIZED VIEW IDENTIFIER('mv' || '_one') COMMENT 'c' AS SELECT sum(a) AS s FROM mv_source")
    assert engine.sql("SELECT * FROM mv_one") == [["1"]]
    record = [p["table"] for m, p in engine.asked if m == "catalog.putTable"][-1]
    assert (record["tableType"], record["comment"]) == ("MATERIALIZED_VIEW", "c")
    engine.sql("INSERT INTO mv_source VALUES (2)")
    assert engine.sql("SELECT * FROM mv_one") == [["1"]]
    engine.sql("REFRESH MATERIALIZED VIEW mv_one")
    assert engine.sql("SELECT * FROM mv_one") == [["3"]]
    refused(engine, "CREATE MATERIALIZED VIEW mv_one AS SELECT 1 AS s", "exists already")
    engine.sql("CREATE MATERIALIZED VIEW IF NOT EXISTS mv_one AS SELECT 1 AS s")
    engine.sql("ALTER MATERIALIZED VIEW mv_one ALTER COLUMN s COMMENT 'the sum'")
    refused(engine, "CREATE OR REPLACE MATERIALIZED VIEW mv_one AS SELECT nope FROM mv_source", "nope")
    assert engine.sql("SELECT * FROM mv_one") == [["3"]]
    engine.sql("CREATE OR REPLACE MATERIALIZED VIEW mv_one AS SELECT max(a) AS m FROM mv_source")
    assert engine.sql("SELECT m FROM mv_one") == [["2"]]
    refused(engine, "DROP STREAMING TABLE mv_one", "is a materialized view, not a streaming table")
    engine.sql("DROP MATERIALIZED VIEW IF EXISTS mv_one")
    engine.sql("DROP MATERIALIZED VIEW IF EXISTS mv_one")
    refused(engine, "SELECT * FROM mv_one", "TABLE_OR_VIEW_NOT_FOUND")
    refused(engine, "DROP MATERIALIZED VIEW mv_one", "TABLE_OR_VIEW_NOT_FOUND")


def test_a_streaming_table_reads_new_rows_once_and_all_again_with_full(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE st_source AS SELECT 1 AS a")
    create = "CREATE OR REFRESH STREAMING TABLE st_one AS SELECT a, current_timestamp() AS t FROM STREAM(st_source)"
    engine.sql(create)
    engine.sql("INSERT INTO st_source VALUES (2)")
    engine.sql(create)
    assert engine.sql("SELECT a FROM st_one ORDER BY a") == [["1"], ["2"]]
    first = engine.sql("SELECT t FROM st_one WHERE a = 1")
    engine.sql("INSERT INTO st_source VALUES (3)")
    engine.sql("REFRESH STREAMING TABLE st_one")
    assert engine.sql("SELECT t FROM st_one WHERE a = 1") == first
    engine.sql("REFRESH STREAMING TABLE st_one FULL")
    assert engine.sql("SELECT a FROM st_one ORDER BY a") == [["1"], ["2"], ["3"]]
    assert engine.sql("SELECT t FROM st_one WHERE a = 1") != first
    engine.sql("DROP TABLE st_one")
    refused(engine, "REFRESH STREAMING TABLE st_one", "TABLE_OR_VIEW_NOT_FOUND")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE MATERIALIZED VIEW m SCHEDULE EVERY 1 HOUR AS SELECT 1 AS a", "SCHEDULE is not supported.*REFRESH"),
        ("CREATE STREAMING TABLE m TRIGGER ON UPDATE AS SELECT 1 AS a", "TRIGGER ON UPDATE is not supported"),
        ("ALTER MATERIALIZED VIEW m ADD SCHEDULE CRON '0 0 * * * ?'", "SCHEDULE is not supported"),
        ("CREATE STREAMING TABLE broken AS SELECT 1 AS a", "is not a stream"),
        ("REFRESH MATERIALIZED VIEW plain_table", "nothing to refresh"),
        ("REFRESH TABLE_THAT_IS_NOT ASYNC", "ASYNC is not supported"),
        (
            "CREATE OR REPLACE MATERIALIZED VIEW plain_table AS SELECT 1 AS a",
            "no materialized view that a statement made",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(engine: EngineProcess, statement: str, message: str) -> None:
    engine.sql("CREATE TABLE IF NOT EXISTS plain_table AS SELECT 1 AS a")
    refused(engine, statement, message)
    refused(engine, "SELECT * FROM broken", "TABLE_OR_VIEW_NOT_FOUND")
