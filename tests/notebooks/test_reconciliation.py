"""The laws between the layers hold on tables that add up, and name the table that does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from olist import quarantine, reconciliation
from olist import typed as t
from olist.entities import ENTITIES, SELLERS
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

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


def sides(check) -> tuple[int, int]:
    row = check.first()
    return int(row.expected), int(row.actual)


def test_a_row_that_is_neither_kept_nor_quarantined_goes_unnoticed(spark: SparkSession, bronze: None) -> None:
    assert sides(reconciliation.kept_or_quarantined(spark, SELLERS)) == (4, 4)
    spark.table("ops.quarantine_sellers").coalesce(1).write.saveAsTable("ops.copy", format="parquet")
    spark.table("ops.copy").write.insertInto("ops.quarantine_sellers")
    assert sides(reconciliation.kept_or_quarantined(spark, SELLERS)) == (4, 5)


def test_a_key_that_silver_lacks_or_repeats_goes_unnoticed(spark: SparkSession, bronze: None) -> None:
    assert sides(reconciliation.each_key_once(spark, SELLERS)) == (2, 2)
    spark.table("silver.sellers").limit(1).coalesce(1).write.saveAsTable("silver.copy", format="parquet")
    spark.table("silver.copy").write.insertInto("silver.sellers")
    assert sides(reconciliation.each_key_once(spark, SELLERS)) == (2, 3)


def test_a_table_of_silver_or_gold_is_left_out() -> None:
    gold = {subject for _, subject, _, _ in reconciliation.LAWS} | set(reconciliation.GRAINS)
    assert {table for table in gold if table.startswith("gold.")} == {
        "gold.sales_performance",
        "gold.customer_segments",
        "gold.logistics_efficiency",
        "gold.payment_methods_evolution",
        "gold.seller_quality",
    }
    assert all(entity.rules for entity in ENTITIES)
