"""`command.…`: execution contexts, whose commands share a session and its names.

https://docs.databricks.com/api/workspace/commandexecution
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse_engine.catalog.columns import column_infos
from lakehouse_engine.errors import EngineError
from lakehouse_engine.notebook_runner.run import Run
from lakehouse_engine.notebook_runner.streams import Streams
from lakehouse_engine.sources.notebook import Cell

# Rows of a table that a command shows, as Databricks' API has them.
ROW_LIMIT = 1000


@dataclass
class Context:
    session: SparkSession
    names: dict[str, Any] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)


class Contexts:
    """`open_session`: a new one for a principal; `execute`: a cell of a run, in names that it brings up to date."""

    def __init__(
        self,
        open_session: Callable[[], SparkSession],
        execute: Callable[[Run, Cell, dict[str, Any]], None],
    ) -> None:
        self._open_session = open_session
        self._execute = execute
        self._contexts: dict[str, Context] = {}

    def open(self, context_id: str) -> None:
        self._contexts[context_id] = Context(self._open_session())

    def close(self, context_id: str) -> None:
        closed = self._contexts.pop(context_id, None)
        if closed is not None:
            Streams(closed.session).stop()

    def of(self, context_id: str) -> Context:
        found = self._contexts.get(context_id)
        if found is None:  # the engine started anew since
            raise EngineError(
                f"ContextNotFound: execution context {context_id} is gone; create another one.",
                error_class="CONTEXT_NOT_FOUND",
                error_code="NOT_FOUND",
            )
        return found

    def work(self, run: Run, params: Mapping[str, Any]) -> Callable[[], None]:
        context = self.of(params["contextId"])
        cell = Cell(1, params["language"].lower(), params["source"], 1)

        def body() -> None:
            with context.turn:
                self._execute(run, cell, context.names)

        return body


def table_of(frame: DataFrame) -> dict[str, Any]:
    """The first rows as JSON: numbers, texts and booleans as they are, other values as their text."""
    names = [field.name for field in frame.schema.fields]
    unique = frame.toDF(*[f"c{at}" for at in range(len(names))])
    rows = unique.select(F.to_json(F.struct(*unique.columns), {"ignoreNullFields": "false"})).limit(ROW_LIMIT + 1)
    found = [list(json.loads(row[0]).values()) for row in rows.collect()]
    return {
        "columns": [
            {"name": info["name"], "type_json": info["type_json"]} for info in column_infos(frame.schema, sizes=False)
        ],
        "rows": found[:ROW_LIMIT],
        "truncated": len(found) > ROW_LIMIT,
    }
