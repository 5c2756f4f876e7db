"""DELETE and UPDATE with subqueries, which Delta takes in MERGE only.

The rows that the condition holds for are found by a query, and are those of the table that equal them in all columns:
rows that are the same in all columns are the same for the condition, too.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DataType, MapType, StructType, VariantType

from lakehouse_engine.catalog import TableRecord
from lakehouse_engine.catalog.columns import schema_of
from lakehouse_engine.errors import EngineError
from lakehouse_engine.identifiers import quote
from lakehouse_engine.sources.sql.parser.cursor import Cursor
from lakehouse_engine.sources.sql.tokenizer import Kind, SourceText
from lakehouse_engine.sql import dialect

# Words that a query begins with.
QUERIES = ("SELECT", "WITH", "FROM", "VALUES", "TABLE")
_COUNT = "num_affected_rows"


@dataclass(frozen=True)
class RowChange:
    """`assignments`: column and value of an UPDATE, None for a DELETE; all as written."""

    table: str
    alias: str
    condition: str
    assignments: tuple[tuple[str, str], ...] | None

    def merge(self, schema: StructType) -> str:
        """The MERGE that does the same."""
        verb = "DELETE" if self.assignments is None else "UPDATE"
        for field in schema.fields:
            if _incomparable(field.dataType):
                raise EngineError(
                    f"{verb} with a subquery is not supported for '{self.table}': column {field.name} is "
                    f"{field.dataType.simpleString()}, which cannot be compared. Use MERGE INTO.",
                    error_class="DELTA_UNSUPPORTED_SUBQUERY",
                )
        columns = [quote(name) for name in schema.fieldNames()]
        values = [] if self.assignments is None else [value for _, value in self.assignments]
        found = [f"{self.alias}.{name} AS __k{at}" for at, name in enumerate(columns)]
        found += [f"{value} AS __v{at}" for at, value in enumerate(values) if value.upper() != "DEFAULT"]
        same = " AND ".join(f"__target.{name} <=> __found.__k{at}" for at, name in enumerate(columns))
        action = "DELETE"
        if self.assignments is not None:
            given = [
                f"{column} = {'DEFAULT' if value.upper() == 'DEFAULT' else f'__found.__v{at}'}"
                for at, (column, value) in enumerate(self.assignments)
            ]
            action = f"UPDATE SET {', '.join(given)}"
        rows = f"SELECT DISTINCT {', '.join(found)} FROM {self.table} AS {self.alias} WHERE {self.condition}"
        return f"MERGE INTO {self.table} AS __target USING ({rows}) AS __found ON {same} WHEN MATCHED THEN {action}"


def run(session: SparkSession, change: RowChange, record: TableRecord) -> DataFrame:
    """How many rows it changed."""
    return dialect.execute(session, change.merge(schema_of(record))).select(_COUNT)


def parse(text: str) -> RowChange | None:
    """None for other statements, and for those without a subquery."""
    c = Cursor(SourceText(text, "statement"))
    if not any(token.upper in QUERIES for token in c.tokens[1:]):
        return None
    deleting = c.accept("DELETE", "FROM")
    if not deleting and not c.accept("UPDATE"):
        return None
    table = c.name("the table")
    alias = table.rsplit(".", 1)[-1]
    if c.accept("AS") or (c.token.kind in (Kind.WORD, Kind.QUOTED) and not (c.sees("SET") or c.sees("WHERE"))):
        c.identifier("an alias")
        alias = c.previous.text
    assignments = None if deleting else tuple(_assignments(c, alias))
    condition = "true"
    if c.accept("WHERE"):
        condition = c.text_until("a condition", stop=lambda: c.ended)
    if not c.ended or not _has_query(condition, [value for _, value in assignments or ()]):
        return None
    return RowChange(table, alias, condition, assignments)


def _assignments(c: Cursor, alias: str) -> list[tuple[str, str]]:
    c.expect("SET")
    found = []
    while True:
        column = c.text_until("a column", stop=lambda: c.sees("="))
        c.expect("=")
        value = c.text_until("a value", stop=lambda: c.ended or c.sees(",") or c.sees("WHERE"))
        found.append((column.removeprefix(f"{alias}."), value))
        if not c.accept(","):
            return found


def _has_query(condition: str, values: Sequence[str]) -> bool:
    for each in (condition, *values):
        tokens = Cursor(SourceText(each, "expression")).tokens
        if any(one.text == "(" and other.upper in QUERIES for one, other in itertools.pairwise(tokens)):
            return True
    return False


def _incomparable(data_type: DataType) -> bool:
    return _any(data_type, lambda each: isinstance(each, MapType | VariantType))


def _any(data_type: DataType, holds: Callable[[DataType], bool]) -> bool:
    if holds(data_type):
        return True
    if isinstance(data_type, StructType):
        return any(_any(field.dataType, holds) for field in data_type.fields)
    element = getattr(data_type, "elementType", None)
    return element is not None and _any(element, holds)
