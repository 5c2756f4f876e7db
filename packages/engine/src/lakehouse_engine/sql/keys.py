"""Keys in CREATE TABLE: taken out of the statement, which Spark and Delta run without; the workspace keeps them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lakehouse_engine.graph.model import TableConstraint
from lakehouse_engine.sources.sql.parser.cursor import Cursor
from lakehouse_engine.sources.sql.parser.keys import read, starts
from lakehouse_engine.sources.sql.tokenizer import Kind, SourceText


@dataclass
class TableKeys:
    """A CREATE TABLE and its keys. `text`: the statement without them, key columns being NOT NULL."""

    text: str
    table: str
    exists_ok: bool
    replaces: bool
    constraints: list[TableConstraint] = field(default_factory=list)


def of_create(text: str, full_name: Callable[[str], str]) -> TableKeys | None:
    """The keys of a CREATE TABLE; None for another statement. Raises SqlSyntaxError where a key is not one."""
    cursor = Cursor(SourceText(text, "statement"))
    if not cursor.accept("CREATE"):
        return None
    replaces = cursor.accept("OR", "REPLACE")
    if not cursor.accept("TABLE"):
        return None
    exists_ok = cursor.accept("IF", "NOT", "EXISTS")
    found = TableKeys(text, full_name(cursor.name("the table's name")), exists_ok, replaces)
    keyed = any(token.upper in ("PRIMARY", "FOREIGN", "REFERENCES") for token in cursor.tokens)
    if keyed and cursor.accept("("):
        _Columns(cursor, found).read()
    return found


class _Columns:
    """The list of columns: keys are cut out of it, and their columns become NOT NULL."""

    def __init__(self, cursor: Cursor, found: TableKeys) -> None:
        self.cursor = cursor
        self.found = found
        self.edits: list[tuple[int, int, str]] = []
        self.nullable: dict[str, int] = {}  # columns not said to be NOT NULL, with where to say it

    def read(self) -> None:
        c = self.cursor
        stays = False  # whether an element before this one does
        comma = c.token
        while True:
            start = c.token.start
            key = starts(c)
            if key:
                self.found.constraints.append(read(c))
                first, end = (comma.start if stays else start), c.previous.end
                # With the comma before it, or else with the one behind it.
                self.edits.append((first, c.token.end if c.sees(",") and not stays else end, ""))
            else:
                self._column()
            stays = stays or not key
            if c.accept(")"):
                return self._apply()
            if not c.sees(","):
                c.fail("',' or ')' in the column list")
            comma = c.advance()

    def _column(self) -> None:
        c = self.cursor
        name = c.identifier("a column's name")
        depth, not_null = 0, False
        while not c.ended and not (depth == 0 and (c.sees(",") or c.sees(")"))):
            if depth == 0 and starts(c, column=True):
                start = c.token.start
                self.found.constraints.append(read(c, name))
                self.edits.append((start, c.previous.end, ""))
                continue
            not_null = not_null or (depth == 0 and c.sees("NOT", "NULL"))
            token = c.advance()
            if token.text == "(":
                while not c.ended and not c.sees(")"):
                    _skip(c)
                c.accept(")")
            elif token.kind is Kind.OPERATOR:
                depth = max(0, depth + {"<": 1, ">": -1}.get(token.text, 0))
        if not not_null:
            self.nullable[name.lower()] = c.previous.end

    def _apply(self) -> None:
        for each in self.found.constraints:
            for name in each.columns if each.kind == "PRIMARY KEY" else ():
                at = self.nullable.pop(name.lower(), None)
                if at is not None:
                    self.edits.append((at, at, " NOT NULL"))
        text = self.found.text
        # From the end; what is put in at a place comes behind what is cut out up to it.
        for start, end, put in sorted(self.edits, reverse=True):
            text = text[:start] + put + text[end:]
        self.found.text = text


def _skip(cursor: Cursor) -> None:
    """One token, or all of what it opens."""
    if cursor.advance().text == "(":
        while not cursor.ended and not cursor.sees(")"):
            _skip(cursor)
        cursor.accept(")")
