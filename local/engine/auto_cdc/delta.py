"""The few things that AUTO CDC asks of Delta. By path and through the JVM, so no catalog has to know the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

ACTION = "__action"  # of a change: U puts the row, D removes it


def quote(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def local_path(path: str) -> str:
    return path.removeprefix("file://").removeprefix("file:")


def equal(left: str, right: str, names: Sequence[str]) -> Column:
    condition = F.lit(True)
    for name in names:
        condition = condition & F.col(f"{left}.{quote(name)}").eqNullSafe(F.col(f"{right}.{quote(name)}"))
    return condition


def table_at(spark: SparkSession, path: str) -> Any:
    return spark._jvm.io.delta.tables.DeltaTable.forPath(spark._jsparkSession, path)


def merge(path: str, changes: DataFrame, keys: Sequence[str], names: Sequence[str]) -> tuple[int, int]:
    """One commit for all changed rows; how many were put and how many removed."""
    spark = changes.sparkSession
    values = spark._jvm.java.util.LinkedHashMap()
    for name in names:
        values.put(quote(name), f"s.{quote(name)}")
    condition = " and ".join(f"t.{quote(n)} <=> s.{quote(n)}" for n in keys)
    into = table_at(spark, path).alias("t").merge(changes.alias("s")._jdf, condition).withSchemaEvolution()
    into = into.whenMatched(f"s.{ACTION} = 'D'").delete()
    into = into.whenMatched(f"s.{ACTION} = 'U'").updateExpr(values)
    into = into.whenNotMatched(f"s.{ACTION} = 'U'").insertExpr(values)
    counts = DataFrame(into.execute(), spark).first()
    return int(counts["num_updated_rows"] + counts["num_inserted_rows"]), int(counts["num_deleted_rows"])


def last_metric(path: str, name: str, spark: SparkSession) -> int:
    """A number from the newest commit's operation metrics."""
    history = DataFrame(table_at(spark, path).history(1), spark)
    return int(history.select("operationMetrics").first()[0].get(name, "0"))
