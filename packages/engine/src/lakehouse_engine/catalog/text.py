"""Names, literals and places of tables as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def split(full_name: str) -> tuple[str, str, str]:
    catalog, schema, table = full_name.split(".", 2)
    return catalog, schema, table


def quoted(full_name: str) -> str:
    return ".".join(f"`{part}`" for part in split(full_name))


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def local(location: str) -> str:
    """A location without the scheme of this machine's files."""
    return location.removeprefix("file://").removeprefix("file:")


def path_of(location: str | None) -> Path | None:
    return Path(local(location)).resolve() if location else None


def uri_of(location: str) -> str:
    return Path(location).as_uri() if location.startswith("/") else location


def columns_json(columns: Sequence[Mapping[str, Any]]) -> str:
    """StructType JSON of a record's columns, whose `type_json` is the JSON of a StructField."""
    return '{"type":"struct","fields":[' + ",".join(c["type_json"] for c in columns) + "]}"
