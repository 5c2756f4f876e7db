"""Reading by name inside of a flow: a name that means a dataset of the pipeline brings that dataset up to date first.

`install` teaches Spark's readers to ask the flow that runs in their thread; elsewhere they are as they were.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.readwriter import DataFrameReader
from pyspark.sql.sql_formatter import SQLStringFormatter
from pyspark.sql.streaming.readwriter import DataStreamReader
from pyspark.sql.types import StructType

from lakehouse_engine import jvm
from lakehouse_engine.catalog import Catalog
from lakehouse_engine.errors import EngineError
from lakehouse_engine.expectations import Rules
from lakehouse_engine.files import local
from lakehouse_engine.flows.batch import version
from lakehouse_engine.flows.context import Reader, current, reading_as
from lakehouse_engine.graph.model import Dataset, DatasetKind, QueryFlow
from lakehouse_engine.graph.names import Defaults, Names, split
from lakehouse_engine.identifiers import quote_all
from lakehouse_engine.readers import install as install_readers
from lakehouse_engine.session import clone as clone_session
from lakehouse_engine.session import use
from lakehouse_engine.updates.actions import no_query

_lock = threading.Lock()
_original: dict[str, Callable] = {}


class Reading:
    """`need(key, reader)` brings a dataset up to date, and answers its schema where the update only validates."""

    def __init__(
        self,
        names: Names,
        catalog: Catalog,
        need: Callable[[str, str | None], StructType | None],
        empty_folder: str,
    ) -> None:
        self.names = names
        self.catalog = catalog
        self._need = need
        self._empty_folder = empty_folder
        self.views_read: set[str] = set()

    def find(self, name: str, defaults: Defaults | None = None) -> str | None:
        """The pipeline's dataset that `name` means where `defaults` complete it (the pipeline's own when None)."""
        parts = split(name)
        if defaults is None or len(parts) == 3 or parts[0].lower() == "live":
            return self.names.find(name)
        return (
            self.names.find(name)
            if self._is_local(name)
            else self.names.find(quote_name(defaults.full(quote_all(parts))))
        )

    def _is_local(self, name: str) -> bool:
        """Whether it is a view or a private table of the pipeline, which USE does not look for in a schema."""
        key = self.names.find(name)
        return key is not None and ("." not in key or (len(split(name)) == 1 and self.names.datasets[key].private))

    def frame(self, reader: Reader, name: str, streaming: bool, defaults: Defaults | None, load: Callable) -> Any:
        """`load(full name)` for a table, the function's frame for a temporary view."""
        key = self.find(name, defaults)
        if key is None:
            return self._foreign(reader, name, streaming, defaults, load)
        self._read(reader, key)
        dataset = self.names.datasets[key]
        if dataset.kind is DatasetKind.SINK:
            raise EngineError(f"{name} is a sink, which cannot be read", error_class="SINK_NOT_READABLE")
        if dataset.kind is DatasetKind.TEMPORARY_VIEW:
            return self._view(reader, key, dataset, streaming)
        with reading_as(None), no_query():  # bringing it up to date, on this thread, is not the flow's doing
            schema = self._need(key, reader.dataset)
        if schema is not None:
            return self.placeholder(reader.session, schema, streaming)
        table = self.names.table(key)
        self._note(reader, table)
        return load(quote_name(table))

    def placeholder(self, session: SparkSession, schema: StructType, streaming: bool) -> DataFrame:
        """No rows, but the columns: what an update that only validates reads instead of a table."""
        if not streaming:
            return session.createDataFrame([], schema)
        os.makedirs(self._empty_folder, exist_ok=True)
        return session.readStream.schema(schema).format("parquet").load("file:" + self._empty_folder)

    def _foreign(self, reader: Reader, name: str, streaming: bool, defaults: Defaults | None, load: Callable) -> Any:
        parts = split(name)
        if len(parts) == 2 and parts[0].lower() == "live":
            known = ", ".join(sorted(d.name for d in self.names.datasets.values()))
            raise EngineError(
                f"{name}: the pipeline has no dataset {parts[1]}; it has {known}",
                error_class="TABLE_OR_VIEW_NOT_FOUND",
            )
        full = (defaults or self.names.defaults).full(quote_all(parts))
        self._read(reader, full)
        self._note(reader, full)
        return load(name)

    def _read(self, reader: Reader, name: str) -> None:
        consumer = reader.views[-1] if reader.views else reader.dataset
        if consumer is not None:
            reader.reads.setdefault(consumer, set()).add(name)

    def _note(self, reader: Reader, full_name: str) -> None:
        record = self.catalog.get(full_name)
        if record and record.get("location"):
            folder = local(record["location"])
            reader.inputs[folder] = version(folder)

    def _view(self, reader: Reader, key: str, dataset: Dataset, streaming: bool) -> DataFrame:
        if key in reader.views:
            path = " → ".join([*reader.views[reader.views.index(key) :], key])
            raise EngineError(f"Views read each other in a circle: {path}", error_class="CIRCULAR_DEPENDENCY")
        (flow,) = self.names.flows.get(key) or [None]
        if not isinstance(flow, QueryFlow):
            raise EngineError(f"{dataset.location}: view {key} has no query", error_class="DATASET_WITHOUT_FLOW")
        self.views_read.add(key)
        before, session = reader.views, reader.session
        reader.views = (*before, key)
        if flow.spark_conf:  # settings of the view's query: what it resolves under them stays so in the flow's plan
            reader.session = clone(session)
            for name, value in flow.spark_conf.items():
                reader.session.conf.set(name, value)
        try:
            frame = flow.query()
        finally:
            reader.views, reader.session = before, session
        if not isinstance(frame, DataFrame):
            raise not_a_frame(flow, frame)
        if streaming and not frame.isStreaming:
            raise EngineError(
                f"{key} is a view of a batch query, which cannot be read as a stream; read it without STREAM, or let "
                "the view read its own sources as streams",
                error_class="VIEW_NOT_STREAMING",
            )
        if dataset.expectations:
            rules = Rules(key, dataset.expectations)
            name = f"view_{len(reader.rules)}_{abs(hash(key)):x}"
            observation: Observation | str = name if frame.isStreaming else Observation(name)
            frame = rules.apply(frame, observation)
            reader.rules.append((rules, observation))
        return frame

    def sql(
        self,
        reader: Reader,
        text: str,
        defaults: Defaults | None = None,
        frames: Mapping[str, DataFrame] = MappingProxyType({}),
    ) -> DataFrame | None:
        """The frame of a query that reads datasets of the pipeline, or `frames`; None where it reads none of them."""
        session = reader.session
        plans = jvm.of(session).org.apache.spark.sql.lakehouse.Plans
        replaced = jvm.of(session).java.util.HashMap()
        for mode, *parts in [list(relation) for relation in plans.relations(session._jsparkSession, text)]:
            name = quote_all(parts)
            if len(parts) > 3:
                continue
            if len(parts) == 1 and parts[0] in frames:
                replaced.put("\0".join([mode, *parts]), frames[parts[0]]._jdf)
                continue
            if len(parts) == 1 and session.catalog._jcatalog.tableExists(name) and self.find(name, defaults) is None:
                continue  # a temporary view of the session
            if self.find(name, defaults) is None and parts[0].lower() != "live":
                if parts[0].lower() == "delta" and len(parts) == 2 and "/" in parts[1] and mode == "stream":
                    # Spark's own streams of SQL are of tables only; the query asks who may read the folder.
                    _original["sql"](session, f"SELECT * FROM {name}")
                    replaced.put("\0".join([mode, *parts]), session.readStream.format("delta").load(parts[1])._jdf)
                elif "/" not in parts[-1]:  # a path, as in csv.`/Volumes/…`, is no table
                    full = (defaults or self.names.defaults).full(name)
                    self._read(reader, full)
                    self._note(reader, full)
                continue
            streaming = mode == "stream"
            key = "\0".join([mode, *parts])
            if not replaced.containsKey(key):
                frame = self.frame(reader, name, streaming, defaults, lambda full, s=streaming: _load(session, full, s))
                replaced.put(key, frame._jdf)
        if replaced.isEmpty():
            return None
        return DataFrame(plans.query(session._jsparkSession, text, replaced), session)

    def query(self, reader: Reader, text: str, defaults: Defaults | None, frames: Mapping[str, DataFrame]) -> DataFrame:
        """The frame of a query in SQL; `defaults` complete its names, as after USE, and `frames` stand for some."""
        if defaults is None:
            found = self.sql(reader, text, frames=frames)
            return found if found is not None else _original["sql"](reader.session, text)
        before, reader.session = reader.session, clone(reader.session)
        try:
            use(reader.session, defaults.catalog, defaults.schema)
            found = self.sql(reader, text, defaults, frames)
            return found if found is not None else _original["sql"](reader.session, text)
        finally:
            reader.session = before


