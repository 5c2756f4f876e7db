"""The streaming queries that a run's code starts: the run ends when they have, and ends them when it fails.

A failure in an active query fails the run, which terminates its other queries; a run does not complete while a query is
active.
https://docs.databricks.com/aws/en/structured-streaming/query-recovery
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery, StreamingQueryManager
from pyspark.sql.streaming.readwriter import DataStreamWriter

from lakehouse_engine.notebook_runner import output

# Seconds that a run's end waits for its queries to stop: one can be in the middle of code that does not end.
_GIVEN_UP = 10


class Streams:
    def __init__(self, session: SparkSession) -> None:
        self._session = session
        self._started: list[StreamingQuery] = []
        self._told: set[str] = set()
        self._stopping: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def add(self, query: StreamingQuery) -> None:
        self._started.append(query)

    def told(self) -> None:
        """The run's code knows which of its queries have failed by now; what it does about them is its own business."""
        self._told |= {query.runId for query in self._started if _failure(query) is not None}

    def wait(self, canceled: threading.Event, say: Callable[[str], None]) -> None:
        """Until no query is active. Raises what the first one fails with."""
        queries = {query.runId: query for query in [*self._started, *self._session.streams.active]}
        active = [query for query in queries.values() if query.isActive]
        if active:
            names = ", ".join(query.name or query.id for query in active)
            say(f"The run goes on while its streaming queries are active: {names}")
        while not canceled.is_set():
            for run_id, query in queries.items():
                failure = _failure(query) if run_id not in self._told else None
                if failure is not None:
                    raise failure
            if not any(query.isActive for query in queries.values()):
                return
            canceled.wait(0.2)

    def stop(self) -> None:
        """Begins to stop those that are active; a query ends when its batch does."""
        with self._lock, contextlib.suppress(Exception):  # the JVM may have ended
            for query in self._session.streams.active:
                if query.runId not in self._stopping:
                    thread = threading.Thread(target=query.stop, name=f"stop-{query.runId}", daemon=True)
                    self._stopping[query.runId] = thread
                    thread.start()

    def end(self) -> None:
        self.stop()
        for thread in list(self._stopping.values()):
            thread.join(_GIVEN_UP)


def _failure(query: StreamingQuery) -> Exception | None:
    return None if query.isActive else query.exception()


def install() -> None:
    """For the whole process, once."""
    for name in ("start", "toTable"):
        setattr(DataStreamWriter, name, _started(getattr(DataStreamWriter, name)))
    for owner, names in (
        (StreamingQuery, ("awaitTermination", "processAllAvailable")),
        (StreamingQueryManager, ("awaitAnyTermination",)),
    ):
        for name in names:
            setattr(owner, name, _telling(getattr(owner, name)))


def _started(start: Callable[..., StreamingQuery]) -> Callable[..., StreamingQuery]:
    @functools.wraps(start)
    def call(*args: Any, **kwargs: Any) -> StreamingQuery:
        query = start(*args, **kwargs)
        run = output.current_run()
        if run is not None:
            run.streams.add(query)
        return query

    return call


def _telling(wait: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(wait)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return wait(*args, **kwargs)
        except Exception:
            run = output.current_run()
            if run is not None:
                run.streams.told()
            raise

    return call
