"""What the code that a thread runs belongs to: the update, and the flow that reads now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from pyspark.sql import DataFrame, Observation, SparkSession

from lakehouse_engine.expectations import Rules
from lakehouse_engine.graph.names import Defaults, Names
from lakehouse_engine.volumes import Volumes


class Reading(Protocol):
    """How the update resolves names in queries (updates/reading.py)."""

    names: Names

    def frame(
        self, reader: Reader, name: str, streaming: bool, defaults: Defaults | None, load: Callable[[str], Any]
    ) -> Any: ...

    def sql(self, reader: Reader, text: str) -> DataFrame | None: ...

    def query(
        self, reader: Reader, text: str, defaults: Defaults | None, frames: Mapping[str, DataFrame]
    ) -> DataFrame: ...


@dataclass(eq=False)
class Reader:
    """A flow while its query is evaluated; everything that the query reads is noted here."""

    reading: Reading
    session: SparkSession
    dataset: str | None  # key of the dataset that the flow writes, None where nothing is written
    volumes: Volumes
    schema_dir: str | None = None
    views: tuple[str, ...] = ()  # temporary views that are being evaluated, outermost first
    inputs: dict[str, int] = field(default_factory=dict)  # folder of a Delta table: its version
    reads: dict[str, set[str]] = field(default_factory=dict)  # by dataset or view: the names that its query reads
    rules: list[tuple[Rules, Observation | str]] = field(default_factory=list)  # of temporary views
    frame: DataFrame | None = None  # of the flow's own query, once it was evaluated
    queries: list[Any] = field(default_factory=list)


current: ContextVar[Reader | None] = ContextVar("pipeline_reader", default=None)


@contextmanager
def reading_as(reader: Reader | None) -> Iterator[None]:
    token = current.set(reader)
    try:
        yield
    finally:
        current.reset(token)


class CurrentSession:
    """`spark` of a pipeline's sources: the session of the flow that runs, which has that flow's settings."""

    def __init__(self, base: SparkSession) -> None:
        object.__setattr__(self, "_base", base)

    def __getattr__(self, name: str) -> Any:
        reader = current.get()
        return getattr(self._base if reader is None else reader.session, name)

    @property
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]
        return SparkSession  # isinstance(spark, SparkSession) holds in user code
