"""Definitions: every clause of streaming tables, materialized views and views, in today's words and the older ones."""

from __future__ import annotations

import pytest
from lakeflow.cases import Area, Step, Table, sql

ST = "ldp/developer/ldp-sql-ref-create-streaming-table"
MV = "ldp/developer/ldp-sql-ref-create-materialized-view"
TV = "ldp/developer/ldp-sql-ref-create-temporary-view"
VIEW = "ldp/developer/ldp-sql-ref-create-view"
SQL = "ldp/developer/sql-dev"
EXPECT = "ldp/expectations"
ROWS = {"1.csv": "id,name,n\n1,ann,5\n2,bob,-3\n3,,7\n"}
LATER = {"2.csv": "id,name,n\n0,late,1\n,lost,2\n"}
FILES = "STREAM read_files('LANDING', format => 'csv', schema => 'id INT, name STRING, n INT', header => true)"

AREA = Area(
    "tables",
    [
        sql(
            "a streaming table and a materialized view of it",
            ST,
            f"CREATE OR REFRESH STREAMING TABLE st COMMENT 'as they come' AS SELECT * FROM {FILES};\n"
            "CREATE OR REFRESH MATERIALIZED VIEW mv COMMENT 'how many' AS SELECT count(*) AS c, sum(n) AS s FROM st;",
            Step(
                ROWS,
                tables={
                    "st": Table(
                        [(1, "ann", 5), (2, "bob", -3), (3, None, 7)],
                        columns=["id int", "name string", "n int"],
                        comment="as they come",
                        written=3,
                        record={"tableType": "STREAMING_TABLE"},
                    ),
                    "mv": Table([(3, 9)], comment="how many", record={"tableType": "MATERIALIZED_VIEW"}),
                },
            ),
            Step(LATER, tables={"st": Table([(5,)], "count(*)", written=2), "mv": Table([(5, 12)], written=1)}),
        ),
        sql(
            "the words of Delta Live Tables",
            SQL,
            f"CREATE OR REFRESH STREAMING LIVE TABLE old_st AS SELECT * FROM {FILES};\n"
            "CREATE LIVE VIEW old_view AS SELECT id, n * 2 AS twice FROM LIVE.old_st;\n"
            "CREATE TEMPORARY STREAMING LIVE VIEW old_stream AS SELECT id FROM STREAM(LIVE.old_st);\n"
            "CREATE OR REFRESH LIVE TABLE old_mv AS SELECT sum(twice) AS s FROM LIVE.old_view;\n"
            "CREATE STREAMING LIVE TABLE old_copy AS SELECT * FROM STREAM(LIVE.old_stream)",
            Step(ROWS, tables={"old_mv": Table([(18,)]), "old_copy": Table([(1,), (2,), (3,)])}),
            Step(LATER, tables={"old_mv": Table([(24,)]), "old_copy": Table([(5,)], "count(*)", written=2)}),
        ),
        sql(
            "columns with types, comments, keys and NOT NULL",
            ST,
            """CREATE OR REFRESH STREAMING TABLE typed (
  id BIGINT NOT NULL COMMENT 'the key',
  name STRING COMMENT "it's a name",
  n DECIMAL(9, 2),
  CONSTRAINT typed_key PRIMARY KEY (id) RELY,
  CONSTRAINT to_other FOREIGN KEY (id) REFERENCES SCHEMA.other (id))
AS SELECT id, name, n FROM """
            + FILES
            + ";\nCREATE OR REFRESH MATERIALIZED VIEW other (id INT NOT NULL PRIMARY KEY) AS SELECT 1 AS id",
            Step(
                ROWS,
                tables={
                    "typed": Table(
                        [(1, "ann", "5.00"), (2, "bob", "-3.00"), (3, None, "7.00")],
                        columns=["id bigint 'the key'", "name string 'it's a name'", "n decimal(9,2)"],
                        record={
                            "constraints": [
                                {
                                    "primary_key_constraint": {
                                        "name": "typed_key",
                                        "child_columns": ["id"],
                                        "rely": True,
                                    }
                                },
                                {
                                    "foreign_key_constraint": {
                                        "name": "to_other",
                                        "child_columns": ["id"],
                                        "parent_table": "main.tables.other",
                                        "parent_columns": ["id"],
                                    }
                                },
                            ]
                        },
                    )
                },
            ),
        ),
        sql(
            "comments for columns of the query",
            MV,
            "CREATE MATERIALIZED VIEW noted (a COMMENT 'first', b) AS SELECT 1 AS a, 'x' AS b",
            Step(tables={"noted": Table([(1, "x")], columns=["a int 'first'", "b string"])}),
        ),
        sql(
            "a table without a query, filled by a flow",
            ST,
            "CREATE OR REFRESH STREAMING TABLE filled (id INT, name STRING COMMENT 'n');\n"
            f"CREATE FLOW filling AS INSERT INTO filled BY NAME SELECT name, id FROM {FILES}",
            Step(
                ROWS,
                tables={"filled": Table([(1, "ann"), (2, "bob"), (3, None)], columns=["id int", "name string 'n'"])},
            ),
            Step(LATER, tables={"filled": Table([(5,)], "count(*)", written=2)}),
        ),
        sql(
            "properties, partitions and clustering",
            ST,
            "CREATE OR REFRESH STREAMING TABLE parted PARTITIONED BY (name)"
            " TBLPROPERTIES ('quality' = 'bronze', owner.team = 'x')"
            f" AS SELECT * FROM {FILES};\n"
            "CREATE OR REFRESH MATERIALIZED VIEW clustered CLUSTER BY (id, n) USING DELTA AS SELECT * FROM parted;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW by_itself CLUSTER BY AUTO AS SELECT * FROM parted",
            Step(
                ROWS,
                tables={
                    "parted": Table(
                        [(3,)],
                        "count(*)",
                        record={"partitionColumns": ["name"], "properties": {"quality": "bronze", "owner.team": "x"}},
                    ),
                    "clustered": Table([(3,)], "count(*)", record={"clusteringColumns": ["id", "n"]}),
                    "by_itself": Table([(3,)], "count(*)", record={"properties": {"clusterByAuto": "true"}}),
                },
            ),
        ),
        sql(
            "refresh policies",
            f"{MV}-refresh-policy",
            f"CREATE TEMPORARY VIEW read AS SELECT * FROM {FILES.removeprefix('STREAM ')};\n"
            "CREATE MATERIALIZED VIEW automatic REFRESH POLICY AUTO AS SELECT count(*) AS c FROM read;\n"
            "CREATE MATERIALIZED VIEW complete REFRESH POLICY FULL COMMENT 'f' AS SELECT count(*) AS c FROM range(2);\n"
            "CREATE MATERIALIZED VIEW partial REFRESH POLICY INCREMENTAL AS SELECT count(*) AS c FROM read;\n"
            "CREATE MATERIALIZED VIEW strict REFRESH POLICY INCREMENTAL STRICT AS SELECT count(*) AS c FROM range(2)",
            Step(ROWS, tables={name: Table([(3,)]) for name in ("automatic", "partial")}),
            Step(
                LATER,
                tables={
                    "automatic": Table([(5,)]),
                    "partial": Table([(5,)]),
                    "complete": Table([(2,)], written=1),
                    "strict": Table([(2,)], written=0),
                },
            ),
        ),
        sql(
            "generated columns",
            ST,
            "CREATE OR REFRESH STREAMING TABLE made (id INT, n INT, twice INT GENERATED ALWAYS AS (n * 2))"
            f" AS SELECT id, n FROM {FILES}",
            Step(ROWS, tables={"made": Table([(1, 5, 10), (2, -3, -6), (3, 7, 14)])}),
        ),
        sql(
            "expectations that warn, drop and are counted",
            EXPECT,
            f"""CREATE OR REFRESH STREAMING TABLE checked (
  CONSTRAINT named EXPECT (name IS NOT NULL),
  CONSTRAINT positive EXPECT (n > 0) ON VIOLATION DROP ROW,
  CONSTRAINT known EXPECT (id IS NOT NULL) ON VIOLATION DROP ROW)
AS SELECT * FROM {FILES}""",
            Step(
                ROWS,
                tables={
                    "checked": Table(
                        [(1, "ann", 5), (3, None, 7)],
                        rules={"named": (2, 1), "positive": (2, 1), "known": (3, 0)},
                        dropped=1,
                        written=2,
                    )
                },
            ),
            Step(
                LATER,
                tables={
                    "checked": Table(
                        [(3,)],
                        "count(*)",
                        rules={"named": (2, 0), "positive": (2, 0), "known": (1, 1)},
                        dropped=1,
                        written=1,
                    )
                },
            ),
        ),
        sql(
            "an expectation that fails keeps the rows of before",
            EXPECT,
            f"CREATE OR REFRESH STREAMING TABLE strict"
            f" (CONSTRAINT known EXPECT (id IS NOT NULL) ON VIOLATION FAIL UPDATE)"
            f" AS SELECT * FROM {FILES}",
            Step(ROWS, tables={"strict": Table([(3,)], "count(*)", rules={"known": (3, 0)})}),
            Step(
                LATER,
                fails=r'strict.*known \(id IS NOT NULL\).*"name": "lost"',
                tables={"strict": Table([(3,)], "count(*)")},
            ),
        ),
        sql(
            "expectations of materialized and temporary views",
            EXPECT,
            f"CREATE OR REFRESH STREAMING TABLE watched AS SELECT * FROM {FILES};\n"
            "CREATE TEMPORARY VIEW good (CONSTRAINT positive EXPECT (n > 0) ON VIOLATION DROP ROW) AS SELECT *"
            " FROM watched;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW best (CONSTRAINT named EXPECT (name IS NOT NULL)) AS SELECT *"
            " FROM good",
            Step(
                ROWS,
                tables={
                    "best": Table([(1, "ann", 5), (3, None, 7)], rules={"named": (1, 1), "positive": (2, 1)}, dropped=1)
                },
            ),
        ),
        sql(
            "a published view",
            VIEW,
            f"CREATE OR REFRESH STREAMING TABLE seen AS SELECT * FROM {FILES};\n"
            "CREATE VIEW shown COMMENT 'to look at' AS SELECT id FROM seen WHERE n > 0",
            Step(ROWS, tables={"shown": Table([(1,), (3,)], comment="to look at", record={"tableType": "VIEW"})}),
            Step(LATER, tables={"shown": Table([(1,), (3,), (0,), (None,)])}),
        ),
        sql(
            "a temporary view, read in batch and as a stream",
            TV,
            f"CREATE TEMPORARY VIEW passing AS SELECT id, upper(name) AS name FROM {FILES};\n"
            "CREATE OR REFRESH STREAMING TABLE passed AS SELECT * FROM STREAM(passing);\n"
            "CREATE TEMPORARY VIEW few (a COMMENT 'x', b) AS SELECT 1 AS a, 2 AS b;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW fewer AS SELECT a + b AS c FROM few",
            Step(
                ROWS,
                tables={"passed": Table([(1, "ANN"), (2, "BOB"), (3, None)]), "fewer": Table([(3,)])},
            ),
            Step(LATER, tables={"passed": Table([(5,)], "count(*)", written=2)}),
        ),
        sql(
            "private tables, by both words",
            ST,
            f"CREATE PRIVATE STREAMING TABLE inner_st AS SELECT * FROM {FILES};\n"
            "CREATE TEMPORARY MATERIALIZED VIEW inner_mv AS SELECT max(n) AS top FROM inner_st;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW outer_mv AS SELECT top, (SELECT count(*) FROM inner_st) AS c"
            " FROM inner_mv",
            Step(ROWS, tables={"outer_mv": Table([(7, 3)])}),
            Step(LATER, tables={"outer_mv": Table([(7, 5)])}),
        ),
        sql(
            "row filters and masks",
            ST,
            "CREATE OR REFRESH STREAMING TABLE hidden (id INT, name STRING MASK main.raw.hide"
            " USING COLUMNS (id, 'x'), n INT)\n"
            f"WITH ROW FILTER only_some ON (id) AS SELECT * FROM {FILES};\n"
            "CREATE OR REFRESH MATERIALIZED VIEW hidden_too (a MASK main.raw.hide, b) AS SELECT 'a' AS a, 1 AS b",
            Step(
                ROWS,
                tables={
                    "hidden": Table(
                        protection=[
                            ("ROW FILTER", "main.tables.only_some", ["id"]),
                            ("name", "main.raw.hide", ["id", "'x'"]),
                        ]
                    ),
                    "hidden_too": Table(protection=[("a", "main.raw.hide", [])]),
                },
            ),
            Step(LATER, tables={"hidden": Table(protection=[], written=2)}),
        ),
        sql(
            "a row filter and a mask that change and go",
            ST,
            "CREATE OR REFRESH MATERIALIZED VIEW changing (a MASK main.raw.hide, b)"
            " WITH ROW FILTER main.raw.some ON (b)"
            " AS SELECT 'a' AS a, 1 AS b",
            Step(
                tables={
                    "changing": Table(protection=[("ROW FILTER", "main.raw.some", ["b"]), ("a", "main.raw.hide", [])])
                }
            ),
            Step(
                edit={
                    "source.sql": "CREATE OR REFRESH MATERIALIZED VIEW changing (a, b)"
                    " WITH ROW FILTER main.raw.others ON ()"
                    " AS SELECT 'a' AS a, 1 AS b"
                },
                tables={"changing": Table(protection=[("a", None, []), ("ROW FILTER", "main.raw.others", [])])},
            ),
        ),
        sql(
            "a changed definition changes comment, columns and rows",
            MV,
            "CREATE OR REFRESH MATERIALIZED VIEW edited (a COMMENT 'one') COMMENT 'before' AS SELECT 1 AS a",
            Step(tables={"edited": Table([(1,)], comment="before", columns=["a int 'one'"])}),
            Step(
                edit={
                    "source.sql": "CREATE OR REFRESH MATERIALIZED VIEW edited (a COMMENT 'two', b) COMMENT 'after'"
                    " AS SELECT 2 AS a, 'x' AS b"
                },
                tables={"edited": Table([(2, "x")], comment="after", columns=["a int 'two'", "b string"])},
            ),
        ),
        sql(
            "a full refresh reads everything again, and pipelines.reset.allowed prevents it, whatever is selected",
            "ldp/updates",
            f"CREATE OR REFRESH STREAMING TABLE again AS SELECT * FROM {FILES};\n"
            f"CREATE OR REFRESH STREAMING TABLE kept TBLPROPERTIES (pipelines.reset.allowed = false) AS SELECT id"
            f" FROM {FILES}",
            Step(ROWS, tables={"again": Table(written=3), "kept": Table(written=3)}),
            Step(
                LATER,
                params={"fullRefresh": True},
                tables={"again": Table(written=5), "kept": Table([(5,)], "count(*)", written=2)},
            ),
            Step(
                params={"fullRefreshSelection": ["again", "kept"]},
                tables={"again": Table(written=5), "kept": Table([(5,)], "count(*)", written=0)},
            ),
        ),
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_tables(corpus, case):
    corpus.check(AREA, case)
