# Databricks notebook source
# MAGIC %md
# MAGIC # cdc: change events, logged and staged
# MAGIC **In:** the CSV files in `olist.changes_path`/&lt;entity&gt; of customers, products and sellers. **Out:**
# MAGIC - `cdc.<entity>_changes`: the log, every event once, however often it was delivered, as text. Its expectation
# MAGIC   warns and never drops.
# MAGIC - `cdc.<entity>_staged`: the events that count, typed. An event is dropped without a known operation (any case,
# MAGIC   padded), a key, a sequence number and a change timestamp, or when its row does not fit its file's header.
# MAGIC - `ops.quarantine_<entity>_changes`: the dropped events as delivered, with the names of the rules they break.
# MAGIC
# MAGIC So events in the log = staged + quarantined.

# COMMAND ----------

from olist import bronze, changes, quarantine
from olist.entities import CHANGING, Entity
from olist.events import events_of
from olist.typed import HELPERS
from pyspark import pipelines as dp

CHANGES = spark.conf.get("olist.changes_path")

# COMMAND ----------


def log(entity: Entity, events: Entity) -> None:
    @dp.table(
        name=f"cdc.{entity.name}_changes",
        comment=f"{events.comment}, each once, as delivered",
        schema=bronze.schema(events),
        table_properties=bronze.properties("delivered event"),
    )
    @dp.expect_all(changes.log_expectations())
    def delivered():
        return changes.once(bronze.read_files(spark, events, CHANGES), events)


def stage(entity: Entity, events: Entity) -> None:
    @dp.temporary_view(name=f"{entity.name}_typed", comment=f"{events.comment}: typed, not judged yet")
    def typed():
        return changes.typed(bronze.stream(spark, f"cdc.{entity.name}_changes"), events)

    @dp.temporary_view(name=f"{entity.name}_valid", comment=f"{events.comment} that keep every rule")
    @dp.expect_all_or_drop(events.rules)
    def valid():
        return spark.readStream.table(f"{entity.name}_typed")

    @dp.table(
        name=f"cdc.{entity.name}_staged",
        comment=f"{events.comment} that keep every rule, typed",
        schema=changes.staged_schema(events),
        table_properties={"quality": "silver", "grain": "delivered event"},
    )
    def staged():
        return spark.readStream.table(f"{entity.name}_valid").drop(*HELPERS)


def set_aside(entity: Entity, events: Entity) -> None:
    @dp.table(
        name=f"ops.quarantine_{entity.name}_changes",
        comment=f"{events.comment} that break a rule, as delivered",
        schema=quarantine.schema(events),
        table_properties={"quality": "quarantine", "grain": "delivered event"},
    )
    def rejected():
        return changes.rejected(bronze.stream(spark, f"cdc.{entity.name}_changes"), events)


# COMMAND ----------

for entity in CHANGING:
    events = events_of(entity)
    log(entity, events)
    stage(entity, events)
    set_aside(entity, events)
