"""The statements that Spark does not have, or not as Databricks does: found by their first word, then read and run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from lakehouse_engine import jvm
from lakehouse_engine.catalog import Catalog, TableRecord
from lakehouse_engine.catalog.keys import described
from lakehouse_engine.catalog.views import VIEWS
from lakehouse_engine.errors import EngineError, no_such_catalog, no_such_table
from lakehouse_engine.graph.names import split
from lakehouse_engine.schemas import struct
from lakehouse_engine.session import Engine, use
from lakehouse_engine.sources.sql.errors import SqlSyntaxError
from lakehouse_engine.sources.sql.tokenizer import Kind, string_value, tokenize
from lakehouse_engine.sql import (
    copies,
    copy_into,
    dialect,
    functions,
    inserted,
    metric_views,
    refused,
    replacing,
    row_changes,
    standalone,
    unity,
)
from lakehouse_engine.sql.results import small_frame
from lakehouse_engine.sql.securables import CurrentNames
from lakehouse_engine.sql.show import Answer, Show


@contextlib.contextmanager
def syntax() -> Iterator[None]:
    """Makes a syntax error of the engine's own parsers one of the statement."""
    try:
        yield
    except SqlSyntaxError as error:
        raise EngineError(
            f"[{error.error_class}] {error}", error_class=error.error_class, location=error.location
        ) from None


T = TypeVar("T")


@dataclass(frozen=True)
class Statement:
    """A statement's text with the session that it runs in and who sent it."""

    session: SparkSession
    text: str
    principal: str | None
    names: CurrentNames

    def answer(self, *rows: tuple[Any, ...], schema: StructType | None = None) -> DataFrame:
        return small_frame(self.session, rows, schema or StructType([]))


class Form(NamedTuple):
    """`read`: what the statement asks for, None for another one; `run`: its answer, None where Spark is to run it."""

    read: Callable[[Statement], Any]
    run: Callable[[Statement, Any], DataFrame | None]


