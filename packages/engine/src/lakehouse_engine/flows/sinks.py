"""Sinks: a stream's rows leave the pipeline. Delta tables and folders, and the formats that Spark streams to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from pyspark.sql import DataFrame

from lakehouse_engine import jvm
from lakehouse_engine.catalog.views import VIEWS
from lakehouse_engine.errors import EngineError
from lakehouse_engine.expectations import Rules
from lakehouse_engine.flows import streams
from lakehouse_engine.flows.context import Reader
from lakehouse_engine.flows.targets import Target
from lakehouse_engine.graph.model import Dataset, QueryFlow
from lakehouse_engine.graph.names import split
from lakehouse_engine.identifiers import quote_all
from lakehouse_engine.session import active

FORMATS = ("delta", "kafka")


def write(reader: Reader, dataset: Dataset, target: Target, flow: QueryFlow, frame: DataFrame) -> dict[str, Any]:
    if not frame.isStreaming:
        raise EngineError(
            f"{flow.location}: flow {flow.name} writes to the sink {dataset.name}, which takes streams only; read a "
            "source as a stream",
            error_class="INVALID_FLOW_QUERY",
            location=str(flow.location),
        )
    rules = Rules(target.key, [])
    if flow.updates and (dataset.sink_format or "").lower() == "delta":
        raise EngineError(
            f"{flow.location}: update_flow {flow.name} writes to the delta sink {dataset.name}, which takes appended "
            "rows only; use append_flow, or another sink",
            error_class="INVALID_FLOW_TARGET",
            location=str(flow.location),
        )
    rows, mode = rules.apply(frame, streams.ROWS), "update" if flow.updates else "append"
    writer = streams.available_now(rows, target.checkpoint(flow.name), flow.name, mode)
    if dataset.batch_handler is not None:
        query = streams.run(reader, writer.foreachBatch(_handler(reader, dataset)), lambda w: w.start())
        return streams.metrics(reader, rules, query)
    form = dataset.sink_format or ""
    form = form.lower() if form.lower() in FORMATS else form
    if form not in FORMATS and not _is_python_source(reader, form):
        raise EngineError(
            f"{dataset.location}: format {dataset.sink_format!r} of sink {dataset.name} is not supported here; "
            f"allowed: {', '.join(FORMATS)}, and Python data sources that the code registers",
            error_class="UNSUPPORTED_SINK_FORMAT",
            location=str(dataset.location),
        )
    options = {k: v for k, v in dataset.sink_options.items() if k not in ("path", "tableName")}
    writer = writer.format(form).options(**options)
    path, table = dataset.sink_options.get("path"), dataset.sink_options.get("tableName")
    if form == "delta" and bool(path) == bool(table):
        raise EngineError(
            f"{dataset.location}: the delta sink {dataset.name} needs one of the options path and tableName",
            error_class="INVALID_SINK_OPTION",
            location=str(dataset.location),
        )
    if table:
        name = _table(reader, dataset, target, table, frame)
        query = streams.run(reader, writer, lambda w: w.toTable(name))
    else:
        place = _path(reader, target, path) if path else None
        query = streams.run(reader, writer, lambda w: w.start(place))
    return streams.metrics(reader, rules, query)


def _table(reader: Reader, dataset: Dataset, target: Target, name: str, frame: DataFrame) -> str:
    """The name of the table that a sink writes to: made on first use; later, the principal must be allowed to."""
    full = reader.reading.names.defaults.full(name)
    record = target.catalog.get(full)
    if record is None:
        target.catalog.create_table(full, frame.schema, principal=target.principal)
    elif record.get("pipelineId") or record["tableType"] in VIEWS:
        raise EngineError(
            f"{dataset.location}: the sink {dataset.name} writes to {full}, which is a view or a pipeline's dataset; "
            "name another table",
            error_class="INVALID_SINK_OPTION",
            location=str(dataset.location),
        )
    else:
        target.catalog.authorize(target.principal, "MODIFY", "TABLE", full)
    return quote_all(split(full))


def _path(reader: Reader, target: Target, path: str) -> str:
    """A folder of a volume is one of this machine; another path is Spark's business."""
    volumes = reader.volumes
    if not volumes.is_volume_path(path):
        return path
    parts = PurePosixPath(path.removeprefix("dbfs:")).parts
    target.catalog.authorize(target.principal, "WRITE_VOLUME", "VOLUME", ".".join(parts[2:5]))
    return "file:" + volumes.to_local(path)


def _handler(reader: Reader, dataset: Dataset) -> Callable[[DataFrame, int], None]:
    """Spark gives each batch a session of its own, which is the update's principal's, too."""
    handle = dataset.batch_handler
    assert handle is not None, "a batch handler writes this sink"
    guard = jvm.of(reader.session).org.apache.spark.sql.lakehouse.Guard

    def run(frame: DataFrame, number: int) -> None:
        guard.inherit(reader.session._jsparkSession, frame.sparkSession._jsparkSession)
        with active(frame.sparkSession):
            handle(frame, number)

    return run


def _is_python_source(reader: Reader, name: str) -> bool:
    return reader.session._jsparkSession.sessionState().dataSourceManager().dataSourceExists(name)
