"""AUTO CDC with two times, and the storage type of a target, for the area of flows (test_sql_flows.py)."""

from __future__ import annotations

from lakeflow.cases import Step, Table, refused, sql
from lakeflow.sql.auto_cdc import CDC, FIRST, changes

GUIDE = "ldp/cdc-advanced"
STATE = "error-messages/autocdc-invalid-state-error-class"
COLUMNS = "id INT, x STRING, y STRING, bt INT, st INT"
HEADER = "id,x,y,bt,st\n"
TYPED = "CREATE FLOW typed_flow AS AUTO CDC INTO typed FROM STREAM(typed_changes) KEYS (id) SEQUENCE BY n STORED AS"


def typed(kind: int) -> str:
    return f"{changes('typed_changes')}CREATE OR REFRESH STREAMING TABLE typed;\n{TYPED} SCD TYPE {kind}"


def refuses(name: str, clauses: str, message: str):
    return refused(
        name,
        CDC,
        f"CREATE STREAMING TABLE t;\nAUTO CDC INTO t FROM STREAM s KEYS (a) SEQUENCE BY b {clauses}",
        rf"source\.sql:2:1: {message}",
    )


CASES = [
    sql(
        "bitemporal history: what held from when to when, and from when to when it was known",  # the guide's example
        GUIDE,
        changes("times", columns=COLUMNS) + "CREATE OR REFRESH STREAMING TABLE both_times;\n"
        "CREATE FLOW both_times AS AUTO CDC INTO both_times FROM STREAM(times) KEYS (id)\n"
        "APPLY AS DELETE WHEN x = 'gone' SEQUENCE BY bt SYSTEM SEQUENCE BY st STORED AS BITEMPORAL",
        Step(
            {"1.csv": HEADER + "1,x10,y10,10,100\n1,x20,y20,20,200\n"},
            tables={
                "both_times": Table(
                    [
                        (1, "x10", "y10", 10, 100, 10, None, 100, 200),
                        (1, "x10", "y10", 10, 100, 10, 20, 200, None),
                        (1, "x20", "y20", 20, 200, 20, None, 200, None),
                    ],
                    columns=[
                        *("id int", "x string", "y string", "bt int", "st int", "__START_AT int", "__END_AT int"),
                        *("__SYSTEM_START_AT int", "__SYSTEM_END_AT int"),
                    ],
                )
            },
        ),
        Step(  # late in both times, and a deletion
            {"2.csv": HEADER + "1,x15,y15,15,150\n1,gone,,30,300\n"},
            tables={
                "both_times": Table(
                    [
                        ("x10", 10, None, 100, 150),
                        ("x10", 10, 15, 150, None),
                        ("x15", 15, None, 150, 200),
                        ("x15", 15, 20, 200, None),
                        ("x20", 20, None, 200, 300),
                        ("x20", 20, 30, 300, None),
                    ],
                    "x, __START_AT, __END_AT, __SYSTEM_START_AT, __SYSTEM_END_AT",
                )
            },
        ),
    ),
    refuses("bitemporal history without a time of the system", "STORED AS BITEMPORAL", ".*needs SYSTEM SEQUENCE BY"),
    refuses("a time of the system without bitemporal history", "SYSTEM SEQUENCE BY c", ".*STORED AS BITEMPORAL only"),
    refuses(
        "a truncate of bitemporal history",
        "APPLY AS TRUNCATE WHEN d SYSTEM SEQUENCE BY c STORED AS BITEMPORAL",
        "APPLY AS TRUNCATE WHEN works with SCD TYPE 1 only",
    ),
    refuses(
        "tracked columns of bitemporal history",
        "SYSTEM SEQUENCE BY c STORED AS BITEMPORAL TRACK HISTORY ON d",
        "TRACK HISTORY ON works with SCD TYPE 2 only",
    ),
    refuses(
        "partial updates of bitemporal history",
        "SYSTEM SEQUENCE BY c STORED AS BITEMPORAL COLUMNS TO UPDATE d",
        "COLUMNS TO UPDATE does not work with STORED AS BITEMPORAL",
    ),
    sql(
        "another SCD type needs a full refresh",
        STATE,
        typed(1),
        Step(FIRST, tables={"typed": Table([(1, "anna"), (2, "bob")], "id, name")}),
        Step(
            edit={"source.sql": typed(2)},
            fails=r"source\.sql:4:1: .*is SCD type 2, but typed holds SCD type 1; .* run a full refresh",
        ),
        Step(params={"validateOnly": True}, fails=r"typed holds SCD type 1"),
        Step(
            params={"fullRefresh": True},
            tables={"typed": Table([(1, True), (1, False), (2, True)], "id, __END_AT IS NULL")},
        ),
        Step(edit={"source.sql": typed(1)}, fails=r"is SCD type 1, but typed holds SCD type 2"),
        Step(edit={"source.sql": typed(2)}, tables={"typed": Table([(3,)], "count(*)")}),
    ),
    sql(
        "two flows that store a table as two types",
        STATE,
        f"{typed(1)};\n{TYPED.replace('typed_flow', 'other_flow')} SCD TYPE 2",
        Step(FIRST, fails=r"source\.sql:4:1: .*is SCD type 1, but flow other_flow stores it as SCD type 2"),
    ),
]
