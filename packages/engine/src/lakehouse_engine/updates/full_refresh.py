"""A full refresh is all or nothing: what it is to empty is on record before the first table is emptied.

A table that is emptied has another id, and a stream that has read the old one could not go on. So an update that is
stopped or killed between two tables leaves the rest on record, and the next update, whatever it was asked for, empties
them first.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Collection, Mapping
from pathlib import Path

from lakehouse_engine.graph.model import Dataset


def never_reset(asked: Collection[str], datasets: Mapping[str, Dataset]) -> set[str]:
    """Those of the asked whose property forbids a full refresh. They are refreshed without one, whether the whole
    pipeline or they themselves were selected for it, as in Spark (DatasetManager.constructFullRefreshSet).
    """
    allowed = {key: datasets[key].table_properties.get("pipelines.reset.allowed", "true") for key in asked}
    return {key for key, value in allowed.items() if str(value).lower() == "false"}


class FullRefresh:
    def __init__(self, storage: str) -> None:
        self._file = Path(storage) / "full_refresh.json"
        self._lock = threading.Lock()
        self._left: set[str] = set()

    def begin(self, asked: Collection[str], known: Collection[str]) -> None:
        """`asked`: keys of the datasets that this update is to empty; what an earlier one left and is `known` stays."""
        with self._lock:
            self._left = (self._read() & set(known)) | set(asked)
            self._write()

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def done(self, key: str) -> None:
        """The dataset has forgotten what it read; from here on its own mark says that its table is to be emptied."""
        with self._lock:
            self._left.discard(key)
            self._write()

    def _read(self) -> set[str]:
        try:
            return set(json.loads(self._file.read_text()))
        except FileNotFoundError:
            return set()

    def _write(self) -> None:
        if not self._left:
            self._file.unlink(missing_ok=True)
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_suffix(".tmp")
        partial.write_text(json.dumps(sorted(self._left)))
        os.replace(partial, self._file)
