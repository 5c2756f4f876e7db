"""What must add up after every update: nothing lost on the way to silver, nothing multiplied on the way to gold."""

from __future__ import annotations

import functools

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from olist.entities import ENTITIES, KEYED, Entity
from olist.typed import typed

SCHEMA = (
    "law STRING COMMENT 'What must be equal', "
    "subject STRING COMMENT 'Table that the law is about', "
    "expected DECIMAL(38,2) COMMENT 'Rows or money before the step', "
    "actual DECIMAL(38,2) COMMENT 'Rows or money after it'"
)
BALANCED = {"expected_is_actual": "expected = actual"}

# The grain of each table that is not made by AUTO CDC, whose keys are its grain.
GRAINS = {
    "silver.geolocation": "geolocation_zip_code_prefix",
    "silver.orders_enriched": "order_id",
    "gold.sales_performance": "category, customer_state, customer_city, sales_month",
    "gold.customer_segments": "customer_unique_id",
    "gold.logistics_efficiency": "customer_state",
    "gold.payment_methods_evolution": "payment_type, week_start",
    "gold.seller_quality": "seller_id",
}

_DELIVERED_ITEMS = (
    "silver.order_items AS i LEFT SEMI JOIN (SELECT order_id FROM silver.orders WHERE order_status = 'delivered') AS o "
    "ON o.order_id = i.order_id"
)
_COUNTED_ORDERS = (
    "silver.orders_enriched WHERE order_status NOT IN ('canceled', 'unavailable') AND customer_unique_id IS NOT NULL"
)

# law, subject, query of what is expected, query of what is there
LAWS = (
    (
        "one row per order",
        "silver.orders_enriched",
        "SELECT count(*) FROM silver.orders",
        "SELECT count(*) FROM silver.orders_enriched",
    ),
    (
        "item value and freight of all orders",
        "silver.orders_enriched",
        "SELECT sum(price + freight_value) FROM silver.order_items AS i LEFT SEMI JOIN silver.orders AS o "
        "ON o.order_id = i.order_id",
        "SELECT sum(item_value + freight_value) FROM silver.orders_enriched",
    ),
    (
        "revenue is price and freight of all items of delivered orders",
        "gold.sales_performance",
        f"SELECT sum(price + freight_value) FROM {_DELIVERED_ITEMS}",
        "SELECT sum(revenue) FROM gold.sales_performance",
    ),
    (
        "every item of a delivered order once",
        "gold.sales_performance",
        f"SELECT count(*) FROM {_DELIVERED_ITEMS}",
        "SELECT sum(items) FROM gold.sales_performance",
    ),
    (
        "every person with an order once",
        "gold.customer_segments",
        f"SELECT count(DISTINCT customer_unique_id) FROM {_COUNTED_ORDERS}",
        "SELECT count(*) FROM gold.customer_segments",
    ),
    (
        "payments of the orders of all persons",
        "gold.customer_segments",
        f"SELECT sum(payment_value) FROM {_COUNTED_ORDERS}",
        "SELECT sum(monetary_value) FROM gold.customer_segments",
    ),
    (
        "every delivery with both dates once",
        "gold.logistics_efficiency",
        "SELECT count(*) FROM silver.orders WHERE order_status = 'delivered' "
        "AND order_delivered_customer_date IS NOT NULL AND order_estimated_delivery_date IS NOT NULL",
        "SELECT sum(deliveries) FROM gold.logistics_efficiency",
    ),
    (
        "payments of all orders",
        "gold.payment_methods_evolution",
        "SELECT sum(payment_value) FROM silver.order_payments AS p LEFT SEMI JOIN silver.orders AS o "
        "ON o.order_id = p.order_id",
        "SELECT sum(amount) FROM gold.payment_methods_evolution",
    ),
    (
        "revenue is price and freight of all items of delivered orders",
        "gold.seller_quality",
        f"SELECT sum(price + freight_value) FROM {_DELIVERED_ITEMS}",
        "SELECT sum(revenue) FROM gold.seller_quality",
    ),
)


def checks(spark: SparkSession) -> DataFrame:
    """One row for each law, with both of its sides."""
    found = [
        *[kept_or_quarantined(spark, entity) for entity in ENTITIES],
        *[each_key_once(spark, entity) for entity in KEYED],
        *[
            _check(spark, "rows are unique in their grain", table, *_grain(table, columns))
            for table, columns in GRAINS.items()
        ],
        *[_check(spark, *law) for law in LAWS],
    ]
    return functools.reduce(DataFrame.unionByName, found)


def kept_or_quarantined(spark: SparkSession, entity: Entity) -> DataFrame:
    """Bronze rows are the rows that keep every rule, before de-duplication, and the quarantined ones."""
    kept = f"{' AND '.join(f'({rule})' for rule in entity.rules.values())}"
    bronze = typed(spark.read.table(f"bronze.{entity.name}"), entity).agg(
        F.count(F.lit(1)).alias("expected"), F.count_if(F.coalesce(F.expr(kept), F.lit(False))).alias("kept")
    )
    quarantined = spark.read.table(f"ops.quarantine_{entity.name}").agg(F.count(F.lit(1)).alias("quarantined"))
    both = bronze.crossJoin(quarantined)
    return _named(both, "bronze = kept + quarantined", f"bronze.{entity.name}", F.col("kept") + F.col("quarantined"))


def each_key_once(spark: SparkSession, entity: Entity) -> DataFrame:
    """Silver has one row for each key among the bronze rows that keep every rule."""
    kept = " AND ".join(f"({rule})" for rule in entity.rules.values())
    keys = typed(spark.read.table(f"bronze.{entity.name}"), entity).where(kept).select(*entity.key).distinct()
    expected = keys.agg(F.count(F.lit(1)).alias("expected"))
    actual = spark.read.table(f"silver.{entity.name}").agg(F.count(F.lit(1)).alias("actual"))
    return _named(expected.crossJoin(actual), "one row per key", f"silver.{entity.name}", F.col("actual"))


def _grain(table: str, columns: str) -> tuple[str, str]:
    return f"SELECT count(*) FROM {table}", f"SELECT count(*) FROM (SELECT DISTINCT {columns} FROM {table})"


def _check(spark: SparkSession, law: str, subject: str, expected: str, actual: str) -> DataFrame:
    sides = spark.sql(f"SELECT coalesce(({expected}), 0) AS expected, coalesce(({actual}), 0) AS actual")
    return _named(sides, law, subject, F.col("actual"))


def _named(sides: DataFrame, law: str, subject: str, actual) -> DataFrame:
    return sides.select(
        F.lit(law).alias("law"),
        F.lit(subject).alias("subject"),
        F.col("expected").cast("decimal(38,2)").alias("expected"),
        actual.cast("decimal(38,2)").alias("actual"),
    )
