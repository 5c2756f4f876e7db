# Databricks notebook source
# MAGIC %md
# MAGIC # silver.geolocation
# MAGIC **In:** `bronze.geolocation`. **Out:** one row per zip prefix with the mean place, the most frequent city and
# MAGIC state,
# MAGIC and the region; `ops.quarantine_geolocation` with the samples that break a rule.
# MAGIC
# MAGIC Samples without a zip prefix or outside Brazil are dropped by the expectations of the view `geolocation_valid`.

# COMMAND ----------

from olist import bronze, quarantine, silver
from olist.entities import GEOLOCATION
from olist.reconciliation import GRAINS
from olist.typed import typed
from pyspark import pipelines as dp

# COMMAND ----------


@dp.temporary_view(name="geolocation_valid", comment="Samples of places that keep every rule")
@dp.expect_all_or_drop(GEOLOCATION.rules)
def geolocation_valid():
    return typed(spark.read.table("bronze.geolocation"), GEOLOCATION)


@dp.materialized_view(
    name="silver.geolocation",
    comment="Places by zip prefix: mean coordinates, most frequent city and state, region",
    schema=silver.GEOLOCATION_SCHEMA,
    table_properties={"quality": "silver", "grain": GRAINS["silver.geolocation"]},
    cluster_by=["geolocation_zip_code_prefix"],
)
def geolocation():
    return silver.places(spark.read.table("geolocation_valid"))


@dp.table(
    name="ops.quarantine_geolocation",
    comment=f"{GEOLOCATION.comment}: rows that break a rule, as delivered",
    schema=quarantine.schema(GEOLOCATION),
    table_properties={"quality": "quarantine", "grain": "delivered row"},
)
def quarantine_geolocation():
    return quarantine.rejected(bronze.stream(spark, "bronze.geolocation"), GEOLOCATION)
