"""Silver's two aggregates: places by zip prefix, and orders with what belongs to them."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from olist.entities import CUSTOMERS, ORDERS
from olist.typed import quoted

REGIONS = {
    "southeast": ("ES", "MG", "RJ", "SP"),
    "south": ("PR", "RS", "SC"),
    "midwest": ("DF", "GO", "MS", "MT"),
    "northeast": ("AL", "BA", "CE", "MA", "PB", "PE", "PI", "RN", "SE"),
    "north": ("AC", "AM", "AP", "PA", "RO", "RR", "TO"),
}
_MONEY = "DECIMAL(18,2)"


def region(state: Column) -> Column:
    """The region of a state; unknown for a state that does not exist."""
    found = F.lit("unknown")
    for name, states in REGIONS.items():
        found = F.when(state.isin(*states), F.lit(name)).otherwise(found)
    return found


GEOLOCATION_SCHEMA = """
  geolocation_zip_code_prefix STRING COMMENT 'First five digits of the zip code, leading zeros kept',
  latitude DOUBLE COMMENT 'Mean latitude of the samples in degrees, 6 decimals',
  longitude DOUBLE COMMENT 'Mean longitude of the samples in degrees, 6 decimals',
  city STRING COMMENT 'Most frequent city of the samples, alphabetically first among equals',
  state STRING COMMENT 'Most frequent state of the samples, alphabetically first among equals',
  region STRING COMMENT 'Region of that state: southeast, south, midwest, northeast, north, or unknown',
  samples BIGINT COMMENT 'Number of samples'
"""


def places(samples: DataFrame) -> DataFrame:
    """One row per zip prefix out of typed, valid samples."""
    return (
        samples.groupBy("geolocation_zip_code_prefix")
        .agg(
            _mean_degrees("geolocation_lat").alias("latitude"),
            _mean_degrees("geolocation_lng").alias("longitude"),
            F.mode("geolocation_city", True).alias("city"),
            F.mode("geolocation_state", True).alias("state"),
            F.count(F.lit(1)).alias("samples"),
        )
        .withColumn("region", region(F.col("state")))
        .select("geolocation_zip_code_prefix", "latitude", "longitude", "city", "state", "region", "samples")
    )


def _mean_degrees(name: str) -> Column:
    # Summed as decimals, so that the order of the rows cannot change the last digit.
    return F.round(F.avg(F.col(name).cast("DECIMAL(20,15)")), 6).cast("DOUBLE")


_ENRICHED = {
    "customer_unique_id": ("STRING", "The person; null where the customer row has not come yet"),
    "customer_zip_code_prefix": ("STRING", "Zip prefix of the customer"),
    "customer_city": ("STRING", "City of the customer"),
    "customer_state": ("STRING", "State of the customer"),
    "item_count": ("BIGINT", "Items of the order"),
    "item_value": (_MONEY, "Price of the items in BRL"),
    "freight_value": (_MONEY, "Freight of the items in BRL"),
    "payment_count": ("BIGINT", "Payments of the order"),
    "payment_value": (_MONEY, "Amount paid in BRL"),
    "used_credit_card": ("BOOLEAN", "Whether a payment was by credit card"),
    "avg_review_score": (_MONEY, "Mean score of the reviews; null where there is none"),
    "has_review_comment": ("BOOLEAN", "Whether a review has a comment text"),
    "delivery_days": ("INT", "Calendar days (UTC) from purchase to delivery"),
    "delivery_delay_days": ("INT", "Calendar days (UTC) from the promised to the actual delivery; late is positive"),
}
ENRICHED_SCHEMA = ", ".join(
    [
        *(f"{c.name} {c.kind.sql_type} COMMENT {quoted(c.comment)}" for c in ORDERS.columns),
        *(f"{name} {kind} COMMENT {quoted(comment)}" for name, (kind, comment) in _ENRICHED.items()),
    ]
)


def enriched(
    orders: DataFrame, customers: DataFrame, items: DataFrame, payments: DataFrame, reviews: DataFrame
) -> DataFrame:
    """One row per order. Each side is brought to one row per order before it is joined, so nothing multiplies."""
    item_side = items.groupBy("order_id").agg(
        F.count(F.lit(1)).alias("item_count"),
        F.sum("price").cast(_MONEY).alias("item_value"),
        F.sum("freight_value").cast(_MONEY).alias("freight_value"),
    )
    payment_side = payments.groupBy("order_id").agg(
        F.count(F.lit(1)).alias("payment_count"),
        F.sum("payment_value").cast(_MONEY).alias("payment_value"),
        F.bool_or(F.col("payment_type") == "credit_card").alias("used_credit_card"),
    )
    score = F.col("review_score").cast("DECIMAL(10,0)")
    review_side = reviews.groupBy("order_id").agg(
        # sum / count keeps enough decimals to be rounded once; avg of a decimal would round twice.
        F.round(F.sum(score) / F.count(score).cast("DECIMAL(10,0)"), 2).cast(_MONEY).alias("avg_review_score"),
        F.bool_or(F.col("review_comment_message").isNotNull()).alias("has_review_comment"),
    )
    customer_side = customers.select(
        CUSTOMERS.key[0], "customer_unique_id", "customer_zip_code_prefix", "customer_city", "customer_state"
    )
    zero = F.lit(0).cast(_MONEY)
    delivered = F.to_date("order_delivered_customer_date")
    joined = (
        orders.join(customer_side, "customer_id", "left")
        .join(item_side, "order_id", "left")
        .join(payment_side, "order_id", "left")
        .join(review_side, "order_id", "left")
    )
    return joined.select(
        *ORDERS.column_names,
        "customer_unique_id",
        "customer_zip_code_prefix",
        "customer_city",
        "customer_state",
        F.coalesce("item_count", F.lit(0).cast("BIGINT")).alias("item_count"),
        F.coalesce("item_value", zero).alias("item_value"),
        F.coalesce("freight_value", zero).alias("freight_value"),
        F.coalesce("payment_count", F.lit(0).cast("BIGINT")).alias("payment_count"),
        F.coalesce("payment_value", zero).alias("payment_value"),
        F.coalesce("used_credit_card", F.lit(False)).alias("used_credit_card"),
        "avg_review_score",
        F.coalesce("has_review_comment", F.lit(False)).alias("has_review_comment"),
        F.datediff(delivered, F.to_date("order_purchase_timestamp")).alias("delivery_days"),
        F.datediff(delivered, F.to_date("order_estimated_delivery_date")).alias("delivery_delay_days"),
    )
