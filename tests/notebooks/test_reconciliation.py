"""The laws between the layers hold on tables that add up, and name the table that does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from olist import quarantine, reconciliation
from olist import typed as t
from olist.entities import ENTITIES, SELLERS
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

GOLD = Path(__file__).parents[2] / "notebooks" / "medallion" / "gold"
A, B = "a" * 32, "b" * 32


@pytest.fixture
def bronze(spark: SparkSession) -> Iterator[None]:
    """Two versions of one seller, another one, and one that breaks a rule, as bronze, silver and quarantine."""
    for name in ("bronze", "silver", "ops"):
        spark.sql(f"CREATE DATABASE {name}")
    rows = [(A, "1", "x", "SP"), (A, "2", "x", "SP"), (B, "1", "x", "SP"), ("short", "1", "x", "SP")]
    frame = spark.createDataFrame(rows, ", ".join(f"{c} STRING" for c in SELLERS.column_names)).select(
        "*",
        F.lit(None).cast("string").alias(t.RESCUED),
        F.lit("f.csv").alias("_source_file"),
        F.current_timestamp().alias("_file_modified_at"),
    )
    frame.write.saveAsTable("bronze.sellers", format="parquet")
    quarantine.rejected(frame, SELLERS).write.saveAsTable("ops.quarantine_sellers", format="parquet")
    kept = t.typed(frame.where("seller_id <> 'short'"), SELLERS).dropDuplicates(["seller_id"]).drop(*t.HELPERS)
    kept.write.saveAsTable("silver.sellers", format="parquet")
    yield
    for name in ("bronze", "silver", "ops"):
        spark.sql(f"DROP DATABASE {name} CASCADE")


def sides(spark: SparkSession, law: reconciliation.Law) -> tuple[int, int]:
    (row,) = reconciliation.checks(spark, [law]).collect()
    assert (row.law, row.subject) == (law.name, law.subject)
    return int(row.expected), int(row.actual)


def test_a_row_that_is_neither_kept_nor_quarantined_is_noticed(spark: SparkSession, bronze: None) -> None:
    assert sides(spark, reconciliation.kept_or_quarantined(SELLERS)) == (4, 4)
    spark.table("ops.quarantine_sellers").coalesce(1).write.saveAsTable("ops.copy", format="parquet")
    spark.table("ops.copy").write.insertInto("ops.quarantine_sellers")
    assert sides(spark, reconciliation.kept_or_quarantined(SELLERS)) == (4, 5)


def test_a_key_that_silver_lacks_or_repeats_is_noticed(spark: SparkSession, bronze: None) -> None:
    assert sides(spark, reconciliation.each_key_once(SELLERS)) == (2, 2)
    spark.table("silver.sellers").limit(1).coalesce(1).write.saveAsTable("silver.copy", format="parquet")
    spark.table("silver.copy").write.insertInto("silver.sellers")
    assert sides(spark, reconciliation.each_key_once(SELLERS)) == (2, 3)


def test_a_grain_that_repeats_is_noticed_where_a_column_of_it_is_null(spark: SparkSession, bronze: None) -> None:
    law = reconciliation.unique("silver.pairs", "a, b")
    for rows, counts in (([("x", None), ("x", "y")], (2, 2)), ([("x", None), ("x", None)], (2, 1))):
        frame = spark.createDataFrame(rows, "a STRING, b STRING").coalesce(1)
        frame.write.saveAsTable("silver.pairs", format="parquet", mode="overwrite")
        assert sides(spark, law) == counts


def test_each_table_is_read_once(spark: SparkSession, bronze: None) -> None:
    laws = [reconciliation.kept_or_quarantined(SELLERS), reconciliation.each_key_once(SELLERS)]
    found = reconciliation.checks(spark, laws)
    assert len(found.collect()) == 2
    plan = found._jdf.queryExecution().optimizedPlan().toString()
    tables = [line for line in plan.splitlines() if "Relation" in line]
    assert len(tables) == len(set(tables)) == 3, plan


def test_no_table_of_silver_or_gold_is_left_out() -> None:
    subjects = {law.subject for law in reconciliation.LAWS}
    tables = {f"bronze.{entity.name}" for entity in ENTITIES} | {f"silver.{entity.name}" for entity in ENTITIES}
    assert subjects == {*tables, *reconciliation.GRAINS}
    assert {path.stem for path in GOLD.glob("*.sql")} == {s.removeprefix("gold.") for s in subjects if "gold." in s}
    assert all(entity.rules for entity in ENTITIES)
