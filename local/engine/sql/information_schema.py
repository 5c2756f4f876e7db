"""information_schema, made from the catalog's record when a statement reads it."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import DataFrame, SparkSession

from engine.catalog import Catalog, split
from engine.errors import EngineError

Rows = list[tuple]

SCHEMA = "information_schema"


def _tables(catalog: Catalog) -> Rows:
    rows = []
    for table in catalog.tables():
        kind = {"MANAGED": "MANAGED", "EXTERNAL": "EXTERNAL"}.get(table["tableType"], table["tableType"])
        insertable = "NO" if kind in ("VIEW", "MATERIALIZED_VIEW") else "YES"
        comment, owner = table.get("comment"), table.get("owner")
        storage = (table.get("dataSourceFormat"), table.get("location"))
        rows.append((*split(table["fullName"]), kind, insertable, owner, comment, *storage))
    return rows


def _columns(catalog: Catalog) -> Rows:
    return [
        (
            *split(table["fullName"]),
            column["name"],
            column.get("position", index),
            None,
            "YES" if column.get("nullable", True) else "NO",
            column["type_text"].upper(),
            column["type_name"],
            column.get("type_precision"),
            column.get("type_scale"),
            column.get("partition_index"),
            column.get("comment"),
        )
        for table in catalog.tables()
        for index, column in enumerate(table.get("columns", []))
    ]


def _views(catalog: Catalog) -> Rows:
    views = [t for t in catalog.tables() if t["tableType"] in ("VIEW", "MATERIALIZED_VIEW")]
    return [
        (*split(v["fullName"]), v.get("viewDefinition"), "NO", v["tableType"] == "MATERIALIZED_VIEW") for v in views
    ]


def _schemata(catalog: Catalog) -> Rows:
    return [(name, schema) for name, schemas in sorted(catalog.schemas().items()) for schema in sorted(schemas)]


def _routines(catalog: Catalog) -> Rows:
    rows = []
    for function in catalog.functions.all():
        full, definition = split(function["fullName"]), function.get("routine_definition")
        rows.append((*full, "FUNCTION", function.get("full_data_type"), "SQL", definition, function.get("comment")))
    return rows


_NAME = "table_catalog string, table_schema string, table_name string"
VIEWS: dict[str, tuple[str, Callable[[Catalog], Rows]]] = {
    "catalogs": ("catalog_name string", lambda catalog: [(name,) for name in sorted(catalog.schemas())]),
    "schemata": ("catalog_name string, schema_name string", _schemata),
    "tables": (
        f"{_NAME}, table_type string, is_insertable_into string, table_owner string, comment string, "
        "data_source_format string, storage_path string",
        _tables,
    ),
    "columns": (
        f"{_NAME}, column_name string, ordinal_position int, column_default string, is_nullable string, "
        "full_data_type string, data_type string, numeric_precision int, numeric_scale int, partition_index int, "
        "comment string",
        _columns,
    ),
    "views": (f"{_NAME}, view_definition string, is_updatable string, is_materialized boolean", _views),
    "routines": (
        "routine_catalog string, routine_schema string, routine_name string, routine_type string, "
        "full_data_type string, routine_body string, routine_definition string, comment string",
        _routines,
    ),
}


def frame(session: SparkSession, catalog: Catalog, full_name: str) -> DataFrame:
    """`system.information_schema` shows every catalog, that of a catalog shows its own."""
    owner, _, name = split(full_name.lower())
    if name not in VIEWS:
        raise EngineError(
            f"{owner}.information_schema.{name} is not in the local workspace; it has {', '.join(sorted(VIEWS))}.",
            error_class="TABLE_OR_VIEW_NOT_FOUND",
        )
    columns, rows = VIEWS[name]
    found = rows(catalog)
    if owner != "system":
        found = [row for row in found if str(row[0]).lower() == owner]
    return session.createDataFrame(found, columns)
