"""Flows: several into one table, once, AUTO CDC (auto_cdc.py), and what leaves a pipeline."""

from __future__ import annotations

import pytest
from lakeflow.cases import Area, Step, Table, refused, sql
from lakeflow.sql.auto_cdc import CASES as AUTO_CDC
from lakeflow.sql.auto_cdc import FIRST, LATE, changes
from lakeflow.sql.bitemporal import CASES as BITEMPORAL
from lakeflow.sql.cdc_state import CASES as CDC_STATE
from lakeflow.sql.replace_using import CASES as REPLACE_USING
from lakeflow.sql.snapshot_versions import CASES as SNAPSHOT_VERSIONS

FLOW = "ldp/developer/ldp-sql-ref-create-flow"
REPLACE = "ldp/flows-replace-where"
UNITY = "ldp/unity-catalog"


def by_day(rows: str) -> str:
    return f"CREATE OR REPLACE TABLE main.raw.by_day AS SELECT * FROM VALUES {rows} AS t(day, n)"


AREA = Area(
    "flows",
    [
        sql(
            "rows that other flows append come without BY NAME, too",  # the page's own example
            FLOW,
            "CREATE OR REFRESH STREAMING TABLE unnamed;\n"
            "CREATE FLOW more AS INSERT INTO unnamed SELECT 'a' AS src, id FROM STREAM read_files('LANDING',"
            " format => 'csv', header => true, schema => 'id INT');\n"
            "CREATE FLOW first AS INSERT INTO ONCE unnamed SELECT 7 AS id, 'once' AS src",
            Step({"1.csv": "id\n1\n"}, tables={"unnamed": Table([(1, "a"), (7, "once")], "id, src")}),
        ),
        sql(
            "rows that meet a condition are replaced",
            REPLACE,
            "CREATE STREAMING TABLE days (CONSTRAINT positive EXPECT (n > 0) ON VIOLATION DROP ROW)\n"
            "FLOW REPLACE WHERE day >= 2 BY NAME SELECT n, day FROM main.raw.by_day;\n"
            "CREATE STREAMING TABLE kept;\n"
            "CREATE FLOW old AS INSERT INTO ONCE kept BY NAME SELECT 1 AS day, 7 AS n;\n"
            "CREATE FLOW new AS INSERT INTO kept BY NAME\n"
            "REPLACE WHERE day = 2 AND date_add(current_timestamp(), n) > current_timestamp()\n"
            "SELECT * FROM main.raw.by_day",
            Step(
                run=[by_day("(1, 1), (2, 2), (3, 3)")],
                tables={"days": Table([(2, 2), (3, 3)], "day, n"), "kept": Table([(1, 7), (2, 2)])},
            ),
            Step(
                run=[by_day("(2, 20), (2, -1), (4, 4)")],
                tables={
                    "days": Table([(2, 20), (4, 4)], "day, n", rules={"positive": (2, 1)}, dropped=1, written=2),
                    "kept": Table([(1, 7), (2, 20)]),
                },
            ),
        ),
        sql(
            "two flows append to one table",
            FLOW,
            "CREATE OR REFRESH STREAMING TABLE both;\n"
            "CREATE FLOW from_a AS INSERT INTO both BY NAME SELECT id, 'a' AS src FROM STREAM read_files('LANDING/a',"
            " format => 'csv', header => true, schema => 'id INT');\n"
            "CREATE FLOW from_b COMMENT 'the other' AS INSERT INTO both BY NAME SELECT 'b' AS src, id FROM STREAM"
            " read_files('LANDING/b', format => 'csv', header => true, schema => 'id INT')",
            Step({"a/1.csv": "id\n1\n", "b/1.csv": "id\n2\n"}, tables={"both": Table([(1, "a"), (2, "b")], "id, src")}),
            Step({"b/2.csv": "id\n3\n"}, tables={"both": Table([(1,), (2,), (3,)], "id", written=1)}),
        ),
        sql(
            "a flow that runs once, in both places of the word",
            FLOW,
            "CREATE OR REFRESH STREAMING TABLE history (id INT, src STRING);\n"
            "CREATE FLOW backfill AS INSERT INTO ONCE history BY NAME SELECT 0 AS id, 'back' AS src;\n"
            "CREATE FLOW backfill_too AS INSERT ONCE INTO history BY NAME SELECT -1 AS id, 'too' AS src;\n"
            "CREATE FLOW onwards AS INSERT INTO history BY NAME SELECT id, 'on' AS src FROM STREAM"
            " read_files('LANDING',"
            " format => 'csv', header => true, schema => 'id INT')",
            Step({"1.csv": "id\n1\n"}, tables={"history": Table([(0, "back"), (-1, "too"), (1, "on")])}),
            Step({"2.csv": "id\n2\n"}, tables={"history": Table([(0,), (-1,), (1,), (2,)], "id", written=1)}),
        ),
        sql(
            "flows within the table's own statement",
            FLOW,
            "CREATE OR REFRESH STREAMING TABLE within FLOW INSERT BY NAME SELECT name, id FROM STREAM(within_source);\n"
            + changes("within_source"),
            Step(FIRST, tables={"within": Table([("ann", 1), ("bob", 2), ("anna", 1)], "name, id")}),
            Step(LATE, tables={"within": Table(written=3)}),
        ),
        sql(
            "AUTO CDC within the table's statement, and once from a batch",
            FLOW,
            changes("in_changes") + "CREATE OR REFRESH STREAMING TABLE in_target (id INT, name STRING)\n"
            "FLOW AUTO CDC FROM STREAM in_changes KEYS (id) SEQUENCE BY n COLUMNS (id, name) STORED AS SCD TYPE 1;\n"
            "CREATE FLOW initial AS AUTO CDC ONCE INTO in_target FROM\n"
            "(SELECT * FROM VALUES (7, 'first', 0), (1, 'before', 0) AS t(id, name, n)) KEYS (id) SEQUENCE BY n\n"
            "COLUMNS (id, name) STORED AS SCD TYPE 1",
            Step(FIRST, tables={"in_target": Table([(7, "first"), (1, "anna"), (2, "bob")])}),
            Step(LATE, tables={"in_target": Table([(7, "first"), (1, "anna"), (2, None), (3, "cal")])}),
        ),
        sql(
            "datasets that the sources no longer define stay",
            UNITY,
            "CREATE OR REFRESH MATERIALIZED VIEW leaving AS SELECT 1 AS a;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW staying AS SELECT 1 AS a",
            Step(tables={"leaving": Table([(1,)])}),
            Step(
                edit={"source.sql": "CREATE OR REFRESH MATERIALIZED VIEW staying AS SELECT 2 AS a"},
                tables={"leaving": Table([(1,)], written=0), "staying": Table([(2,)])},
            ),
        ),
        sql(
            "datasets that the sources no longer define go where the pipeline says so",
            UNITY,
            "CREATE OR REFRESH MATERIALIZED VIEW going AS SELECT 1 AS a;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW here AS SELECT 1 AS a",
            Step(tables={"going": Table([(1,)])}),
            Step(
                edit={"source.sql": "CREATE OR REFRESH MATERIALIZED VIEW here AS SELECT 2 AS a"},
                tables={"here": Table([(2,)]), "going": Table(gone=True)},
            ),
            configuration={"pipelines.dropInactiveTables": "true"},
        ),
        refused(
            "a flow to what is not defined",
            FLOW,
            "CREATE STREAMING TABLE t (a INT);\nCREATE FLOW f AS INSERT INTO nowhere BY NAME SELECT 1 AS a",
            r"source\.sql:2:1: flow f writes to nowhere",
        ),
        refused(
            "a flow of that name is there",
            FLOW,
            "CREATE STREAMING TABLE t (a INT);\nCREATE FLOW f AS INSERT ONCE INTO t BY NAME SELECT 1 AS a;\n"
            "CREATE FLOW f AS INSERT ONCE INTO t BY NAME SELECT 1 AS a",
            r"source\.sql:3:1: flow f is defined twice, first at .*:2:1",
        ),
        refused(
            "a flow of rows that do not stream",
            FLOW,
            "CREATE STREAMING TABLE t;\nCREATE FLOW f AS INSERT INTO t BY NAME SELECT 1 AS a",
            r"source\.sql:2:1: t is a streaming table, and its query is not a stream",
        ),
        refused(
            "rows that replace others and stream",
            REPLACE,
            "CREATE STREAMING TABLE t FLOW REPLACE WHERE id > 0 BY NAME SELECT id FROM STREAM range_of;\n"
            "CREATE MATERIALIZED VIEW range_of AS SELECT id FROM range(3)",
            r"source\.sql:1:1: t has a REPLACE WHERE flow whose query is a stream",
        ),
        refused(
            "a replacement that happens once",
            REPLACE,
            "CREATE FLOW f AS INSERT ONCE INTO t REPLACE WHERE a > 1 SELECT 1 AS a",
            r"source\.sql:1:\d+: .*ONCE and REPLACE WHERE exclude each other",
        ),
        refused(
            "a setting that is none",
            UNITY,
            "CREATE MATERIALIZED VIEW a AS SELECT 1 AS a",
            "pipelines.dropInactiveTables is 'maybe'; allowed: true, false",
            configuration={"pipelines.dropInactiveTables": "maybe"},
        ),
        *AUTO_CDC,
        *BITEMPORAL,
        *CDC_STATE,
        *SNAPSHOT_VERSIONS,
        *REPLACE_USING,
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_flows(corpus, case):
    corpus.check(AREA, case)
