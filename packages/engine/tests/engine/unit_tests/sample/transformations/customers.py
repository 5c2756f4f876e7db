from pyspark import pipelines as dp
from pyspark.sql import functions as F
from rules import cleaned

dp.create_streaming_table("customers")
dp.create_auto_cdc_flow(
    target="customers", source="changes", keys=["id"], sequence_by=F.col("seq"), stored_as_scd_type=2,
    except_column_list=["seq"],
)  # fmt: skip


@dp.temporary_view
def changes():
    return cleaned(spark.readStream.table("shop.raw.changes"))


@dp.table
def landed():
    return spark.readStream.format("cloudFiles").option("cloudFiles.format", "json").load("/Volumes/shop/raw/files/in")
