"""The change events that a target has seen: Parquet files in a folder, and a list of those that count.

One folder for each batch; the list is replaced as a whole, so a batch is remembered wholly or not at all, and what a
killed process left is removed with the next one. Many small folders become one, so that reading does not grow with the
number of batches. Not a Delta table: its log would cost more than the events of a batch. Files are in the keys' order
and their pages are short, so that the events of a few keys are found by the pages' statistics, whatever there is beside
them.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from lakehouse_engine.auto_cdc.plan import UPDATES
from lakehouse_engine.errors import EngineError
from lakehouse_engine.files import local, replace
from lakehouse_engine.identifiers import quote

_LIST = "batches.json"
# So many folders below this size are written as one.
_SMALL_FOLDERS, _SMALL_BYTES = 16, 32 * 1024 * 1024


class EventStore:
    def __init__(self, spark: SparkSession, path: str, keys: Sequence[str]) -> None:
        self.spark = spark
        self.keys = keys
        self.folder = Path(local(path))

    def _state(self) -> dict[str, Any]:
        """`folders`: the names of those that count. `appended`: how many batches were."""
        try:
            return json.loads((self.folder / _LIST).read_text())
        except FileNotFoundError:
            return {"folders": [], "appended": 0}

    @property
    def partial(self) -> bool:
        """Whether some of the events update only some columns."""
        return self._state().get("partial", False)

    @property
    def appended(self) -> int:
        return self._state()["appended"]

    def exists(self) -> bool:
        if (self.folder / _LIST).exists():
            return True
        if (self.folder / "_delta_log").exists():
            raise EngineError(
                f"{self.folder} holds the change events of an older version; run a full refresh of the pipeline",
                error_class="UNKNOWN_CDC_STATE",
            )
        return False

    def read(self, schema: StructType) -> DataFrame:
        """All events, with the columns of `schema`; null in those that the events of older batches lack."""
        return self._read(self._state()["folders"], schema)

    def append(self, events: DataFrame) -> None:
        """Remembers the events of one batch."""
        state = self._state()
        self._forget_all_but(state["folders"])
        names = [*state["folders"], self._write(events)]
        rest = {"appended": state["appended"] + 1, "partial": UPDATES in events.columns}
        self._commit(names, rest)
        small = [name for name in names if _size(self.folder / name) < _SMALL_BYTES]
        if len(small) >= _SMALL_FOLDERS:
            merged = self._write(self._read(small, events.schema).coalesce(1))
            self._commit([*(name for name in names if name not in small), merged], rest)

    def _read(self, names: list[str], schema: StructType) -> DataFrame:
        return self.spark.read.schema(schema).parquet(*[f"file:{self.folder / name}" for name in names])

    def _write(self, events: DataFrame) -> str:
        name = uuid.uuid4().hex
        events.sortWithinPartitions(*map(quote, self.keys)).write.parquet(f"file:{self.folder / name}")
        return name

    def _commit(self, names: list[str], rest: dict[str, Any]) -> None:
        replace(self.folder / _LIST, json.dumps({"folders": names, **rest}))

    def _forget_all_but(self, names: list[str]) -> None:
        if self.folder.exists():
            for entry in self.folder.iterdir():
                if entry.is_dir() and entry.name not in names:
                    shutil.rmtree(entry)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())
