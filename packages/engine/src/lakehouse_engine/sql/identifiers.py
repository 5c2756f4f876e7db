"""IDENTIFIER(constant): a name that an expression makes, put into the statement before anything reads its names.

https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-names-identifier-clause
"""

from __future__ import annotations

from pyspark.sql import SparkSession

from lakehouse_engine import jvm
from lakehouse_engine.graph.names import split
from lakehouse_engine.identifiers import quote_all
from lakehouse_engine.sources.sql.errors import SqlSyntaxError
from lakehouse_engine.sources.sql.parser.cursor import Cursor
from lakehouse_engine.sources.sql.tokenizer import SourceText


def resolve(session: SparkSession, text: str) -> str:
    """What is no constant, such as a variable's name, stays as it is: Spark knows what it means."""
    if "identifier" not in text.lower():
        return text
    edits: list[tuple[int, int, str]] = []
    try:
        c = Cursor(SourceText(text, "statement"))
        while not c.ended:
            token = c.token
            if not c.accept("IDENTIFIER") or not c.sees("("):
                if c.token is token:
                    c.advance()
                continue
            name = _name(session, c.parenthesised_text("a name"))
            if name is not None:
                edits.append((token.start, c.previous.end, name))
    except SqlSyntaxError:
        return text
    for start, end, name in reversed(edits):
        text = text[:start] + name + text[end:]
    return text


def _name(session: SparkSession, expression: str) -> str | None:
    constants = jvm.of(session).org.apache.spark.sql.lakehouse.Constants
    try:
        found = constants.text(session._jsparkSession, "IDENTIFIER", expression)
    except Exception:
        return None
    return quote_all(split(found)) if found else None
