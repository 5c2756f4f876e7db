"""What a query needs before Spark can read it: its table functions and names. The rest of its text stays as written.

Spark reads `STREAM t`, `STREAM(t)` and `LIVE.t` itself; it has no `read_files`, `list_files`, `cloud_files` or
`event_log`.
A call of one becomes a name, which stands for what `SqlContext.table_function` returns.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass, field

from lakehouse_engine.graph.model import SourceLocation

from .errors import SqlSyntaxError
from .parser.clauses import value
from .parser.cursor import Cursor
from .statements import Query
from .tokenizer import Kind, SourceText, Token

TABLE_FUNCTIONS = ("read_files", "list_files", "cloud_files", "event_log")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Constant:
    """An argument that is an expression; its value is a constant, which Spark knows."""

    text: str


Argument = str | Constant


@dataclass
class FunctionCall:
    """A table function's call: `view` stands for it in the rewritten text."""

    name: str
    arguments: list[Argument]
    options: dict[str, Argument | dict[str, str]]
    streaming: bool
    view: str
    location: SourceLocation
    start: int
    end: int


@dataclass
class Rewritten:
    text: str
    calls: list[FunctionCall] = field(default_factory=list)


def rewrite(query: Query, more: Collection[str] = ()) -> Rewritten:
    """`more`: table functions that this query has beside those of all queries."""
    location = query.location
    source = SourceText(query.text, location.path, first_line=location.line or 1, cell=location.cell)
    cursor = Cursor(source)
    edits: list[tuple[int, int, str]] = []
    calls: list[FunctionCall] = []
    while not cursor.ended:
        if _calls_table_function(cursor, (*TABLE_FUNCTIONS, *more)):
            call = _call(cursor)
            calls.append(call)
            edits.append((call.start, call.end, call.view))
        elif cursor.sees("IDENTIFIER", "("):
            _named_by_strings(cursor, edits)
        else:
            cursor.advance()
    text = query.text
    for start, end, replacement in reversed(edits):
        text = text[:start] + replacement + text[end:]
    return Rewritten(text, calls)


def _named_by_strings(cursor: Cursor, edits: list[tuple[int, int, str]]) -> None:
    """IDENTIFIER of strings becomes the name, which may be a dataset's; of another expression it is left to Spark."""
    opened = cursor.index
    try:
        name = cursor.name("a name")
    except SqlSyntaxError:
        cursor.index = opened + 1
        return
    edits.append((cursor.tokens[opened].start, cursor.previous.end, name))


def _calls_table_function(cursor: Cursor, functions: Collection[str]) -> bool:
    token = cursor.token
    return (
        token.kind is Kind.WORD
        and token.text.lower() in functions
        and cursor.peek().text == "("
        and (cursor.index == 0 or cursor.previous.text != ".")
    )


def _call(cursor: Cursor) -> FunctionCall:
    token = cursor.token
    before, wider = cursor.previous, cursor.tokens[max(0, cursor.index - 2)]
    wrapped = cursor.index >= 2 and before.text == "(" and wider.upper == "STREAM"
    prefixed = cursor.index >= 1 and before.upper == "STREAM"
    start = wider.start if wrapped else before.start if prefixed else token.start
    name = cursor.advance().text.lower()
    arguments, options = _arguments(cursor)
    end = cursor.previous.end
    if wrapped:
        cursor.expect(")")
        end = cursor.previous.end
    streaming = wrapped or prefixed or name == "cloud_files"
    view = f"__{name}_{next(_numbers)}"
    return FunctionCall(name, arguments, options, streaming, view, cursor.at(token), start, end)


def _argument(cursor: Cursor) -> Argument:
    """A literal's value, or an expression up to the next argument."""
    start = cursor.index
    try:
        found = value(cursor)
        if cursor.sees(",") or cursor.sees(")"):
            return found
    except SqlSyntaxError:
        if cursor.ended or cursor.sees(",") or cursor.sees(")"):
            raise
    cursor.index = start
    return Constant(cursor.text_until("an argument", stop=lambda: cursor.sees(",") or cursor.sees(")")))


def _arguments(cursor: Cursor) -> tuple[list[Argument], dict[str, Argument | dict[str, str]]]:
    arguments: list[Argument] = []
    options: dict[str, Argument | dict[str, str]] = {}
    cursor.expect("(")
    if cursor.accept(")"):
        return arguments, options
    while True:
        token = cursor.token
        if _named(cursor):
            name = _option_name(cursor)
            cursor.expect("=", ">")
            if name.lower() in (known.lower() for known in options):
                raise SqlSyntaxError(
                    f"option {name} is given twice; keep one", cursor.at(token), name, "another option"
                )
            options[name] = _map(cursor) if cursor.sees("MAP", "(") else _argument(cursor)
        elif cursor.sees("MAP", "("):
            options.update(_map(cursor))
        elif options:
            cursor.fail("name => value, as for the arguments before it")
        elif cursor.accept("TABLE", "("):  # event_log(TABLE(c.s.t))
            arguments.append(cursor.name("a table"))
            cursor.expect(")")
        else:
            arguments.append(_argument(cursor))
        if cursor.accept(")"):
            return arguments, options
        if not cursor.accept(","):
            cursor.fail("',' or ')' after an argument")


def _named(cursor: Cursor) -> bool:
    ahead = 0
    if cursor.peek(0).kind not in (Kind.WORD, Kind.QUOTED):
        return False
    while cursor.peek(ahead + 1).text == "." and cursor.peek(ahead + 2).kind in (Kind.WORD, Kind.QUOTED):
        ahead += 2
    return cursor.peek(ahead + 1).text == "=" and cursor.peek(ahead + 2).text == ">"


def _option_name(cursor: Cursor) -> str:
    parts = [cursor.identifier("an option's name")]
    while cursor.accept("."):
        parts.append(cursor.identifier("the rest of the option's name"))
    return ".".join(parts)


def _map(cursor: Cursor) -> dict[str, str]:
    """map('key', 'value', ...)"""
    opened: Token = cursor.token
    cursor.expect("MAP", "(")
    values: list[str] = []
    while not cursor.accept(")"):
        if values:
            cursor.expect(",")
        values.append(value(cursor))
    if len(values) % 2:
        cursor.fail("pairs of key and value in map(...)", opened)
    return dict(zip(values[::2], values[1::2], strict=True))
