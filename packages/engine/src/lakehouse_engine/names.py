"""PySpark's and Delta's classes with the names of Unity Catalog, which Spark's own catalog does not have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from delta.tables import DeltaTable, DeltaTableBuilder
from pyspark.sql import SparkSession
from pyspark.sql.catalog import Catalog, CatalogMetadata, Column, Function, Table

from lakehouse_engine import jvm
from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.names import split
from lakehouse_engine.identifiers import quote, quote_all

_CODEGEN = "spark.sql.codegen.factoryMode"


def install(catalogs: Callable[[], Sequence[str]]) -> None:
    """For the whole process, once. `catalogs`: the names of all."""
    _install_delta_tables()
    _install_delta_builder()
    _install_tables(catalogs)
    _install_functions()


def _install_delta_tables() -> None:
    """scala/catalog/DeltaTables.scala"""

    def for_name(cls: type[DeltaTable], sparkSession: SparkSession, tableOrViewName: str) -> DeltaTable:
        found = jvm.of(sparkSession).io.delta.tables.DeltaTables.named(sparkSession._jsparkSession, tableOrViewName)
        return cls(sparkSession, found)

    patched: Any = DeltaTable
    patched.forName = classmethod(for_name)


def _install_delta_builder() -> None:
    """`DeltaTable.create()` and its like: Delta takes names of two parts, and fails when it looks for what it made."""
    patched: Any = DeltaTableBuilder
    name_plainly, execute_plainly = patched.tableName, patched.execute

    def table_name(self: Any, identifier: str) -> DeltaTableBuilder:
        self._lakehouse_name = identifier
        return name_plainly(self, quote_all(split(identifier)[-2:]))

    def execute(self: Any) -> DeltaTable:
        name = getattr(self, "_lakehouse_name", None)
        if name is None:
            return execute_plainly(self)
        with _catalog_in_use(self._spark, split(name)[:-2]):
            try:
                self._jbuilder.execute()
            except Exception as error:
                if "DELTA_MISSING_DELTA_TABLE" not in str(error):
                    raise
        return DeltaTable.forName(self._spark, name)

    patched.tableName, patched.execute = table_name, execute


@contextmanager
def _catalog_in_use(session: SparkSession, catalog: Sequence[str]) -> Iterator[None]:
    """`catalog`: its name; empty for the one in use."""
    names = session.catalog
    before = names.currentCatalog(), names.currentDatabase()
    if catalog:
        names.setCurrentCatalog(".".join(catalog))
    try:
        yield
    finally:
        if catalog:
            names.setCurrentCatalog(before[0])
            names.setCurrentDatabase(before[1])


def _install_tables(catalogs: Callable[[], Sequence[str]]) -> None:
    patched: Any = Catalog
    list_plainly, exists_plainly, columns_plainly = patched.listTables, patched.tableExists, patched.listColumns

    def list_tables(self: Any, dbName: str | None = None, pattern: str | None = None) -> list[Table]:
        with _compiled(self._sparkSession):
            return list_plainly(self, _schema(self, dbName), pattern)

    def table_exists(self: Any, tableName: str, dbName: str | None = None) -> bool:
        return exists_plainly(self, f"{dbName}.{quote(tableName)}" if dbName else tableName)

    def list_columns(self: Any, tableName: str, dbName: str | None = None) -> list[Column]:
        return columns_plainly(self, f"{dbName}.{quote(tableName)}" if dbName else tableName)

    def list_catalogs(self: Any, pattern: str | None = None) -> list[CatalogMetadata]:
        return [CatalogMetadata(name, None) for name in catalogs() if _fits(name, pattern)]

    patched.listTables, patched.tableExists, patched.listColumns = list_tables, table_exists, list_columns
    patched.listCatalogs = list_catalogs


def _install_functions() -> None:
    patched: Any = Catalog
    exists_plainly, get_plainly = patched.functionExists, patched.getFunction

    def found(self: Any, name: str, schema: str | None) -> list[str] | None:
        """The function's full name, where it is one of Unity Catalog."""
        parts = [*(split(schema) if schema else ()), *split(name)]
        full = [*[self.currentCatalog(), self.currentDatabase()][: max(0, 3 - len(parts))], *parts]
        functions = jvm.of(self._sparkSession).org.apache.spark.sql.lakehouse.SqlFunctions
        return full if len(full) == 3 and functions.exists(*full) else None

    def function_exists(self: Any, functionName: str, dbName: str | None = None) -> bool:
        known = found(self, functionName, dbName) is not None
        return known or (dbName is None and len(split(functionName)) == 1 and exists_plainly(self, functionName))

    def get_function(self: Any, functionName: str) -> Function:
        full = found(self, functionName, None)
        if full is None:
            return get_plainly(self, functionName)
        catalog, schema, name = full
        return Function(name, catalog, [schema], None, "", False)

    def list_functions(self: Any, dbName: str | None = None, pattern: str | None = None) -> list[Function]:
        """Those of the schema, then Spark's own and the session's."""
        catalog, schema = split(_schema(self, dbName))
        if not self.databaseExists(quote_all([catalog, schema])):
            raise EngineError(
                f"[SCHEMA_NOT_FOUND] The schema '{catalog}.{schema}' cannot be found.", error_class="SCHEMA_NOT_FOUND"
            )
        functions = jvm.of(self._sparkSession).org.apache.spark.sql.lakehouse.SqlFunctions
        names = functions.callable(self._sparkSession._jsparkSession, catalog, schema)
        own = [Function(name, catalog, [schema], None, "", False) for name in names if _fits(name, pattern)]
        known = (list(each) for each in functions.ofSession(self._sparkSession._jsparkSession))
        return own + [
            Function(name, None, None, usage, kind, True) for name, usage, kind in known if _fits(name, pattern)
        ]

    patched.functionExists, patched.getFunction = function_exists, get_function
    patched.listFunctions = list_functions


def _fits(name: str, pattern: str | None) -> bool:
    """Spark's patterns: * for any characters, | between alternatives."""
    wanted = "|".join(part.strip().replace("*", ".*") for part in (pattern or "*").split("|"))
    return re.fullmatch(wanted, name, re.IGNORECASE) is not None


def _schema(catalog: Any, name: str | None) -> str:
    """With its catalog: Spark takes one part for a schema of its own catalog where it has one of that name."""
    parts = split(name) if name else [catalog.currentDatabase()]
    return quote_all(parts if len(parts) > 1 else [catalog.currentCatalog(), *parts])


@contextmanager
def _compiled(session: SparkSession) -> Iterator[None]:
    """Without compiled code Spark cannot make an object that holds an array of texts, as its Table does."""
    conf: Any = session._jsparkSession.sessionState().conf()
    before = conf.getConfString(_CODEGEN)
    conf.setConfString(_CODEGEN, "FALLBACK")
    try:
        yield
    finally:
        conf.setConfString(_CODEGEN, before)
