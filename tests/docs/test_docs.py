"""Generated pages are what their generator writes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "docs"))

import lakeflow_python
import lakeflow_sql
import sql_functions


def test_the_page_of_supported_sql_is_current() -> None:
    assert lakeflow_sql.FILE.read_text() == lakeflow_sql.content(), "run npm run docs (scripts/docs/lakeflow_sql.py)"


def test_the_page_of_sql_functions_is_current() -> None:
    assert sql_functions.FILE.read_text() == sql_functions.content(), "run npm run docs (scripts/docs/sql_functions.py)"


def test_the_page_of_supported_python_is_current() -> None:
    assert lakeflow_python.FILE.read_text() == lakeflow_python.content(), (
        "run npm run docs (scripts/docs/lakeflow_python.py)"
    )
