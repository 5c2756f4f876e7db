"""Streams of an update: everything that is there when it starts, then it ends. Checkpoints make it exactly once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame
from pyspark.sql.streaming import StreamingQuery

from engine.updates.scheduler import Stopped

Observed = dict[str, list[Mapping[str, Any]]]


class Streams:
    """The streams that run now, so that a stop of the update can stop them."""

    def __init__(self) -> None:
        self._running: set[StreamingQuery] = set()
        self._lock = threading.Lock()
        self.stopping = threading.Event()

    def run(
        self,
        frame: DataFrame,
        *,
        name: str,
        checkpoint: str,
        path: str | None = None,
        batch: Callable[[DataFrame, int], None] | None = None,
        sink: tuple[str, Mapping[str, str]] | None = None,
    ) -> Observed:
        """Writes what is new to the Delta table at `path`, to `batch`, or to a sink. The observed rows by name."""
        if self.stopping.is_set():
            raise Stopped()
        writer = (
            frame.writeStream.queryName(name)
            .option("checkpointLocation", Path(checkpoint).resolve().as_uri())
            .trigger(availableNow=True)
        )
        if batch is not None:
            query = writer.foreachBatch(batch).start()
        elif sink is not None:
            query = writer.format(sink[0]).options(**sink[1]).start()
        else:
            query = writer.format("delta").outputMode("append").option("mergeSchema", "true").start(path)
        with self._lock:
            self._running.add(query)
        try:
            query.awaitTermination()
        except StreamingQueryException:
            if self.stopping.is_set():
                raise Stopped() from None
            raise
        finally:
            with self._lock:
                self._running.discard(query)
        if self.stopping.is_set():
            raise Stopped()
        return _observed(query)

    def stop(self) -> None:
        self.stopping.set()
        with self._lock:
            running = list(self._running)
        for query in running:
            query.stop()


def _observed(query: StreamingQuery) -> Observed:
    found: Observed = {}
    for progress in query._jsq.recentProgress():
        content = json.loads(progress.json())
        for name, row in (content.get("observedMetrics") or {}).items():
            found.setdefault(name, []).append(row)
        found.setdefault("", []).append({"input_rows": content.get("numInputRows", 0)})
    return found
