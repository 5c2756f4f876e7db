"""INSERT … REPLACE USING and REPLACE ON (sql/language-manual/sql-ref-syntax-dml-insert-into)."""

from __future__ import annotations

import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess

BOTH = [["1", "new"], ["1", "newer"], ["2", "old"], ["3", "new"], [None, "old"]]


@pytest.fixture
def table(engine: EngineProcess) -> EngineProcess:
    old = "VALUES (1, 'old'), (1, 'old'), (2, 'old'), (null, 'old') t(k, v)"
    engine.sql(f"CREATE OR REPLACE TABLE replaced AS SELECT * FROM {old}")
    engine.sql("CREATE OR REPLACE TABLE news AS SELECT * FROM VALUES (1, 'new'), (1, 'newer'), (3, 'new') t(k, v)")
    return engine


@pytest.mark.parametrize(
    ("statement", "count", "left"),
    [
        ("INSERT INTO replaced REPLACE USING (k) SELECT * FROM news", 3, BOTH),
        ("INSERT INTO TABLE main.default.replaced REPLACE USING (K) TABLE news", 3, BOTH),
        ("INSERT INTO replaced BY NAME REPLACE USING (k) SELECT v, k FROM news", 3, BOTH),
        ("INSERT INTO replaced BY NAME REPLACE USING (k) SELECT 2L AS k", 1, [
            ["1", "old"], ["1", "old"], ["2", None], [None, "old"]]),
        ("WITH few AS (SELECT * FROM news WHERE k = 3) INSERT INTO replaced REPLACE USING (k) SELECT * FROM few", 1, [
            ["1", "old"], ["1", "old"], ["2", "old"], ["3", "new"], [None, "old"]]),
        ("INSERT INTO replaced REPLACE USING (k, v) VALUES (1, 'old'), (null, 'old')", 2, [
            ["1", "old"], ["2", "old"], [None, "old"], [None, "old"]]),
        ("INSERT INTO replaced REPLACE USING (k) SELECT * FROM news WHERE false", 0, [
            ["1", "old"], ["1", "old"], ["2", "old"], [None, "old"]]),
        ("INSERT INTO replaced AS t REPLACE ON (t.k <=> s.k) (SELECT * FROM news) AS s", 3, BOTH),
        ("INSERT INTO replaced REPLACE ON replaced.k <=> s.k AND (s.v = 'x' OR s.k IS NULL) (SELECT null, 'x') s", 1, [
            ["1", "old"], ["1", "old"], ["2", "old"], [None, "x"]]),
        ("INSERT INTO replaced AS t REPLACE ON t.k < 2 SELECT 5, 'five'", 1, [
            ["2", "old"], ["5", "five"], [None, "old"]]),
        ("INSERT INTO replaced t REPLACE ON t.k IN (1, 2) ((SELECT 5, 'a') UNION ALL (SELECT 6, 'b')) s", 2, [
            ["5", "a"], ["6", "b"], [None, "old"]]),
    ],
)  # fmt: skip
def test_rows_that_match_are_replaced_by_all_of_the_query(
    table: EngineProcess, statement: str, count: int, left: list
) -> None:
    before = int(table.sql("DESCRIBE HISTORY replaced LIMIT 1")[0][0])
    assert table.sql(statement.replace("SELECT null, 'x'", "SELECT null AS k, 'x' AS v")) == [[str(count)] * 2]
    assert [column["name"] for column in table.result["columns"]] == ["num_affected_rows", "num_inserted_rows"]
    assert table.sql("SELECT * FROM replaced ORDER BY k NULLS LAST, v") == left
    assert int(table.sql("DESCRIBE HISTORY replaced LIMIT 1")[0][0]) <= before + 1, "one commit"


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("INSERT INTO replaced REPLACE USING (k) SELECT 1", "INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"),
        ("INSERT INTO replaced REPLACE USING (k) SELECT 1, 'a', 2", "INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY"),
        ("INSERT INTO replaced REPLACE USING (nope) TABLE news", "with name `nope` cannot be resolved"),
        ("INSERT INTO replaced BY NAME REPLACE USING (v) SELECT k FROM news", "with name `v` cannot be resolved"),
        ("INSERT INTO replaced BY NAME REPLACE USING (k) SELECT k, 1 AS w FROM news", "with name `w` cannot be res"),
        ("INSERT INTO replaced REPLACE USING (k) SELECT k, k FROM news", "COLUMN_ALREADY_EXISTS"),
        ("INSERT INTO replaced t REPLACE ON t.k = s.nope (TABLE news) s", "nope"),
        ("INSERT INTO replaced REPLACE USING (k)", "PARSE_SYNTAX_ERROR"),
        ("INSERT INTO replaced REPLACE ON SELECT 1, 'a'", "PARSE_SYNTAX_ERROR"),
        ("INSERT INTO no_table REPLACE USING (k) TABLE news", "TABLE_OR_VIEW_NOT_FOUND|PARSE_SYNTAX_ERROR"),
        ("INSERT WITH SCHEMA EVOLUTION INTO replaced REPLACE USING (k) TABLE news", "not supported together"),
    ],
)
def test_what_cannot_be_replaced_is_refused_and_changes_nothing(
    table: EngineProcess, statement: str, problem: str
) -> None:
    before = table.sql("SELECT * FROM replaced ORDER BY k, v")
    with pytest.raises(EngineFailed, match=problem):
        table.sql(statement)
    assert table.sql("SELECT * FROM replaced ORDER BY k, v") == before
