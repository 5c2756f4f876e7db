"""Sinks: a stream's rows leave the pipeline. Delta tables and folders, and the formats that Spark streams to."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame

from engine.errors import EngineError
from engine.expectations import Rules
from engine.flows import streams
from engine.flows.targets import Target
from engine.graph.model import Dataset, QueryFlow
from engine.updates.context import Reader

FORMATS = ("delta", "kafka")


def write(reader: Reader, dataset: Dataset, target: Target, flow: QueryFlow, frame: DataFrame) -> dict[str, Any]:
    if not frame.isStreaming:
        raise EngineError(
            f"{flow.location}: flow {flow.name} writes to the sink {dataset.name}, which takes streams only; read a "
            "source as a stream",
            error_class="INVALID_FLOW_QUERY",
            location=str(flow.location),
        )
    form = (dataset.sink_format or "").lower()
    if form not in FORMATS:
        raise EngineError(
            f"{dataset.location}: format {dataset.sink_format!r} of sink {dataset.name} is not supported here; "
            f"allowed: {', '.join(FORMATS)}",
            error_class="UNSUPPORTED_SINK_FORMAT",
            location=str(dataset.location),
        )
    rules = Rules(target.key, [])
    options = {k: v for k, v in dataset.sink_options.items() if k not in ("path", "tableName")}
    writer = streams.available_now(rules.apply(frame, streams.ROWS), target.checkpoint(flow.name), flow.name)
    writer = writer.format(form).options(**options)
    path, table = dataset.sink_options.get("path"), dataset.sink_options.get("tableName")
    if form == "delta" and bool(path) == bool(table):
        raise EngineError(
            f"{dataset.location}: the delta sink {dataset.name} needs one of the options path and tableName",
            error_class="INVALID_SINK_OPTION",
            location=str(dataset.location),
        )
    query = streams.run(reader, writer, lambda w: w.toTable(table) if table else w.start(path) if path else w.start())
    return streams.metrics(reader, rules, query)
