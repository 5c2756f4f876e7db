"""The short form of time travel: https://docs.databricks.com/aws/en/delta/history"""

from __future__ import annotations

import pytest
from lakehouse_engine.sql.time_travel import spelled_out
from lakehouse_engine.testing import EngineFailed, EngineProcess


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("SELECT * FROM a.`b c`@v12 AS x", "SELECT * FROM a.`b c` VERSION AS OF 12 AS x"),
        ("SELECT * FROM b@20190131120000123", "SELECT * FROM b TIMESTAMP AS OF '2019-01-31 12:00:00.123'"),
        ("SELECT * FROM a@v1 JOIN b@V2", "SELECT * FROM a VERSION AS OF 1 JOIN b VERSION AS OF 2"),
        ("SELECT 'a@v1', `b@v1` FROM t", None),
        ("SELECT * FROM b @ v1", None),
        ("SELECT * FROM b@v1x", None),
        ("SELECT * FROM b@2019", None),
        ("SELECT 'open", None),
    ],
)
def test_a_name_with_a_version(text: str, wanted: str | None) -> None:
    assert spelled_out(text) == (wanted or text)


def test_versions_of_a_table(engine: EngineProcess) -> None:
    engine.sql("CREATE OR REPLACE TABLE travelled AS SELECT 1 AS a")
    engine.sql("INSERT INTO travelled VALUES (2)")
    assert engine.sql("SELECT (SELECT count(*) FROM travelled@v0), count(*) FROM main.default.travelled@v1") == [
        ["1", "2"]
    ]
    with pytest.raises(EngineFailed, match=r"DELTA_\w*TIMESTAMP"):
        engine.sql("SELECT * FROM travelled@20190131120000123")
