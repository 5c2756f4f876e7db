"""What a case of the corpus says: sources, the files that land before each update, and what must come of it.

The cases of an area run in one pipeline, each from sources of its own, so names of datasets are unique in an area.
A case whose update fails, or that says `alone`, runs in a pipeline of its own. In sources, statements and paths
`LANDING` stands for the case's own folder in a volume, `SCHEMA.` for the pipeline's catalog and schema (`main.x.`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NOTEBOOK = {"sql": "-- Databricks notebook source\n", "py": "# Databricks notebook source\n"}
Value = Any  # None, bool, number or text; compared as the text that a statement's JSON_ARRAY result has


@dataclass(frozen=True)
class Table:
    """A dataset after an update. What is None is not looked at.

    `rows`: in any order, of `select`. `columns`: "name type" or "name type 'comment'", in order. `rules`: the update's
    counts, name → (passed, failed). `written`: the rows that the update wrote. `record`: fields of the TableRecord
    that the catalog was told; of `properties` only the given keys are compared. `protection`: what the update asked
    Unity Catalog for: (ROW FILTER or the column, function or None, arguments).
    """

    rows: Sequence[Sequence[Value]] | None = None
    select: str = "*"
    columns: Sequence[str] | None = None
    comment: str | None = None
    rules: Mapping[str, tuple[int, int]] | None = None
    dropped: int | None = None
    written: int | None = None
    record: Mapping[str, Any] = field(default_factory=dict)
    protection: Sequence[tuple[str, str | None, Sequence[str]]] | None = None
    gone: bool = False  # the catalog has no such table


@dataclass(frozen=True)
class Step:
    """One update. `land`: file → text or bytes, relative to LANDING. `run`: SQL before it. `params`: of update.run.

    `tables`: by name (one part: in the pipeline's schema). `queries`: statement → its rows, in order. `fails`: a
    regular expression that the failed update's message matches.
    """

    land: Mapping[str, str | bytes] = field(default_factory=dict)
    run: Sequence[str] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    queries: Mapping[str, Sequence[Sequence[Value]]] = field(default_factory=dict)
    fails: str | None = None
    edit: Mapping[str, str] = field(default_factory=dict)  # file → its new text, from this update on


@dataclass(frozen=True)
class Case:
    """`page`: the page of Databricks' reference that the case comes from. `sources`: file name → text, SQL or Python by
    its ending; a notebook begins with NOTEBOOK["sql"] or NOTEBOOK["py"]. `files`: modules beside the sources."""

    name: str
    page: str
    sources: Mapping[str, str]
    steps: Sequence[Step]
    files: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    alone: bool = False

    @property
    def apart(self) -> bool:
        return self.alone or any(step.fails or step.params or step.edit for step in self.steps)


def sql(name: str, page: str, text: str, *steps: Step, **more: Any) -> Case:
    """A case of one SQL file."""
    return Case(name, page, {"source.sql": text}, steps, **more)


def python(name: str, page: str, text: str, *steps: Step, **more: Any) -> Case:
    """A case of one Python file; `dp` is imported."""
    return Case(name, page, {"source.py": "from pyspark import pipelines as dp\n" + text}, steps, **more)


def refused(name: str, page: str, text: str, message: str, ending: str = "sql", **more: Any) -> Case:
    """A case whose source is wrong: the update fails with `message`, a regular expression."""
    return Case(name, page, {f"source.{ending}": text}, (Step(fails=message),), **more)


@dataclass(frozen=True)
class Area:
    """The cases of one subject; `name` is also its schema's."""

    name: str
    cases: Sequence[Case]

    def __post_init__(self) -> None:
        names = [case.name for case in self.cases]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"area {self.name} has several cases named {', '.join(sorted(twice))}")

    @property
    def parameters(self) -> dict[str, Any]:
        """For pytest.mark.parametrize: each case is a test."""
        return {"argnames": "case", "argvalues": self.cases, "ids": [case.name for case in self.cases]}
