"""The clauses between a dataset's columns and its query: comment, properties, layout, row filter."""

from __future__ import annotations

from typing import Any

from lakehouse_engine.graph.model import DatasetKind

from ..statements import TableClauses
from ..tokenizer import Kind
from .cursor import Cursor

NAMES = (
    "COMMENT, TBLPROPERTIES, PARTITIONED BY, CLUSTER BY, USING DELTA, WITH ROW FILTER, DEFAULT COLLATION, "
    "REFRESH POLICY"
)


def table_clauses(cursor: Cursor, kind: DatasetKind, following: str) -> TableClauses:
    """Every clause up to AS, FLOW or the end, each at most once and in any order."""
    view = kind in (DatasetKind.VIEW, DatasetKind.TEMPORARY_VIEW)
    found: dict[str, Any] = {}
    seen: set[str] = set()
    while not cursor.ended and not cursor.sees("AS") and not cursor.sees("FLOW"):
        word = cursor.token.upper
        if word in seen:
            cursor.fail(f"one {word} clause; it is already given")
        seen.add(word)
        if view and word in ("PARTITIONED", "CLUSTER", "USING", "LOCATION"):
            cursor.refuse("a table clause on a view")
        if word == "REFRESH" and kind is not DatasetKind.MATERIALIZED_VIEW:
            cursor.fail("REFRESH POLICY of a materialized view alone")
        _clause(cursor, found, view, following)
    return TableClauses(**found)


def _clause(cursor: Cursor, found: dict[str, Any], view: bool, following: str) -> None:
    if cursor.accept("COMMENT"):
        found["comment"] = cursor.string("the comment")
    elif cursor.accept("TBLPROPERTIES"):
        found["properties"] = properties(cursor)
    elif cursor.accept("PARTITIONED"):
        cursor.expect("BY", after="PARTITIONED")
        found["partitioned_by"] = cursor.parenthesised_names("a partition column")
    elif cursor.accept("CLUSTER"):
        cursor.expect("BY", after="CLUSTER")
        if cursor.accept("AUTO"):
            found["cluster_by_auto"] = True
        elif not cursor.accept("NONE"):
            if not cursor.sees("("):
                cursor.fail("(columns), AUTO or NONE")
            found["cluster_by"] = cursor.parenthesised_names("a clustering column")
    elif cursor.accept("USING"):
        if not cursor.accept("DELTA"):
            cursor.refuse("USING")
    elif cursor.sees("WITH", "ROW") or cursor.sees("ROW", "FILTER"):
        if view:
            cursor.refuse("ROW FILTER on a view")
        found["row_filter"] = row_filter(cursor)
    elif cursor.accept("DEFAULT"):
        cursor.expect("COLLATION", after="DEFAULT")
        if not cursor.accept("UTF8_BINARY"):
            cursor.refuse("DEFAULT COLLATION")
    elif cursor.accept("REFRESH"):
        cursor.expect("POLICY", after="REFRESH")
        found["refresh_policy"] = _refresh_policy(cursor)
    else:
        for word in ("LOCATION", "SCHEDULE", "TRIGGER"):
            if cursor.sees(word):
                cursor.refuse({"TRIGGER": "TRIGGER ON UPDATE"}.get(word, word))
        cursor.fail(f"{following}, or one of {NAMES}")


def _refresh_policy(cursor: Cursor) -> str:
    for word in ("AUTO", "FULL"):
        if cursor.accept(word):
            return word.lower()
    if not cursor.accept("INCREMENTAL"):
        cursor.fail("AUTO, INCREMENTAL, INCREMENTAL STRICT or FULL")
    return "incremental_strict" if cursor.accept("STRICT") else "incremental"


def row_filter(cursor: Cursor) -> str:
    """[[WITH] ROW FILTER] function ON (columns): its text from the function's name on."""
    if cursor.accept("WITH") or cursor.sees("ROW", "FILTER"):
        cursor.expect("ROW", "FILTER")
    start = cursor.token.start
    cursor.name("the row filter function's name")
    cursor.expect("ON", after="the row filter's function")
    cursor.expect("(")
    if not cursor.accept(")"):
        cursor.index -= 1
        cursor.parenthesised_text("the row filter's columns")
    return cursor.source.text[start : cursor.previous.end]


def properties(cursor: Cursor) -> tuple[tuple[str, str], ...]:
    """('key' = 'value', plain.key value, ...)"""
    cursor.expect("(")
    found: dict[str, str] = {}
    while True:
        token = cursor.token
        key = _key(cursor)
        if key in found:
            cursor.fail(f"property {key} once", token)
        cursor.accept("=")
        found[key] = value(cursor)
        if cursor.accept(")"):
            return tuple(found.items())
        if not cursor.accept(","):
            cursor.fail("',' or ')' after a property")


def _key(cursor: Cursor) -> str:
    if cursor.token.kind is Kind.STRING:
        return cursor.string("the property's name")
    parts = [cursor.identifier("a property's name")]
    while cursor.accept("."):
        parts.append(cursor.identifier("the rest of the property's name"))
    return ".".join(parts)


def value(cursor: Cursor) -> str:
    """A literal as text: a string, a number, true or false."""
    if cursor.token.kind is Kind.STRING:
        return cursor.string("the value")
    sign = "-" if cursor.accept("-") else ""
    if cursor.token.kind is Kind.NUMBER:
        return sign + cursor.advance().text
    if not sign and cursor.token.upper in ("TRUE", "FALSE"):
        return cursor.advance().text.lower()
    cursor.fail("a value: a string in quotes, a number, true or false")
