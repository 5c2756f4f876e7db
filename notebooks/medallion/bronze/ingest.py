# Databricks notebook source
# MAGIC %md
# MAGIC # bronze: one streaming table per entity
# MAGIC **In:** the CSV files in `<olist.landing_path>/<entity>`. **Out:** `bronze.<entity>`, every row of every file
# MAGIC once,
# MAGIC every column as text exactly as delivered, with what did not fit (`_rescued_data`) and where it came from.
# MAGIC
# MAGIC Expectations warn and never drop: what is wrong is counted here and set aside in silver.

# COMMAND ----------

from olist import bronze
from olist.entities import ENTITIES, Entity
from pyspark import pipelines as dp

LANDING = spark.conf.get("olist.landing_path")

# COMMAND ----------


def ingest(entity: Entity) -> None:
    @dp.table(
        name=f"bronze.{entity.name}",
        comment=f"{entity.comment}, exactly as delivered",
        schema=bronze.schema(entity),
        table_properties=bronze.properties("delivered row"),
    )
    @dp.expect_all(bronze.expectations(entity))
    def rows():
        return bronze.read_files(spark, entity, LANDING)


for entity in ENTITIES:
    ingest(entity)
