"""`sql.execute` and the SQL of notebooks: one statement, its session, its parameters, its result, its end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from engine.catalog import Catalog, Workspace
from engine.catalog.functions import parameters
from engine.errors import EngineError
from engine.session import Engine, active, use
from engine.sources.sql.errors import SqlSyntaxError
from engine.sources.sql.tokenizer import Kind, tokenize
from engine.sql import unity
from engine.sql.parameters import bind
from engine.sql.results import write_result

# A name for functions that are only looked at.
_CHECKED = "function_to_check"


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
        self._engine.guard.protect(session, params.get("principal"))
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
        return self._run(session, bind(session, text, parameters), principal)

    def _run(self, session: SparkSession, text: str, principal: str | None) -> DataFrame:
        catalog, schema = current(session)
        special = self._special(session, text, principal, catalog, schema)
        if special is not None:
            return special
        frame = SparkSession.sql(session, text)
        self._catalog.follow_events(principal)
        return _named_as_databricks(text, frame)

    def _special(
        self, session: SparkSession, text: str, principal: str | None, catalog: str, schema: str
    ) -> DataFrame | None:
        """Statements that are not Spark's: Unity Catalog's, and USE CATALOG and SHOW CATALOGS."""
        try:
            words = [token.upper for token in tokenize(text)[:2]]
            statement = unity.parse(text, unity.Names(catalog, schema))
        except SqlSyntaxError as error:
            raise EngineError(
                f"[{error.error_class}] {error}", error_class=error.error_class, location=error.location
            ) from None
        if words == ["USE", "CATALOG"]:
            name = tokenize(text)[2].identifier
            if name.lower() not in self._catalog.schemas():
                raise EngineError(f"Catalog '{name}' does not exist.", error_class="NO_SUCH_CATALOG_EXCEPTION")
            use(session, name)
            return session.createDataFrame([], StructType([]))
        if words == ["SHOW", "CATALOGS"]:
            return session.createDataFrame([(name,) for name in sorted(self._catalog.schemas())], "catalog string")
        if statement is None:
            return None
        if statement["kind"] == "createFunction":
            self._check_function(session, statement)
        answer = self._workspace.request("catalog.statement", {"statement": statement, "principal": principal})
        fields = [StructField(column["name"], StringType()) for column in answer.get("columns", [])]
        return session.createDataFrame([tuple(row) for row in answer.get("rows", [])], StructType(fields))

    @staticmethod
    def _check_function(session: SparkSession, statement: Mapping[str, Any]) -> None:
        """Lets Spark look at the body before the function is on record."""
        function = statement["function"]
        catalog, schema, _ = statement["name"].split(".", 2)
        table = function["data_type"] == "TABLE_TYPE"
        returns = f"TABLE({function['full_data_type']})" if table else function["full_data_type"]
        before = current(session)
        use(session, catalog, schema)
        try:
            SparkSession.sql(
                session,
                f"CREATE OR REPLACE TEMPORARY FUNCTION `{_CHECKED}`({parameters(function)}) "
                f"{f'RETURNS {returns}' if returns else ''} RETURN {function['routine_definition']}",
            )
            SparkSession.sql(session, f"DROP TEMPORARY FUNCTION `{_CHECKED}`")
        finally:
            use(session, *before)

    def follow(self, principal: str | None) -> None:
        """Puts on record what the calling thread's Spark commands changed in the catalog."""
        self._catalog.follow_events(principal)

    def attach(self, session: SparkSession, principal: str | None) -> None:
        """Makes a notebook's session the principal's, and its `spark.sql` know Unity Catalog's statements, too."""
        self._engine.guard.protect(session, principal)

        def sql(sqlQuery: str, args: Any = None, **kwargs: Any) -> DataFrame:
            if args or kwargs:  # Spark puts these in itself
                frame = SparkSession.sql(session, sqlQuery, args, **kwargs)
                self._catalog.follow_events(principal)
                return frame
            return self.run(session, sqlQuery, principal=principal)

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


def current(session: SparkSession) -> tuple[str, str]:
    """The catalog and schema in use."""
    manager = session._jsparkSession.sessionState().catalogManager()
    with active(session):
        namespace = list(manager.currentNamespace())
        return manager.currentCatalog().name(), namespace[0] if namespace else "default"


def _named_as_databricks(text: str, frame: DataFrame) -> DataFrame:
    """SHOW SCHEMAS and SHOW TABLES name their first column otherwise than open Spark."""
    words = [token.upper for token in tokenize(text)[:2]]
    if words in (["SHOW", "SCHEMAS"], ["SHOW", "DATABASES"]):
        return frame.toDF("databaseName", *frame.columns[1:])
    if words in (["SHOW", "TABLES"], ["SHOW", "VIEWS"]):
        return frame.toDF("database", *frame.columns[1:])
    return frame
