"""AUTO CDC in both of its names with every clause, for the area of flows (test_sql_flows.py)."""

from __future__ import annotations

from lakeflow.cases import Step, Table, refused, sql

CDC = "ldp/developer/ldp-sql-ref-apply-changes-into"
CDC_GUIDE = "ldp/cdc"
SNAPSHOT = "ldp/developer/ldp-sql-ref-create-flow"


def changes(
    name: str, path: str = "LANDING", columns: str = "id INT, name STRING, city STRING, op STRING, n INT"
) -> str:
    return (
        f"CREATE TEMPORARY VIEW {name} AS SELECT *\n"
        f"FROM STREAM read_files('{path}', format => 'csv', header => true, schema => '{columns}');\n"
    )


HEADER = "id,name,city,op,n\n"
FIRST = {"1.csv": HEADER + "1,ann,rio,I,1\n2,bob,spa,I,2\n1,anna,rio,U,3\n"}
# Late: older than what is there for 1; a delete of 2; a new key.
LATE = {"2.csv": HEADER + "1,old,old,U,2\n2,,,D,4\n3,cal,oslo,I,5\n"}

CASES = [
    sql(
        "events of two flows at one sequence that ignore nulls make one row",  # spark#58505
        CDC,
        changes("ties_a", "LANDING/a", "id INT, name STRING, city STRING, n INT")
        + changes("ties_b", "LANDING/b", "id INT, name STRING, city STRING, n INT")
        + "".join(
            f"CREATE OR REFRESH STREAMING TABLE tied_{scd};\n"
            + "".join(
                f"CREATE FLOW tie_{scd}_{view} AS AUTO CDC INTO tied_{scd} FROM STREAM(ties_{view}) KEYS (id)"
                f" IGNORE NULL UPDATES SEQUENCE BY n STORED AS SCD TYPE {scd};\n"
                for view in "ab"
            )
            for scd in (1, 2)
        ),
        Step(
            {"a/1.csv": "id,name,city,n\n1,ann,,1\n", "b/1.csv": "id,name,city,n\n1,,rio,1\n"},
            tables={
                "tied_1": Table([(1, "ann", "rio", 1)]),
                "tied_2": Table([(1, "ann", "rio", 1, 1, None)]),
            },
        ),
        Step(
            {"b/2.csv": "id,name,city,n\n1,,oslo,2\n1,,,2\n1,anna,,2\n"},
            tables={
                "tied_1": Table([(1, "anna", "oslo", 2)]),
                "tied_2": Table([(1, "ann", "rio", 1, 1, 2), (1, "anna", "oslo", 2, 2, None)]),
            },
        ),
    ),
    sql(
        "AUTO CDC type 1: the latest state of each key, deletes, late events",
        CDC,
        changes("c1_changes") + "CREATE OR REFRESH STREAMING TABLE c1;\n"
        "CREATE FLOW c1_flow AS AUTO CDC INTO c1 FROM STREAM(c1_changes) KEYS (id)\n"
        "APPLY AS DELETE WHEN op = 'D' SEQUENCE BY n COLUMNS * EXCEPT (op, n) STORED AS SCD TYPE 1",
        Step(
            FIRST,
            tables={
                "c1": Table(
                    [(1, "anna", "rio"), (2, "bob", "spa")],
                    columns=["id int", "name string", "city string"],
                )
            },
        ),
        Step(LATE, tables={"c1": Table([(1, "anna", "rio"), (3, "cal", "oslo")])}),
    ),
    sql(
        "APPLY CHANGES, LIVE names, columns by list",
        CDC,
        changes("old_changes") + "CREATE OR REFRESH STREAMING LIVE TABLE old_target;\n"
        "APPLY CHANGES INTO LIVE.old_target FROM STREAM(LIVE.old_changes) KEYS (id)\n"
        "APPLY AS DELETE WHEN op = 'D' SEQUENCE BY n COLUMNS (id, name)",
        Step(FIRST, tables={"old_target": Table([(1, "anna"), (2, "bob")], columns=["id int", "name string"])}),
        Step(LATE, tables={"old_target": Table([(1, "anna"), (3, "cal")])}),
    ),
    sql(
        "AUTO CDC type 2: what held from when to when",
        CDC,
        changes("c2_changes") + "CREATE OR REFRESH STREAMING TABLE c2;\n"
        "CREATE FLOW c2_flow AS AUTO CDC INTO c2 FROM STREAM(c2_changes) KEYS (id)\n"
        "APPLY AS DELETE WHEN op = 'D' SEQUENCE BY n COLUMNS * EXCEPT (op, n, city) STORED AS SCD TYPE 2",
        Step(
            FIRST,
            tables={
                "c2": Table(
                    [(1, "ann", 1, 3), (1, "anna", 3, None), (2, "bob", 2, None)],
                    columns=["id int", "name string", "__START_AT int", "__END_AT int"],
                )
            },
        ),
        Step(
            LATE,
            tables={
                "c2": Table(
                    [
                        (1, "ann", 1, 2),
                        (1, "old", 2, 3),
                        (1, "anna", 3, None),
                        (2, "bob", 2, 4),
                        (3, "cal", 5, None),
                    ]
                )
            },
        ),
    ),
    sql(
        "history of some columns only",
        CDC,
        changes("th_changes") + "CREATE OR REFRESH STREAMING TABLE th;\n"
        "CREATE FLOW th_flow AS AUTO CDC INTO th FROM STREAM(th_changes) KEYS (id) SEQUENCE BY n\n"
        "COLUMNS * EXCEPT (op) STORED AS SCD TYPE 2 TRACK HISTORY ON * EXCEPT (name, n)",
        Step(
            FIRST,
            tables={
                "th": Table(
                    [(1, "anna", "rio", 1, None), (2, "bob", "spa", 2, None)],
                    "id, name, city, __START_AT, __END_AT",
                )
            },
        ),
        Step(
            {"2.csv": HEADER + "1,anna,lima,U,6\n2,bobby,spa,U,7\n"},
            tables={
                "th": Table(
                    [(1, "rio", 1, 6), (1, "lima", 6, None), (2, "spa", 2, None)], "id, city, __START_AT, __END_AT"
                )
            },
        ),
    ),
    sql(
        "nulls that leave a value as it is",
        CDC,
        changes("nulls") + "CREATE OR REFRESH STREAMING TABLE kept_values;\n"
        "CREATE FLOW kept_flow AS AUTO CDC INTO kept_values FROM STREAM(nulls) KEYS (id)\n"
        "IGNORE NULL UPDATES SEQUENCE BY n COLUMNS * EXCEPT (op, n);\n"
        "CREATE OR REFRESH STREAMING TABLE some_values;\n"
        "CREATE FLOW some_flow AS AUTO CDC INTO some_values FROM STREAM(nulls) KEYS (id)\n"
        "IGNORE NULL UPDATES ON (name) SEQUENCE BY n COLUMNS * EXCEPT (op, n)",
        Step(FIRST, tables={"kept_values": Table([(1, "anna", "rio"), (2, "bob", "spa")])}),
        Step(
            {"2.csv": HEADER + "1,,lima,U,6\n2,,,U,7\n"},
            tables={
                "kept_values": Table([(1, "anna", "lima"), (2, "bob", "spa")]),
                "some_values": Table([(1, "anna", "lima"), (2, "bob", None)]),
            },
        ),
    ),
    sql(
        "nulls that leave a value as it is, but for some columns",
        CDC,
        changes("most") + "CREATE OR REFRESH STREAMING TABLE most_values;\n"
        "CREATE FLOW most_flow AS AUTO CDC INTO most_values FROM STREAM(most) KEYS (id)\n"
        "IGNORE NULL UPDATES ON * EXCEPT (city) SEQUENCE BY n COLUMNS * EXCEPT (op, n)",
        Step(
            {"1.csv": HEADER + "1,ann,rio,I,1\n1,,,U,2\n"},
            tables={"most_values": Table([(1, "ann", None)])},
        ),
    ),
    sql(
        "updates of the columns that each event lists",
        CDC,
        changes("listing") + "CREATE TEMPORARY VIEW listed AS SELECT id, name, city, n, split(op, ' ') AS cols\n"
        "FROM STREAM(listing);\n"
        "CREATE OR REFRESH STREAMING TABLE listed_values;\n"
        "CREATE FLOW listed_flow AS AUTO CDC INTO listed_values FROM STREAM(listed) KEYS (id)\n"
        "SEQUENCE BY n COLUMNS * EXCEPT (n, cols) STORED AS SCD TYPE 2 COLUMNS TO UPDATE cols",
        Step(
            {"1.csv": HEADER + "1,ann,rio,name city,1\n1,x,,city,3\n"},
            tables={"listed_values": Table([(1, "ann", "rio", 1, 3), (1, "ann", None, 3, None)])},
        ),
        Step(
            {"2.csv": HEADER + "1,bea,x,name,2\n"},
            tables={
                "listed_values": Table([(1, "ann", "rio", 1, 2), (1, "bea", "rio", 2, 3), (1, "bea", None, 3, None)])
            },
        ),
    ),
    sql(
        "a truncate",
        CDC,
        changes("tr_changes") + "CREATE OR REFRESH STREAMING TABLE tr;\n"
        "CREATE FLOW tr_flow AS AUTO CDC INTO tr FROM STREAM(tr_changes) KEYS (id)\n"
        "APPLY AS TRUNCATE WHEN op = 'T' SEQUENCE BY n COLUMNS (id, name) STORED AS SCD TYPE 1",
        Step(FIRST, tables={"tr": Table([(1, "anna"), (2, "bob")])}),
        Step({"2.csv": HEADER + "9,,,T,10\n4,dan,x,I,11\n"}, tables={"tr": Table([(4, "dan")])}),
    ),
    sql(
        "keys and sequences of several columns",
        CDC,
        changes("ks_changes") + "CREATE OR REFRESH STREAMING TABLE ks;\n"
        "CREATE FLOW ks_flow AS AUTO CDC INTO ks FROM STREAM(ks_changes) KEYS (id, city)\n"
        "SEQUENCE BY STRUCT(n, name) COLUMNS (id, city, name)",
        Step(FIRST, tables={"ks": Table([(1, "rio", "anna"), (2, "spa", "bob")], "id, city, name")}),
        Step(
            LATE,
            tables={
                "ks": Table(
                    [(1, "rio", "anna"), (1, "old", "old"), (2, "spa", "bob"), (2, None, None), (3, "oslo", "cal")],
                    "id, city, name",
                )
            },
        ),
    ),
    sql(
        "AUTO CDC from snapshots",
        SNAPSHOT,
        "CREATE OR REFRESH STREAMING TABLE snap;\n"
        "CREATE FLOW snap_flow AS AUTO CDC INTO snap FROM SNAPSHOT (SELECT * FROM main.raw.snapped) KEYS (id)"
        " STORED AS SCD TYPE 2",
        Step(
            run=["CREATE OR REPLACE TABLE main.raw.snapped AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS t(id, v)"],
            tables={"snap": Table([(1, "a", True), (2, "b", True)], "id, v, __END_AT IS NULL")},
        ),
        Step(
            run=["DELETE FROM main.raw.snapped WHERE id = 2", "UPDATE main.raw.snapped SET v = 'A' WHERE id = 1"],
            tables={"snap": Table([(1, "a", False), (1, "A", True), (2, "b", False)], "id, v, __END_AT IS NULL")},
        ),
    ),
    sql(
        "expectations on the target of AUTO CDC",
        CDC_GUIDE,
        changes("ex_changes")
        + "CREATE OR REFRESH STREAMING TABLE ex (CONSTRAINT known EXPECT (id < 3) ON VIOLATION DROP ROW);\n"
        "CREATE FLOW ex_flow AS AUTO CDC INTO ex FROM STREAM(ex_changes) KEYS (id)\n"
        "SEQUENCE BY n COLUMNS (id, name)",
        Step(FIRST, tables={"ex": Table([(1, "anna"), (2, "bob")], rules={"known": (3, 0)})}),
        Step(LATE, tables={"ex": Table([(1, "anna"), (2, None)], rules={"known": (2, 1)}, dropped=1)}),
    ),
    refused(
        "changes that do not stream",
        CDC,
        "CREATE STREAMING TABLE t;\nAUTO CDC INTO t FROM s KEYS (a) SEQUENCE BY b",
        r"source\.sql:2:1: .*FROM STREAM\(s\)",
    ),
    refused(
        "no sequence",
        CDC,
        "CREATE STREAMING TABLE t;\nAUTO CDC INTO t FROM STREAM s KEYS (a)",
        r"source\.sql:2:\d+: .*SEQUENCE BY",
    ),
    refused(
        "a truncate of history",
        CDC,
        "CREATE STREAMING TABLE t;\nAUTO CDC INTO t FROM STREAM s KEYS (a) APPLY AS TRUNCATE WHEN b SEQUENCE BY c"
        " STORED AS SCD TYPE 2",
        r"source\.sql:2:1: APPLY AS TRUNCATE WHEN.*SCD TYPE 1 only",
    ),
    refused(
        "tracked columns of type 1",
        CDC,
        "CREATE STREAMING TABLE t;\nAUTO CDC INTO t FROM STREAM s KEYS (a) SEQUENCE BY c TRACK HISTORY ON b",
        r"source\.sql:2:1: TRACK HISTORY ON.*SCD TYPE 2",
    ),
    sql(
        "a key that is not there",
        CDC,
        changes("s")
        + "CREATE STREAMING TABLE t;\nCREATE FLOW f AS AUTO CDC INTO t FROM STREAM s KEYS (key) SEQUENCE BY n",
        Step(FIRST, fails=r"source\.sql:4:1: .*keys: there is no column key; the source has: id, name"),
    ),
    refused(
        "a clause twice",
        CDC,
        "AUTO CDC INTO t FROM STREAM s KEYS (a) SEQUENCE BY b SEQUENCE BY c",
        r"source\.sql:1:54: .*each clause once",
    ),
]
