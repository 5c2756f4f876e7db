"""PRIMARY KEY and FOREIGN KEY of a table or of one of its columns.

https://docs.databricks.com/sql/language-manual/sql-ref-syntax-ddl-create-table-constraint.html
"""

from __future__ import annotations

from lakehouse_engine.graph.model import TableConstraint

from ..tokenizer import Kind
from .cursor import Cursor

# Informational keys are all of this already; ENFORCED is none of it.
_OPTIONS = (
    "NOT ENFORCED",
    "DEFERRABLE",
    "INITIALLY DEFERRED",
    "ENABLE NOVALIDATE",
    "RELY",
    "NORELY",
    "MATCH FULL",
    "ON UPDATE NO ACTION",
    "ON DELETE NO ACTION",
)


def starts(cursor: Cursor, column: bool = False) -> bool:
    """Whether a key stands here, with or without a name; of a column, REFERENCES is one, too."""
    at = 2 if cursor.sees("CONSTRAINT") and cursor.peek().kind in (Kind.WORD, Kind.QUOTED) else 0
    words = (cursor.peek(at).upper, cursor.peek(at + 1).upper)
    return words in (("PRIMARY", "KEY"), ("FOREIGN", "KEY")) or (column and words[0] == "REFERENCES")


def read(cursor: Cursor, column: str | None = None) -> TableConstraint:
    """Reads `[CONSTRAINT name] PRIMARY KEY … | FOREIGN KEY …`; of a column, the key is that column."""
    start = cursor.token.start
    name = cursor.identifier("the constraint's name") if cursor.accept("CONSTRAINT") else None
    columns: list[str] = [column] if column else []
    series: list[str] = []
    parent, parents = "", ()
    primary = cursor.accept("PRIMARY", "KEY")
    if not primary and not cursor.accept("FOREIGN", "KEY") and column is None:
        cursor.fail("PRIMARY KEY or FOREIGN KEY")
    if column is None:
        columns, series = _key_columns(cursor)
    if not primary:
        cursor.expect("REFERENCES", after="FOREIGN KEY")
        parent = cursor.name("the table that the key refers to")
        if cursor.sees("("):
            parents = cursor.parenthesised_names("a column of the table referred to")
    rely = False
    while True:
        rely = rely or cursor.sees("RELY")
        if not any(cursor.accept(*option.split()) for option in _OPTIONS):
            break
    text = cursor.source.text[start : cursor.previous.end]
    kind = "PRIMARY KEY" if primary else "FOREIGN KEY"
    return TableConstraint(kind, text, name, tuple(columns), tuple(series), rely, parent, parents)


def _key_columns(cursor: Cursor) -> tuple[list[str], list[str]]:
    """(column [TIMESERIES], …): the columns, and those of time series."""
    columns: list[str] = []
    series: list[str] = []
    cursor.expect("(")
    while True:
        columns.append(cursor.identifier("a key column"))
        if cursor.accept("TIMESERIES"):
            series.append(columns[-1])
        if cursor.accept(")"):
            return columns, series
        if not cursor.accept(","):
            cursor.fail("',' or ')' after a key column")
