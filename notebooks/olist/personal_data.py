"""Personal data, as `personal_data.json` declares it for every language that needs to know."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

DECLARED: dict[str, Any] = json.loads(Path(__file__).with_name("personal_data.json").read_text(encoding="utf-8"))
COLUMNS: dict[str, str] = {entry["column"]: entry["kind"] for entry in DECLARED["columns"]}


def may_hold(table: str) -> bool:
    """Whether `table` (schema.table) is one of those that may hold personal data."""
    return any(fnmatchcase(table, pattern) for pattern in DECLARED["tables"])


def undeclared(column: str) -> bool:
    """Whether a column is named like personal data and nobody has said whether it is."""
    if column in COLUMNS or column in DECLARED["harmless"]:
        return False
    return any(word in column.lower() for word in DECLARED["suspect_names"])
