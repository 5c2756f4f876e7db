"""The medallion without a pipeline: a PySpark script, from files to the same Delta tables, one after the other.

`run(spark, landing)` writes bronze, silver, quarantine, gold and the reconciliation into the databases bronze, silver,
gold and ops of the session's catalog, which must exist. It computes columns with the notebooks' own functions and
queries, so what it does not do is what a pipeline adds: checkpoints, expectations, comments, keys over several files.
"""

from __future__ import annotations

import functools
from pathlib import Path

from olist import quarantine, reconciliation, silver
from olist.entities import ENTITIES, GEOLOCATION, KEYED, RESCUED, Entity
from olist.typed import HELPERS, SEQUENCE, typed
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

GOLD = Path(__file__).parents[1] / "notebooks" / "medallion" / "gold"
SCHEMAS = ("bronze", "silver", "gold", "ops")
_CORRUPT = "_corrupt_record"


def run(spark: SparkSession, landing: str) -> None:
    for entity in ENTITIES:
        _write(bronze(spark, entity, landing), f"bronze.{entity.name}")
        _write(quarantine.rejected(spark.read.table(f"bronze.{entity.name}"), entity), f"ops.quarantine_{entity.name}")
    for entity in KEYED:
        _write(latest(valid(spark, entity), entity), f"silver.{entity.name}")
    _write(silver.places(valid(spark, GEOLOCATION)), "silver.geolocation")
    names = ("orders", "customers", "order_items", "order_payments", "order_reviews")
    _write(silver.enriched(*[spark.read.table(f"silver.{name}") for name in names]), "silver.orders_enriched")
    for path in sorted(GOLD.glob("*.sql")):
        _write(spark.sql(gold_query(path)), f"gold.{path.stem}")
    _write(reconciliation.checks(spark), "ops.reconciliation")


def bronze(spark: SparkSession, entity: Entity, landing: str) -> DataFrame:
    """Spark's own CSV source; a row that does not fit its file's header is kept whole, as Auto Loader rescues it."""
    columns = [*entity.column_names, _CORRUPT]
    frame = spark.read.csv(
        f"{landing}/{entity.name}",
        schema=", ".join(f"{name} STRING" for name in columns),
        header=True, multiLine=True, quote='"', escape='"', columnNameOfCorruptRecord=_CORRUPT,
    )  # fmt: skip
    path = F.col("_metadata.file_path")
    rescued = F.when(F.col(_CORRUPT).isNotNull(), F.to_json(F.struct(_CORRUPT, path.alias("_file_path"))))
    return frame.select(
        *entity.column_names,
        rescued.alias(RESCUED),
        path.alias("_source_file"),
        F.col("_metadata.file_modification_time").alias("_file_modified_at"),
        F.current_timestamp().alias("_ingested_at"),
    )


def valid(spark: SparkSession, entity: Entity) -> DataFrame:
    rows = typed(spark.read.table(f"bronze.{entity.name}"), entity)
    return rows.where(functools.reduce(lambda a, b: a & b, [F.expr(rule) for rule in entity.rules.values()]))


def latest(rows: DataFrame, entity: Entity) -> DataFrame:
    """One row per key, that of the newest file."""
    kept = F.struct(*[name for name in rows.columns if name not in HELPERS])
    return rows.groupBy(*entity.key).agg(F.max_by(kept, SEQUENCE).alias("row")).select("row.*")


def gold_query(notebook: Path) -> str:
    """The query of the one statement in the notebook: what follows AS at the start of a line."""
    return notebook.read_text(encoding="utf-8").split("\nAS\n", 1)[1]


def _write(frame: DataFrame, table: str) -> None:
    frame.write.format("delta").mode("overwrite").saveAsTable(table)
