"""Names, literals and places of tables as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lakehouse_engine.files import local
from lakehouse_engine.identifiers import quote_all


def split(full_name: str) -> tuple[str, str, str]:
    catalog, schema, table = full_name.split(".", 2)
    return catalog, schema, table


def quoted(full_name: str) -> str:
    return quote_all(split(full_name))


def path_of(location: str | None) -> Path | None:
    return Path(local(location)).resolve() if location else None


def uri_of(location: str) -> str:
    return Path(location).as_uri() if location.startswith("/") else location


def columns_json(columns: Sequence[Mapping[str, Any]]) -> str:
    """StructType JSON of a record's columns, whose `type_json` is the JSON of a StructField."""
    return '{"type":"struct","fields":[' + ",".join(c["type_json"] for c in columns) + "]}"
