# Databricks notebook source
# MAGIC %md
# MAGIC # ops.reconciliation
# MAGIC **In:** every table of bronze, silver, quarantine and gold. **Out:** one row per law with both of its sides.
# MAGIC
# MAGIC An update whose numbers do not add up fails here, with the law and both sides in the message. The laws: no
# MAGIC bronze row is lost (kept or quarantined), silver has each key once, no table repeats its grain, and the money
# MAGIC of gold is the money of silver.

# COMMAND ----------

from olist import reconciliation
from pyspark import pipelines as dp

# COMMAND ----------


@dp.materialized_view(
    name="ops.reconciliation",
    comment="Laws between the layers, each with both of its sides; a side that differs fails the update",
    schema=reconciliation.SCHEMA,
    table_properties={"quality": "ops", "grain": "law, subject"},
)
@dp.expect_all_or_fail(reconciliation.BALANCED)
def checks():
    return reconciliation.checks(spark)
