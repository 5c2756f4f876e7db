"""Row filters and column masks: what a principal sees of a protected table."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from engine.catalog import Catalog, quoted


def protected_frame(session: SparkSession, catalog: Catalog, protection: dict[str, Any]) -> DataFrame:
    """The rows that every filter lets pass, with its masks' values in the place of the columns'."""
    frame = session.table(quoted(protection["fullName"]))
    for rule in protection.get("rowFilters", []):
        frame = frame.filter(F.expr(_call(session, catalog, rule["function"], rule.get("using", []))))
    masks = {mask["column"].lower(): mask for mask in protection.get("columnMasks", [])}
    columns = []
    for field in frame.schema.fields:
        mask = masks.get(field.name.lower())
        name = field.name.replace("`", "``")
        if mask is None:
            columns.append(F.col(f"`{name}`"))
        else:
            call = _call(session, catalog, mask["function"], [field.name, *mask.get("using", [])])
            columns.append(F.expr(call).cast(field.dataType).alias(field.name))
    return frame.select(*columns)


def _call(session: SparkSession, catalog: Catalog, function: str, arguments: list[str]) -> str:
    name = catalog.functions.temporary(session, function)
    return f"`{name}`({', '.join(map(_argument, arguments))})"


def _argument(text: str) -> str:
    """A column's name, or a literal as it was written."""
    literal = text[:1] in "'\"-+" or text[:1].isdigit() or text.upper() in ("TRUE", "FALSE", "NULL")
    return text if literal else f"`{text.replace('`', '``')}`"
