"""The flows of an update that run now. A stop of the update ends their streams, whose jobs are not the update's."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from pyspark.sql.streaming.query import StreamingQuery

from lakehouse_engine.flows.context import Reader


class RunningFlows:
    def __init__(self) -> None:
        self._readers: set[Reader] = set()
        self._stopped: set[StreamingQuery] = set()

    @contextlib.contextmanager
    def running(self, reader: Reader) -> Iterator[None]:
        self._readers.add(reader)
        try:
            yield
        finally:
            self._readers.discard(reader)

    def stop_streams(self) -> None:
        """Each in a thread of its own, since a stop waits for the code of the batch that is being written."""
        for reader in list(self._readers):
            for query in list(reader.queries):
                if query not in self._stopped:
                    self._stopped.add(query)
                    threading.Thread(target=_stop, args=(query,), name="stop-stream", daemon=True).start()


def _stop(query: StreamingQuery) -> None:
    with contextlib.suppress(Exception):  # it has ended by itself
        query.stop()
