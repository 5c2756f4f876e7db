"""`sql.execute` and the SQL of notebooks: one statement, its session, its parameters, its result, its end."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse_engine import readers
from lakehouse_engine.cancellation import Cancellation, Cancellations
from lakehouse_engine.catalog import Catalog
from lakehouse_engine.catalog.keys import described
from lakehouse_engine.catalog.text import quoted
from lakehouse_engine.contract import Workspace
from lakehouse_engine.errors import EngineError
from lakehouse_engine.refusals import as_pyspark
from lakehouse_engine.schemas import struct
from lakehouse_engine.session import Engine, active
from lakehouse_engine.sources.sql.errors import SqlSyntaxError
from lakehouse_engine.sources.sql.tokenizer import Token, tokenize
from lakehouse_engine.sql import dialect, identifiers, inserted, keys, settings, standalone, time_travel
from lakehouse_engine.sql.current import current
from lakehouse_engine.sql.parameters import bind
from lakehouse_engine.sql.results import small_frame, write_result
from lakehouse_engine.sql.securables import CurrentNames
from lakehouse_engine.sql.sessions import Sessions
from lakehouse_engine.sql.show import Show
from lakehouse_engine.sql.special import SpecialStatements, Statement, syntax

# Open Spark names the first column of these otherwise.
_FIRST_COLUMN = {"SCHEMAS": "databaseName", "DATABASES": "databaseName", "TABLES": "database", "VIEWS": "database"}


class Statements:
    def __init__(
        self, engine: Engine, catalog: Catalog, workspace: Workspace, run_update: standalone.RunUpdate
    ) -> None:
        self._engine = engine
        self._catalog = catalog
        self._workspace = workspace
        self._show = Show(catalog, workspace)
        self._special = SpecialStatements(engine, catalog, self._show, run_update)
        self.sessions = Sessions(engine)
        self._going = Cancellations(engine.spark.sparkContext)

    def execute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Answers `sql.execute`; the result's chunks are files in `resultDir`."""
        statement_id, principal = params["statementId"], params.get("principal")
        if params.get("sessionId"):
            session = self.sessions.find(params["sessionId"], principal)
        else:
            session = self.sessions.make(params.get("catalog"), params.get("schema"), principal)
        seconds = min(filter(None, (params.get("timeout"), settings.timeout_of(session))), default=None)
        with self._ending(statement_id, session, seconds) as cancellation, active(session):
            frame = self.run(session, params["statement"], params.get("parameters") or (), principal=principal)
            cancellation.check()
            return write_result(
                frame,
                format=params.get("format") or "JSON_ARRAY",
                folder=Path(params["resultDir"]),
                row_limit=params.get("rowLimit"),
                byte_limit=params.get("byteLimit"),
                arrow_as_text=params.get("arrowAsText") or (),
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
        text = _without_comment(statement.strip().rstrip(";").rstrip())
        if not text.strip():
            raise EngineError("The statement is empty.", error_class="PARSE_EMPTY_STATEMENT")
        text = time_travel.spelled_out(identifiers.resolve(session, bind(session, text, parameters)))
        return self._run(session, text, principal)

    def _run(self, session: SparkSession, text: str, principal: str | None) -> DataFrame:
        names = CurrentNames(*current(session))
        special = self._special.run(Statement(session, text, principal, names))
        if special is not None:
            return special
        with syntax():
            made = keys.of_create(text, names.table)
        existed = made is not None and self._catalog.exists(made.table)
        version = self._version(made.table) if made and existed and made.replaces and made.constraints else None
        log = self._log(text, names)
        frame = dialect.execute(session, dialect.translate(made.text if made else text))
        self._catalog.follow_events(principal)
        if made is not None and not (existed and made.exists_ok):
            self._keep_keys(session, made, names, version if existed else -1, principal)
        written = log.rows() if log else None
        if written is not None:
            return small_frame(session, [(written, written)], struct(inserted.COLUMNS))
        return self._as_databricks(session, text, names, principal, frame)

    def _log(self, text: str, names: CurrentNames) -> inserted.Log | None:
        """The log of the Delta table that the statement inserts into."""
        tokens = tokenize(text)
        at = inserted.target(tokens)
        parts = _name_after(tokens, at - 1) if at else []
        record = self._catalog.get(names.full("TABLE", parts)) if len(parts) in (1, 2, 3) else None
        path = (
            self._catalog.folder(record["fullName"]) if record and record.get("dataSourceFormat") == "DELTA" else None
        )
        return inserted.Log(path) if path else None

    def _as_databricks(
        self, session: SparkSession, text: str, names: CurrentNames, principal: str | None, frame: DataFrame
    ) -> DataFrame:
        """The answers of SHOW and DESCRIBE under Databricks' names, with what the principal may see."""
        tokens = tokenize(text)
        words = [token.upper for token in tokens[:3]]
        if parameter := settings.named(text):
            return small_frame(session, [(parameter, row["value"]) for row in frame.collect()], frame.schema)
        if words[0] == "SHOW" and words[1] in _FIRST_COLUMN:
            frame = frame.toDF(_FIRST_COLUMN[words[1]], *frame.columns[1:])
            seen = self._show.visible(text, names, principal)
            rows = [tuple(row) for row in frame.collect() if seen is None or seen(row.asDict())]
            return small_frame(session, rows, frame.schema)
        if words[0] in ("DESCRIBE", "DESC") and words[1] == "DETAIL":
            return frame.withColumn("name", F.lit(names.full("TABLE", _name_after(tokens, 1))))
        if words[0] in ("DESCRIBE", "DESC") and "EXTENDED" in words[1:] and frame.columns[0] == "col_name":
            after = next(i for i, token in enumerate(tokens) if token.upper == "EXTENDED") + 1
            name = names.full("TABLE", _name_after(tokens, after - 1))
            rows = self._show.described(name, [tuple(row) for row in frame.collect()])
            return small_frame(session, rows, frame.schema)
        return frame

    def _version(self, table: str) -> int | None:
        """The last version of a Delta table; None where it is none."""
        path = self._catalog.folder(table)
        found = inserted.Log(path).before if path else -1
        return found if found >= 0 else None

    def _keep_keys(
        self,
        session: SparkSession,
        made: keys.TableKeys,
        names: CurrentNames,
        version: int | None,
        principal: str | None,
    ) -> None:
        """Puts a table's keys on record. Where that is refused, it is again what it was at `version`; -1: not there."""
        if not made.constraints and not self._catalog.constraints(made.table):
            return
        try:
            constraints = [
                described(each, made.table, names.table, self._catalog.constraints) for each in made.constraints
            ]
            statement: Any = {"kind": "setConstraints", "table": made.table, "constraints": constraints}
            self._workspace.request("catalog.statement", {"statement": statement, "principal": principal})
        except EngineError:
            if version == -1 and self._catalog.exists(made.table):
                self._catalog.drop_table(made.table, principal)
            elif version is not None:
                SparkSession.sql(session, f"RESTORE TABLE {quoted(made.table)} TO VERSION AS OF {version}")
                self._catalog.drain_events()
                self._catalog.sync(made.table, principal=principal)
            raise

    def authorize(self, principal: str | None, privilege: str, securable_type: str, full_name: str) -> None:
        self._catalog.authorize(principal, privilege, securable_type, full_name)

    def follow(self, principal: str | None) -> None:
        """Puts on record what the calling thread's Spark commands changed in the catalog."""
        self._catalog.follow_events(principal)

    def attach(self, session: SparkSession, principal: str | None) -> None:
        """Makes a notebook's session the principal's, and its `spark.sql` know Unity Catalog's statements, too."""
        self._engine.guard.protect(session, principal)
        readers.install(session, readers.ReaderContext(to_local=self._engine.file_of))

        def sql(sqlQuery: str, args: Any = None, **kwargs: Any) -> DataFrame:
            if args or kwargs:  # Spark puts these in itself
                frame = SparkSession.sql(session, sqlQuery, args, **kwargs)
                self._catalog.follow_events(principal)
                return frame
            with as_pyspark():
                return self.run(session, sqlQuery, principal=principal)

        session.sql = sql

    def cancel(self, statement_id: str) -> None:
        self._going.cancel(statement_id, _canceled())

    @contextlib.contextmanager
    def _ending(self, statement_id: str, session: SparkSession, seconds: int | None) -> Iterator[Cancellation]:
        """Lets the statement be ended before it is done, by who sent it or after that many seconds."""
        cancellation = Cancellation(statement_id)
        session.sparkContext.setJobGroup(statement_id, "SQL statement", interruptOnCancel=True)
        timer = threading.Timer(seconds or 0, cancellation.request, (session.sparkContext, _timed_out(seconds)))
        timer.daemon = True
        with self._going.during(cancellation), cancellation.active():
            if seconds:
                timer.start()
            try:
                cancellation.check()
                yield cancellation
                cancellation.check()
            except Exception:
                cancellation.check()
                raise
            finally:
                timer.cancel()
                cancellation.ended.set()


def _without_comment(text: str) -> str:
    """The text with blanks for the comment that it begins with, so that lines and columns of errors stay.

    Delta's parser does not know its own statements behind a comment with certain signs, as some clients send them.
    """
    with contextlib.suppress(SqlSyntaxError):
        start = tokenize(text)[0].start
        return re.sub(r"[^\r\n]", " ", text[:start]) + text[start:]
    return text


def _canceled() -> EngineError:
    return EngineError("The statement was canceled.", error_class="CANCELED", error_code="CANCELLED")


def _timed_out(seconds: int | None) -> EngineError:
    return EngineError(
        f"[QUERY_EXECUTION_TIMEOUT_EXCEEDED] Query execution was cancelled due to exceeding the timeout ({seconds}s). "
        "You can increase the limit in seconds by setting STATEMENT_TIMEOUT. SQLSTATE: 57KD0",
        error_class="QUERY_EXECUTION_TIMEOUT_EXCEEDED",
    )


def _name_after(tokens: list[Token], at: int) -> list[str]:
    """The parts of the name that follows the token at that place."""
    found = [tokens[at + 1].identifier]
    while tokens[at + 2].text == ".":
        at += 2
        found.append(tokens[at + 1].identifier)
    return found
