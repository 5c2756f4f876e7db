"""Which pipeline's graph the running source fills, and where in the source a call stands."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import Expectation, Graph, SourceLocation


@dataclass
class Registration:
    """What a source fills while it executes. `paths` maps the real files that run to their workspace paths."""

    graph: Graph
    spark: Any
    paths: Mapping[str, str]
    ruled: list[tuple[list[Expectation], SourceLocation]] = field(default_factory=list)

    def placed(self, rules: list[Expectation]) -> None:
        """These rules have gone to a dataset, or into a longer list."""
        self.ruled = [held for held in self.ruled if held[0] is not rules]

    def check(self) -> None:
        """Every rule belongs to a dataset: one on a function that defines none would never be looked at."""
        for rules, location in self.ruled:
            if rules:
                raise EngineError(
                    f"{location}: expectation {rules[0].name} is on a function that defines no dataset; put it on "
                    "table, materialized_view or temporary_view, or, for a flow, on its create_streaming_table",
                    error_class="EXPECTATION_WITHOUT_DATASET",
                    location=str(location),
                )  # fmt: skip


_current: ContextVar[Registration | None] = ContextVar("pipeline_registration", default=None)


@contextmanager
def registering(registration: Registration) -> Iterator[None]:
    token = _current.set(registration)
    try:
        yield
    finally:
        _current.reset(token)


def registration_of(what: str) -> Registration:
    registration = _current.get()
    if registration is None:
        raise EngineError(
            f"{what} was called outside of a pipeline's source code; define datasets while the source is loaded, "
            "not inside of a dataset's function",
            error_class="OUTSIDE_OF_PIPELINE",
        )
    return registration


def location_in(registration: Registration) -> SourceLocation:
    frame = sys._getframe(1)
    while frame is not None:
        path = registration.paths.get(frame.f_code.co_filename)
        if path is not None:
            return SourceLocation(path, frame.f_lineno)
        frame = frame.f_back
    return SourceLocation("<source>")
