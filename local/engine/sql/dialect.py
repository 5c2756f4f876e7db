"""Statements of Databricks SQL that Spark has in other words."""

from __future__ import annotations

from engine.sources.sql.errors import SqlSyntaxError
from engine.sources.sql.parser.cursor import Cursor
from engine.sources.sql.tokenizer import SourceText
from engine.sql import settings


def translate(text: str) -> str:
    """The statement in Spark's words; as it is where they are the same, and where it is wrong: Spark says what is."""
    try:
        return _column_comment(text) or settings.translate(text)
    except SqlSyntaxError:
        return text


def _column_comment(text: str) -> str | None:
    """COMMENT ON COLUMN table.column IS 'text' or NULL."""
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
    comment = "''" if c.sees("NULL") else text[c.token.start :]
    return f"ALTER TABLE {'.'.join(parts[:-1])} ALTER COLUMN {parts[-1]} COMMENT {comment}"
