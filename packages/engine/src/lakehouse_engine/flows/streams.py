"""Streaming flows: whatever is new since the flow's checkpoint, appended to the target, then the stream ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.streaming.readwriter import DataStreamWriter

from lakehouse_engine import jvm
from lakehouse_engine.expectations import Rules
from lakehouse_engine.flows.context import Reader

ROWS = "flow_rows"
# Delta's sink, without its jobs for what a small table's checksum says (scala/catalog/TableStreams.scala).
TABLE = "org.apache.spark.sql.delta.lakehouse.TableStreams"


def replaces(frame: DataFrame) -> bool:
    """Whether each batch of the stream gives all its rows anew: an aggregation without a watermark."""
    return frame.isStreaming and jvm.of(frame.sparkSession).org.apache.spark.sql.lakehouse.Plans.replacesRows(
        frame._jdf
    )


def available_now(frame: DataFrame, checkpoint: str, name: str, mode: str = "append") -> DataStreamWriter:
    writer = frame.writeStream.outputMode(mode).queryName(name).trigger(availableNow=True)
    return writer.option("checkpointLocation", "file:" + checkpoint)


def run(
    reader: Reader, writer: DataStreamWriter, start: Callable[[DataStreamWriter], StreamingQuery]
) -> StreamingQuery:
    """Until the stream has taken all that is there; raises what stopped it."""
    query = start(writer)
    reader.queries.append(query)
    try:
        query.awaitTermination()
    finally:
        reader.queries.remove(query)
    return query


def observed(query: StreamingQuery, names: list[str]) -> dict[str, list[Mapping[str, Any]]]:
    """By name of the observation, its row of every batch."""
    rows: dict[str, list[Mapping[str, Any]]] = {name: [] for name in names}
    for progress in query.recentProgress:
        metrics = progress.observedMetrics
        for name in names:
            if name in metrics:
                rows[name].append(metrics[name].asDict())
    return rows


def metrics(reader: Reader, rules: Rules, query: StreamingQuery) -> dict[str, Any]:
    """The event log's figures for the flow's own rules and for those of the views that it read."""
    views = {name: view for view, name in reader.rules if isinstance(name, str)}
    rows = observed(query, [ROWS, *views])
    found = rules.metrics(rows[ROWS])
    # A stream ends when it has taken all that was there at its start.
    found["metrics"] |= {"backlog_bytes": 0, "backlog_files": 0}
    for name, view in views.items():
        add_quality(found, view.metrics(rows[name]))
    return found


def add_quality(found: dict[str, Any], more: Mapping[str, Any]) -> None:
    if "data_quality" in more:
        quality = found.setdefault("data_quality", {"dropped_records": 0, "expectations": []})
        quality["dropped_records"] += more["data_quality"]["dropped_records"]
        quality["expectations"] += more["data_quality"]["expectations"]
