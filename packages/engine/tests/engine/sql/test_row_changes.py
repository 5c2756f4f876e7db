"""DELETE and UPDATE with subqueries (sql/language-manual/delta-delete-from, delta-update), and MERGE's errors."""

from __future__ import annotations

import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess

START = [["1", "1"], ["1", "1"], ["2", "2"], ["3", None], [None, "4"]]


@pytest.fixture
def tables(engine: EngineProcess) -> EngineProcess:
    engine.sql(
        "CREATE OR REPLACE TABLE changed AS SELECT * FROM VALUES (1, 1), (1, 1), (2, 2), (3, null), (null, 4) t(k, v)"
    )
    engine.sql("CREATE OR REPLACE TABLE keys_of AS SELECT * FROM VALUES (1, 10), (3, 30) t(k, w)")
    return engine


@pytest.mark.parametrize(
    ("statement", "count", "left"),
    [
        ("DELETE FROM changed WHERE k IN (SELECT k FROM keys_of)", 3, [START[2], START[4]]),
        ("DELETE FROM changed WHERE k NOT IN (SELECT k FROM keys_of)", 1, [*START[:2], START[3], START[4]]),
        ("DELETE FROM changed c WHERE EXISTS (SELECT 1 FROM keys_of o WHERE o.k = c.k AND c.v IS NULL)", 1, [
            *START[:3], START[4]]),
        ("DELETE FROM main.default.changed WHERE v = (SELECT max(v) FROM changed)", 1, START[:4]),
        ("UPDATE changed SET v = 7 WHERE k IN (SELECT k FROM keys_of)", 3, [
            ["1", "7"], ["1", "7"], START[2], ["3", "7"], START[4]]),
        ("UPDATE changed AS c SET c.v = (SELECT w FROM keys_of o WHERE o.k = c.k), k = k + 1 WHERE k < 3", 3, [
            ["2", "10"], ["2", "10"], ["3", None], START[3], START[4]]),
        ("DELETE FROM changed WHERE k = 9 OR k IN (SELECT 8)", 0, START),
        ("DELETE FROM changed WHERE k = 2", 1, [*START[:2], *START[3:]]),
    ],
)  # fmt: skip
def test_the_rows_of_the_subquery_change(tables: EngineProcess, statement: str, count: int, left: list) -> None:
    assert tables.sql(statement) == [[str(count)]]
    assert [column["name"] for column in tables.result["columns"]] == ["num_affected_rows"]
    assert tables.sql("SELECT * FROM changed ORDER BY k NULLS LAST") == sorted(left, key=lambda row: row[0] or "z")


def test_a_map_is_refused_where_rows_are_compared(tables: EngineProcess) -> None:
    tables.sql("CREATE OR REPLACE TABLE with_map AS SELECT 1 AS k, map('a', 1) AS m")
    with pytest.raises(EngineFailed, match="column m is map<string,int>, which cannot be compared"):
        tables.sql("DELETE FROM with_map WHERE k IN (SELECT k FROM keys_of)")


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        ("ON t.k = s.nope WHEN MATCHED THEN DELETE", "Cannot resolve s.nope in search condition given columns .*t.k"),
        ("ON t.k = s.k WHEN MATCHED THEN UPDATE SET nope = 1", "Cannot resolve nope in UPDATE clause"),
        ("ON t.k = s.k WHEN MATCHED THEN UPDATE SET v = s.nope", "Cannot resolve s.nope in UPDATE clause"),
        ("ON t.k = s.k WHEN NOT MATCHED THEN INSERT (k, nope) VALUES (1, 2)", "Cannot resolve nope in INSERT clause"),
    ],
)
def test_the_error_of_a_merge_names_what_is_missing(tables: EngineProcess, rest: str, problem: str) -> None:
    with pytest.raises(EngineFailed, match=rf"\[DELTA_MERGE_UNRESOLVED_EXPRESSION\] {problem}") as failed:
        tables.sql(f"MERGE INTO changed t USING keys_of s {rest}")
    assert failed.value.data["error_class"] == "DELTA_MERGE_UNRESOLVED_EXPRESSION"
