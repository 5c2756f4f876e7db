"""What stands between a dataset's parentheses: columns, expectations, keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.graph.model import ColumnSpec, Expectation, ExpectationAction, TableConstraint

from ..errors import SqlSyntaxError
from ..tokenizer import Kind
from .cursor import Cursor

_PROPERTIES = ("NOT", "COMMENT", "MASK", "GENERATED", "DEFAULT", "CONSTRAINT", "PRIMARY", "FOREIGN", "REFERENCES")
_KEY_OPTIONS = (
    "RELY",
    "NORELY",
    "NOT ENFORCED",
    "ENFORCED",
    "DEFERRABLE",
    "INITIALLY DEFERRED",
    "NOVALIDATE",
    "MATCH FULL",
    "ON UPDATE NO ACTION",
    "ON DELETE NO ACTION",
    "DEFERRABLE",
    "TIMESERIES",
)


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
    if (
        cursor.sees("CONSTRAINT")
        and cursor.peek().kind in (Kind.WORD, Kind.QUOTED)
        and (cursor.peek(2).upper in ("EXPECT", "PRIMARY", "FOREIGN", "CHECK"))
    ):
        _constraint(cursor, found, column=None)
    elif cursor.sees("PRIMARY", "KEY") or cursor.sees("FOREIGN", "KEY"):
        _key(cursor, found, name=None, column=None)
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
        elif cursor.sees("CONSTRAINT"):
            _constraint(cursor, found, column=name)
        elif word in ("PRIMARY", "FOREIGN", "REFERENCES"):
            _key(cursor, found, name=None, column=name)
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


def _constraint(cursor: Cursor, found: Specification, column: str | None) -> None:
    cursor.expect("CONSTRAINT")
    name_token = cursor.token
    name = cursor.identifier("the constraint's name")
    if cursor.accept("EXPECT"):
        condition = cursor.parenthesised_text("the expectation's condition")
        if any(expectation.name == name for expectation in found.expectations):
            raise SqlSyntaxError(
                f"expectation {name} is declared twice; give each its own name",
                cursor.at(name_token),
                name,
                "another name",
            )
        found.expectations.append(Expectation(name, condition, _violation(cursor)))
    elif cursor.token.upper in ("PRIMARY", "FOREIGN") or (column is not None and cursor.sees("REFERENCES")):
        _key(cursor, found, name, column)
    else:
        cursor.fail("EXPECT (condition), PRIMARY KEY or FOREIGN KEY")


def _violation(cursor: Cursor) -> ExpectationAction:
    if not cursor.accept("ON"):
        return "warn"
    cursor.expect("VIOLATION", after="ON")
    if cursor.accept("DROP", "ROW"):
        return "drop"
    if cursor.accept("FAIL", "UPDATE"):
        return "fail"
    cursor.fail("DROP ROW or FAIL UPDATE")


def _key(cursor: Cursor, found: Specification, name: str | None, column: str | None) -> None:
    start = cursor.token.start
    columns: tuple[str, ...] = (column,) if column else ()
    if cursor.accept("PRIMARY"):
        kind = "PRIMARY KEY"
        cursor.expect("KEY", after="PRIMARY")
        if column is None:
            columns = _key_columns(cursor)
    else:
        kind = "FOREIGN KEY"
        if cursor.accept("FOREIGN"):
            cursor.expect("KEY", after="FOREIGN")
            if column is None:
                columns = _key_columns(cursor)
        cursor.expect("REFERENCES", after="FOREIGN KEY")
        cursor.name("the table that the key refers to")
        if cursor.sees("("):
            cursor.parenthesised_names("a column of the table referred to")
    while any(cursor.accept(*option.split()) for option in _KEY_OPTIONS):
        pass
    text = cursor.source.text[start : cursor.previous.end]
    found.constraints.append(TableConstraint(kind, text, name, columns))


def _key_columns(cursor: Cursor) -> tuple[str, ...]:
    cursor.expect("(")
    columns: list[str] = []
    while True:
        columns.append(cursor.identifier("a key column"))
        cursor.accept("TIMESERIES")
        if cursor.accept(")"):
            return tuple(columns)
        if not cursor.accept(","):
            cursor.fail("',' or ')' after a key column")
