"""Lets the code of a flow read the pipeline's datasets: whatever reads a table by name finds it up to date.

The session of an update carries a resolver; the readers of PySpark ask it before they ask the catalog. It is patched
once for the process and does nothing for sessions without a resolver.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.readwriter import DataFrameReader
from pyspark.sql.streaming.readwriter import DataStreamReader

from engine.graph.names import quote
from engine.session import use
from engine.sources.sql import SourceText, tokenize

_RESOLVER = "_lakehouse_resolver"
_lock = threading.Lock()
# The dataset whose function runs in this thread, None while sources are loaded.
reader: ContextVar[str | None] = ContextVar("reading_dataset", default=None)


class Resolver(Protocol):
    def resolve(self, name: str, *, streaming: bool) -> DataFrame | str | None:
        """The frame of a view, the quoted full name of an up-to-date table, or None when it is not the pipeline's."""
        ...

    def prepare(self, names: list[list[str]]) -> None:
        """Brings what a query names up to date, and makes its views known to the session."""
        ...


@contextmanager
def reading_as(dataset: str) -> Iterator[None]:
    token = reader.set(dataset)
    try:
        yield
    finally:
        reader.reset(token)


def install(session: SparkSession, resolver: Resolver) -> None:
    setattr(session, _RESOLVER, resolver)
    with _lock:
        if not hasattr(SparkSession, _RESOLVER):
            _patch()
            setattr(SparkSession, _RESOLVER, None)


def _patch() -> None:
    table, batch, stream, sql = SparkSession.table, DataFrameReader.table, DataStreamReader.table, SparkSession.sql

    def through(session: Any, name: str, streaming: bool, original: Callable[[str], DataFrame]) -> DataFrame:
        resolver = getattr(session, _RESOLVER, None)
        found = resolver.resolve(name, streaming=streaming) if resolver is not None else None
        if isinstance(found, DataFrame):
            return found
        return original(found or name)

    def session_table(self: SparkSession, tableName: str) -> DataFrame:
        return through(self, tableName, False, lambda name: table(self, name))

    def reader_table(self: DataFrameReader, tableName: str) -> DataFrame:
        return through(self._spark, tableName, False, lambda name: batch(self, name))

    def stream_table(self: DataStreamReader, tableName: str) -> DataFrame:
        return through(self._spark, tableName, True, lambda name: stream(self, name))

    def session_sql(self: SparkSession, sqlQuery: str, args: Any = None, **more: Any) -> DataFrame:
        resolver = getattr(self, _RESOLVER, None)
        if resolver is None or reader.get() is None:
            return sql(self, sqlQuery, args, **more) if args is not None or more else sql(self, sqlQuery)
        text = without_live(sqlQuery)
        resolver.prepare(relations(self, text))
        with _names_lock:
            return sql(self, text, args, **more) if args is not None or more else sql(self, text)

    SparkSession.table = session_table
    DataFrameReader.table = reader_table
    DataStreamReader.table = stream_table
    SparkSession.sql = session_sql


_names_lock = threading.RLock()


@contextmanager
def names_in(session: SparkSession, catalog: str | None, schema: str | None) -> Iterator[None]:
    """USE for one query. The session is shared by the flows, so nobody else analyses a query meanwhile."""
    with _names_lock:
        before = session.catalog.currentCatalog(), session.catalog.currentDatabase()
        use(session, catalog or before[0], schema or ("default" if catalog else before[1]))
        try:
            yield
        finally:
            use(session, *before)


def relations(session: SparkSession, text: str) -> list[list[str]]:
    """The relations that a query names, by Spark's own parser; a text that it refuses fails later, where it is run."""
    try:
        found = session._jvm.lakehouse.catalog.Plans.relations(session._jsparkSession, text)
    except Exception:
        return []
    return [name.split("\0") for name in found]


def without_live(text: str) -> str:
    """`LIVE.t` is `t` of the pipeline; Spark would look for a schema of that name."""
    if "live" not in text.lower():
        return text
    tokens = list(tokenize(SourceText(text, "<query>")))
    cut: list[tuple[int, int]] = []
    for at in range(len(tokens) - 2):
        first, dot, name = tokens[at : at + 3]
        qualified = at > 0 and tokens[at - 1].text == "."
        if first.upper == "LIVE" and dot.text == "." and not qualified:
            cut.append((first.start, name.start))
    for start, end in reversed(cut):
        text = text[:start] + text[end:]
    return text


def full_quoted(key: str) -> str:
    return quote(key.split(".", 2))