def clone(session: SparkSession) -> SparkSession:
    """A session with the same settings and temporary views, which then goes its own way."""
    made = clone_session(session)
    context = getattr(session, "_lakehouse_readers", None)
    if context is not None:
        install_readers(made, context)
    return made


def _bound(session: SparkSession, text: str, args: Any) -> str:
    """The query with `:name`s of a dict, or `?`s of a list, replaced by literals."""
    if not args:
        return text
    literals = jvm.of(session).org.apache.spark.sql.lakehouse.Literals
    values = args.items() if isinstance(args, dict) else enumerate(args)
    columns = {name: F.lit(value)._jc for name, value in values}
    given = columns if isinstance(args, dict) else list(columns.values())
    return literals.bindArguments(session._jsparkSession, text, given)


def _load(session: SparkSession, full: str, streaming: bool) -> DataFrame:
    return _original["stream_table"](session.readStream, full) if streaming else _original["table"](session, full)


def quote_name(full_name: str) -> str:
    return quote_all(split(full_name))


def not_a_frame(flow: QueryFlow, found: Any) -> EngineError:
    return EngineError(
        f"{flow.location}: {flow.name} returned {type(found).__name__}; it must return a DataFrame",
        error_class="QUERY_FUNCTION_WITHOUT_FRAME",
        location=str(flow.location),
    )


