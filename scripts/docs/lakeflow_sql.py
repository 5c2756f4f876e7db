"""`npm run docs`: writes docs/lakeflow-sql.md from the registries of clauses and of options."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "packages" / "engine" / "src"))

from lakehouse_engine.readers.registry import markdown as options  # noqa: E402
from lakehouse_engine.sources.sql.registry import markdown  # noqa: E402

FILE = ROOT / "docs" / "lakeflow-sql.md"


def content() -> str:
    return (
        "# Lakeflow SQL on the local workspace\n\n"
        "What each statement and clause of a pipeline's SQL does here; generated from the parser's own registry by\n"
        "`npm run docs`. A refused clause ends the update with an error that names file, line\n"
        "and column, and says what to do instead.\n\n" + markdown() + "\n## Options of read_files and Auto Loader\n\n"
        "`read_files(path, name => value, …)` in SQL, `cloudFiles` in SQL and Python. Options of the group cloudFiles\n"
        "have the prefix `cloudFiles.` in Auto Loader and none in `read_files`. Every value is checked; an option\n"
        "that is not in the table is refused. One of another format has no effect, and the event log warns of it.\n\n"
        + options()
    )


if __name__ == "__main__":
    FILE.write_text(content())
