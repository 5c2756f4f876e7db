# Databricks notebook source
# MAGIC %md
# MAGIC # silver.orders_enriched
# MAGIC **In:** `silver.orders`, `customers`, `order_items`, `order_payments`, `order_reviews`.
# MAGIC **Out:** one row per order.
# MAGIC
# MAGIC A materialized view over whole tables and not a join of streams: an item, payment, review or customer row that
# MAGIC arrives after (or before) its order is part of the next update's answer.

# COMMAND ----------

from olist import silver
from olist.reconciliation import GRAINS
from pyspark import pipelines as dp

# COMMAND ----------


@dp.materialized_view(
    name="silver.orders_enriched",
    comment="Orders with their customer, items, payments, reviews and delivery times; one row per order",
    schema=silver.ENRICHED_SCHEMA,
    table_properties={"quality": "silver", "grain": GRAINS["silver.orders_enriched"]},
    cluster_by=["order_purchase_timestamp"],
)
def orders_enriched():
    names = ("orders", "customers", "order_items", "order_payments", "order_reviews")
    return silver.enriched(*[spark.read.table(f"silver.{name}") for name in names])
