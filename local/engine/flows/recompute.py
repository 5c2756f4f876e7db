"""Materialized views: computed anew when their definition or what they read has changed, replaced in one commit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, Observation

from engine.expectations import Rules
from engine.flows.target import Target


class Memory:
    """What each materialized view was computed from last, a file a view. Losing it costs a recomputation, no more."""

    def __init__(self, folder: str, definition: str) -> None:
        self._folder = Path(folder)
        self._definition = definition  # fingerprint of all sources and settings of the pipeline

    def _file(self, table_id: str) -> Path:
        return self._folder / f"{table_id}.json"

    def fingerprint(self, frame: DataFrame) -> str | None:
        """None when the rows may change although no table did: files, time and chance are read."""
        inputs = frame._jdf.sparkSession() and frame.sparkSession._jvm.lakehouse.catalog.Plans.inputs(frame._jdf)
        if inputs is None:
            return None
        return hashlib.sha256("\n".join([self._definition, *inputs]).encode()).hexdigest()

    def unchanged(self, table_id: str, fingerprint: str | None) -> bool:
        try:
            return fingerprint is not None and json.loads(self._file(table_id).read_text())["from"] == fingerprint
        except (FileNotFoundError, ValueError, KeyError):
            return False

    def remember(self, table_id: str, fingerprint: str | None) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._file(table_id)
        if fingerprint is None:
            file.unlink(missing_ok=True)
            return
        part = file.with_suffix(".part")
        part.write_text(json.dumps({"from": fingerprint}))
        part.replace(file)


def recompute(target: Target, frame: DataFrame, rules: Rules, memory: Memory) -> dict[str, Any] | None:
    """The event log's figures; None when nothing that the view depends on has changed since its last update."""
    shaped = target.shape(frame)
    fresh = target.record is None
    fingerprint = memory.fingerprint(frame)
    target.ensure(shaped.schema)
    if not fresh and memory.unchanged(target.table_id, fingerprint):
        return None
    observation = Observation()
    checked = rules.apply(shaped, observation)
    writer = checked.write.format("delta").mode("overwrite")
    stored = [(c["name"], c["type_text"]) for c in (target.record or {}).get("columns", [])]
    changed = stored != [(f.name, f.dataType.simpleString()) for f in shaped.schema.fields]
    if changed:
        writer = writer.option("overwriteSchema", "true")
    writer.save(target.location)
    memory.remember(target.table_id, fingerprint)
    if changed:
        target.sync()
    return rules.metrics([observation.get])
