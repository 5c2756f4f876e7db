"""What an update is once its sources are loaded. It never changes; flows, readers and rounds take it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_engine.cancellation import Cancellation
from lakehouse_engine.catalog import Catalog
from lakehouse_engine.event_log.progress import Progress
from lakehouse_engine.flows.targets import Target
from lakehouse_engine.graph.names import Names
from lakehouse_engine.session import Engine, active
from lakehouse_engine.sources.python_imports import PipelineImports
from lakehouse_engine.updates.request import UpdateRequest
from lakehouse_engine.updates.running_flows import RunningFlows

# What SparkContext.setJobGroup sets.
_JOB_GROUP = ("spark.jobGroup.id", "spark.job.description", "spark.job.interruptOnCancel")


@dataclass(frozen=True)
class UpdateContext:
    request: UpdateRequest
    engine: Engine
    catalog: Catalog
    progress: Progress  # writes the event log
    cancellation: Cancellation
    flows: RunningFlows
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
    """The thread's jobs are the update's, and its session is this one. Afterwards its jobs are again whose they were:
    a statement or a notebook may have started the update."""
    context: Any = session.sparkContext
    before = {name: context.getLocalProperty(name) for name in _JOB_GROUP}
    with active(session):
        context.setJobGroup(request.update_id, f"update of {request.name}", True)
        try:
            yield
        finally:
            for name, value in before.items():
                context.setLocalProperty(name, value)
