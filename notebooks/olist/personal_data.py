"""Personal data, as `personal_data.json` declares it for every language that needs to know."""

from __future__ import annotations

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

DECLARED: dict[str, Any] = json.loads(Path(__file__).with_name("personal_data.json").read_text(encoding="utf-8"))
COLUMNS: dict[str, str] = {entry["column"]: entry["kind"] for entry in DECLARED["columns"]}
UNPARSED: dict[str, str] = {entry["column"]: entry["kind"] for entry in DECLARED["unparsed"]}
TAG: str = DECLARED["tag"]["key"]

Column = tuple[str, str]
"""A table (schema.table) and a column of it."""


def may_hold(table: str) -> bool:
    """Whether `table` (schema.table) is one of those that may hold personal data."""
    return any(fnmatchcase(table, pattern) for pattern in DECLARED["tables"])


def undeclared(column: str) -> bool:
    """Whether a column is named like personal data and nobody has said whether it is."""
    if column in COLUMNS or column in DECLARED["harmless"]:
        return False
    return any(word in column.lower() for word in DECLARED["suspect_names"])


def kinds(columns: Iterable[Column]) -> dict[Column, str]:
    """The kind of each of the columns that holds personal data, in the tables that are declared to hold some."""
    known = COLUMNS | UNPARSED
    return {(table, name): known[name] for table, name in columns if name in known and may_hold(table)}


def strays(columns: Iterable[Column]) -> list[str]:
    """Columns that hold personal data in a table that is not declared to, or are named like it and not declared."""
    return sorted(
        f"{table}.{name}" for table, name in columns if undeclared(name) or (name in COLUMNS and not may_hold(table))
    )


def tagging(column: str, kind: str) -> str:
    """The statement that puts the tag on a column (table and name, in back quotes where that is needed)."""
    return f"SET TAG ON COLUMN {column} {TAG} = {kind}"
