"""How many rows an INSERT wrote, which Databricks answers it with and Delta only notes in its log."""

from __future__ import annotations

import json
from pathlib import Path

from lakehouse_engine.sources.sql.tokenizer import Kind, Token

COLUMNS = "num_affected_rows bigint, num_inserted_rows bigint"


def target(tokens: list[Token]) -> int | None:
    """Where the name of the table stands that the statement inserts into; None for other statements."""
    words = [token.upper for token in tokens[:3]]
    if len(words) < 3 or words[0] != "INSERT" or words[1] not in ("INTO", "OVERWRITE"):
        return None
    at = 3 if words[2] == "TABLE" else 2
    named = tokens[at].kind in (Kind.WORD, Kind.QUOTED) and tokens[at].upper not in ("DIRECTORY", "LOCAL", "IDENTIFIER")
    return at if named else None


class Log:
    """The log of a Delta table from now on."""

    def __init__(self, table: Path) -> None:
        self._folder = table / "_delta_log"
        self.before = max(self._versions(), default=-1)

    def rows(self) -> int | None:
        """Rows of the one commit since then; None where others wrote at the same time, too."""
        new = [version for version in self._versions() if version > self.before]
        if len(new) > 1:
            return None
        if not new:
            return 0  # a query without rows may end without a commit
        for line in (self._folder / f"{new[0]:020d}.json").read_text(encoding="utf-8").splitlines():
            metrics = json.loads(line).get("commitInfo", {}).get("operationMetrics", {})
            if "numOutputRows" in metrics:
                return int(metrics["numOutputRows"])
        return None

    def _versions(self) -> list[int]:
        return [int(file.stem) for file in self._folder.glob("*.json") if file.stem.isdecimal()]
