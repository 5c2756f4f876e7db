"""Every endpoint that databricks-sdk calls, as JSON: its service, class, method and path with `{}` for parameters."""

from __future__ import annotations

import json
import re
from pathlib import Path

import databricks.sdk.service
from databricks.sdk.version import __version__

FOLDER = Path(databricks.sdk.service.__path__[0])
CALLS = re.compile(r'^class (\w+)(?:API|Ext)\b|\.do\(\s*"(\w+)",\s*f?"([^"]+)"', re.MULTILINE)


def endpoints() -> list[dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for file in sorted(FOLDER.glob("*.py")):
        owner = ""
        for name, method, path in CALLS.findall(file.read_text(encoding="utf-8")):
            if name:
                owner = name
                continue
            shape = re.sub(r"\{[^}]*\}", "{}", path)
            found.setdefault((method, shape), {"service": file.stem, "class": owner, "method": method, "path": shape})
    return list(found.values())


if __name__ == "__main__":
    print(json.dumps({"version": __version__, "endpoints": endpoints()}))
