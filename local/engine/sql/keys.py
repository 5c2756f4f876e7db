"""PRIMARY KEY and FOREIGN KEY of tables: taken out of a statement, and written as Databricks' TableConstraint.

The workspace keeps keys, as Unity Catalog does; Spark and Delta run the statement without them. Syntax:
https://docs.databricks.com/sql/language-manual/sql-ref-syntax-ddl-create-table-constraint.html and
https://docs.databricks.com/sql/language-manual/sql-ref-syntax-ddl-alter-table-add-constraint.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.sources.sql.parser.cursor import Cursor
from engine.sources.sql.tokenizer import Kind, SourceText

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
Constraint = dict[str, Any]
FullName = Callable[[list[str]], str]


@dataclass
class TableKeys:
    """A CREATE TABLE and its keys. `text`: the statement without them, key columns being NOT NULL."""

    text: str
    table: str
    exists_ok: bool
    replaces: bool
    constraints: list[Constraint] = field(default_factory=list)


def starts(cursor: Cursor, column: bool = False) -> bool:
    """Whether a key stands here, with or without a name; of a column, REFERENCES is one, too."""
    at = 2 if cursor.sees("CONSTRAINT") and cursor.peek().kind in (Kind.WORD, Kind.QUOTED) else 0
    words = (cursor.peek(at).upper, cursor.peek(at + 1).upper)
    return words in (("PRIMARY", "KEY"), ("FOREIGN", "KEY")) or (column and words[0] == "REFERENCES")


def read(cursor: Cursor, table: str, full_name: FullName, column: str | None = None) -> Constraint:
    """Reads `[CONSTRAINT name] PRIMARY KEY … | FOREIGN KEY …`; of a column, the key is that column.

    `parent_columns` is None where the statement does not say them: then they are those of the parent's primary key.
    """
    name = cursor.identifier("the constraint's name") if cursor.accept("CONSTRAINT") else None
    plain = table.split(".")[-1]
    if cursor.accept("PRIMARY", "KEY"):
        columns, series = ([column], []) if column else _key_columns(cursor)
        detail: Constraint = {"name": name or f"{plain}_pk", "child_columns": columns}
        found = {"primary_key_constraint": {**detail, "timeseries_columns": series} if series else detail}
    else:
        if cursor.accept("FOREIGN", "KEY") and not column:
            columns, _ = _key_columns(cursor)
        else:
            columns = [column or ""]
        cursor.expect("REFERENCES", after="FOREIGN KEY")
        parts = [cursor.identifier("the table that the key refers to")]
        while cursor.accept("."):
            parts.append(cursor.identifier("the table that the key refers to"))
        found = {
            "foreign_key_constraint": {
                "name": name or f"{plain}_{'_'.join(columns)}_fk",
                "child_columns": columns,
                "parent_table": full_name(parts),
                "parent_columns": _key_columns(cursor)[0] if cursor.sees("(") else None,
            }
        }
    rely = False
    while True:
        rely = rely or cursor.sees("RELY")
        if not any(cursor.accept(*option.split()) for option in _OPTIONS):
            break
    if rely:
        next(iter(found.values()))["rely"] = True
    return found


def of_create(text: str, full_name: FullName) -> TableKeys | None:
    """The keys of a CREATE TABLE; None for another statement. Raises SqlSyntaxError where a key is not one."""
    cursor = Cursor(SourceText(text, "statement"))
    if not cursor.accept("CREATE"):
        return None
    replaces = cursor.accept("OR", "REPLACE")
    if not cursor.accept("TABLE"):
        return None
    exists_ok = cursor.accept("IF", "NOT", "EXISTS")
    parts = [cursor.identifier("the table's name")]
    while cursor.accept("."):
        parts.append(cursor.identifier("the table's name"))
    found = TableKeys(text, full_name(parts), exists_ok, replaces)
    keyed = any(token.upper in ("PRIMARY", "FOREIGN", "REFERENCES") for token in cursor.tokens)
    if keyed and cursor.accept("("):
        _Columns(cursor, found, full_name).read()
    return found


class _Columns:
    """The list of columns: keys are cut out of it, and their columns become NOT NULL."""

    def __init__(self, cursor: Cursor, found: TableKeys, full_name: FullName) -> None:
        self.cursor = cursor
        self.found = found
        self.full_name = full_name
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
                self.found.constraints.append(read(c, self.found.table, self.full_name))
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
                self.found.constraints.append(read(c, self.found.table, self.full_name, name))
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
            for name in each.get("primary_key_constraint", {}).get("child_columns", ()):
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


def _key_columns(cursor: Cursor) -> tuple[list[str], list[str]]:
    """(column [TIMESERIES], …): the columns, and those of time series."""
    columns, series = [], []
    cursor.expect("(")
    while True:
        columns.append(cursor.identifier("a key column"))
        if cursor.accept("TIMESERIES"):
            series.append(columns[-1])
        if cursor.accept(")"):
            return columns, series
        cursor.expect(",", after="a key column")
