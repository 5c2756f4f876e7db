"""FROM SNAPSHOT (query) WITH VERSION (query): what the version query says of its column, before Spark can read it.

https://docs.databricks.com/aws/en/sql/language-manual/functions/last_snapshot_version and current_snapshot_version
"""

from __future__ import annotations

from .parser.cursor import Cursor
from .statements import Query
from .tokenizer import Kind, SourceText

LAST, CURRENT = "last_snapshot_version", "current_snapshot_version"
# What can stand behind the conditions of a query.
_AFTER_WHERE = (
    "GROUP", "HAVING", "WINDOW", "QUALIFY", "ORDER", "SORT", "CLUSTER", "DISTRIBUTE", "LIMIT", "OFFSET",
    "UNION", "EXCEPT", "INTERSECT", "MINUS",
)  # fmt: skip


def column_name(version: Query) -> str:
    """What the query's column seems to be called: the last word before its FROM."""
    cursor = _cursor(version)
    cursor.skip_balanced("the version query", stop=lambda: cursor.ended or cursor.sees("FROM"))
    last = cursor.previous
    return last.identifier if last.kind in (Kind.WORD, Kind.QUOTED) else "version"


def without_conditions(version: Query) -> Query:
    """The query without its own WHERE; its columns stay what they are."""
    cursor = _cursor(version)
    text, kept, start = version.text, "", 0
    while True:
        cursor.skip_balanced("the version query", stop=lambda: cursor.ended or cursor.sees("WHERE"))
        kept += text[start : cursor.token.start]
        if cursor.ended:
            return Query(kept, version.location)
        cursor.skip_balanced("the version query", stop=lambda: cursor.ended or any(map(cursor.sees, _AFTER_WHERE)))
        start = cursor.token.start


def _cursor(query: Query) -> Cursor:
    return Cursor(SourceText(query.text, query.location.path))
