"""Statements of Databricks SQL that Spark has in other words."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession

from lakehouse_engine import jvm
from lakehouse_engine.errors import EngineError
from lakehouse_engine.sources.sql.errors import SqlSyntaxError
from lakehouse_engine.sources.sql.parser.cursor import Cursor
from lakehouse_engine.sources.sql.tokenizer import SourceText
from lakehouse_engine.sql import settings, standalone


@dataclass(frozen=True)
class ColumnComment:
    """COMMENT ON COLUMN: the table's name and the column as they are written, and the text, None for none."""

    table: str
    column: str
    comment: str | None
    written: str


@dataclass(frozen=True)
class NotNull:
    """ALTER COLUMN … SET NOT NULL: the table's name and the column as they are written."""

    table: str
    column: str


def translate(text: str) -> str:
    """The statement in Spark's words; as it is where they are the same, and where it is wrong: Spark says what is."""
    try:
        found = column_comment(text)
        return _alter_column(found) if found else _cluster_auto(settings.translate(standalone.translate(text)))
    except SqlSyntaxError:
        return text


def _cluster_auto(text: str) -> str:
    """CLUSTER BY AUTO as what it leaves on record, a property; this engine chooses no clustering columns.

    https://docs.databricks.com/aws/en/delta/clustering
    """
    c = Cursor(SourceText(text, "statement"))
    if not (c.sees("CREATE") or c.sees("ALTER")):
        return text
    altering = c.sees("ALTER")
    clause = given = None
    while not c.ended and not c.sees("AS"):
        start = c.token.start
        if c.accept("CLUSTER", "BY", "AUTO"):
            clause = (start, c.previous.end)
        elif c.accept("TBLPROPERTIES", "("):
            given = c.previous.end
        else:
            c.advance()
    if clause is None:
        return text
    pair = "'clusterByAuto' = 'true'"
    if given is None:
        return f"{text[: clause[0]]}{'SET ' if altering else ''}TBLPROPERTIES ({pair}){text[clause[1] :]}"
    edits = sorted([(*clause, ""), (given, given, f"{pair}, ")], reverse=True)
    for first, last, replacement in edits:
        text = text[:first] + replacement + text[last:]
    return text


def analyzed(text: str) -> str | None:
    """The table of ANALYZE TABLE … COMPUTE [DELTA] STATISTICS, as written; Delta keeps statistics with every write."""
    c = Cursor(SourceText(text, "statement"))
    if not c.accept("ANALYZE", "TABLE"):
        return None
    table = c.name("the table's name")
    if not (c.sees("PARTITION") or c.sees("COMPUTE")):
        c.fail("COMPUTE STATISTICS")
    return table


def analyzed_schema(text: str) -> str | None:
    """The schema of ANALYZE TABLES [IN schema] COMPUTE STATISTICS [NOSCAN], "" for the one in use.

    https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-syntax-aux-analyze-table
    """
    c = Cursor(SourceText(text, "statement"))
    if not c.accept("ANALYZE", "TABLES"):
        return None
    schema = c.name("the schema's name") if c.accept("IN") or c.accept("FROM") else ""
    c.expect("COMPUTE", "STATISTICS")
    c.accept("NOSCAN")
    c.expect_end()
    return schema


def execute(session: SparkSession, text: str) -> DataFrame:
    try:
        return SparkSession.sql(session, text)
    except Exception as error:
        # Delta raises this one without its text.
        if "DELTA_MERGE_UNRESOLVED_EXPRESSION" not in str(error):
            raise
        problem = jvm.of(session).org.apache.spark.sql.lakehouse.Merges.problem(session._jsparkSession, text)
        if problem is None:
            raise
        raise EngineError(problem, error_class="DELTA_MERGE_UNRESOLVED_EXPRESSION") from None


def column_comment(text: str) -> ColumnComment | None:
    """COMMENT ON COLUMN table.column IS 'text' or NULL; None for another statement."""
    c = Cursor(SourceText(text, "statement"))
    if not c.accept("COMMENT", "ON", "COLUMN"):
        return None
    c.identifier("a column with its table")
    parts = [c.previous.text]
    while c.accept("."):
        c.identifier("a name")
        parts.append(c.previous.text)
    if len(parts) < 2:
        c.fail("a column with its table: table.column")
    c.expect("IS")
    written = "''" if c.sees("NULL") else text[c.token.start :]
    comment = None if c.accept("NULL") else c.string("a comment")
    return ColumnComment(".".join(parts[:-1]), parts[-1], comment, written)


def not_null(text: str) -> NotNull | None:
    """ALTER TABLE table ALTER COLUMN column SET NOT NULL; None for another statement."""
    c = Cursor(SourceText(text, "statement"))
    if not c.accept("ALTER", "TABLE"):
        return None
    table = c.name("the table's name")
    if not (c.accept("ALTER") or c.accept("CHANGE")):
        return None
    c.accept("COLUMN")
    column = c.column_path("a column")
    if not c.accept("SET", "NOT", "NULL"):
        return None
    c.expect_end()
    return NotNull(table, column)


def _alter_column(found: ColumnComment) -> str:
    return f"ALTER TABLE {found.table} ALTER COLUMN {found.column} COMMENT {found.written}"
