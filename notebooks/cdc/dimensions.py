# Databricks notebook source
# MAGIC %md
# MAGIC # cdc: current state and history of the dimensions
# MAGIC **In:** `cdc.<entity>_staged`, and the initial load: `bronze.<entity>`. **Out:**
# MAGIC - `cdc.<entity>_current` (SCD type 1): the rows that hold now; a delete removes its row.
# MAGIC - `cdc.<entity>_history` (SCD type 2): every state with its validity; a delete closes the open one.
# MAGIC
# MAGIC The sequence is the time of the change, which orders the events of a key as their sequence number does, so
# MAGIC validity is in timestamps. Late, repeated and out-of-order events end in the same rows. A row of the initial
# MAGIC load holds from 1970-01-01T00:00:00Z, for nobody knows since when it does; new rows of it keep flowing in, and
# MAGIC of several versions of a row the one that `silver.<entity>` holds counts.
# MAGIC
# MAGIC A full refresh makes both anew from tables that it passes over (`pipelines.reset.allowed`): bronze and the log
# MAGIC of events, which keep the rows of files that are gone.

# COMMAND ----------

from olist import bronze, changes, events
from olist import typed as t
from olist.entities import CHANGING, Entity
from pyspark import pipelines as dp

# COMMAND ----------


def load(entity: Entity) -> None:
    @dp.temporary_view(
        name=f"{entity.name}_landed", comment=f"Initial load of {entity.name}: rows that keep every rule"
    )
    @dp.expect_all_or_drop(entity.rules)
    def landed():
        typed = t.typed(bronze.stream(spark, f"bronze.{entity.name}"), entity)
        return changes.newest(typed, spark.read.table(f"silver.{entity.name}"), entity)

    # One stream of both, not a flow for each: every target is merged into once an update.
    @dp.temporary_view(name=f"{entity.name}_events", comment=f"{entity.comment}: initial load and staged events")
    def both():
        initial = changes.initial(spark.readStream.table(f"{entity.name}_landed"), entity)
        staged = bronze.stream(spark, f"cdc.{entity.name}_staged").select(*initial.columns)
        return initial.unionByName(staged)


def keep(entity: Entity, name: str, scd_type: int, comment: str) -> None:
    (key,) = entity.key
    dp.create_streaming_table(
        name=f"cdc.{name}",
        comment=comment,
        schema=changes.state_schema(entity, history=scd_type == 2),
        table_properties={"quality": "silver", "grain": ", ".join([key, *(["__START_AT"] if scd_type == 2 else [])])},
        cluster_by=[key],
    )
    dp.create_auto_cdc_flow(
        target=f"cdc.{name}",
        source=f"{entity.name}_events",
        keys=[key],
        sequence_by=events.CHANGED_AT,
        apply_as_deletes=events.IS_DELETE,
        except_column_list=[events.OPERATION, events.CHANGED_AT],
        stored_as_scd_type=scd_type,
    )


# COMMAND ----------

for entity in CHANGING:
    load(entity)
    keep(entity, f"{entity.name}_current", 1, f"{entity.comment}: the rows that hold now")
    keep(entity, f"{entity.name}_history", 2, f"{entity.comment}: every state with its validity")
