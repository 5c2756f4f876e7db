"""Names and texts as SQL spells them."""

from __future__ import annotations

from collections.abc import Iterable


def quote(name: str) -> str:
    """One part of a name."""
    return "`" + name.replace("`", "``") + "`"


def quote_all(parts: Iterable[str]) -> str:
    return ".".join(map(quote, parts))


def quote_if_needed(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else quote(name)


def folded(name: object) -> str:
    """The name of a column as names are compared: without backticks, in lower case."""
    return str(name).strip("`").lower()


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
