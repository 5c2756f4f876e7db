"""Flows and sinks: several into one table, once, changes and snapshots, and rows that leave the pipeline."""

from __future__ import annotations

import pytest
from lakeflow.cases import Area, Step, Table, python, refused
from lakeflow.python.sources import (
    APPEND_FLOW,
    CDC,
    FLOWS,
    FOREACH_BATCH,
    REPLACE_FLOW,
    SINK,
    SNAPSHOT,
    UPDATE_FLOW,
    lines,
    reader,
)

READ = reader("id INT, v STRING")
NORTH = READ.replace("LANDING", "LANDING/north")
LOOPED = READ.replace("LANDING", 'LANDING/" + side + "')
SOUTH = READ.replace("LANDING", "LANDING/south")
EVENTS = reader("id INT, v STRING, op STRING, n INT")
SNAPSHOT_TABLE = "CREATE OR REPLACE TABLE main.raw.py_snapshot AS SELECT * FROM VALUES"

CHANGES = {
    "1.json": lines(
        {"id": 1, "v": "a", "op": "U", "n": 1},
        {"id": 2, "v": "b", "op": "U", "n": 1},
        {"id": 1, "v": "c", "op": "U", "n": 3},
    )
}
LATER = {
    "2.json": lines(
        {"id": 1, "v": "late", "op": "U", "n": 2},
        {"id": 2, "v": None, "op": "D", "n": 2},
        {"id": 3, "v": "d", "op": "U", "n": 1},
    )
}

