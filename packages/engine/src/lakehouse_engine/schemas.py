"""Schemas from their DDL."""

from __future__ import annotations

from typing import cast

from pyspark.sql.types import StructType


def struct(ddl: str) -> StructType:
    """PySpark declares the result as any DataType."""
    return cast(StructType, StructType.fromDDL(ddl))
