"""Rows as bronze has them, for tests; good ones are in notebooks/tests/medallion/good_rows.py."""

from __future__ import annotations

import datetime
from typing import Any

from olist.entities import Entity
from pyspark.sql import DataFrame, SparkSession

ARRIVED = datetime.datetime(2024, 1, 2, 3, 4, 5)


def bronze(spark: SparkSession, entity: Entity, rows: list[dict[str, Any]]) -> DataFrame:
    """A bronze frame of `rows`; what a row does not say is null, or the same file for all."""
    columns = [*entity.column_names, "_rescued_data", "_source_file", "_file_modified_at"]
    whole = [{"_source_file": "f.csv", "_file_modified_at": ARRIVED, **row} for row in rows]
    unknown = {name for row in whole for name in row} - set(columns)
    assert not unknown, f"no column of {entity.name}: {unknown}"
    schema = ", ".join(f"{c} {'TIMESTAMP' if c == '_file_modified_at' else 'STRING'}" for c in columns)
    return spark.createDataFrame([tuple(row.get(c) for c in columns) for row in whole], schema)
