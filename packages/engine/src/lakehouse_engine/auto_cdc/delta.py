"""The few things that AUTO CDC asks of Delta. By path and through the JVM, so no catalog has to know the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse_engine import jvm
from lakehouse_engine.identifiers import quote

ACTION = "__action"  # of a change: U puts the row, D removes it


def equal(left: str, right: str, names: Sequence[str]) -> Column:
    condition = F.lit(True)
    for name in names:
        condition = condition & F.col(f"{left}.{quote(name)}").eqNullSafe(F.col(f"{right}.{quote(name)}"))
    return condition


def table_at(spark: SparkSession, path: str) -> Any:
    return jvm.of(spark).io.delta.tables.DeltaTable.forPath(spark._jsparkSession, path)


def _changes(frame: DataFrame) -> Any:
    return jvm.of(frame.sparkSession).org.apache.spark.sql.lakehouse.Changes


def local(frame: DataFrame, most: int) -> DataFrame | None:
    """The rows as a frame of one partition in memory; None where they are more than `most`."""
    found = _changes(frame).local(frame._jdf, most)
    return None if found is None else DataFrame(found, frame.sparkSession)


def fresh(rows: DataFrame, known: DataFrame, columns: Sequence[str]) -> DataFrame:
    """Of local frames: the rows whose columns no row of `known` has, the first of equal ones."""
    return DataFrame(_changes(rows).fresh(rows._jdf, known._jdf, list(columns)), rows.sparkSession)


def together(one: DataFrame, other: DataFrame) -> DataFrame:
    """The rows of two local frames, as a local frame."""
    return DataFrame(_changes(one).together(one._jdf, other._jdf), one.sparkSession)


def count(rows: DataFrame, column: str, value: str) -> int:
    """How many rows of a local frame have this text in the column."""
    return _changes(rows).count(rows._jdf, column, value)


def touching(frame: DataFrame, rows: DataFrame, keys: Sequence[str]) -> DataFrame | None:
    """The frame's rows with the keys of a local frame's rows; None where a set of their values cannot tell."""
    found = _changes(frame).touching(frame._jdf, rows._jdf, list(keys))
    return None if found is None else DataFrame(found, frame.sparkSession)


def replace(path: str, changed: DataFrame, keys: Sequence[str], put: DataFrame, flow: str, batch: int) -> bool:
    """One commit: the rows with the keys of the local frame `changed` go, `put` comes; False where only MERGE can."""
    return _changes(changed).replace(path, changed._jdf, list(keys), put._jdf, flow, batch)


def same(keys: Sequence[str]) -> str:
    """Of a merge's target t and source s: the condition that a row of each has the same keys."""
    return " and ".join(f"t.{quote(key)} <=> s.{quote(key)}" for key in keys)


def assignments(spark: SparkSession, names: Sequence[str]) -> Any:
    """Of a merge: the columns with the source's values."""
    values = jvm.of(spark).java.util.LinkedHashMap()
    for name in names:
        values.put(quote(name), f"s.{quote(name)}")
    return values


def merge(path: str, changes: DataFrame, keys: Sequence[str], names: Sequence[str]) -> tuple[int, int]:
    """One commit for all changed rows; how many were put and how many removed."""
    spark = changes.sparkSession
    values = assignments(spark, names)
    into = table_at(spark, path).alias("t").merge(changes.alias("s")._jdf, same(keys)).withSchemaEvolution()
    into = into.whenMatched(f"s.{ACTION} = 'D'").delete()
    into = into.whenMatched(f"s.{ACTION} = 'U'").updateExpr(values)
    into = into.whenNotMatched(f"s.{ACTION} = 'U'").insertExpr(values)
    counts = DataFrame(into.execute(), spark).collect()[0]
    return int(counts["num_updated_rows"] + counts["num_inserted_rows"]), int(counts["num_deleted_rows"])


def last_metric(path: str, name: str, spark: SparkSession) -> int:
    """A number from the newest commit's operation metrics."""
    history = DataFrame(table_at(spark, path).history(1), spark)
    return int(history.select("operationMetrics").collect()[0][0].get(name, "0"))
