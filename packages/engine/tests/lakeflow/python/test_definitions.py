"""What the decorators and create_streaming_table take, and what comes of it on the table."""

from __future__ import annotations

import pytest
from lakeflow.cases import Area, Step, Table, python
from lakeflow.python.sources import CONSIDERATIONS, MATERIALIZED_VIEW, STREAMING_TABLE, TABLE, VIEW, lines, reader

FIRST = {"1.json": lines({"id": 1, "n": "a"}, {"id": 2, "n": "b"})}
LATE = {"2.json": lines({"id": 0, "n": "z"})}
ROWS = [(1, "a"), (2, "b")]

AREA = Area(
    "py_definitions",
    [
        python(
            "a streaming table by its function's name",
            TABLE,
            f"@dp.table\ndef plain():\n    return {reader('id INT, n STRING')}\n",
            Step(
                FIRST,
                tables={
                    "plain": Table(
                        ROWS, columns=["id int", "n string"], written=2, record={"tableType": "STREAMING_TABLE"}
                    )
                },
            ),
            Step(LATE, tables={"plain": Table([*ROWS, (0, "z")], written=1)}),
        ),
        python(
            "name, comment and properties",
            TABLE,
            '@dp.table(name="named", comment="it\'s named", '
            'table_properties={"quality": "bronze", "n": 1, "on": True})\n'
            f"def other_name():\n    return {reader('id INT, n STRING')}\n",
            Step(
                FIRST,
                tables={
                    "named": Table(
                        ROWS,
                        comment="it's named",
                        record={"properties": {"quality": "bronze", "n": "1", "on": "true"}},
                    )
                },
            ),
            Step(LATE, tables={"named": Table([*ROWS, (0, "z")], comment="it's named")}),
        ),
        python(
            "a schema as DDL, with comments, keys and a generated column",
            TABLE,
            '@dp.table(schema="""\n    id INT NOT NULL COMMENT \'the key\',\n    n STRING COMMENT "a name",\n'
            "    upper_n STRING GENERATED ALWAYS AS (upper(n)),\n    CONSTRAINT declared_pk PRIMARY KEY (id)\n"
            f'""")\ndef declared():\n    return {reader("id INT, n STRING")}\n',
            Step(
                FIRST,
                tables={
                    "declared": Table(
                        [(1, "a", "A"), (2, "b", "B")],
                        columns=["id int 'the key'", "n string 'a name'", "upper_n string"],
                        record={
                            "constraints": [
                                {"primary_key_constraint": {"name": "declared_pk", "child_columns": ["id"]}}
                            ]
                        },
                    )
                },
            ),
            Step(LATE, tables={"declared": Table([(0, "Z"), (1, "A"), (2, "B")], "id, upper_n")}),
        ),
        python(
            "a schema as StructType keeps its comments",
            TABLE,
            "from pyspark.sql.types import LongType, StringType, StructField, StructType\n"
            'COLUMNS = StructType([StructField("id", LongType(), True, {"comment": "wider"}), '
            'StructField("n", StringType())])\n'
            f"@dp.table(schema=COLUMNS)\ndef typed():\n    return {reader('id INT, n STRING')}\n",
            Step(FIRST, tables={"typed": Table(ROWS, columns=["id bigint 'wider'", "n string"])}),
            Step(LATE, tables={"typed": Table([(0,), (1,), (2,)], "id")}),
        ),
        python(
            "partitions",
            TABLE,
            f'@dp.table(partition_cols=["n"])\ndef parted():\n    return {reader("id INT, n STRING")}\n',
            Step(FIRST, tables={"parted": Table(ROWS, record={"partitionColumns": ["n"]})}),
            Step(LATE, tables={"parted": Table([*ROWS, (0, "z")], record={"partitionColumns": ["n"]})}),
        ),
        python(
            "clustering, also automatic",
            TABLE,
            f'@dp.table(cluster_by=["id", "n"])\ndef clustered():\n    return {reader("id INT, n STRING")}\n'
            "@dp.materialized_view(cluster_by_auto=True, cluster_by=['id'])\ndef auto_clustered():\n"
            "    return spark.read.table('clustered')\n",
            Step(
                FIRST,
                tables={
                    "clustered": Table(ROWS, record={"clusteringColumns": ["id", "n"]}),
                    "auto_clustered": Table(
                        ROWS, record={"clusteringColumns": ["id"], "properties": {"clusterByAuto": "true"}}
                    ),
                },
            ),
            Step(LATE, tables={"auto_clustered": Table([*ROWS, (0, "z")], record={"clusteringColumns": ["id"]})}),
        ),
        python(
            "settings of the query alone",
            TABLE,
            '@dp.materialized_view(spark_conf={"spark.sql.session.timeZone": "Asia/Tokyo"})\ndef tokyo():\n'
            "    return spark.sql(\"SELECT date_format(timestamp_seconds(0), 'HH') AS h\")\n"
            "@dp.materialized_view\ndef utc():\n"
            "    return spark.sql(\"SELECT date_format(timestamp_seconds(0), 'HH') AS h\")\n",
            Step(tables={"tokyo": Table([("09",)]), "utc": Table([("00",)])}),
            Step(tables={"tokyo": Table([("09",)]), "utc": Table([("00",)])}),
        ),
        python(
            "a batch query under @dp.table is a materialized view",
            TABLE,
            f"@dp.table\ndef base():\n    return {reader('id INT, n STRING')}\n"
            "@dp.table\ndef counted():\n    return spark.read.table('base').groupBy().count()\n",
            Step(FIRST, tables={"counted": Table([(2,)], record={"tableType": "MATERIALIZED_VIEW"})}),
            Step(LATE, tables={"counted": Table([(3,)], written=1)}),
        ),
        python(
            "a materialized view with a full refresh policy is computed each time",
            MATERIALIZED_VIEW,
            '@dp.materialized_view(refresh_policy="full", comment="always")\ndef always():\n    return spark.range(2)\n'
            '@dp.materialized_view(refresh_policy="auto")\ndef once_only():\n    return spark.range(2)\n',
            Step(tables={"always": Table([(0,), (1,)], comment="always", written=2), "once_only": Table(written=2)}),
            Step(tables={"always": Table([(0,), (1,)], written=2), "once_only": Table([(0,), (1,)], written=0)}),
        ),
        python(
            "a private table feeds others and is not there for queries",
            TABLE,
            f"@dp.table(private=True)\ndef hidden():\n    return {reader('id INT, n STRING')}\n"
            "@dp.materialized_view(temporary=True)\ndef hidden_sum():\n"
            "    return spark.sql('SELECT sum(id) AS s FROM hidden')\n"
            "@dp.materialized_view\ndef shown():\n    return spark.read.table('hidden_sum')\n",
            Step(FIRST, tables={"shown": Table([(3,)]), "hidden": Table(record={"tableType": None})}),
            Step(LATE, tables={"shown": Table([(3,)]), "hidden": Table(written=1)}),
        ),
        python(
            "a temporary view feeds several tables and is stored nowhere",
            VIEW,
            f"@dp.table\ndef v_base():\n    return {reader('id INT, n STRING')}\n"
            '@dp.temporary_view(name="v_even", comment="only even ids")\ndef even():\n'
            "    return spark.readStream.table('v_base').where('id % 2 = 0')\n"
            "@dp.table\ndef v_ids():\n    return spark.readStream.table('v_even').select('id')\n"
            "@dp.table\ndef v_names():\n    return spark.readStream.table('v_even').select('n')\n",
            Step(
                FIRST,
                tables={
                    "v_ids": Table([(2,)]),
                    "v_names": Table([("b",)]),
                    "v_even": Table(record={"tableType": None}),
                },
            ),
            Step(LATE, tables={"v_ids": Table([(0,), (2,)]), "v_names": Table([("b",), ("z",)])}),
        ),
        python(
            "create_streaming_table with all it takes, filled by a flow",
            STREAMING_TABLE,
            'dp.create_streaming_table(name="made", comment="by hand", schema="id INT, n STRING", cluster_by=["id"],\n'
            '    table_properties={"team": "x"}, expect_all={"named": "n IS NOT NULL"},\n'
            '    expect_all_or_drop={"positive": "id > 0"}, expect_all_or_fail={"sane": "id < 1000"})\n'
            f'@dp.append_flow(target="made")\ndef fill_made():\n    return {reader("id INT, n STRING")}\n',
            Step(
                {"1.json": lines({"id": 1, "n": "a"}, {"id": -1, "n": "b"}, {"id": 2})},
                tables={
                    "made": Table(
                        [(1, "a"), (2, None)],
                        comment="by hand",
                        rules={"named": (2, 1), "positive": (2, 1), "sane": (3, 0)},
                        dropped=1,
                        written=2,
                        record={"clusteringColumns": ["id"], "properties": {"team": "x"}},
                    )
                },
            ),
            Step(
                {"2.json": lines({"id": 3, "n": "c"})},
                tables={
                    "made": Table([(1,), (2,), (3,)], "id", rules={"named": (1, 0), "positive": (1, 0), "sane": (1, 0)})
                },
            ),
        ),
        python(
            "the older module's names",
            CONSIDERATIONS,
            "import dlt\n"
            f"@dlt.table(name='old_s')\n@dlt.expect('some', 'id > 0')\ndef a():\n"
            f"    return {reader('id INT, n STRING')}\n"
            "@dlt.view\ndef old_v():\n    return dlt.read_stream('old_s').where('id > 1')\n"
            "@dlt.table\ndef old_copy():\n    return dlt.read_stream('old_v')\n"
            "@dlt.table(comment='batch')\ndef old_m():\n    return dlt.read('old_s').groupBy('n').count()\n",
            Step(
                FIRST,
                tables={
                    "old_s": Table(ROWS, rules={"some": (2, 0)}),
                    "old_copy": Table([(2, "b")]),
                    "old_m": Table([("a", 1), ("b", 1)], comment="batch", record={"tableType": "MATERIALIZED_VIEW"}),
                },
            ),
            Step(LATE, tables={"old_s": Table(rules={"some": (0, 1)}), "old_m": Table([("a", 1), ("b", 1), ("z", 1)])}),
        ),
        python(
            "the older module's names in today's module",
            CONSIDERATIONS,
            f"@dp.create_table(name='of_s')\ndef a():\n    return {reader('id INT, n STRING')}\n"
            "@dp.create_view()\n@dp.expect_or_drop('some', 'id > 1')\ndef of_v():\n    return dp.read_stream('of_s')\n"
            "dp.create_streaming_table('of_now')\n"
            "dp.apply_changes(target='of_now', source='of_v', keys=['id'], sequence_by='id')\n"
            "@dp.materialized_view\ndef of_m():\n    return dp.read('of_now').groupBy('n').count()\n",
            Step(FIRST, tables={"of_s": Table(ROWS), "of_now": Table([(2, "b")]), "of_m": Table([("b", 1)])}),
        ),
        python(
            "what is defined may change from one update to the next",
            TABLE,
            f"@dp.table(comment='first')\ndef changing():\n    return {reader('id INT, n STRING')}\n",
            Step(FIRST, tables={"changing": Table(ROWS, comment="first")}),
            Step(
                LATE,
                edit={
                    "source.py": "from pyspark import pipelines as dp\n@dp.table(comment='second', "
                    "table_properties={'new': 'yes'}, schema='id INT, n STRING, more INT COMMENT \"added\"')\n"
                    f"def changing():\n    return {reader('id INT, n STRING')}.selectExpr('*', 'id * 10 AS more')\n"
                },
                tables={
                    "changing": Table(
                        [(1, None), (2, None), (0, 0)],
                        "id, more",
                        columns=["id int", "n string", "more int 'added'"],
                        comment="second",
                        record={"properties": {"new": "yes"}},
                    )
                },
            ),
        ),
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_definitions(corpus, case):
    corpus.check(AREA, case)