class SpecialStatements:
    def __init__(self, engine: Engine, catalog: Catalog, show: Show, run_update: standalone.RunUpdate) -> None:
        self._catalog = catalog
        self._copier = copy_into.Copier(catalog, engine.volumes)
        self._standalone = standalone.StandaloneTables(engine, catalog, run_update)
        standing = Form(lambda s: standalone.parse(s.text, s.names), self._run_standing)
        of_unity = Form(lambda s: unity.parse(s.text, s.names), self._run_unity)
        changed = Form(lambda s: _lenient(row_changes.parse, s.text), self._change_rows)
        replaced = Form(lambda s: _lenient(replacing.parse, s.text), self._replace_rows)
        shown = Form(lambda s: show.answer(s.text, s.names, s.principal), self._run_shown)
        metric = Form(lambda s: metric_views.parse(s.session, s.text, s.names), self._put_metric_view)
        metric_altered = Form(lambda s: metric_views.parse_alter(s.session, s.text, s.names), self._put_metric_view)
        self._forms: dict[str, tuple[Form, ...]] = {
            "ALTER": (
                metric_altered,
                standing,
                Form(lambda s: dialect.not_null(s.text), self._require_values),
                of_unity,
            ),
            "ANALYZE": (
                Form(lambda s: dialect.analyzed(s.text), self._analyze),
                Form(lambda s: dialect.analyzed_schema(s.text), self._analyze_schema),
            ),
            "COMMENT": (Form(lambda s: dialect.column_comment(s.text), self._comment_view_column), of_unity),
            "COPY": (Form(lambda s: copy_into.parse(s.text), self._copy_into),),
            "CREATE": (metric, Form(lambda s: copies.parse(s.text, s.names), self._copy), standing, of_unity),
            "DELETE": (changed,),
            "DESC": (shown, of_unity),
            "DESCRIBE": (shown, of_unity),
            "DROP": (standing, of_unity),
            "GRANT": (of_unity,),
            "INSERT": (replaced,),
            "REFRESH": (standing,),
            "REVOKE": (of_unity,),
            "SET": (of_unity,),
            "SHOW": (shown, of_unity),
            "UNSET": (of_unity,),
            "UPDATE": (changed,),
            "USE": (Form(_catalog_in_use, self._use_catalog),),
            "WITH": (replaced,),
        }

    def run(self, statement: Statement) -> DataFrame | None:
        """The statement's answer; None where Spark is to run it. Raises where it is refused, and for a syntax error."""
        with syntax():
            words = refused.words_of(tokenize(statement.text))
        refused.check(words)
        for form in self._forms.get(words[0], ()):
            with syntax():
                found = form.read(statement)
            answer = None if found is None else form.run(statement, found)
            if answer is not None:
                return answer
        return None

    def _run_standing(self, statement: Statement, found: standalone.Standalone) -> DataFrame | None:
        done = self._standalone.run(found, statement.names, statement.principal)
        return statement.answer() if done else None

    def _analyze(self, statement: Statement, table: str) -> DataFrame:
        self._catalog.authorize(statement.principal, "SELECT", "TABLE", self._table(statement.names.table(table)))
        return statement.answer()

    def _analyze_schema(self, statement: Statement, written: str) -> DataFrame:
        names = statement.names
        schema = names.full("SCHEMA", split(written)) if written else f"{names.catalog}.{names.schema}"
        self._catalog.require_schema(*schema.split(".", 1))
        self._catalog.authorize(statement.principal, "USE_SCHEMA", "SCHEMA", schema)
        return statement.answer()

    def _put_metric_view(self, statement: Statement, found: metric_views.MetricView) -> DataFrame:
        metric_views.run(statement.session, self._catalog, found, statement.names, statement.principal)
        return statement.answer()

    def _copy_into(self, statement: Statement, found: copy_into.Copy) -> DataFrame:
        rows = self._copier.run(statement.session, found, statement.names, statement.principal)
        return statement.answer(rows, schema=struct(copy_into.COLUMNS))

    def _copy(self, statement: Statement, found: copies.Copy) -> DataFrame:
        return copies.run(statement.session, self._catalog, found, statement.principal)

    def _change_rows(self, statement: Statement, found: row_changes.RowChange) -> DataFrame | None:
        return self._changed(statement, found.table, partial(row_changes.run, statement.session, found))

    def _replace_rows(self, statement: Statement, found: replacing.Replacement) -> DataFrame | None:
        rows = self._changed(statement, found.table, partial(replacing.run, statement.session, found))
        return None if rows is None else statement.answer((rows, rows), schema=struct(inserted.COLUMNS))

    def _changed(self, statement: Statement, table: str, change: Callable[[TableRecord], T]) -> T | None:
        """What the change answers; None for what is no table, which Spark refuses itself. Who may not change the table
        is refused first: errors of the change name columns."""
        record = self._catalog.get(statement.names.table(table))
        if record is None or not record.get("location"):
            return None
        self._catalog.authorize(statement.principal, "MODIFY", "TABLE", record["fullName"])
        answer = change(record)
        self._catalog.follow_events(statement.principal)
        return answer

    def _run_shown(self, statement: Statement, found: Answer) -> DataFrame:
        return statement.answer(*found.rows, schema=struct(found.columns))

    def _use_catalog(self, statement: Statement, name: str) -> DataFrame:
        if name.lower() not in self._catalog.schemas():
            raise no_such_catalog(name)
        use(statement.session, name)
        return statement.answer()

    def _run_unity(self, statement: Statement, found: unity.Statement) -> DataFrame | None:
        if found["kind"] == "dropConstraint" and self._is_check(found):
            return None
        if found["kind"] == "addConstraint":
            given, table = found["constraint"], found["table"]
            found["constraint"] = described(given, table, statement.names.table, self._catalog.constraints)
        if found["kind"] == "createFunction":
            functions.check(statement.session, found)
        answer = self._catalog.statement(found, statement.principal)
        fields = [StructField(column["name"], StringType()) for column in answer.get("columns", [])]
        return statement.answer(*answer.get("rows", []), schema=StructType(fields))

    def _is_check(self, found: Mapping[str, Any]) -> bool:
        """Whether DROP CONSTRAINT names none of the table's keys, so that it can only be a CHECK."""
        name, each = found.get("name"), self._catalog.constraints(found["table"])
        return name is not None and all(name != detail["name"] for one in each for detail in one.values())

    def _comment_view_column(self, statement: Statement, found: dialect.ColumnComment) -> DataFrame | None:
        """Spark alters columns of tables only; None where it is one."""
        name = statement.names.table(found.table)
        if (self._catalog.get(name) or {}).get("tableType") not in VIEWS:
            return None
        (column,) = split(found.column)
        self._catalog.comment_view_column(name, column, found.comment, statement.principal)
        return statement.answer()

    def _require_values(self, statement: Statement, found: dialect.NotNull) -> DataFrame:
        """Delta itself makes no column NOT NULL that was not from its start."""
        name = self._table(statement.names.table(found.table))
        location = self._catalog.folder(name)
        self._catalog.authorize(statement.principal, "MODIFY", "TABLE", name)
        require = jvm.of(statement.session).org.apache.spark.sql.lakehouse.NotNull.require
        problem = require(statement.session._jsparkSession, str(location), found.column)
        if problem:
            raise EngineError(
                f"[{problem}] Column '{found.column}' of '{name}' cannot be made NOT NULL: "
                + ("rows have no value in it." if "VIOLATED" in problem else "the table has no such column."),
                error_class=problem,
            )
        self._catalog.sync(name, principal=statement.principal)
        return statement.answer()

    def _table(self, name: str) -> str:
        """The name, which is that of a table with files."""
        if self._catalog.folder(name) is None:
            raise no_such_table(name, "table")
        return name


def _lenient(parse: Callable[[str], Any], text: str) -> Any:
    """None for a syntax error, too: Spark says what is wrong."""
    with contextlib.suppress(SqlSyntaxError):
        return parse(text)
    return None


def _catalog_in_use(statement: Statement) -> str | None:
    """The name in USE CATALOG."""
    tokens = tokenize(statement.text)
    if tokens[1].upper != "CATALOG":
        return None
    return string_value(tokens[2]) if tokens[2].kind is Kind.STRING else tokens[2].identifier
