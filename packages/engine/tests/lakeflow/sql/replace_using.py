"""REPLACE USING flows, for the area of flows (test_sql_flows.py)."""

from __future__ import annotations

from lakeflow.cases import Step, Table, refused, sql
from lakeflow.sql.auto_cdc import changes

REPLACE_USING = "ldp/flows-replace-using"

CASES = [
    sql(
        "rows replace those with their keys, unless they are older",
        REPLACE_USING,
        changes("parts", "LANDING/parts", "region INT, device STRING, seq INT")
        + "CREATE STREAMING TABLE regions (CONSTRAINT known EXPECT (device <> 'none') ON VIOLATION DROP ROW)\n"
        "FLOW REPLACE USING (Region) SEQUENCE BY seq BY NAME SELECT device, region, seq FROM STREAM(parts);\n"
        "CREATE STREAMING TABLE by_both;\n"
        "CREATE FLOW by_both AS INSERT INTO by_both BY NAME REPLACE USING (region, device) SEQUENCE BY seq\n"
        "SELECT region, device, seq FROM STREAM(parts)",
        Step(
            {"parts/1.csv": "region,device,seq\n1,iOS,1\n1,Android,1\n2,iOS,1\n2,desktop,1\n,x,1\n"},
            tables={
                "regions": Table(
                    [(1, "Android", 1), (1, "iOS", 1), (2, "desktop", 1), (2, "iOS", 1), (None, "x", 1)],
                    "region, device, seq",
                )
            },
        ),
        Step(
            {
                "parts/2.csv": "region,device,seq\n1,iOS,2\n1,Android,2\n1,desktop,2\n3,iOS,1\n3,desktop,2\n"
                ",y,2\n1,none,9\n"
            },
            tables={
                "regions": Table(
                    [
                        (1, "Android", 2),
                        (1, "desktop", 2),
                        (1, "iOS", 2),
                        (2, "desktop", 1),
                        (2, "iOS", 1),
                        (3, "desktop", 2),
                        (None, "y", 2),
                    ],
                    "region, device, seq",
                    rules={"known": (6, 1)},
                    dropped=1,
                ),
                "by_both": Table(
                    [
                        (1, "Android", 2),
                        (1, "desktop", 2),
                        (1, "iOS", 2),
                        (1, "none", 9),
                        (2, "desktop", 1),
                        (2, "iOS", 1),
                        (3, "iOS", 1),
                        (3, "desktop", 2),
                        (None, "x", 1),
                        (None, "y", 2),
                    ],
                ),
            },
        ),
        Step(  # late, at the same sequence, and newer
            {"parts/3.csv": "region,device,seq\n1,late,1\n2,tv,1\n3,tv,3\n"},
            tables={
                "regions": Table(
                    [
                        (1, "Android", 2),
                        (1, "desktop", 2),
                        (1, "iOS", 2),
                        (2, "desktop", 1),
                        (2, "iOS", 1),
                        (2, "tv", 1),
                        (3, "tv", 3),
                        (None, "y", 2),
                    ],
                    "region, device, seq",
                )
            },
        ),
    ),
    refused(
        "rows that replace others by their keys and do not stream",
        REPLACE_USING,
        "CREATE STREAMING TABLE t;\nCREATE FLOW f AS INSERT INTO t BY NAME REPLACE USING (a) SEQUENCE BY b\n"
        "SELECT 1 AS a, 2 AS b",
        r"source\.sql:2:1: t has a REPLACE USING flow whose query is no stream",
    ),
    refused(
        "a replacement by keys without an order",
        REPLACE_USING,
        "CREATE STREAMING TABLE t FLOW REPLACE USING (a) BY NAME SELECT 1 AS a",
        r"source\.sql:1:\d+: .*expected SEQUENCE",
    ),
    refused(
        "a replacement by keys that happens once",
        REPLACE_USING,
        "CREATE FLOW f AS INSERT ONCE INTO t BY NAME REPLACE USING (a) SEQUENCE BY b SELECT 1 AS a",
        r"source\.sql:1:\d+: .*ONCE and REPLACE USING exclude each other",
    ),
    refused(
        "a replacement by a column that the query does not have",
        REPLACE_USING,
        "CREATE MATERIALIZED VIEW source_of AS SELECT id FROM range(3);\n"
        "CREATE STREAMING TABLE t FLOW REPLACE USING (a) SEQUENCE BY id BY NAME SELECT id FROM STREAM source_of",
        r"t replaces using a, which its query does not have; it has id",
    ),
]
