"""`sql.execute` and the SQL of notebooks: one statement, its session, its parameters, its result, its end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from engine.catalog import Catalog, Workspace
from engine.errors import EngineError
from engine.session import Engine, active
from engine.sources.sql.tokenizer import Kind, tokenize
from engine.sql.parameters import literals
from engine.sql.results import write_result


class Statements:
    def __init__(self, engine: Engine, catalog: Catalog, workspace: Workspace) -> None:
        self._engine = engine
        self._catalog = catalog
        self._workspace = workspace
        self._canceled: dict[str, threading.Event] = {}

    def execute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Answers `sql.execute`; the result's chunks are files in `resultDir`."""
        statement_id = params["statementId"]
        session = self._engine.new_session(params.get("catalog"), params.get("schema"))
        with self._cancelable(statement_id, session), active(session):
            frame = self.run(
                session, params["statement"], params.get("parameters") or (), principal=params.get("principal")
            )
            self._check(statement_id)
            return write_result(
                frame,
                format=params.get("format") or "JSON_ARRAY",
                folder=Path(params["resultDir"]),
                row_limit=params.get("rowLimit"),
                byte_limit=params.get("byteLimit"),
            )

    def run(
        self,
        session: SparkSession,
        statement: str,
        parameters: Iterable[Mapping[str, Any]] = (),
        *,
        principal: str | None = None,
    ) -> DataFrame:
        """Runs one statement in `session`; a command has run when this returns, a query runs when it is read."""
        text = statement.strip().rstrip(";").rstrip()
        if not text:
            raise EngineError("The statement is empty.", error_class="PARSE_EMPTY_STATEMENT")
        frame = session.sql(text, args=literals(session, parameters) or None)
        self._catalog.follow_events(principal)
        return frame

    def follow(self, principal: str | None) -> None:
        """Puts on record what the calling thread's Spark commands changed in the catalog."""
        self._catalog.follow_events(principal)

    def attach(self, session: SparkSession, principal: str | None) -> None:
        """Makes `spark.sql` of a notebook's session know Unity Catalog's statements, too."""

        def sql(sqlQuery: str, args: Any = None, **kwargs: Any) -> DataFrame:
            frame = SparkSession.sql(session, sqlQuery, args, **kwargs)
            self._catalog.follow_events(principal)
            return frame

        session.sql = sql

    @staticmethod
    def split(script: str) -> list[str]:
        """The statements of a script, without their semicolons."""
        found, start = [], None
        for token in tokenize(script):
            if token.kind is Kind.END or token.text == ";":
                if start is not None:
                    found.append(script[start : token.start].rstrip())
                start = None
            elif start is None:
                start = token.start
        return found

    def cancel(self, statement_id: str) -> None:
        event = self._canceled.get(statement_id)
        if event is not None:
            event.set()
            self._engine.spark.sparkContext.cancelJobGroup(statement_id)

    def _check(self, statement_id: str) -> None:
        if self._canceled[statement_id].is_set():
            raise EngineError("The statement was canceled.", error_class="CANCELED", error_code="CANCELLED")

    @contextlib.contextmanager
    def _cancelable(self, statement_id: str, session: SparkSession) -> Iterator[None]:
        self._canceled[statement_id] = threading.Event()
        session.sparkContext.setJobGroup(statement_id, "SQL statement", interruptOnCancel=True)
        try:
            yield
        except Exception:
            self._check(statement_id)
            raise
        finally:
            self._canceled.pop(statement_id, None)