AREA = Area(
    "py_flows",
    [
        python(
            "two flows fill one table",
            APPEND_FLOW,
            'dp.create_streaming_table("both", comment="north and south")\n'
            f'@dp.append_flow(target="both")\ndef north():\n    return {NORTH}\n'
            f'@dp.append_flow(target="both", name="from_the_south", comment="second")\ndef south():\n'
            f"    return {SOUTH}\n",
            Step(
                {"north/1.json": lines({"id": 1, "v": "n"}), "south/1.json": lines({"id": 2, "v": "s"})},
                tables={"both": Table([(1, "n"), (2, "s")], comment="north and south", written=2)},
            ),
            Step(
                {"south/2.json": lines({"id": 3, "v": "s"})},
                tables={"both": Table([(1,), (2,), (3,)], "id", written=1)},
            ),
        ),
        python(
            "flows made in a loop, each with its own value",
            FLOWS,
            'dp.create_streaming_table("looped")\nfor side in ["north", "south"]:\n'
            '    @dp.append_flow(target="looped", name=f"looped_{side}")\n    def fill(side=side):\n'
            f'        return {LOOPED}.selectExpr("id", f"\'{{side}}\' AS side")\n',
            Step(
                {"north/1.json": lines({"id": 1, "v": "n"}), "south/1.json": lines({"id": 2, "v": "s"})},
                tables={"looped": Table([(1, "north"), (2, "south")])},
            ),
            Step(
                {"north/2.json": lines({"id": 3, "v": "n"})},
                tables={"looped": Table([(1, "north"), (2, "south"), (3, "north")], written=1)},
            ),
        ),
        python(
            "rows replace others by a condition, and by their keys",
            REPLACE_FLOW,
            '@dp.table(replace_where="id >= 2")\ndef part():\n    return spark.read.table("main.raw.py_part")\n'
            f'@dp.table(replace_using=["id"], sequence_by="v")\ndef newest():\n    return {NORTH}\n'
            'dp.create_streaming_table("latest")\n'
            "from pyspark.sql.functions import col, length\n"
            '@dp.replace_flow(target="latest", replace_using="id", sequence_by=length("v"), comment="longest")\n'
            f"def longest():\n    return {NORTH}\n",
            Step(
                {"north/1.json": lines({"id": 1, "v": "bb"}, {"id": 2, "v": "a"}, {"id": 2, "v": "a"})},
                run=["CREATE OR REPLACE TABLE main.raw.py_part AS SELECT * FROM VALUES (1), (2), (3) AS t(id)"],
                tables={
                    "part": Table([(2,), (3,)]),
                    "newest": Table([(1, "bb"), (2, "a"), (2, "a")]),
                },
            ),
            Step(
                {"north/2.json": lines({"id": 1, "v": "c"}, {"id": 2, "v": "a"}, {"id": 3, "v": "x"})},
                run=["CREATE OR REPLACE TABLE main.raw.py_part AS SELECT * FROM VALUES (4) AS t(id)"],
                tables={
                    "part": Table([(4,)]),
                    "newest": Table([(1, "c"), (2, "a"), (2, "a"), (2, "a"), (3, "x")]),
                    "latest": Table([(1, "bb"), (2, "a"), (2, "a"), (2, "a"), (3, "x")]),
                },
            ),
        ),
        refused(
            "a table that replaces by a condition and by keys",
            REPLACE_FLOW,
            "from pyspark import pipelines as dp\n"
            '@dp.table(replace_where="a > 1", replace_using=["a"], sequence_by="b")\n'
            "def t():\n    return spark.range(1)\n",
            "a flow replaces by replace_where or by replace_using; give one of them",
            "py",
        ),
        refused(
            "a flow that replaces by keys without an order",
            REPLACE_FLOW,
            'from pyspark import pipelines as dp\n@dp.replace_flow(target="t", replace_using=["a"])\n'
            "def t():\n    return spark.range(1)\n",
            "replace_using needs at least one column, and sequence_by with it",
            "py",
        ),
        refused(
            "snapshots with history in two times",
            SNAPSHOT,
            "from pyspark import pipelines as dp\n"
            'dp.create_auto_cdc_from_snapshot_flow("t", "s", ["a"], stored_as_scd_type="bitemporal")\n',
            "stored_as_scd_type is 'bitemporal'; allowed are 1 and 2",
            "py",
        ),
        python(
            "a flow that runs once fills what is older",
            APPEND_FLOW,
            f"@dp.table\ndef recent():\n    return {READ}\n"
            '@dp.append_flow(target="recent", once=True)\ndef backfill():\n'
            "    return spark.sql(\"SELECT 100 AS id, 'old' AS v\")\n",
            Step({"1.json": lines({"id": 1, "v": "a"})}, tables={"recent": Table([(1, "a"), (100, "old")], written=2)}),
            Step(
                {"2.json": lines({"id": 0, "v": "z"})}, tables={"recent": Table([(1,), (100,), (0,)], "id", written=1)}
            ),
        ),
        python(
            "a flow into a table that another file's dataset is",
            APPEND_FLOW,
            f"@dp.table\ndef own_flow():\n    return {NORTH}\n"
            f"@dp.append_flow(target='SCHEMA.own_flow')\ndef and_more():\n    return {SOUTH}\n",
            Step(
                {"north/1.json": lines({"id": 1, "v": "n"}), "south/1.json": lines({"id": 2, "v": "s"})},
                tables={"own_flow": Table([(1, "n"), (2, "s")])},
            ),
            Step({"south/2.json": lines({"id": 3, "v": "s"})}, tables={"own_flow": Table(written=1)}),
        ),
        python(
            "changes of type 1, with deletes and columns left out",
            CDC,
            f"@dp.temporary_view\ndef events_1():\n    return {EVENTS}\n"
            'dp.create_streaming_table("current")\n'
            "from pyspark.sql.functions import col, expr\n"
            'dp.create_auto_cdc_flow(target="current", source="events_1", keys=["id"], sequence_by=col("n"),\n'
            '    apply_as_deletes=expr("op = \'D\'"), except_column_list=["op", "n"], stored_as_scd_type=1)\n',
            Step(CHANGES, tables={"current": Table([(1, "c"), (2, "b")], columns=["id int", "v string"])}),
            Step(LATER, tables={"current": Table([(1, "c"), (3, "d")])}),
        ),
        python(
            "changes of type 2, by the older name and by position",
            CDC,
            f"import dlt\n@dlt.view\ndef events_2():\n    return {EVENTS}\n"
            'dlt.create_streaming_table("history")\n'
            'dlt.apply_changes("history", "events_2", ["id"], "n", False, "op = \'D\'", except_column_list=["op"],\n'
            '    stored_as_scd_type="2", where=None, flow_name="history_of_ids")\n',
            Step(
                CHANGES,
                tables={
                    "history": Table(
                        [(1, "a", 1, 3), (1, "c", 3, None), (2, "b", 1, None)], "id, v, __START_AT, __END_AT"
                    )
                },
            ),
            Step(
                LATER,
                tables={
                    "history": Table(
                        [(1, "a", 1, 2), (1, "late", 2, 3), (1, "c", 3, None), (2, "b", 1, 2), (3, "d", 1, None)],
                        "id, v, __START_AT, __END_AT",
                    )
                },
            ),
        ),
        python(
            "history in two times",
            "ldp/cdc-advanced",
            "from pyspark.sql.functions import col\n"
            f"@dp.temporary_view\ndef events_5():\n    return {reader('id INT, x STRING, bt INT, st INT')}\n"
            'dp.create_streaming_table("two_times")\n'
            'dp.create_auto_cdc_flow(target="two_times", source="events_5", keys=["id"], sequence_by="bt",\n'
            '    system_sequence_by=col("st"), stored_as_scd_type="bitemporal", except_column_list=["bt", "st"])\n',
            Step(
                {"1.json": lines({"id": 1, "x": "a", "bt": 10, "st": 100}, {"id": 1, "x": "b", "bt": 20, "st": 200})},
                tables={
                    "two_times": Table(
                        [(1, "a", 10, None, 100, 200), (1, "a", 10, 20, 200, None), (1, "b", 20, None, 200, None)],
                        "id, x, __START_AT, __END_AT, __SYSTEM_START_AT, __SYSTEM_END_AT",
                    )
                },
            ),
            Step(
                {"2.json": lines({"id": 1, "x": "late", "bt": 5, "st": 200})},
                tables={
                    "two_times": Table(
                        [
                            (1, "a", 10, None, 100, 200),
                            (1, "late", 5, 10, 200, None),
                            (1, "a", 10, 20, 200, None),
                            (1, "b", 20, None, 200, None),
                        ]
                    )
                },
            ),
        ),
        python(
            "changes that set some of the columns",
            CDC,
            "from pyspark.sql import functions as F\n"
            f"@dp.temporary_view\ndef events_3():\n    return {reader('id INT, a STRING, b STRING, n INT')}\n"
            'dp.create_streaming_table("partial")\n'
            'dp.create_auto_cdc_flow(target="partial", source="events_3", keys=["id"], sequence_by="n",\n'
            '    ignore_null_updates=True, column_list=["id", "a", "b"])\n'
            'dp.create_streaming_table("all_but_a")\n'
            'dp.create_auto_cdc_flow(target="all_but_a", source="events_3", keys=["id"], sequence_by="n",\n'
            '    ignore_null_updates_except_column_list=["a"], column_list=["id", "a", "b"])\n'
            'dp.create_streaming_table("listed")\n'
            'dp.create_auto_cdc_flow("listed", "events_4", ["id"], "n", column_list=["id", "a", "b"],\n'
            '    columns_to_update=F.col("cols"))\n'
            "@dp.temporary_view\ndef events_4():\n"
            '    return spark.readStream.table("events_3").withColumn("cols", F.array(F.lit("a")))\n',
            Step({"1.json": lines({"id": 1, "a": "x", "b": "y", "n": 1})}, tables={"partial": Table([(1, "x", "y")])}),
            Step(
                {"2.json": lines({"id": 1, "b": "z", "n": 2})},
                tables={
                    "partial": Table([(1, "x", "z")]),
                    "all_but_a": Table([(1, None, "z")]),
                    "listed": Table([(1, None, None)]),
                },
            ),
        ),
        python(
            "snapshots of a table",
            SNAPSHOT,
            'dp.create_streaming_table("from_snapshots")\n'
            'dp.create_auto_cdc_from_snapshot_flow(target="from_snapshots", source="main.raw.py_snapshot",\n'
            '    keys=["id"], stored_as_scd_type=1)\n',
            Step(
                run=(f"{SNAPSHOT_TABLE} (1, 'a'), (2, 'b') t(id, v)",),
                tables={"from_snapshots": Table([(1, "a"), (2, "b")])},
            ),
            Step(
                run=(f"{SNAPSHOT_TABLE} (1, 'A'), (3, 'c') t(id, v)",),
                tables={"from_snapshots": Table([(1, "A"), (3, "c")])},
            ),
        ),
        python(
            "snapshots by a function of versions",
            SNAPSHOT,
            "import dlt\nfrom functools import partial\n"
            "VERSIONS = {1: [(1, 'a'), (2, 'b')], 4: [(1, 'A')], 9: [(1, 'A'), (7, 'g')]}\n"
            "def following(latest, known):\n"
            "    version = min((v for v in known if latest is None or v > latest), default=None)\n"
            "    if version is None:\n        return None\n"
            "    return spark.createDataFrame(known[version], 'id INT, v STRING'), version\n"
            'dlt.create_streaming_table("versions")\n'
            'dlt.apply_changes_from_snapshot(target="versions", keys=["id"], stored_as_scd_type=2,\n'
            "    snapshot_and_version=lambda latest: following(latest, VERSIONS))\n",
            Step(
                tables={
                    "versions": Table(
                        [(1, "a", 1, 4), (2, "b", 1, 4), (1, "A", 4, None), (7, "g", 9, None)],
                        "id, v, __START_AT, __END_AT",
                    )
                }
            ),
            Step(tables={"versions": Table([(4,)], "count(*)", written=0)}),
        ),
        python(
            "snapshots by a function of versions that are text",
            SNAPSHOT,
            "import dlt\n"
            "DAYS = {'2024-01-09': [(1, 'a')], '2024-01-10': [(1, 'A')]}\n"
            "def following(latest):\n"
            "    day = min((d for d in DAYS if latest is None or d > latest), default=None)\n"
            "    return day and (spark.createDataFrame(DAYS[day], 'id INT, v STRING'), day)\n"
            'dlt.create_streaming_table("days")\n'
            'dlt.apply_changes_from_snapshot("days", following, keys=["id"], stored_as_scd_type="2")\n',
            Step(
                tables={
                    "days": Table(
                        [(1, "a", "2024-01-09", "2024-01-10"), (1, "A", "2024-01-10", None)],
                        "id, v, __START_AT, __END_AT",
                    )
                }
            ),
            Step(tables={"days": Table([(2,)], "count(*)", written=0)}),
        ),
        python(
            "a sink writes to a table outside of the pipeline",
            SINK,
            f"@dp.table\ndef inside():\n    return {READ}\n"
            'dp.create_sink(name="outside", format="delta", options={"tableName": "main.raw.py_outside"})\n'
            '@dp.append_flow(name="to_outside", target="outside")\ndef out():\n'
            "    return spark.readStream.table('inside').where('id > 0')\n",
            Step(
                {"1.json": lines({"id": 1, "v": "a"}, {"id": -1, "v": "b"})},
                queries={"SELECT * FROM main.raw.py_outside": [(1, "a")]},
            ),
            Step(
                {"2.json": lines({"id": 5, "v": "e"})},
                queries={"SELECT id FROM main.raw.py_outside ORDER BY id": [(1,), (5,)]},
            ),
        ),
        python(
            "a sink writes to a folder of a volume",
            SINK,
            'dp.create_sink("folder", "delta", {"path": "LANDING/out"})\n'
            f'@dp.append_flow(target="folder")\ndef to_folder():\n    return {NORTH}\n',
            Step(
                {"north/1.json": lines({"id": 1, "v": "a"})},
                queries={"SELECT id, v FROM read_files('LANDING/out', format => 'parquet')": [(1, "a")]},
            ),
            Step(
                {"north/2.json": lines({"id": 2, "v": "b"})},
                queries={"SELECT count(*) FROM read_files('LANDING/out', format => 'parquet')": [(2,)]},
            ),
        ),
        python(
            "a batch sink merges what comes, and knows the number of its batch",
            FOREACH_BATCH,
            f"@dp.table\ndef arrivals():\n    return {READ}\n"
            '@dp.foreach_batch_sink(name="merged")\ndef merge(df, batch_id):\n'
            "    df.selectExpr('*', f'{batch_id} AS batch').createOrReplaceTempView('arrived')\n"
            "    df.sparkSession.sql('CREATE TABLE IF NOT EXISTS main.raw.py_merged (id INT, v STRING, batch INT)')\n"
            "    df.sparkSession.sql('MERGE INTO main.raw.py_merged t USING arrived s ON t.id = s.id '\n"
            "        'WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *')\n"
            '@dp.append_flow(target="merged")\ndef feed():\n    return spark.readStream.table("arrivals")\n',
            Step(
                {"1.json": lines({"id": 1, "v": "a"}, {"id": 2, "v": "b"})},
                queries={"SELECT * FROM main.raw.py_merged ORDER BY id": [(1, "a", 0), (2, "b", 0)]},
            ),
            Step(
                {"2.json": lines({"id": 2, "v": "B"})},
                queries={"SELECT * FROM main.raw.py_merged ORDER BY id": [(1, "a", 0), (2, "B", 1)]},
            ),
        ),
        python(
            "an update flow gives its sink the rows that changed, an aggregation without a watermark among them",
            UPDATE_FLOW,
            '@dp.foreach_batch_sink(name="counts")\ndef count_up(df, batch_id):\n'
            "    rows = df.selectExpr('v', 'n', f'{batch_id} AS batch')\n"
            "    rows.write.mode('append').saveAsTable('main.raw.py_counts')\n"
            '@dp.update_flow(target="counts", spark_conf={"pipelines.trigger": "RealTime"})\ndef counted():\n'
            f"    return {READ}.groupBy('v').agg({{'id': 'count'}}).toDF('v', 'n')\n",
            Step(
                {"1.json": lines({"id": 1, "v": "a"}, {"id": 2, "v": "b"})},
                queries={"SELECT * FROM main.raw.py_counts ORDER BY v": [("a", 1, 0), ("b", 1, 0)]},
            ),
            Step(
                {"2.json": lines({"id": 3, "v": "b"})},
                queries={"SELECT v, n, batch FROM main.raw.py_counts WHERE batch > 0": [("b", 2, 1)]},
            ),
        ),
        refused(
            "an update flow into a table",
            UPDATE_FLOW,
            "from pyspark import pipelines as dp\ndp.create_streaming_table('t')\n"
            f"@dp.update_flow(target='t')\ndef f():\n    return {READ}\n",
            r"source\.py:3: flow f writes to t, which is a streaming table.*update flows write to sinks",
            "py",
        ),
        refused(
            "an update flow into a delta sink",
            UPDATE_FLOW,
            "from pyspark import pipelines as dp\ndp.create_sink('s', 'delta', {'tableName': 'main.raw.py_never'})\n"
            "@dp.update_flow(target='s')\ndef f():\n    return spark.readStream.format('rate').load()\n",
            r"source\.py:3: update_flow f writes to the delta sink s, which takes appended rows only",
            "py",
        ),
        python(
            "one union of streams is one flow",
            FLOWS,
            f"@dp.table\ndef united():\n    return {NORTH}.unionByName({SOUTH})\n",
            Step(
                {"north/1.json": lines({"id": 1, "v": "n"}), "south/1.json": lines({"id": 2, "v": "s"})},
                tables={"united": Table([(1, "n"), (2, "s")], written=2)},
            ),
            Step({"north/2.json": lines({"id": 3, "v": "n"})}, tables={"united": Table(written=1)}),
        ),
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_flows(corpus, case):
    corpus.check(AREA, case)
