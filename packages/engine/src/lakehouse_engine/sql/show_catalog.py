"""SHOW of whole catalogs and of keys, by which drivers of the Statement Execution API fill their metadata.

SHOW SCHEMAS IN ALL CATALOGS [ LIKE 'p' ]
SHOW TABLES IN { ALL CATALOGS | CATALOG name } [ SCHEMA LIKE 'p' ] [ LIKE 'p' ]
SHOW COLUMNS IN { ALL CATALOGS | CATALOG name } [ SCHEMA LIKE 'p' ] [ TABLE LIKE 'p' ] [ LIKE 'p' ]
SHOW FUNCTIONS IN { ALL CATALOGS | CATALOG name } [ SCHEMA LIKE 'p' ] [ LIKE 'p' ]
SHOW [ FOREIGN ] KEYS IN CATALOG name IN SCHEMA name IN TABLE name
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

from lakehouse_engine.catalog.columns import sql_name
from lakehouse_engine.catalog.views import EVERY_VIEW
from lakehouse_engine.sources.sql.parser.cursor import Cursor

Row = dict[str, Any]
Matches = Callable[[str], bool]
# Columns as DDL, and rows.
Listed = tuple[str, list[tuple[Any, ...]]]
TableName = tuple[str, ...]
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
_SCHEMAS = "databaseName string, catalog string"
_FUNCTIONS = (
    "functionName string, catalogName string, namespace string, remarks string, functionType int, specificName string"
)
_KEYS = "catalogName string, namespace string, tableName string, col_name string, keySeq int, constraintName string"
_FOREIGN_KEYS = (
    "parentCatalogName string, parentNamespace string, parentTableName string, parentColName string, "
    "catalogName string, namespace string, tableName string, col_name string, keySeq int, updateRule int, "
    "deleteRule int, constraintName string, primaryKeyName string, deferrability int"
)
_PARTS = ("catalog", "schema", "name")
# JDBC's importedKeyNoAction and importedKeyNotDeferrable.
_NO_ACTION, _NOT_DEFERRABLE = 3, 7


def pattern(text: str) -> Matches:
    """Databricks' patterns: regular expressions, but for * that is any characters and | between alternatives of all.

    Drivers send `.` for one character. An alternative that is no expression fits nothing.
    """
    found = []
    for each in text.strip().split("|"):
        with contextlib.suppress(re.error):
            found.append(re.compile(each.strip().replace("*", ".*"), re.IGNORECASE))
    return lambda name: any(each.fullmatch(name) for each in found)


def answer(c: Cursor, view: View) -> Listed | None:
    """None, with nothing read, where it is another statement."""
    lists = {"SCHEMAS": _schemas, "TABLES": _tables, "COLUMNS": _columns, "FUNCTIONS": _functions}
    for kind, listed in lists.items():
        if c.accept("SHOW", kind, "IN", "ALL", "CATALOGS"):
            return listed(c, "system", view)
        if kind != "SCHEMAS" and c.accept("SHOW", kind, "IN", "CATALOG"):
            return listed(c, c.identifier("the name of a catalog"), view)
    for foreign in (False, True):
        if c.accept("SHOW", *(("FOREIGN",) if foreign else ()), "KEYS", "IN", "CATALOG"):
            return (_foreign_keys if foreign else _keys)(_table_named(c), view)
    return None


def _table_named(c: Cursor) -> TableName:
    """catalog IN SCHEMA schema IN TABLE table."""
    names = [c.identifier("the name of a catalog")]
    for kind in ("SCHEMA", "TABLE"):
        c.expect("IN", kind)
        names.append(c.identifier("a name"))
    c.expect_end()
    return tuple(name.lower() for name in names)


def _keys(table: TableName, view: View) -> Listed:
    _, columns = _key_columns(table, view, "PRIMARY KEY")
    return _KEYS, [(*table, r["column_name"], r["ordinal_position"], r["constraint_name"]) for r in columns]


def _foreign_keys(table: TableName, view: View) -> Listed:
    constraints, columns = _key_columns(table, view, "FOREIGN KEY")
    usage = view("system", "constraint_column_usage")
    unique = {tuple(r[f"constraint_{p}"] for p in _PARTS): r for r in view("system", "referential_constraints")}
    rows = []
    for name in constraints:
        key = (*table[:2], name)
        parents = [r for r in usage if tuple(r[f"constraint_{p}"] for p in _PARTS) == key]
        own = [r for r in columns if r["constraint_name"] == name]
        parent_key = (unique.get(key) or {}).get("unique_constraint_name")
        for at, (parent, child) in enumerate(zip(parents, own, strict=False)):
            above = (*(parent[f"table_{p}"] for p in _PARTS), parent["column_name"])
            rules = (at + 1, _NO_ACTION, _NO_ACTION, name, parent_key, _NOT_DEFERRABLE)
            rows.append((*above, *table, child["column_name"], *rules))
    return _FOREIGN_KEYS, rows


def _key_columns(table: TableName, view: View, kind: str) -> tuple[list[str], list[Row]]:
    """The names of the table's constraints of a kind, and their columns in order."""

    def own(name: str) -> list[Row]:
        return [r for r in view(table[0], name) if tuple(r[f"table_{p}"] for p in _PARTS) == table]

    names = [r["constraint_name"] for r in own("table_constraints") if r["constraint_type"] == kind]
    columns = [r for r in own("key_column_usage") if r["constraint_name"] in names]
    return names, sorted(columns, key=lambda r: (r["constraint_name"], r["ordinal_position"]))


def _schemas(c: Cursor, catalog: str, view: View) -> Listed:
    matches = _like(c)
    c.expect_end()
    rows = [(r["schema_name"], r["catalog_name"]) for r in view(catalog, "schemata") if matches(r["schema_name"])]
    return _SCHEMAS, sorted(rows, key=lambda row: (row[1], row[0]))


def _functions(c: Cursor, catalog: str, view: View) -> Listed:
    schema, function = _like(c, "SCHEMA"), _like(c)
    c.expect_end()
    found = []
    for r in view(catalog, "routines"):
        if schema(r["routine_schema"]) and function(r["routine_name"]):
            at = (r["routine_catalog"], r["routine_schema"])
            kind = 2 if r["data_type"] == "TABLE_TYPE" else 1  # JDBC's functionReturnsTable, functionNoTable
            found.append((r["routine_name"], *at, r["comment"] or "", kind, ".".join((*at, r["routine_name"]))))
    return _FUNCTIONS, sorted(found, key=lambda row: (row[1], row[2], row[0]))


def _tables(c: Cursor, catalog: str, view: View) -> Listed:
    schema, table = _like(c, "SCHEMA"), _like(c)
    c.expect_end()
    found = [
        (r["table_schema"], r["table_name"], False, None, r["table_catalog"], _type(r), r["comment"] or "")
        for r in view(catalog, "tables")
        if schema(r["table_schema"]) and table(r["table_name"])
    ]
    return _TABLES, sorted(found, key=lambda row: (row[4], row[0], row[1]))


def _columns(c: Cursor, catalog: str, view: View) -> Listed:
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
    return "VIEW" if r["table_type"] in EVERY_VIEW else "TABLE"


def _like(c: Cursor, *before: str) -> Matches:
    return pattern(c.string("a pattern") if c.accept(*before, "LIKE") else "*")
