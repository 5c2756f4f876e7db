"""What a pipeline in Python must not do, and the error that says so: the place, the name, and what to do instead."""

from __future__ import annotations

import itertools
import re

import pytest
from lakeflow.cases import Area, Case, Step, python, refused
from lakeflow.python.sources import (
    APPEND_FLOW,
    CDC,
    CONSIDERATIONS,
    DEVELOP,
    EXPECTATIONS,
    FOREACH_BATCH,
    IMPORTS,
    MATERIALIZED_VIEW,
    SINK,
    SNAPSHOT,
    STREAMING_TABLE,
    TABLE,
    VIEW,
    reader,
)

RANGE = "    return spark.range(3)\n"
STREAM = "    return spark.readStream.table('e_src')\n"
SOURCE = "@dp.table\ndef e_src():\n    return spark.readStream.format('rate').load()\n"


_numbers = itertools.count(1)


def wrong(name: str, page: str, text: str, message: str) -> Case:
    """Names that begin with e_ get the case's number: each case has a pipeline of its own, and all have one schema."""
    number = next(_numbers)
    text, message = (re.sub(r"\be_", f"e{number}_", part) for part in (text, message))
    return refused(name, page, f"from pyspark import pipelines as dp\n{text}", message, ending="py")


AREA = Area(
    "py_errors",
    [
        wrong(
            "a dataset defined twice",
            CONSIDERATIONS,
            f"@dp.materialized_view\ndef twice():\n{RANGE}@dp.table(name='SCHEMA.TWICE')\ndef again():\n{RANGE}",
            r"source\.py:5: .*TWICE is defined twice, first at .*source\.py:2",
        ),
        wrong(
            "two flows of one name",
            APPEND_FLOW,
            f"{SOURCE}dp.create_streaming_table('e_t')\n@dp.append_flow(target='e_t')\ndef f():\n{STREAM}"
            f"@dp.append_flow(target='e_t')\ndef f():\n{STREAM}",
            r"source\.py:9: flow f is defined twice, first at .*source\.py:6",
        ),
        wrong(
            "a flow into a table that is not defined",
            APPEND_FLOW,
            f"{SOURCE}@dp.append_flow(target='nowhere')\ndef f():\n{STREAM}",
            r"source\.py:5: flow f writes to nowhere, which this pipeline does not define; .*create_streaming_table",
        ),
        wrong(
            "an append flow without a target",
            APPEND_FLOW,
            f"@dp.append_flow(name='f')\ndef f():\n{RANGE}",
            r"source\.py:2: append_flow needs the argument target",
        ),
        wrong(
            "an append flow into a materialized view",
            APPEND_FLOW,
            f"@dp.materialized_view\ndef e_m():\n{RANGE}{SOURCE}@dp.append_flow(target='e_m')\ndef f():\n{STREAM}",
            r"source\.py:8: flow f writes to e_m, which is a materialized view, defined at .*source\.py:2",
        ),
        wrong(
            "changes applied to a materialized view",
            CDC,
            f"@dp.materialized_view\ndef e_m():\n{RANGE}{SOURCE}"
            "dp.create_auto_cdc_flow(target='e_m', source='e_src', keys=['value'], sequence_by='timestamp')\n",
            r"source\.py:8: .*materialized view.*flows write to streaming tables",
        ),
        wrong(
            "datasets that read each other in a circle",
            CONSIDERATIONS,
            "@dp.materialized_view\ndef e_a():\n    return spark.read.table('e_b')\n"
            "@dp.materialized_view\ndef e_b():\n    return spark.read.table('e_c')\n"
            "@dp.materialized_view\ndef e_c():\n    return spark.read.table('e_a')\n",
            r"in a circle: .*e_\w → .*e_\w → .*e_\w → .*e_\w; break it",
        ),
        wrong(
            "views that read each other in a circle",
            VIEW,
            "@dp.temporary_view\ndef e_v():\n    return spark.read.table('e_w')\n"
            "@dp.temporary_view\ndef e_w():\n    return spark.read.table('e_v')\n"
            "@dp.materialized_view\ndef e_m():\n    return spark.read.table('e_v')\n",
            r"Views read each other in a circle: e_v → e_w → e_v",
        ),
        wrong(
            "a function that returns no DataFrame",
            CONSIDERATIONS,
            "@dp.materialized_view\ndef e_none():\n    spark.range(3)\n",
            r"source\.py:2: e_none returned NoneType; it must return a DataFrame",
        ),
        wrong(
            "a batch query in a materialized view's streaming form",
            MATERIALIZED_VIEW,
            f"{SOURCE}@dp.materialized_view\ndef e_m():\n{STREAM}",
            r"source\.py:5: e_m is a materialized view, and its query is a stream; read its sources in batch",
        ),
        wrong(
            "a batch query in a streaming table's flow",
            STREAMING_TABLE,
            f"dp.create_streaming_table('e_t')\n@dp.append_flow(target='e_t')\ndef f():\n{RANGE}",
            r"source\.py:3: e_t is a streaming table, and its query is not a stream; read a source as a stream",
        ),
        wrong(
            "a streaming table without a flow and without columns",
            STREAMING_TABLE,
            "dp.create_streaming_table('e_t')\n",
            r"source\.py:2: e_t has neither a flow nor a schema",
        ),
        wrong(
            "a function that writes",
            CONSIDERATIONS,
            "@dp.materialized_view\ndef e_m():\n    spark.range(3).write.saveAsTable('SCHEMA.aside')\n"
            "    return spark.range(3)\n",
            r"source\.py:2: the function of a dataset calls saveAsTable\(\); it must not write",
        ),
        wrong(
            "a function that starts a stream",
            CONSIDERATIONS,
            "@dp.materialized_view\ndef e_m():\n"
            "    spark.readStream.format('rate').load().writeStream.format('noop').start()\n"
            "    return spark.range(3)\n",
            r"source\.py:2: .*calls start\(\); it must not write",
        ),
        wrong(
            "a dataset defined inside of a dataset's function",
            DEVELOP,
            "@dp.materialized_view\ndef e_m():\n    @dp.table\n    def inner():\n        return spark.range(1)\n"
            "    return spark.range(3)\n",
            r"table was called outside of a pipeline's source code; .* not inside of a dataset's function",
        ),
        wrong(
            "an argument that no decorator has",
            TABLE,
            f"@dp.table(colour='red')\ndef e_t():\n{RANGE}",
            r"source\.py:2: table has no argument colour; it takes cluster_by, .*table_properties",
        ),
        wrong(
            "a storage location",
            TABLE,
            f"@dp.table(path='/mnt/x')\ndef e_t():\n{RANGE}",
            r"source\.py:2: table: the argument path is not supported here: .*Remove the argument",
        ),
        wrong(
            "a decorator without a function",
            TABLE,
            f"@dp.table('e_t')\ndef f():\n{RANGE}",
            r"source\.py:2: table decorates a function, and was given 'e_t'; name its arguments",
        ),
        wrong(
            "partitions and clusters at once",
            TABLE,
            f"@dp.table(partition_cols=['id'], cluster_by=['id'])\ndef e_t():\n{RANGE}",
            r"source\.py:2: table: a table is partitioned or clustered",
        ),
        wrong(
            "a schema that is none",
            TABLE,
            f"@dp.table(schema='id BIGINT NOT NUL')\ndef e_t():\n{RANGE}",
            r"source\.py:2: table: schema 'id BIGINT NOT NUL': found 'NUL', expected NULL",
        ),
        wrong(
            "a column that the schema lacks",
            TABLE,
            f"@dp.table(schema='other BIGINT')\ndef e_t():\n{RANGE}",
            r"e_t.*id.*schema lacks",
        ),
        wrong(
            "a row filter that is none",
            TABLE,
            f"@dp.table(row_filter='ROW FILTER main.gov.f')\ndef e_t():\n{RANGE}",
            r"source\.py:2: table: row_filter .*expected ON",
        ),
        wrong(
            "a refresh policy that is none",
            MATERIALIZED_VIEW,
            f"@dp.materialized_view(refresh_policy='strict')\ndef e_t():\n{RANGE}",
            r"source\.py:2: materialized_view: refresh_policy is 'strict'; .*auto, incremental, .*full",
        ),
        wrong(
            "an incremental refresh policy of a query that is not deterministic",
            MATERIALIZED_VIEW,
            "@dp.materialized_view(refresh_policy='incremental')\ndef e_t():\n"
            "    return spark.sql('SELECT rand() AS r')\n",
            r"source\.py:2: .*e_t has the refresh policy incremental, and its query is not deterministic",
        ),
        wrong(
            "a view with a schema",
            VIEW,
            f"@dp.temporary_view(schema='id BIGINT')\ndef e_v():\n{RANGE}",
            r"temporary_view has no argument schema; it takes comment, name, spark_conf",
        ),
        wrong(
            "an expectation on a flow",
            EXPECTATIONS,
            f"{SOURCE}dp.create_streaming_table('e_t')\n@dp.append_flow(target='e_t')\n@dp.expect('a', 'value > 0')\n"
            f"def f():\n{STREAM}",
            r"source\.py:7: expectation a is on a function that defines no dataset; .*create_streaming_table",
        ),
        wrong(
            "an expectation declared twice",
            EXPECTATIONS,
            f"@dp.expect('a', 'id > 0')\n@dp.expect_or_drop('a', 'id > 1')\n@dp.materialized_view\ndef e_m():\n{RANGE}",
            r"source\.py:2: expectation a is declared twice",
        ),
        wrong(
            "an expectation on a column that is not there",
            EXPECTATIONS,
            f"@dp.materialized_view\n@dp.expect('a', 'nothing > 0')\ndef e_m():\n{RANGE}",
            r"source\.py:2: .*nothing",
        ),
        wrong(
            "a row that breaks a rule which fails the update",
            EXPECTATIONS,
            f"@dp.materialized_view\n@dp.expect_or_fail('small', 'id < 2')\ndef e_m():\n{RANGE}",
            r"e_m: a row violates expectation small \(id < 2\), which fails the update\. Row: \{\"id\": 2\}",
        ),
        wrong(
            "a condition for changes to filter",
            CDC,
            f"{SOURCE}dp.create_streaming_table('e_t')\n"
            "dp.create_auto_cdc_flow('e_t', 'e_src', ['value'], 'timestamp', where='value > 0')\n",
            r"source\.py:6: create_auto_cdc_flow: the argument where is not supported here: .*Filter in a view",
        ),
        wrong(
            "a third type of history",
            CDC,
            f"{SOURCE}dp.create_streaming_table('e_t')\n"
            "dp.create_auto_cdc_flow('e_t', 'e_src', ['value'], 'timestamp', stored_as_scd_type=3)\n",
            r"source\.py:6: stored_as_scd_type is 3; allowed are 1, 2 and bitemporal",
        ),
        wrong(
            "a key that the changes lack",
            CDC,
            f"{SOURCE}dp.create_streaming_table('e_t')\ndp.create_auto_cdc_flow('e_t', 'e_src', ['id'], 'timestamp')\n",
            r"source\.py:6: .*keys: there is no column id; the source has: timestamp, value",
        ),
        wrong(
            "snapshots from something that is no source",
            SNAPSHOT,
            "dp.create_streaming_table('e_t')\ndp.create_auto_cdc_from_snapshot_flow('e_t', 7, ['id'])\n",
            r"source\.py:3: create_auto_cdc_from_snapshot_flow: source is 7; it must be the name of a dataset",
        ),
        wrong(
            "a sink of a format that nothing writes",
            SINK,
            f"{SOURCE}dp.create_sink('e_s', 'parcel', {{}})\n@dp.append_flow(target='e_s')\ndef f():\n{STREAM}",
            r"source\.py:5: format 'parcel' of sink e_s is not supported here; allowed: delta, kafka",
        ),
        wrong(
            "a delta sink with neither path nor table",
            SINK,
            f"{SOURCE}dp.create_sink('e_s', 'delta')\n@dp.append_flow(target='e_s')\ndef f():\n{STREAM}",
            r"source\.py:5: the delta sink e_s needs one of the options path and tableName",
        ),
        wrong(
            "a sink that is read",
            SINK,
            f"{SOURCE}dp.create_sink('e_s', 'delta', {{'tableName': 'SCHEMA.aside'}})\n"
            "@dp.materialized_view\ndef e_m():\n    return spark.read.table('e_s')\n",
            r"e_s is a sink, which cannot be read",
        ),
        wrong(
            "a batch handler of one argument",
            FOREACH_BATCH,
            "@dp.foreach_batch_sink\ndef handle(rows):\n    pass\n",
            r"source\.py:2: foreach_batch_sink: handle must take two arguments, df and batch_id",
        ),
        python(
            "a batch handler that fails",
            FOREACH_BATCH,
            "@dp.foreach_batch_sink\ndef handle(df, batch_id):\n    raise ValueError('no place for the rows')\n"
            f"@dp.append_flow(target='handle')\ndef f():\n    return {reader('id INT')}\n",
            Step({"1.json": '{"id": 1}\n'}, fails=r"source\.py:5: .*ValueError: no place for the rows"),
        ),
        wrong(
            "a module that is not there",
            IMPORTS,
            "import nowhere_to_be_found\n",
            r"source\.py:2: ModuleNotFoundError: No module named 'nowhere_to_be_found'",
        ),
        wrong("code that is no Python", DEVELOP, "\n\ndef f(:\n", r"source\.py:4: .*invalid syntax.*def f\(:"),
        wrong(
            "a function of the module that is not there",
            CONSIDERATIONS,
            "dp.create_everything()\n",
            r"source\.py:2: AttributeError: module 'pyspark.pipelines' has no attribute 'create_everything'; it has ",
        ),
        wrong(
            "a source without a dataset", CONSIDERATIONS, "x = 1\n", r"define no dataset; define one with @dp\.table"
        ),
        wrong(
            "a LIVE name that the pipeline lacks",
            DEVELOP,
            "@dp.materialized_view\ndef e_m():\n    return spark.read.table('LIVE.nothing')\n",
            r"LIVE\.nothing: the pipeline has no dataset nothing; it has e_m",
        ),
        wrong(
            "a view of a batch query that is read as a stream",
            VIEW,
            f"@dp.temporary_view\ndef e_v():\n{RANGE}@dp.table\ndef e_t():\n    return spark.readStream.table('e_v')\n",
            r"e_v is a view of a batch query, which cannot be read as a stream",
        ),
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_errors(corpus, case):
    corpus.check(AREA, case)
