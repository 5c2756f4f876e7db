# Databricks notebook source
from energy_calendar import WORKING_DAYS
from pyspark import pipelines as dp
from pyspark.sql import functions as F

# COMMAND ----------


@dp.materialized_view(comment="Demand of the next week")
def forecast_daily():
    return spark.read.table("measured.meters_daily").select((F.col("reading") * WORKING_DAYS).alias("reading"))
