"""What an update is once its sources are loaded. It never changes; flows, readers and rounds take it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from pyspark.sql import SparkSession

from lakehouse_engine.catalog import Catalog
from lakehouse_engine.event_log.progress import Progress
from lakehouse_engine.flows.context import Reader
from lakehouse_engine.flows.targets import Target
from lakehouse_engine.graph.names import Names
from lakehouse_engine.session import Engine, active
from lakehouse_engine.sources.python_imports import PipelineImports
from lakehouse_engine.updates.request import UpdateRequest


@dataclass(frozen=True)
class Control:
    """How an update is stopped: the flag that its work checks, and the flows whose streams a stop ends."""

    stopping: threading.Event = field(default_factory=threading.Event)
    flows_ended: threading.Event = field(default_factory=threading.Event)
    readers: set[Reader] = field(default_factory=set)


@dataclass(frozen=True)
class UpdateContext:
    request: UpdateRequest
    engine: Engine
    catalog: Catalog
    progress: Progress  # writes the event log
    control: Control
    session: SparkSession
    names: Names
    imports: PipelineImports
    code: str  # a digest of all that defines the pipeline's rows

    def target(self, key: str) -> Target:
        request = self.request
        return Target(
            key, self.names.table(key), self.names.datasets[key], self.catalog, request.storage, request.pipeline_id,
            request.principal, self.names.defaults,
        )  # fmt: skip

    def active(self, session: SparkSession) -> contextlib.AbstractContextManager[None]:
        return in_update(self.request, session)


@contextlib.contextmanager
def in_update(request: UpdateRequest, session: SparkSession) -> Iterator[None]:
    """The thread's jobs are the update's, and its session is this one."""
    with active(session):
        session.sparkContext.setJobGroup(request.update_id, f"update of {request.name}", True)
        yield
