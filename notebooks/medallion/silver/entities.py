# Databricks notebook source
# MAGIC %md
# MAGIC # silver: one row per business key, and quarantine
# MAGIC **In:** `bronze.<entity>`. **Out:** `silver.<entity>` with typed columns and one row per key, and
# MAGIC `ops.quarantine_<entity>` with every row that breaks a rule, as delivered, and the names of the rules it breaks.
# MAGIC
# MAGIC - A row that breaks a rule is dropped by the expectations of the view `<entity>_valid`, which the event log
# MAGIC   counts;
# MAGIC   the same rules, inverted, fill the quarantine. So bronze rows = rows of `<entity>_valid` + quarantined rows.
# MAGIC - Of several versions of a key the one from the latest file wins: by the file's modification time, then its
# MAGIC   path,
# MAGIC   then the row's own text, so that even two versions in one file have one winner. A repeated delivery changes
# MAGIC   nothing.

# COMMAND ----------

from olist import bronze, quarantine
from olist import typed as t
from olist.entities import KEYED, Entity
from pyspark import pipelines as dp

# COMMAND ----------


def judge(entity: Entity) -> None:
    @dp.temporary_view(name=f"{entity.name}_valid", comment=f"{entity.comment}: typed rows that keep every rule")
    @dp.expect_all_or_drop(entity.rules)
    def valid():
        return t.typed(bronze.stream(spark, f"bronze.{entity.name}"), entity)

    @dp.table(
        name=f"ops.quarantine_{entity.name}",
        comment=f"{entity.comment}: rows that break a rule, as delivered",
        schema=quarantine.schema(entity),
        table_properties={"quality": "quarantine", "grain": "delivered row"},
    )
    def set_aside():
        return quarantine.rejected(bronze.stream(spark, f"bronze.{entity.name}"), entity)


def keep_latest(entity: Entity) -> None:
    dp.create_streaming_table(
        name=f"silver.{entity.name}",
        comment=f"{entity.comment}; typed, one row per {', '.join(entity.key)}",
        schema=t.schema(entity),
        table_properties={"quality": "silver", "grain": ", ".join(entity.key)},
        cluster_by=list(entity.key),
    )
    dp.create_auto_cdc_flow(
        target=f"silver.{entity.name}",
        source=f"{entity.name}_valid",
        keys=list(entity.key),
        sequence_by=t.SEQUENCE,
        except_column_list=list(t.HELPERS),
        stored_as_scd_type=1,
    )


# COMMAND ----------

for entity in KEYED:
    judge(entity)
    keep_latest(entity)
