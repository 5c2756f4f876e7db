"""`sql.execute` and the SQL of notebooks: one statement, its session, its parameters, its result, its end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pyspark.errors import ParseException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from engine.catalog import Catalog, Workspace
from engine.errors import EngineError
from engine.session import Engine, active, use
from engine.sources.sql.errors import SqlSyntaxError
from engine.sources.sql.tokenizer import Kind, tokenize
from engine.sql import access, information_schema, unity
from engine.sql.parameters import bind
from engine.sql.protection import protected_frame
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
        return self._run(session, bind(session, text, parameters), principal)

    def _run(self, session: SparkSession, text: str, principal: str | None) -> DataFrame:
        catalog, schema = current(session)
        special = self._special(session, text, principal, catalog, schema)
        if special is not None:
            return special
        text, called = self._catalog.functions.resolve(session, text, catalog, schema)
        try:
            found = access.reads(session, text, catalog, schema)
        except ParseException:
            found = []  # the statement fails below, or is one that only Delta's parser knows
        changed = access.target(text, catalog, schema)
        replaced = {
            read.key: information_schema.frame(session, self._catalog, read.full_name)
            for read in found
            if read.full_name.split(".")[1].lower() == information_schema.SCHEMA
        }
        if principal is not None:
            replaced.update(self._authorize(session, principal, found, changed, called))
        if replaced:
            plans = session._jvm.org.apache.spark.sql.lakehouse.Plans
            frames = {"\0".join(key): frame._jdf for key, frame in replaced.items()}
            frame = DataFrame(plans.query(session._jsparkSession, text, frames), session)
        else:
            frame = SparkSession.sql(session, text)
        self._catalog.follow_events(principal)
        return _named_as_databricks(text, frame)

    def _authorize(
        self,
        session: SparkSession,
        principal: str,
        found: list[access.Read],
        changed: access.Target | None,
        called: set[str],
    ) -> dict[tuple[str, ...], DataFrame]:
        """Asks the workspace; frames for the tables that a row filter or column mask protects from the principal."""
        checks = access.checks(self._catalog, found, changed)
        checks += [{"privilege": "EXECUTE", "securableType": "FUNCTION", "fullName": name} for name in sorted(called)]
        if not checks:
            return {}
        answer = self._workspace.request("catalog.authorize", {"principal": principal, "checks": checks})
        rules = {rule["fullName"].lower(): rule for rule in answer.get("tables", [])}
        if rules and changed is not None and changed.full_name.lower() in rules and changed.verb != "INSERT":
            raise EngineError(
                f"{changed.verb} on '{changed.full_name}' is not supported by the local workspace: a row filter or "
                "column mask protects the table from you.",
                error_class="UNSUPPORTED_FEATURE",
            )
        return {
            read.key: protected_frame(session, self._catalog, rules[read.full_name.lower()])
            for read in found
            if read.full_name.lower() in rules
        }

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
        answer = self._workspace.request("catalog.statement", {"statement": statement, "principal": principal})
        fields = [StructField(column["name"], StringType()) for column in answer.get("columns", [])]
        return session.createDataFrame([tuple(row) for row in answer.get("rows", [])], StructType(fields))

    def follow(self, principal: str | None) -> None:
        """Puts on record what the calling thread's Spark commands changed in the catalog."""
        self._catalog.follow_events(principal)

    def attach(self, session: SparkSession, principal: str | None) -> None:
        """Makes `spark.sql` of a notebook's session know Unity Catalog's statements, too."""

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
