"""Bronze: every file's rows as text, exactly as delivered, with where they came from."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from olist.entities import NOTHING_RESCUED, RESCUED, Entity
from olist.typed import lineage_schema, quoted

# Review comments hold commas, quotes (doubled) and line breaks.
_CSV = {"header": "true", "multiLine": "true", "quote": '"', "escape": '"', "encoding": "UTF-8"}


def delivered_columns(entity: Entity) -> list[str]:
    return [f"{column.name} STRING COMMENT {quoted(column.comment + ', as delivered')}" for column in entity.columns]


def schema(entity: Entity) -> str:
    return ", ".join(
        [
            *delivered_columns(entity),
            f"{RESCUED} STRING COMMENT 'What the file had in the row beside the known columns, as JSON'",
            *lineage_schema(),
            "_ingested_at TIMESTAMP COMMENT 'When the row was ingested (UTC)'",
        ]
    )


def properties(grain: str) -> dict[str, str]:
    """Of a table of what was delivered. A full refresh passes it over: it would lose when each row came, and the rows
    whose files are gone.
    """
    return {"quality": "bronze", "grain": grain, "pipelines.reset.allowed": "false"}


def expectations(entity: Entity) -> dict[str, str]:
    """What a good delivery looks like; it warns only, for bronze keeps everything."""
    keys = {f"{key}_is_given": f"trim({key}) <> ''" for key in entity.key}
    return {**keys, NOTHING_RESCUED: f"{RESCUED} IS NULL", **_OBVIOUS.get(entity.name, {})}


_OBVIOUS = {
    "customers": {"customer_unique_id_is_given": "trim(customer_unique_id) <> ''"},
    "geolocation": {
        "coordinates_are_numbers": "try_cast(geolocation_lat AS DOUBLE) IS NOT NULL "
        "AND try_cast(geolocation_lng AS DOUBLE) IS NOT NULL"
    },
    "orders": {"order_status_is_given": "trim(order_status) <> ''"},
    "order_items": {"price_is_a_number": "try_cast(price AS DECIMAL(18,2)) IS NOT NULL"},
    "order_payments": {"payment_value_is_a_number": "try_cast(payment_value AS DECIMAL(18,2)) IS NOT NULL"},
    "order_reviews": {"review_score_is_a_number": "try_cast(review_score AS INT) IS NOT NULL"},
    "sellers": {"seller_state_is_given": "trim(seller_state) <> ''"},
}


def read_files(spark: SparkSession, entity: Entity, landing_path: str) -> DataFrame:
    """
    A stream of the rows in `landing_path`/<entity>; columns are found by name, absent ones are null. A folder that
    does not exist yet has no rows: its name is a glob pattern, and streams check only plain paths for existence.
    """
    stream = (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "csv")
        .option("rescuedDataColumn", RESCUED)
        .options(**_CSV)
        .schema(", ".join(f"{name} STRING" for name in entity.column_names))
        .load(f"{landing_path}/{_as_glob(entity.name)}/")
    )
    return stream.select(
        *entity.column_names,
        RESCUED,
        F.col("_metadata.file_path").alias("_source_file"),
        F.col("_metadata.file_modification_time").alias("_file_modified_at"),
        F.current_timestamp().alias("_ingested_at"),
    )


def stream(spark: SparkSession, table: str) -> DataFrame:
    """The rows of a table as they come. Changes of rows that were read before, as by an erasure, are passed over."""
    return spark.readStream.option("skipChangeCommits", "true").table(table)


def _as_glob(name: str) -> str:
    """The pattern that matches `name` alone."""
    return f"{name[:-1]}[{name[-1]}]"
