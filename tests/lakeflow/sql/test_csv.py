"""read_files over CSV: what its options do, over two updates."""

from __future__ import annotations

import pytest
from lakeflow.cases import Area, Step, Table, sql

READ_FILES = "sql/language-manual/functions/read_files"

AREA = Area(
    "csv",
    [
        sql(
            "header and types by default",
            READ_FILES,
            "CREATE OR REFRESH STREAMING TABLE plain AS SELECT * FROM STREAM read_files('LANDING/in', format => 'csv')",
            Step(
                {"in/1.csv": "id,name\n1,ann\n2,\n"},
                tables={
                    "plain": Table(
                        [(1, "ann", None), (2, None, None)],
                        columns=["id int", "name string", "_rescued_data string"],
                        written=2,
                    )
                },
            ),
            Step(
                {"in/2.csv": "id,name\n3,cal\n"},
                tables={"plain": Table([(1, "ann"), (2, None), (3, "cal")], "id, name", written=1)},
            ),
        ),
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_csv(corpus, case):
    corpus.check(AREA, case)
