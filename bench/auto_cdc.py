"""How the time of an AUTO CDC update grows with history: `python bench/auto_cdc.py [events …]`.

For each size of history, three increments of 150 events over random keys are applied to an SCD 1 and an SCD 2 table;
the median is shown, and its ratio to the smallest history's. ENGINE_JARS names Delta's jars, PYTHONPATH is `local`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time

from lakehouse_engine.auto_cdc import AutoCdcApplier
from lakehouse_engine.graph.model import AutoCdcFlow, SourceLocation
from lakehouse_engine.session import Engine
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

INCREMENT = 150


def events(spark: SparkSession, count: int, keys: int, first: int) -> DataFrame:
    number = F.col("id")
    key = F.md5((F.xxhash64(number) % keys).cast("string"))
    return spark.range(first, first + count).select(
        key.alias("customer_id"),
        F.concat(F.lit("name "), number.cast("string")).alias("name"),
        (number % 100).cast("string").alias("city"),
        number.alias("sequence_number"),
        F.when(number % 10 == 9, "DELETE").otherwise("UPDATE").alias("operation"),
    )


def measure(spark: SparkSession, history: int, scd_type: int, folder: str) -> float:
    flow = AutoCdcFlow(
        "bench",
        "target",
        "source",
        ["customer_id"],
        "sequence_number",
        SourceLocation("bench/auto_cdc.py"),
        apply_as_deletes="operation = 'DELETE'",
        except_column_list=["operation"],
        stored_as_scd_type=scd_type,
    )
    keys = max(history // 3, 1)
    base = events(spark, history, keys, 0)
    applier = AutoCdcApplier(spark, flow, base.schema, f"file:{folder}/target", f"file:{folder}/log")
    applier.apply(base, 0)
    times = []
    for batch in range(1, 5):
        started = time.monotonic()
        applier.apply(events(spark, INCREMENT, keys, history + batch * INCREMENT), batch)
        times.append(time.monotonic() - started)
    return statistics.median(times[1:])


def main() -> None:
    sizes = [int(a) for a in sys.argv[1:]] or [10_000, 100_000, 1_000_000]
    with tempfile.TemporaryDirectory() as folder:
        spark = Engine(folder, f"{folder}/volumes", f"{folder}/tables").spark
        # As the targets of pipelines have it.
        spark.conf.set("spark.databricks.delta.properties.defaults.enableDeletionVectors", "true")
        for scd_type in (1, 2):
            measure(spark, 1000, scd_type, f"{folder}/warm{scd_type}")
            first = None
            for size in sizes:
                seconds = measure(spark, size, scd_type, f"{folder}/{scd_type}-{size}")
                first = first or seconds
                print(
                    f"SCD {scd_type}  history {size:>9,}  update {seconds:5.2f} s  x{seconds / first:.2f}", flush=True
                )
        spark.stop()


if __name__ == "__main__":
    main()
