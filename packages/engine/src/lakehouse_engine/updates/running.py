"""What the parts of an update know of the whole (updates/update.py)."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import Protocol

from pyspark.sql import SparkSession

from lakehouse_engine.catalog import Catalog
from lakehouse_engine.event_log.progress import Progress
from lakehouse_engine.flows.context import Reader
from lakehouse_engine.flows.targets import Target
from lakehouse_engine.graph.model import Flow
from lakehouse_engine.graph.names import Names
from lakehouse_engine.session import Engine
from lakehouse_engine.updates.full_refresh import FullRefresh
from lakehouse_engine.updates.reading import Reading
from lakehouse_engine.updates.scheduler import Outcome


class RunningUpdate(Protocol):
    engine: Engine
    catalog: Catalog
    session: SparkSession
    names: Names
    reading: Reading
    progress: Progress
    pipeline_id: str
    code: str  # a digest of all that defines the pipeline's rows
    full_refresh: FullRefresh
    readers: set[Reader]
    stopping: threading.Event

    def active(self, session: SparkSession) -> AbstractContextManager[None]: ...

    def target(self, key: str) -> Target: ...

    def resets(self, key: str) -> bool:
        """Whether the dataset is emptied before its flows run."""
        ...

    def failed(self, key: str, flow: Flow, error: BaseException) -> None: ...

    def bring_up_to_date(self, keys: list[str], *, whole: bool = False) -> dict[str, Outcome]: ...

    def publish_events(self) -> None: ...
