"""The repository's pipelines as the workspace hands them to the engine."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# Each pipeline's default schema.
PIPELINES = {"medallion": "silver", "cdc": "cdc"}
_LANGUAGES = {".py": "PYTHON", ".sql": "SQL"}


def pipeline_spec(name: str, catalog: str, notebooks: Path = ROOT / "notebooks") -> dict[str, Any]:
    """Settings and sources of the pipeline of this name, for a catalog."""
    sources = [path for path in sorted((notebooks / name).rglob("*")) if path.suffix in _LANGUAGES]
    package = [path for path in sorted((notebooks / "olist").rglob("*")) if path.suffix in (".py", ".json")]
    place = "/Workspace/olist"
    return {
        "id": f"{catalog}-{name}",
        "name": name,
        "catalog": catalog,
        "schema": PIPELINES[name],
        "rootPath": place,
        "configuration": {
            "olist.landing_path": f"/Volumes/{catalog}/raw/landing",
            "olist.changes_path": f"/Volumes/{catalog}/raw/changes",
        },
        "sources": [
            {
                "path": f"{place}/{path.relative_to(notebooks).with_suffix('')}",
                "kind": "notebook",
                "language": _LANGUAGES[path.suffix],
                "content": path.read_text(encoding="utf-8"),
            }
            for path in sources
        ],
        "files": [
            {"path": f"{place}/{path.relative_to(notebooks)}", "content": base64.b64encode(path.read_bytes()).decode()}
            for path in package
        ],
    }
