"""Columns of a Spark schema in the shapes of Unity Catalog and of SQL."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    ByteType,
    CharType,
    DataType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    MapType,
    NullType,
    ShortType,
    StringType,
    StructField,
    StructType,
    TimestampNTZType,
    TimestampType,
    VarcharType,
    VariantType,
    YearMonthIntervalType,
)

from lakehouse_engine.identifiers import literal, quote

# ColumnTypeName of the Unity Catalog and SQL statement APIs.
_TYPE_NAMES: dict[type[DataType], str] = {
    BooleanType: "BOOLEAN",
    ByteType: "BYTE",
    ShortType: "SHORT",
    IntegerType: "INT",
    LongType: "LONG",
    FloatType: "FLOAT",
    DoubleType: "DOUBLE",
    DateType: "DATE",
    TimestampType: "TIMESTAMP",
    TimestampNTZType: "TIMESTAMP_NTZ",
    StringType: "STRING",
    CharType: "CHAR",
    VarcharType: "STRING",
    BinaryType: "BINARY",
    DecimalType: "DECIMAL",
    DayTimeIntervalType: "INTERVAL",
    YearMonthIntervalType: "INTERVAL",
    ArrayType: "ARRAY",
    StructType: "STRUCT",
    MapType: "MAP",
    NullType: "NULL",
    VariantType: "VARIANT",
}


def type_name(data_type: DataType) -> str:
    return _TYPE_NAMES.get(type(data_type), "USER_DEFINED_TYPE")


def type_text(data_type: DataType) -> str:
    return data_type.simpleString()


_SIZED = "__CHAR_VARCHAR_TYPE_STRING"
# The parts of a type's text: the name of a field, arguments in parentheses, a comma, the name of a type.
_PART = re.compile(r"(?:`[^`]*`|[^<>,:()`]+):\s*|\([^)]*\)|,\s*|[^<>,:()`]+")


def sql_name(text: str) -> str:
    """`array<struct<aB:int>>` as SQL names it: `ARRAY<STRUCT<aB: INT>>`. The names of fields keep their case."""

    def part(found: re.Match[str]) -> str:
        each = found[0].rstrip()
        if each == ",":
            return ", "
        return f"{each} " if each.endswith(":") else each if each.startswith("(") else each.upper()

    return _PART.sub(part, text)


def column_infos(
    schema: StructType, partition_columns: Sequence[str] = (), *, sizes: bool = True
) -> list[dict[str, Any]]:
    """ColumnInfo of every column, `position` from 0. `sizes`: VARCHAR(n) and CHAR(n) are told from STRING."""
    infos = []
    for position, field in enumerate(schema.fields):
        written = field.jsonValue()
        # Spark reads VARCHAR(n) and CHAR(n) as STRING, and notes in the metadata what they are.
        noted = written["metadata"].pop(_SIZED, None)
        sized = noted if sizes else None
        if sized:
            written["type"] = sized
        info: dict[str, Any] = {
            "name": field.name,
            "type_text": sized or type_text(field.dataType),
            "type_name": "CHAR" if sized and sized.startswith("char") else type_name(field.dataType),
            "type_json": json.dumps(written, separators=(",", ":")),
            "position": position,
            "nullable": field.nullable,
        }
        if isinstance(field.dataType, DecimalType):
            info["type_precision"] = field.dataType.precision
            info["type_scale"] = field.dataType.scale
        if field.metadata.get("comment"):
            info["comment"] = field.metadata["comment"]
        if field.name in partition_columns:
            info["partition_index"] = list(partition_columns).index(field.name)
        infos.append(info)
    return infos


def schema_of(record: Mapping[str, Any]) -> StructType:
    """The columns of a TableRecord."""
    return StructType([StructField.fromJson(json.loads(column["type_json"])) for column in record.get("columns", [])])


def ddl(schema: StructType, generated: Mapping[str, str]) -> str:
    """Column list of a CREATE TABLE statement, comments and nullability included."""
    return ", ".join(_column(field, generated.get(field.name)) for field in schema.fields)


def _column(field: StructField, generated: str | None) -> str:
    parts = [quote(field.name), type_text(field.dataType) if not isinstance(field.dataType, NullType) else "void"]
    if generated:
        parts.append(f"GENERATED ALWAYS AS ({generated})")
    if not field.nullable:
        parts.append("NOT NULL")
    comment = field.metadata.get("comment")
    if comment:
        parts.append(f"COMMENT {literal(comment)}")
    return " ".join(parts)
