"""DESCRIBE TABLE … AS JSON: what is on record of a table, for programs to read.

https://docs.databricks.com/sql/language-manual/sql-ref-syntax-aux-describe-table#json-formatted-output
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pyspark.sql.types import (
    ArrayType,
    CharType,
    DataType,
    DecimalType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
    VarcharType,
)

from lakehouse_engine.catalog.views import EVERY_VIEW

# Spark's names of types where they differ from those of SQL.
_NAMES = {"byte": "tinyint", "short": "smallint", "integer": "int", "long": "bigint"}


def describe(record: Mapping[str, Any]) -> str:
    """`record` as the engine has it (docs/architecture.md, TableRecord)."""
    catalog, schema, name = record["fullName"].split(".", 2)
    view = record["tableType"] in EVERY_VIEW
    found = {
        "table_name": name,
        "catalog_name": catalog,
        "namespace": [schema],
        "schema_name": schema,
        "type": record["tableType"],
        "provider": None if view else (record.get("dataSourceFormat") or "DELTA").lower(),
        "columns": [_column(column) for column in record["columns"]],
        "location": record.get("location"),
        "view_text": record.get("viewDefinition"),
        "owner": record.get("owner"),
        "comment": record.get("comment"),
        "table_properties": record.get("properties") or {},
        "partition_columns": record.get("partitionColumns") or None,
        "clustering_columns": record.get("clusteringColumns") or None,
        "table_constraints": _constraints(record.get("constraints") or []),
        "column_masks": [_mask(c["name"], c["mask"]) for c in record["columns"] if c.get("mask")] or None,
    }
    return json.dumps({key: value for key, value in found.items() if value is not None}, separators=(",", ":"))


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    kind = StructField.fromJson(json.loads(column["type_json"])).dataType
    comment = {"comment": column["comment"]} if column.get("comment") else {}
    return {"name": column["name"], "type": _type(kind), "nullable": column.get("nullable", True), **comment}


def _type(kind: DataType) -> dict[str, Any]:
    match kind:
        case ArrayType():
            return {"name": "array", "element_type": _type(kind.elementType), "element_nullable": kind.containsNull}
        case MapType():
            key, value = _type(kind.keyType), _type(kind.valueType)
            return {"name": "map", "key_type": key, "value_type": value, "value_nullable": kind.valueContainsNull}
        case StructType():
            fields = [{"name": f.name, "type": _type(f.dataType), "nullable": f.nullable} for f in kind.fields]
            return {"name": "struct", "fields": fields}
        case DecimalType():
            return {"name": "decimal", "precision": kind.precision, "scale": kind.scale}
        case CharType() | VarcharType():
            return {"name": kind.typeName(), "length": kind.length}
        case StringType():
            return {"name": "string", "collation": kind.collation}
        case TimestampType():
            return {"name": "timestamp_ltz"}
        case _:
            name = kind.simpleString()
            return {"name": _NAMES.get(name, name)}


def _constraints(constraints: list[Mapping[str, Any]]) -> str | None:
    """As one text, a list of names and definitions."""
    found = []
    for each in constraints:
        if key := each.get("primary_key_constraint"):
            found.append(f"({key['name']},PRIMARY KEY ({_quoted(key['child_columns'])}))")
        if key := each.get("foreign_key_constraint"):
            parent = ".".join(f"`{part}`" for part in key["parent_table"].split("."))
            columns, of = _quoted(key["child_columns"]), _quoted(key["parent_columns"])
            found.append(f"({key['name']},FOREIGN KEY ({columns}) REFERENCES {parent} ({of}))")
    return f"[{', '.join(found)}]" if found else None


def _mask(column: str, mask: Mapping[str, Any]) -> dict[str, Any]:
    catalog, schema, name = mask["function_name"].split(".", 2)
    return {
        "column_name": column,
        "function_name": {"catalog_name": catalog, "schema_name": schema, "function_name": name},
        "column_names": mask.get("using_column_names") or [],
    }


def _quoted(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