def install() -> None:
    """Once for the process."""
    with _lock:
        if _original:
            return
        _original.update(
            table=SparkSession.table,
            sql=SparkSession.sql,
            read_table=DataFrameReader.table,
            stream_table=DataStreamReader.table,
        )

    def table(self: SparkSession, tableName: str) -> DataFrame:
        reader = current.get()
        if reader is None:
            return _original["table"](self, tableName)
        return reader.reading.frame(reader, tableName, False, None, lambda full: _original["table"](self, full))

    def read_table(self: DataFrameReader, tableName: str) -> DataFrame:
        reader = current.get()
        if reader is None:
            return _original["read_table"](self, tableName)
        return reader.reading.frame(reader, tableName, False, None, lambda full: _original["read_table"](self, full))

    def stream_table(self: DataStreamReader, tableName: str) -> DataFrame:
        reader = current.get()
        if reader is None:
            return _original["stream_table"](self, tableName)
        return reader.reading.frame(reader, tableName, True, None, lambda full: _original["stream_table"](self, full))

    def sql(self: SparkSession, sqlQuery: str, args: Any = None, **kwargs: Any) -> DataFrame:
        reader = current.get()
        if reader is None:
            return _original["sql"](self, sqlQuery, args, **kwargs)
        formatter = SQLStringFormatter(self)
        text = _bound(self, formatter.format(sqlQuery, **kwargs) if kwargs else sqlQuery, args)
        try:
            found = reader.reading.sql(reader, text)
            return found if found is not None else _original["sql"](self, text)
        finally:
            formatter.clear()

    SparkSession.table = table
    SparkSession.sql = sql
    DataFrameReader.table = read_table
    DataStreamReader.table = stream_table
