"""What stands between a dataset's parentheses: columns, expectations, keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from lakehouse_engine.graph.model import ColumnSpec, Expectation, ExpectationAction, TableConstraint

from ..errors import SqlSyntaxError
from ..tokenizer import Kind
from . import keys
from .cursor import Cursor

_PROPERTIES = ("NOT", "COMMENT", "MASK", "GENERATED", "DEFAULT", "CONSTRAINT", "PRIMARY", "FOREIGN", "REFERENCES")


@dataclass
class Specification:
    columns: list[ColumnSpec] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)
    constraints: list[TableConstraint] = field(default_factory=list)


def specification(cursor: Cursor) -> Specification:
    """( column | constraint, ... )"""
    found = Specification()
    cursor.expect("(")
    while True:
        _element(cursor, found)
        if cursor.accept(")"):
            return found
        if not cursor.accept(","):
            cursor.fail("',' or ')' in the column list")


def _element(cursor: Cursor, found: Specification) -> None:
    if keys.starts(cursor):
        found.constraints.append(keys.read(cursor))
    elif (
        cursor.sees("CONSTRAINT")
        and cursor.peek().kind in (Kind.WORD, Kind.QUOTED)
        and cursor.peek(2).upper in ("EXPECT", "PRIMARY", "FOREIGN", "CHECK")
    ):
        _expectation(cursor, found)
    else:
        _column(cursor, found)


def _column(cursor: Cursor, found: Specification) -> None:
    token = cursor.token
    name = cursor.identifier("a column name or CONSTRAINT")
    if any(column.name.lower() == name.lower() for column in found.columns):
        raise SqlSyntaxError(f"column {name} is declared twice; keep one", cursor.at(token), name, "another name")
    data_type = _type(cursor)
    seen: dict[str, str] = {}
    nullable = True
    while not (cursor.sees(",") or cursor.sees(")")):
        word, token = cursor.token.upper, cursor.token
        if word in seen and word != "CONSTRAINT":
            cursor.fail(f"one {word} for column {name}")
        if cursor.accept("NOT"):
            cursor.expect("NULL", after=f"NOT of column {name}")
            nullable = False
            seen["NOT"] = ""
        elif cursor.accept("COMMENT"):
            seen["COMMENT"] = cursor.string("the column's comment")
        elif cursor.accept("MASK"):
            seen["MASK"] = _mask(cursor)
        elif cursor.accept("GENERATED"):
            seen["GENERATED"] = _generated(cursor)
        elif cursor.sees("DEFAULT"):
            cursor.refuse("DEFAULT")
        elif keys.starts(cursor, column=True) or word in ("PRIMARY", "FOREIGN"):
            found.constraints.append(keys.read(cursor, name))
        elif cursor.sees("CONSTRAINT"):
            _expectation(cursor, found)
        else:
            cursor.fail(
                f"',', ')' or a property of column {name}: NOT NULL, COMMENT, MASK, GENERATED ALWAYS AS, CONSTRAINT",
                token,
            )
    found.columns.append(
        ColumnSpec(name, data_type, nullable, seen.get("COMMENT"), seen.get("MASK"), seen.get("GENERATED"))
    )


# The words that may follow another in a type: DOUBLE PRECISION, INTERVAL DAY TO SECOND, STRING COLLATE name, ...
_TYPE_WORDS = frozenset(
    (
        "PRECISION",
        "WITH",
        "WITHOUT",
        "LOCAL",
        "TIME",
        "ZONE",
        "TO",
        "COLLATE",
        "YEAR",
        "YEARS",
        "MONTH",
        "MONTHS",
        "DAY",
        "DAYS",
        "HOUR",
        "HOURS",
        "MINUTE",
        "SECOND",
    )
)


def _type(cursor: Cursor) -> str | None:
    """The text of a type: up to the next property of the column, outside any bracket."""
    start, depth = cursor.token, 0
    while not cursor.ended:
        token = cursor.token
        if depth == 0 and (cursor.sees(",") or cursor.sees(")") or token.upper in _PROPERTIES):
            break
        follows = token is not start and cursor.previous.upper != "COLLATE"
        if depth == 0 and follows and token.kind is not Kind.OPERATOR and token.upper not in _TYPE_WORDS:
            cursor.fail("',', ')' or a property of the column after its type")
        if token.kind is Kind.OPERATOR:
            depth += {"(": 1, "<": 1, ")": -1, ">": -1}.get(token.text, 0)
            if token.text not in "()<>,:" or depth < 0:
                cursor.fail("a data type")
        cursor.advance()
    if depth:
        cursor.fail("'>' or ')' to close the data type")
    return cursor.source.text[start.start : cursor.previous.end] if cursor.token is not start else None


def _mask(cursor: Cursor) -> str:
    start = cursor.token.start
    cursor.name("the mask function's name")
    if cursor.accept("USING"):
        cursor.expect("COLUMNS", after="USING")
        cursor.parenthesised_text("the mask's further arguments")
    return cursor.source.text[start : cursor.previous.end]


def _generated(cursor: Cursor) -> str:
    token = cursor.previous
    if cursor.accept("BY"):
        cursor.expect("DEFAULT", after="GENERATED BY")
        cursor.expect("AS", "IDENTITY")
        cursor.refuse("GENERATED ... AS IDENTITY", token)
    cursor.expect("ALWAYS", after="GENERATED")
    cursor.expect("AS", after="GENERATED ALWAYS")
    if cursor.sees("IDENTITY"):
        cursor.refuse("GENERATED ... AS IDENTITY", token)
    return cursor.parenthesised_text("the column's expression")


def _expectation(cursor: Cursor, found: Specification) -> None:
    cursor.expect("CONSTRAINT")
    name_token = cursor.token
    name = cursor.identifier("the constraint's name")
    if not cursor.accept("EXPECT"):
        cursor.fail("EXPECT (condition), PRIMARY KEY or FOREIGN KEY")
    condition = cursor.parenthesised_text("the expectation's condition")
    if any(expectation.name == name for expectation in found.expectations):
        raise SqlSyntaxError(
            f"expectation {name} is declared twice; give each its own name", cursor.at(name_token), name, "another name"
        )
    found.expectations.append(Expectation(name, condition, _violation(cursor)))


def _violation(cursor: Cursor) -> ExpectationAction:
    if not cursor.accept("ON"):
        return "warn"
    cursor.expect("VIOLATION", after="ON")
    if cursor.accept("DROP", "ROW"):
        return "drop"
    if cursor.accept("FAIL", "UPDATE"):
        return "fail"
    cursor.fail("DROP ROW or FAIL UPDATE")
