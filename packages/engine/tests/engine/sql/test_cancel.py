"""Statements that are canceled, before they begin and while they run."""

from __future__ import annotations

import time

import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess


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


def test_a_cancel_ends_the_update_that_a_statement_runs(engine: EngineProcess) -> None:
    folder = str(engine.folder / "results" / "refreshing")
    slow = "SELECT count(*) AS n FROM range(100000) a CROSS JOIN range(100000000) b WHERE a.id * b.id % 7 = 3"
    params = {"statementId": "refreshing", "statement": f"CREATE MATERIALIZED VIEW refreshing AS {slow}"}
    running = engine.send(
        "sql.execute", {**params, "resultDir": folder, "principal": "me", "catalog": "main", "schema": "default"}
    )
    engine.wait_for_job()
    engine.ask("sql.cancel", {"statementId": "refreshing"})
    with pytest.raises(EngineFailed, match="The statement was canceled"):
        running.result(30)
