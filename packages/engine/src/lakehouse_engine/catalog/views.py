"""Views and metric views: their records, and what Spark's catalog has of them (scala/catalog/Views.scala)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql.types import StructType

from lakehouse_engine.catalog.columns import column_infos
from lakehouse_engine.catalog.text import columns_json, split
from lakehouse_engine.errors import EngineError

VIEWS = ("VIEW", "METRIC_VIEW")
EVERY_VIEW = (*VIEWS, "MATERIALIZED_VIEW")  # of these, the last is a table to Spark


def view_record(
    full_name: str,
    query: str,
    schema: StructType,
    *,
    query_catalog: str,
    query_schema: str,
    comment: str | None = None,
    query_columns: Sequence[str] = (),
    pipeline_id: str | None = None,
    metrics: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The record of a view whose names resolve against `query_catalog.query_schema`.

    `query_columns`: the query's own names of the view's columns, where the view gives them others. `metrics`: makes it
    a metric view, whose `query` is YAML; its properties, of which `view.source` is the query below it,
    `view.sourceSchema` JSON of that one's columns and `view.metrics` JSON of its own (Views.defineMetrics).
    """
    return {
        "fullName": full_name,
        "tableType": "VIEW" if metrics is None else "METRIC_VIEW",
        "columns": column_infos(schema),
        "comment": comment,
        "properties": {
            "view.catalog": query_catalog,
            "view.schema": query_schema,
            **(metrics or {}),
            **({"view.queryColumns": json.dumps(list(query_columns))} if query_columns else {}),
        },
        "viewDefinition": query,
        "pipelineId": pipeline_id,
        "schemaJson": schema.json(),
    }


def commented(record: Mapping[str, Any], column: str, comment: str | None) -> dict[str, Any]:
    """The view with another comment of a column, or none. Raises EngineError where it has no such column."""
    schema = StructType.fromJson(json.loads(_schema_json(record)))
    found = next((f for f in schema.fields if f.name.lower() == column.lower()), None)
    if found is None:
        raise EngineError(
            f"Column '{column}' does not exist in view '{record['fullName']}'; it has "
            f"{', '.join(schema.fieldNames())}.",
            error_class="UNRESOLVED_COLUMN",
        )
    rest = {key: value for key, value in (found.metadata or {}).items() if key != "comment"}
    found.metadata = {**rest, **({"comment": comment} if comment else {})}
    return {**record, "columns": column_infos(schema), "schemaJson": schema.json()}


def define(views: Any, record: Mapping[str, Any]) -> None:
    """`views`: the JVM's lakehouse.catalog.Views."""
    catalog, schema, name = split(record["fullName"])
    properties = record.get("properties") or {}
    common = (
        catalog,
        schema,
        name,
        record.get("viewDefinition") or "",
        _schema_json(record),
        record.get("comment"),
        properties.get("view.catalog", catalog),
        properties.get("view.schema", schema),
    )
    if record["tableType"] == "METRIC_VIEW":
        of_metrics = (properties[name] for name in ("view.source", "view.sourceSchema", "view.metrics"))
        views.defineMetrics(*common, *of_metrics)
    else:
        views.define(*common, "\0".join(json.loads(properties.get("view.queryColumns", "[]"))))


def _schema_json(record: Mapping[str, Any]) -> str:
    """Records of an earlier process come without."""
    return record["schemaJson"] if "schemaJson" in record else columns_json(record.get("columns", []))
