"""One statement's text to its statement. Every token is read, or the statement is an error with a position."""

from __future__ import annotations

from ..errors import SqlSyntaxError
from ..registry import REFUSED_STATEMENTS
from ..statements import CreateFlow, SetConfiguration, Statement, Use
from ..tokenizer import Kind, SourceText
from . import flows
from .clauses import value
from .cursor import Cursor
from .datasets import create


def parse_statement(source: SourceText) -> Statement:
    cursor = Cursor(source)
    statement = _statement(cursor)
    cursor.expect_end()
    return statement


def _statement(cursor: Cursor) -> Statement:
    word = cursor.token.upper or cursor.token.text
    if word == "CREATE":
        return create(cursor)
    if cursor.sees("APPLY", "CHANGES") or cursor.sees("AUTO", "CDC"):
        location = cursor.location
        target, flow = flows.auto_cdc_into(cursor)
        return CreateFlow(None, target, flow, location)
    if word == "SET":
        return _set(cursor)
    if word == "USE":
        return _use(cursor)
    if word in REFUSED_STATEMENTS:
        cursor.refuse(REFUSED_STATEMENTS[word])
    cursor.fail("a statement: CREATE, APPLY CHANGES INTO, SET or USE")


def _set(cursor: Cursor) -> SetConfiguration:
    location = cursor.location
    cursor.expect("SET")
    if cursor.ended:
        cursor.refuse("SET without a value")
    start = cursor.token
    if start.kind is Kind.QUOTED:
        key = cursor.advance().identifier
    else:
        while (
            cursor.token.kind is Kind.WORD or cursor.token.text in ("-", ".", ":") or cursor.token.kind is Kind.NUMBER
        ):
            cursor.advance()
        key = cursor.source.text[start.start : cursor.previous.end] if cursor.token is not start else ""
    if not key or (start.kind is not Kind.QUOTED and any(letter.isspace() for letter in key)):
        raise SqlSyntaxError(
            f"found {start}, expected a configuration key and '=': SET key = value",
            cursor.at(start),
            start.text,
            "key = value",
        )
    if cursor.ended:
        cursor.refuse("SET without a value", start)
    cursor.expect("=", after="the configuration key")
    if cursor.token.kind is Kind.STRING and cursor.peek().kind is Kind.END:
        return SetConfiguration(key, value(cursor), location)
    first = cursor.token
    if cursor.ended:
        cursor.fail("a value")
    while not cursor.ended:  # a bare value runs to the end of the statement, as in Spark
        cursor.advance()
    return SetConfiguration(key, cursor.source.text[first.start : cursor.previous.end], location)


def _use(cursor: Cursor) -> Use:
    location = cursor.location
    cursor.expect("USE")
    if cursor.accept("CATALOG"):
        text = _plain_string_or_name(cursor, "the catalog's name")
        return Use(text, None, location)
    if not cursor.accept("SCHEMA"):
        cursor.accept("DATABASE")
    first = _plain_string_or_name(cursor, "the schema's name")
    if cursor.accept("."):
        return Use(first, cursor.identifier("the schema's name"), location)
    return Use(None, first, location)


def _plain_string_or_name(cursor: Cursor, what: str) -> str:
    return cursor.string(what) if cursor.token.kind is Kind.STRING else cursor.identifier(what)
