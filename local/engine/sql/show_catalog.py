"""SHOW TABLES and SHOW COLUMNS of whole catalogs, by which drivers of the Statement Execution API fill their metadata.

SHOW TABLES IN { ALL CATALOGS | CATALOG name } [ SCHEMA LIKE 'p' ] [ LIKE 'p' ]
SHOW COLUMNS IN { ALL CATALOGS | CATALOG name } [ SCHEMA LIKE 'p' ] [ TABLE LIKE 'p' ] [ LIKE 'p' ]
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

from engine.catalog.columns import sql_name
from engine.sources.sql.parser.cursor import Cursor

Row = dict[str, Any]
Matches = Callable[[str], bool]
# Rows of a view of a catalog's information_schema; `system` has those of all.
View = Callable[[str, str], list[Row]]

_TABLES = (
    "namespace string, tableName string, isTemporary boolean, information string, catalogName string, "
    "tableType string, remarks string"
)
_COLUMNS = (
    "col_name string, catalogName string, namespace string, tableName string, columnType string, columnSize int, "
    "decimalDigits int, radix int, isNullable string, remarks string, ordinalPosition int, isAutoIncrement string, "
    "isGenerated string"
)


def pattern(text: str) -> Matches:
    """Databricks' patterns: regular expressions, but for * that is any characters and | between alternatives of all.

    Drivers send `.` for one character. An alternative that is no expression fits nothing.
    """
    found = []
    for each in text.strip().split("|"):
        with contextlib.suppress(re.error):
            found.append(re.compile(each.strip().replace("*", ".*"), re.IGNORECASE))
    return lambda name: any(each.fullmatch(name) for each in found)


def answer(c: Cursor, view: View) -> tuple[str, list[tuple[Any, ...]]] | None:
    """Columns as DDL and rows; None, with nothing read, where it is another statement."""
    for kind in ("TABLES", "COLUMNS"):
        for where in (("ALL", "CATALOGS"), ("CATALOG",)):
            if c.accept("SHOW", kind, "IN", *where):
                catalog = "system" if where[0] == "ALL" else c.identifier("the name of a catalog")
                return (_tables if kind == "TABLES" else _columns)(c, catalog, view)
    return None


def _tables(c: Cursor, catalog: str, view: View) -> tuple[str, list[tuple[Any, ...]]]:
    schema, table = _like(c, "SCHEMA"), _like(c)
    c.expect_end()
    found = [
        (r["table_schema"], r["table_name"], False, None, r["table_catalog"], _type(r), r["comment"] or "")
        for r in view(catalog, "tables")
        if schema(r["table_schema"]) and table(r["table_name"])
    ]
    return _TABLES, sorted(found, key=lambda row: (row[4], row[0], row[1]))


def _columns(c: Cursor, catalog: str, view: View) -> tuple[str, list[tuple[Any, ...]]]:
    schema, table, column = _like(c, "SCHEMA"), _like(c, "TABLE"), _like(c)
    c.expect_end()
    rows = [
        r
        for r in view(catalog, "columns")
        if schema(r["table_schema"]) and table(r["table_name"]) and column(r["column_name"])
    ]
    rows.sort(key=lambda r: (r["table_catalog"], r["table_schema"], r["table_name"], r["ordinal_position"]))
    return _COLUMNS, [_column(r) for r in rows]


def _column(r: Row) -> tuple[Any, ...]:
    names = (r["column_name"], r["table_catalog"], r["table_schema"], r["table_name"], sql_name(r["full_data_type"]))
    size = (r["numeric_precision"], r["numeric_scale"], 10 if r["numeric_precision"] else None)
    nullable = "false" if r["is_nullable"] == "NO" else "true"
    return *names, *size, nullable, r["comment"] or "", r["ordinal_position"], "NO", "NO"


def _type(r: Row) -> str:
    return "VIEW" if r["table_type"] in ("VIEW", "MATERIALIZED_VIEW") else "TABLE"


def _like(c: Cursor, *before: str) -> Matches:
    return pattern(c.string("a pattern") if c.accept(*before, "LIKE") else "*")
