"""Definitions that are wrong, or that a pipeline does not take: the error says where, what, and what to do instead."""

from __future__ import annotations

import pytest
from lakeflow.cases import Area, refused

ST = "ldp/developer/ldp-sql-ref-create-streaming-table"
MV = "ldp/developer/ldp-sql-ref-create-materialized-view"
TV = "ldp/developer/ldp-sql-ref-create-temporary-view"
VIEW = "ldp/developer/ldp-sql-ref-create-view"
SQL = "ldp/developer/sql-dev"
EXPECT = "ldp/expectations"
PARAMETERS = "ldp/parameters"

AREA = Area(
    "refusals",
    [
        refused(
            "a mask on a private table",
            ST,
            "CREATE PRIVATE MATERIALIZED VIEW m (a MASK main.raw.hide) AS SELECT 'x' AS a;\n"
            "CREATE MATERIALIZED VIEW n AS SELECT * FROM m",
            r"source\.sql:1:1: MASK of a.*private.*remove the clause",
        ),
        refused(
            "a streaming table of a batch query",
            ST,
            "CREATE STREAMING TABLE wrong AS SELECT 1 AS a",
            r"source\.sql:1:1: wrong is a streaming table.*read a source as a stream",
        ),
        refused(
            "a materialized view of a stream",
            MV,
            "\nCREATE MATERIALIZED VIEW wrong AS SELECT * FROM STREAM(other);\n"
            "CREATE MATERIALIZED VIEW other AS SELECT 1 AS a",
            r"source\.sql:2:1: wrong is a materialized view.*in batch",
        ),
        refused(
            "a column that is not there",
            MV,
            "CREATE MATERIALIZED VIEW wrong AS SELECT b FROM VALUES (1) AS t(a)",
            r"source\.sql:1:1: .*UNRESOLVED_COLUMN.*`b`",
        ),
        refused(
            "a comment for a column that is not there",
            MV,
            "CREATE MATERIALIZED VIEW wrong (b COMMENT 'x') AS SELECT 1 AS a",
            "declares column b.*returns a",
        ),
        refused(
            "a column that the declared ones lack",
            ST,
            "CREATE MATERIALIZED VIEW wrong (a INT) AS SELECT 1 AS a, 2 AS b",
            "returns b.*it has a",
        ),
        refused(
            "a table that is not there",
            MV,
            "CREATE MATERIALIZED VIEW wrong AS SELECT * FROM nowhere",
            r"source\.sql:1:1: .*TABLE_OR_VIEW_NOT_FOUND.*nowhere",
        ),
        refused(
            "a LIVE name that is not there",
            SQL,
            "CREATE MATERIALIZED VIEW wrong AS SELECT * FROM LIVE.nowhere",
            "no dataset nowhere; it has wrong",
        ),
        refused(
            "datasets that read each other",
            SQL,
            "CREATE MATERIALIZED VIEW a AS SELECT * FROM b;\nCREATE MATERIALIZED VIEW b AS SELECT * FROM a",
            "circle|each other",
        ),
        refused(
            "the same name twice",
            SQL,
            "CREATE MATERIALIZED VIEW a AS SELECT 1 AS x;\nCREATE MATERIALIZED VIEW A AS SELECT 2 AS x",
            r"source\.sql:2:1: A is defined twice, first at .*source\.sql:1:1",
        ),
        refused(
            "a parameter without a value",
            PARAMETERS,
            "CREATE MATERIALIZED VIEW a AS\nSELECT ${none.here} AS x",
            r"source\.sql:2:8: parameter \$\{none\.here\}.*configuration",
        ),
        refused(
            "a rule that is no condition",
            EXPECT,
            "CREATE MATERIALIZED VIEW a (CONSTRAINT c EXPECT (nothing > 1)) AS SELECT 1 AS x",
            "source.sql:1:1: .*nothing",
        ),
        refused(
            "a published view with rules",
            VIEW,
            "CREATE VIEW v (CONSTRAINT c EXPECT (a > 0)) AS SELECT 1 AS a",
            r"source\.sql:1:15: CONSTRAINT on a published view.*TEMPORARY VIEW",
        ),
        refused(
            "a view with keys",
            TV,
            "CREATE TEMPORARY VIEW v (a INT, PRIMARY KEY (a)) AS SELECT 1 AS a",
            r"1:\d+: a table clause on a view",
        ),
        refused(
            "a schedule",
            MV,
            "CREATE MATERIALIZED VIEW m SCHEDULE EVERY 1 DAY AS SELECT 1 AS a",
            r"source\.sql:1:28: SCHEDULE.*job",
        ),
        refused(
            "a location",
            ST,
            "CREATE STREAMING TABLE m LOCATION '/x' AS SELECT 1 AS a",
            r"source\.sql:1:26: LOCATION.*Remove",
        ),
        refused(
            "identity columns",
            ST,
            "CREATE STREAMING TABLE m (a BIGINT GENERATED ALWAYS AS IDENTITY)",
            r"1:\d+: GENERATED .* AS IDENTITY.*uuid",
        ),
        refused("defaults", ST, "CREATE STREAMING TABLE m (a BIGINT DEFAULT 1)", r"1:\d+: DEFAULT.*coalesce"),
        refused("statements that are no definitions", SQL, "\n\nDELETE FROM t", r"source\.sql:3:1: DML.*CREATE FLOW"),
        refused("a query alone", SQL, "SELECT 1", r"source\.sql:1:1: a query alone.*MATERIALIZED VIEW name AS"),
        refused(
            "a statement that is none",
            SQL,
            "-- nothing\nPLEASE",
            r"source\.sql:2:1: found 'PLEASE', expected a statement",
        ),
        refused(
            "a bracket that is not closed",
            SQL,
            "CREATE MATERIALIZED VIEW m AS SELECT (1",
            r"source\.sql:1:40: .*close the '\(' of line 1, column 38",
        ),
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_refusals(corpus, case):
    corpus.check(AREA, case)
