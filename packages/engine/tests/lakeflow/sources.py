"""Every SQL source of the corpus's cases, each once: what the parser's tests cut up."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from lakeflow.cases import Area

_FOLDER = Path(__file__).parent / "sql"


def _areas() -> list[Area]:
    sys.path.insert(0, str(_FOLDER))
    try:
        return [importlib.import_module(file.stem).AREA for file in sorted(_FOLDER.glob("test_*.py"))]
    finally:
        sys.path.remove(str(_FOLDER))


SQL_SOURCES: tuple[str, ...] = tuple(
    dict.fromkeys(
        text for area in _areas() for case in area.cases for name, text in case.sources.items() if name.endswith(".sql")
    )
)
