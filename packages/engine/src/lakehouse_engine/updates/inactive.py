"""Tables of datasets that the pipeline's sources no longer define: they stay, or go, as the settings say."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

from lakehouse_engine.catalog import Catalog
from lakehouse_engine.errors import EngineError
from lakehouse_engine.flows.targets import slug

SETTING = "pipelines.dropInactiveTables"
_KINDS = ("STREAMING_TABLE", "MATERIALIZED_VIEW")


def drops_inactive(configuration: dict[str, str]) -> bool:
    value = str(configuration.get(SETTING, "false")).lower()
    if value not in ("true", "false"):
        raise EngineError(
            f"configuration {SETTING} is {value!r}; allowed: true, false", error_class="INVALID_PIPELINE_SETTINGS"
        )
    return value == "true"


def drop_inactive(
    catalog: Catalog, pipeline_id: str, defined: Collection[str], storage: str, principal: str | None
) -> list[str]:
    """Drops the pipeline's streaming tables and materialized views that are not among `defined`, with what its flows
    remember of them, so that a definition that comes back starts anew; returns their names."""
    dropped = []
    for record in catalog.tables():
        name = record["fullName"]
        own = record.get("pipelineId") == pipeline_id and record["tableType"] in _KINDS and not record.get("private")
        if own and name.lower() not in defined:
            catalog.drop_table(name, principal)
            shutil.rmtree(Path(storage) / "datasets" / slug(name.lower()), ignore_errors=True)
            dropped.append(name)
    return dropped
