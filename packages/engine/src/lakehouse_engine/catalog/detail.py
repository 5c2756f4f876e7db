"""What a table's own files say of it."""

from __future__ import annotations

import json
from typing import Any

from lakehouse_engine.catalog.text import quoted, split
from lakehouse_engine.session import Engine


def table_detail(engine: Engine, full_name: str) -> dict[str, Any]:
    """Keys format, location (a URI), comment, properties, partitions, clustering (names of columns)."""
    found = engine.jvm.lakehouse.catalog.Registry.detail(engine.spark._jsparkSession, *split(full_name))
    if found is not None:
        location, comment, *lists = found
        properties, partitions, clustering = map(json.loads, lists)
        return _detail("delta", location, comment, properties, partitions, clustering)
    (row,) = engine.spark.sql(f"DESCRIBE DETAIL {quoted(full_name)}").collect()
    return _detail(
        row["format"],
        row["location"],
        row["description"],
        dict(row["properties"] or {}),
        list(row["partitionColumns"] or []),
        list(row["clusteringColumns"] or []),
    )


def _detail(
    kind: str,
    location: str,
    comment: str | None,
    properties: dict[str, str],
    partitions: list[str],
    clustering: list[str],
) -> dict[str, Any]:
    return {
        "format": kind,
        "location": location,
        "comment": comment,
        "properties": properties,
        "partitions": partitions,
        "clustering": clustering,
    }
