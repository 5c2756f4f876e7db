"""Tables of datasets that the pipeline's sources no longer define: they stay, or go, as the settings say."""

from __future__ import annotations

import shutil
from pathlib import Path

from lakehouse_engine.errors import EngineError
from lakehouse_engine.flows.targets import slug
from lakehouse_engine.updates.context import UpdateContext

SETTING = "pipelines.dropInactiveTables"
_KINDS = ("STREAMING_TABLE", "MATERIALIZED_VIEW")


def drops_inactive(configuration: dict[str, str]) -> bool:
    value = str(configuration.get(SETTING, "false")).lower()
    if value not in ("true", "false"):
        raise EngineError(
            f"configuration {SETTING} is {value!r}; allowed: true, false", error_class="INVALID_PIPELINE_SETTINGS"
        )
    return value == "true"


def drop_inactive(context: UpdateContext) -> None:
    """Drops the pipeline's streaming tables and materialized views that its graph does not define, with what its flows
    remember of them, so that a definition that comes back starts anew."""
    request = context.request
    for record in context.catalog.tables():
        name = record["fullName"]
        own = (
            record.get("pipelineId") == request.pipeline_id
            and record["tableType"] in _KINDS
            and not record.get("private")
        )
        if own and name.lower() not in context.names.datasets:
            context.catalog.drop_table(name, request.principal)
            shutil.rmtree(Path(request.storage) / "datasets" / slug(name.lower()), ignore_errors=True)
