"""`npm run docs`: writes docs/lakeflow-python.md from the registry of decorators."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "packages" / "engine" / "src"))

from lakehouse_engine.sources.python_registry import markdown  # noqa: E402

FILE = ROOT / "docs" / "lakeflow-python.md"


def content() -> str:
    return (
        "# Lakeflow Python on the local workspace\n\n"
        "What `pyspark.pipelines` (`dp`) and `dlt` take here; generated from the decorators' own registry by\n"
        "`npm run docs`. A refused argument ends the update with an error that names file and\n"
        "line, and says what to do instead.\n\n" + markdown()
    )


if __name__ == "__main__":
    FILE.write_text(content())
