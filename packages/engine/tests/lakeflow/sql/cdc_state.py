"""What an AUTO CDC target keeps: its keys, and which flows ran once; for the area of flows (test_sql_flows.py)."""

from __future__ import annotations

from lakeflow.cases import Case, Step, Table, sql
from lakeflow.sql.auto_cdc import CDC, FIRST, changes

STATE = "error-messages/autocdc-invalid-state-error-class"
FLOW = "ldp/developer/ldp-sql-ref-create-flow"


def keyed(keys: str, kind: str = "INT") -> str:
    columns = f"id {kind}, name STRING, city STRING, op STRING, n INT"
    return (
        f"{changes('keyed_changes', columns=columns)}CREATE OR REFRESH STREAMING TABLE keyed;\n"
        f"CREATE FLOW keyed_flow AS AUTO CDC INTO keyed FROM STREAM(keyed_changes) KEYS ({keys}) SEQUENCE BY n"
    )


def snapshot(name: str, more: str, once: str = "") -> str:
    return (
        f"CREATE OR REFRESH STREAMING TABLE {name};\n"
        f"CREATE FLOW {name}_flow AS AUTO CDC {once} INTO {name}\n"
        f"FROM SNAPSHOT (SELECT * FROM main.raw.{name}_in) {more}"
    )


def given(name: str, values: str) -> list[str]:
    return [f"CREATE OR REPLACE TABLE main.raw.{name}_in AS SELECT * FROM VALUES {values} AS t(id, v)"]


NEXT = (
    "WITH VERSION (SELECT id AS n FROM main.raw.once_versions_in WHERE id > coalesce((SELECT * FROM "
    "last_snapshot_version()), 0) ORDER BY n LIMIT 1)"
)

CASES = [
    sql(
        "other keys need a full refresh",
        STATE,
        keyed("id"),
        Step(FIRST, tables={"keyed": Table([(1,), (2,)], "id")}),
        Step(edit={"source.sql": keyed("`ID`")}, tables={"keyed": Table([(1,), (2,)], "id")}),
        Step(
            edit={"source.sql": keyed("id, city")},
            fails=r"source\.sql:4:1: .*are id int, city string, but keyed was written with id int; .* full refresh",
        ),
        Step(params={"validateOnly": True}, fails="keyed was written with id int"),
        Step(params={"fullRefresh": True}, tables={"keyed": Table([(1,), (2,)], "id")}),
        Step(edit={"source.sql": keyed("city, id")}, tables={"keyed": Table([(1,), (2,)], "id")}),
        Step(
            edit={"source.sql": keyed("city, id", "BIGINT")},
            fails=r"are city string, id bigint, but keyed was written with id int, city string",
        ),
    ),
    sql(
        "other keys of snapshots need a full refresh",
        STATE,
        snapshot("keyed_snap", "KEYS (id)"),
        Step(run=given("keyed_snap", "(1, 'a'), (2, 'b')"), tables={"keyed_snap": Table([(2,)], "count(*)")}),
        Step(
            run=given("keyed_snap", "(1, 'c'), (2, 'b')"),
            edit={"source.sql": snapshot("keyed_snap", "KEYS (v)")},
            fails="are v string, but keyed_snap was written with id int",
        ),
    ),
    sql(
        "two flows that identify rows by other keys",
        STATE,
        f"{keyed('id')};\n"
        "CREATE FLOW other AS AUTO CDC INTO keyed FROM STREAM(keyed_changes) KEYS (city) SEQUENCE BY n",
        Step(FIRST, fails=r"keys: are id, but those of flow other are city"),
    ),
    sql(
        "changes and snapshots into one table",
        CDC,
        f"{keyed('id')};\nCREATE FLOW other AS AUTO CDC INTO keyed FROM SNAPSHOT (SELECT 1 AS id) KEYS (id)",
        Step(FIRST, fails=r"also has flow other; changes and snapshots are applied to tables of their own"),
    ),
    sql(
        "a snapshot that is applied once",
        FLOW,
        snapshot("once_snap", "KEYS (id)", "ONCE"),
        Step(run=given("once_snap", "(1, 'a'), (2, 'b')"), tables={"once_snap": Table([(1, "a"), (2, "b")])}),
        Step(run=given("once_snap", "(1, 'A')"), tables={"once_snap": Table([(1, "a"), (2, "b")], written=0)}),
        Step(params={"fullRefresh": True}, tables={"once_snap": Table([(1, "A")])}),
    ),
    Case(
        "a snapshot that is applied once, in Python",
        "ldp/developer/ldp-python-ref-apply-changes-from-snapshot",
        {
            "source.py": "from pyspark import pipelines as dp\ndp.create_streaming_table('once_applied')\n"
            "dp.create_auto_cdc_from_snapshot_flow('once_applied', 'main.raw.once_applied_in', ['id'], once=True)\n"
        },
        (
            Step(run=given("once_applied", "(1, 'a')"), tables={"once_applied": Table([(1, "a")])}),
            Step(run=given("once_applied", "(2, 'b')"), tables={"once_applied": Table([(1, "a")], written=0)}),
        ),
    ),
    sql(
        "versions of snapshots that are applied once",
        FLOW,
        snapshot("once_versions", f"{NEXT} KEYS (id) STORED AS SCD TYPE 1", "ONCE"),
        Step(run=given("once_versions", "(1, 'a')"), tables={"once_versions": Table([(1, "a")])}),
        Step(run=given("once_versions", "(1, 'a'), (2, 'b')"), tables={"once_versions": Table([(1, "a")], written=0)}),
    ),
]
