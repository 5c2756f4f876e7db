"""What the query function of a dataset should not do: run queries of its own (told), or write (refused).

An update decides when a dataset's rows are computed and written; a function only says what they are.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pyspark.sql.classic.dataframe import DataFrame
from pyspark.sql.readwriter import DataFrameWriter, DataFrameWriterV2
from pyspark.sql.streaming.readwriter import DataStreamWriter

from lakehouse_engine.errors import EngineError

_RUN = ("collect", "count", "first", "foreach", "foreachPartition", "head", "isEmpty", "show", "tail", "take",
        "toArrow", "toLocalIterator", "toPandas")  # fmt: skip
_WRITE: dict[type, tuple[str, ...]] = {
    DataFrameWriter: ("csv", "insertInto", "jdbc", "json", "orc", "parquet", "save", "saveAsTable", "text"),
    DataFrameWriterV2: ("append", "create", "createOrReplace", "overwrite", "overwritePartitions", "replace"),
    DataStreamWriter: ("start", "toTable"),
}
_lock = threading.Lock()
_installed: set[str] = set()
_query: ContextVar[_Query | None] = ContextVar("pipeline_query", default=None)


class _Query:
    def __init__(self, place: str, warn: Callable[[str], None]) -> None:
        self.place = place
        self.warn = warn
        self.told: set[str] = set()


@contextmanager
def in_query(place: str, warn: Callable[[str], None]) -> Iterator[None]:
    """The code of this context is a query function, defined at `place`."""
    install()
    token = _query.set(_Query(place, warn))
    try:
        yield
    finally:
        _query.reset(token)


def tell(text: str) -> None:
    """A warning in the event log of the flow whose query function runs; once for each of its evaluations."""
    query = _query.get()
    if query is not None and text not in query.told:
        query.told.add(text)
        query.warn(text)


@contextmanager
def no_query() -> Iterator[None]:
    """Work that a query function gives rise to and does not do itself, as bringing what it reads up to date."""
    token = _query.set(None)
    try:
        yield
    finally:
        _query.reset(token)


def install() -> None:
    """Once for the process; code that is no query function does as it always did."""
    with _lock:
        if _installed:
            return
        _installed.add("actions")
        for name in _RUN:
            if hasattr(DataFrame, name):
                setattr(DataFrame, name, _told(name, getattr(DataFrame, name)))
        for owner, names in _WRITE.items():
            for name in names:
                setattr(owner, name, _refused(name, getattr(owner, name)))


def _told(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        query = _query.get()
        if query is None:
            return method(*args, **kwargs)
        if name not in query.told:
            query.told.add(name)
            query.warn(
                f"{query.place}: the function calls {name}(), which runs a query each time the function is evaluated; "
                "return a DataFrame that says the same"
            )
        with no_query():  # what the method calls itself is not the function's doing
            return method(*args, **kwargs)

    return call


def _refused(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        query = _query.get()
        if query is not None:
            raise EngineError(
                f"{query.place}: the function of a dataset calls {name}(); it must not write, but return a DataFrame. "
                "Write with a dataset, or with a sink",
                error_class="WRITE_IN_QUERY_FUNCTION",
                location=query.place,
            )
        return method(*args, **kwargs)

    return call
